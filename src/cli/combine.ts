/** `juror combine RUN...`: verdicts of one or more runs to rewards, prompt by prompt. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { rewardReport } from '../aggregate/reward-report.ts';
import { JurorError } from '../errors.ts';
import { type RewardAnswer, readRewardAnswers } from '../judge/reward-answers.ts';
import { readWeightRules, weightsByRules } from '../judge/reward-weights.ts';
import { combineRewards, objectivesOf, writeRewards } from '../judge/rewards.ts';
import { readQuorum } from '../judge/rules.ts';
import { type Run, readRun } from '../store/run.ts';
import { readTruths } from './agreement-rows.ts';
import { flag, fraction, gather, wholeNumber } from './flags.ts';
import { readGates, readIdeal, readWeights } from './objectives.ts';
import { panelRules } from './panel.ts';
import { describeRewards, type RewardContext, ruleUses } from './rewards.ts';
import { harmless, processTerminal } from './terminal.ts';

const normalizations = ['center', 'z-score', 'rank', 'rloo', 'min-max'] as const;

/** The verb. */
export function combineCommand(): CommandUnknownOpts {
  return define().action(async (folder, others, flags) => {
    process.exitCode = await combine([folder, ...others], flags);
  });
}

type Flags = ReturnType<ReturnType<typeof define>['opts']>;

function define() {
  return new Command('combine')
    .description('turn the verdicts of runs into rewards, one for each answer, prompt by prompt')
    .argument('<run>', 'a run folder')
    .argument('[runs...]', 'more of them; their order changes nothing')
    .addOption(flag('--out <file>', 'the rewards, as JSON Lines').makeOptionMandatory())
    .addOption(
      flag('--combine <how>', 'how objectives become one score')
        .choices(['weighted-mean', 'weighted-sum', 'min', 'chebyshev'] as const)
        .default('weighted-mean' as const),
    )
    .addOption(
      flag(
        '--weight <name=n>',
        'weight of an objective, others then count nothing; repeatable (default: 1 for each)',
      ).argParser(gather),
    )
    .addOption(flag('--weights <file>', 'weights that depend on the prompt, as rules in YAML'))
    .addOption(
      flag('--gate <rule>', "'NAME<BOUND:CAP': below BOUND the score is at most CAP; repeatable").argParser(
        gather,
      ),
    )
    .addOption(
      flag('--ideal <name=n>', 'chebyshev: the best imaginable score; repeatable (default: 1)').argParser(
        gather,
      ),
    )
    .addOption(
      flag('--augmentation <n>', 'chebyshev: what the sum of shortfalls counts (default: 0)').argParser(
        fraction(1e6),
      ),
    )
    .addOption(
      flag('--before <how>', 'normalise each objective over the answers of a prompt').choices(normalizations),
    )
    .addOption(
      flag('--after <how>', 'normalise the combined scores over the answers of a prompt').choices(
        normalizations,
      ),
    )
    .addOption(
      flag(
        '--panel <how>',
        'mean, median, majority, worst or mean-std:λ of rubrics that give one objective (default: mean)',
      ),
    )
    .addOption(
      flag('--quorum <n>', 'how many of them must decide: all, majority or a count (default: all)').argParser(
        readQuorum,
      ),
    )
    .addOption(flag('--labels <data>', 'take labels from this file, by sample id'))
    .addOption(
      flag('--tolerate <share>', 'share of answers without a score up to which the exit code is 0')
        .argParser(fraction(1))
        .default(0),
    )
    .addOption(flag('--seed <n>', 'of the bootstrap').argParser(wholeNumber(0)).default(0))
    .option('--json', 'print the figures as JSON');
}

async function combine(folders: readonly string[], flags: Flags): Promise<number> {
  const terminal = processTerminal();
  if (!/\.(jsonl|ndjson)$/i.test(flags.out))
    throw new JurorError('usage', `--out: expected a .jsonl file, got '${flags.out}'`);
  const answers = await readAnswers(folders, flags);
  const objectives = objectivesOf(answers);
  const weights = readWeights(flags.weight, objectives);
  const rules = flags.weights === undefined ? [] : await readWeightRules(flags.weights, objectives, weights);
  const gates = readGates(flags.gate);
  const { rewards, prompts } = combineRewards(answers, {
    kind: flags.combine,
    weights: rules.length === 0 ? weights : weightsByRules(rules, weights),
    gates,
    ...chebyshevOf(flags),
    ...(flags.before ? { before: flags.before } : {}),
    ...(flags.after ? { after: flags.after } : {}),
  });
  await writeRewards(flags.out, rewards);
  const report = rewardReport(
    rewards.map((reward, row) => {
      const { characters = null, label = null, best = null } = answers[row] ?? {};
      return { reward, length: characters, label, best };
    }),
    { seed: flags.seed },
  );
  const context: RewardContext = {
    kind: flags.combine,
    weights,
    rules: ruleUses(rules, prompts),
    gates,
    before: flags.before ?? null,
    after: flags.after ?? null,
    panel: panelRules(flags.panel, flags.quorum),
    answers,
  };
  for (const { rule, prompts } of context.rules)
    if (rule !== null && prompts === 0) terminal.warn(`juror: --weights: rule ${rule + 1} fits no prompt`);
  if (flags.json) {
    const { answers: _, ...how } = context;
    terminal.print(JSON.stringify({ ...report, ...how, out: flags.out }, null, 2));
  } else terminal.print(`${describeRewards(report, context, terminal)}\n\n${harmless(flags.out)}`);
  return report.counts.unscored > flags.tolerate * report.counts.answers ? 3 : 0;
}

async function readAnswers(folders: readonly string[], flags: Flags): Promise<RewardAnswer[]> {
  const panel = panelRules(flags.panel, flags.quorum);
  const labels = flags.labels === undefined ? undefined : await readTruths(flags.labels);
  await using runs = new AsyncDisposableStack();
  const opened: Run[] = [];
  for (const folder of folders) opened.push(runs.use(await readRun(folder)));
  return await readRewardAnswers(opened, { panel, labelOf: labels && ((id) => labels.get(id)?.label) });
}

/** What only `chebyshev` has. */
function chebyshevOf({ combine, ideal, augmentation }: Flags) {
  const given = ideal === undefined ? (augmentation === undefined ? undefined : '--augmentation') : '--ideal';
  if (given !== undefined && combine !== 'chebyshev')
    throw new JurorError('usage', `${given}: expected --combine chebyshev, got ${combine}`);
  return { ideal: readIdeal(ideal), ...(augmentation === undefined ? {} : { augmentation }) };
}
