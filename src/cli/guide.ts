/** `juror guide PROMPTS`: answers that a model writes and a judge picks, whole or step by step. */
import { basename, extname, join, relative } from 'node:path';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { contentHash } from '../canonical.ts';
import { readPrompts, writeRows } from '../dataset.ts';
import { isRemoteModel } from '../engine/langchain-providers.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { engineIdentity } from '../judge/identity.ts';
import { type GuideOptions, guideAll } from '../loop/guide.ts';
import { openGuidedFile, readGuided } from '../loop/guide-file.ts';
import { goldOf } from '../loop/guide-gold.ts';
import {
  createAnswerCollector,
  guidedPreference,
  type PairOptions,
  requireComparison,
} from '../loop/guide-rows.ts';
import type { GuidePrompt } from '../loop/guide-session.ts';
import type { GuideStrategy } from '../schema.ts';
import { addEngineFlags, modelNames } from './engine.ts';
import { anyNumber, flag, fraction, wholeNumber } from './flags.ts';
import { createGuideCollector, describeGuided } from './guide-figures.ts';
import { addStrategyFlags, strategyOf } from './guide-flags.ts';
import { openGuideParts } from './guide-parts.ts';
import { createGuideShow, strategyText } from './guide-show.ts';
import { interruptible } from './interrupt.ts';
import { addDeliberationFlags, createRefusals, explainInterruption } from './judging.ts';
import { createPace } from './pace.ts';
import { count, harmless, plural, processTerminal } from './terminal.ts';

/** The verb. */
export function guideCommand(): CommandUnknownOpts {
  return define().action(async (prompts, flags) => {
    process.exitCode = await interruptible((signal) => guide(prompts, flags, signal));
  });
}

type Flags = ReturnType<ReturnType<typeof define>['opts']>;

function define() {
  const command = new Command('guide')
    .description(
      'write answers to PROMPTS with a model, guided by a judge: best of n, rejection, or beams over steps',
    )
    .argument('<prompts>', 'rows with a prompt; answers that they have are left out')
    .addOption(
      flag(
        '--rubric <id>',
        'scores by this rubric, pointwise or stepwise (with --with-reference alone: by final values)',
      ),
    )
    .addOption(flag('--head <dir>', 'scores by this reward head, instead of a rubric'))
    .addOption(
      flag('--with-reference', 'the scorer sees the reference: for training data, not for measuring'),
    )
    .addOption(
      flag('--reduce <how>', 'stepwise: how the steps become one score')
        .choices(['min', 'last', 'mean', 'product'] as const)
        .default('min' as const),
    )
    .addOption(flag('--judge-model <name>', `who scores: ${modelNames} (default: --model)`))
    .addOption(flag('--judge-replay <file>', 'recording of the judge (default: that of --replay)'))
    .addOption(flag('--gold <who>', 'what answers are worth: reference, or a rubric that sees the reference'))
    .addOption(
      flag('--out <file>', 'choices, a line a prompt (default: .juror/guided/PROMPTS.STRATEGY.HASH.jsonl)'),
    )
    .addOption(flag('--rows <file>', 'also the best answers as samples: .jsonl, .csv or .parquet'))
    .addOption(flag('--top <n>', 'of --rows: answers of one prompt').argParser(wholeNumber(1)).default(1))
    .addOption(flag('--overall <n>', 'of --rows: answers of all prompts').argParser(wholeNumber(1)))
    .addOption(flag('--at-least <score>', 'of --rows: least score').argParser(anyNumber))
    .addOption(
      flag('--pairs <file>', 'also the best answer against the worst as preferences: .jsonl or .parquet'),
    )
    .addOption(
      flag('--margin <n>', 'of --pairs: least difference of scores').argParser(fraction(1e6)).default(0),
    )
    .addOption(flag('--limit <n>', 'the first n prompts').argParser(wholeNumber(0)))
    .addOption(
      flag('--show <n>', 'candidates and reasons of the first n prompts, as they come and in full at the end')
        .argParser(wholeNumber(0))
        .default(0),
    )
    .addOption(
      flag('--tolerate <share>', 'failed share up to which the exit code is 0')
        .argParser(fraction(1))
        .default(0),
    );
  return addEngineFlags(addDeliberationFlags(addStrategyFlags(command)));
}

async function guide(data: string, flags: Flags, signal: AbortSignal): Promise<number> {
  const terminal = processTerminal({ quiet: flags.quiet ?? false });
  const strategy = strategyOf(flags, flags.seed);
  requireScorer(flags);
  const refusals = createRefusals(terminal);
  const reading = { onBadRow: refusals.refuse, ...(flags.limit === undefined ? {} : { limit: flags.limit }) };
  for await (const _first of readPrompts(data, { onBadRow: () => {}, limit: 1 })) break;
  const named = flags.out === undefined ? undefined : await openGuidedFile(flags.out);

  const show = createGuideShow(flags.show, terminal);
  const listen: Listener = (event) => {
    show.listen(event);
    if (event.type === 'engine-restart') terminal.note(`juror: ${harmless(event.reason)}; starting it again`);
    if (event.type === 'warning') terminal.note(`juror: ${harmless(event.message)}`);
  };
  await using parts = await openGuideParts(flags, terminal, signal, listen);
  const { generator, scorer, gold } = parts;
  terminal.note(harmless(`${strategyText(strategy)} · ${parts.description} · scored by ${scorer.name}`));

  if (flags.pairs !== undefined) requireComparison(scorer);

  const options: GuideOptions = {
    generator,
    scorer,
    strategy,
    withReference: flags.withReference ?? false,
    concurrency: generator.concurrency,
  };
  const out = flags.out ?? defaultFile(data, strategy, [engineIdentity(generator.id), scorer.identity]);
  const file = named ?? (await openGuidedFile(out));
  const collector = createGuideCollector(strategy, flags.gold);
  const answers = createAnswerCollector({
    perPrompt: flags.top,
    ...(flags.overall === undefined ? {} : { overall: flags.overall }),
    ...(flags.atLeast === undefined ? {} : { atLeast: flags.atLeast }),
  });
  const pace = createPace(terminal, 'guided');
  void countPrompts(data, flags.limit, signal).then(pace.expect, () => {});
  const inWork = new Map<string, GuidePrompt>();
  let found = 0;
  async function* prompts() {
    for await (const prompt of readPrompts(data, reading)) {
      inWork.set(prompt.id, prompt);
      show.watch(prompt.id);
      yield prompt;
    }
  }
  const callOptions = {
    signal,
    onEvent: listen,
    onBadPrompt(error: JurorError, { id }: GuidePrompt) {
      inWork.delete(id);
      refusals.refuse(error);
    },
    find(key: string) {
      const guided = file.find(key);
      if (guided) found++;
      return guided;
    },
  };
  let lines = 0;
  try {
    for await (const guided of guideAll(options, prompts(), callOptions)) {
      const { reference } = inWork.get(guided.sampleId) ?? {};
      inWork.delete(guided.sampleId);
      await file.keep(guided);
      lines++;
      const sample = reference === undefined ? {} : { reference };
      collector.add(guided, gold && (await goldOf(guided, gold, sample, { signal, onEvent: listen })));
      if (flags.rows !== undefined) answers.add(guided);
      pace.finish();
    }
  } catch (error) {
    throw explainInterruption(error, out);
  } finally {
    pace.stop();
  }
  const otherRows = await file.finish();
  if (otherRows > 0)
    terminal.warn(
      `juror: ${harmless(out)} also holds ${plural(otherRows, 'row')} of other commands, after those of this one`,
    );
  const written = [out];
  if (flags.rows !== undefined) {
    const rows = await writeRows(flags.rows, answers.samples());
    written.push(`${flags.rows} (${plural(rows, 'row')})`);
  }
  if (flags.pairs !== undefined) {
    const pairing = { scorer, leastMargin: flags.margin, signal, onEvent: listen };
    const made = preferences(out, lines, pairing);
    const rows = await writeRows(flags.pairs, made.pairs());
    written.push(`${flags.pairs} (${plural(rows, 'pair')}${made.leftOut()})`);
  }

  const report = collector.report(flags.seed);
  if (flags.json) {
    const how = { strategy, generator: generator.id.model, scorer: scorer.name };
    const content = { ...how, ...report, refusedRows: refusals.count(), otherRows, out };
    terminal.print(JSON.stringify(content, null, 2));
  } else {
    const shown = show.text();
    if (shown) terminal.print(`${shown}\n`);
    const cost = { made: report.prompts - found, found, seconds: pace.seconds() };
    terminal.print(describeGuided(report, cost, terminal));
    if (refusals.count() > 0)
      terminal.print(`\n${plural(refusals.count(), 'row')} refused; see the messages above`);
    terminal.print(`\n${harmless(written.join(' · '))}`);
  }
  if (refusals.count() > 0) return 2;
  return report.failed <= flags.tolerate * report.prompts ? 0 : 3;
}

async function countPrompts(data: string, limit: number | undefined, signal: AbortSignal): Promise<number> {
  let count = 0;
  const reading = { onBadRow: () => {}, ...(limit === undefined ? {} : { limit }) };
  for await (const _prompt of readPrompts(data, reading))
    if (signal.aborted) break;
    else count++;
  return count;
}

/** Preferences of the first lines of a file: those of this command. */
function preferences(file: string, lines: number, options: PairOptions) {
  const without = { alike: 0, margin: 0, contrary: 0, unknown: 0 };
  const words = {
    alike: 'without answers that differ',
    margin: 'below the margin',
    contrary: 'with the higher score on the lower rank',
    unknown: 'that the scorer cannot compare',
  };
  return {
    async *pairs() {
      let read = 0;
      for await (const guided of readGuided(file)) {
        if (read++ >= lines) return;
        const pair = await guidedPreference(guided, options);
        if (pair.preference) yield pair.preference;
        else without[pair.why]++;
      }
    },
    /** What was left out and why, to follow the number of pairs. */
    leftOut: () =>
      (['alike', 'margin', 'contrary', 'unknown'] as const)
        .filter((why) => without[why] > 0)
        .map((why) => `; ${count(without[why])} ${words[why]}`)
        .join(''),
  };
}

/** Told before anything is fetched or loaded. */
function requireScorer({ rubric, head, withReference, model, replay }: Flags): void {
  if (rubric !== undefined && head !== undefined)
    throw new JurorError('usage', '--rubric, --head: expected one of them to score with, got both');
  if (rubric === undefined && head === undefined && !withReference)
    throw new JurorError(
      'usage',
      '--rubric: expected a rubric to score with, or --head, or --with-reference, got none',
    );
  if (replay === undefined && isRemoteModel(model))
    throw new JurorError('usage', `--model: expected a local model to write with, got '${model}'`);
}

/** Names repeat, so a hash tells the data's path, who writes, who scores, and how. */
function defaultFile(data: string, strategy: GuideStrategy, identities: readonly string[]): string {
  const hash = contentHash([relative('', data), strategy, identities]).slice(0, 12);
  return join('.juror', 'guided', `${basename(data, extname(data))}.${strategy.kind}.${hash}.jsonl`);
}
