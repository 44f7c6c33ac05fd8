/** `juror implicit DATA`: how much more a tuned model likes each response than the model it was tuned from. */
import { basename, extname, join, relative } from 'node:path';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { DEFAULT_BETA } from '../aggregate/implicit.ts';
import { contentHash } from '../canonical.ts';
import { readSamples } from '../dataset.ts';
import type { Engine } from '../engine/engine.ts';
import { isRemoteModel } from '../engine/langchain-providers.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { engineIdentity } from '../judge/identity.ts';
import { implicitRewards } from '../judge/implicit.ts';
import { openRewardFile } from '../judge/implicit-file.ts';
import { readWinners } from './beside.ts';
import { addEngineFlags, openEngine } from './engine.ts';
import { flag, fraction, positiveNumber, wholeNumber } from './flags.ts';
import { createRewardCollector, describeRewards } from './implicit-figures.ts';
import { createInWork } from './in-work.ts';
import { interruptible } from './interrupt.ts';
import { countSamples, createRefusals, explainInterruption, requireReadable } from './judging.ts';
import { createPace } from './pace.ts';
import { harmless, plural, processTerminal } from './terminal.ts';

/** The verb. */
export function implicitCommand(): CommandUnknownOpts {
  return define().action(async (data, flags) => {
    process.exitCode = await interruptible((signal) => implicit(data, flags, signal));
  });
}

type Flags = ReturnType<ReturnType<typeof define>['opts']>;

function define() {
  const command = new Command('implicit')
    .description('implicit rewards of every response of DATA: a policy’s log-probability over a reference’s')
    .argument('<data>', 'rows with a prompt and one answer or more')
    .addOption(
      flag(
        '--model <name>',
        'the policy: a catalogue name, a .gguf file or hf:owner/repository/file',
      ).makeOptionMandatory(),
    )
    .addOption(flag('--reference-model <name>', 'the model that it was tuned from').makeOptionMandatory())
    .addOption(
      flag('--beta <n>', 'what the log-ratio is multiplied by')
        .argParser(positiveNumber)
        .default(DEFAULT_BETA),
    )
    .addOption(
      flag(
        '--steps <source>',
        'also a reward for each step: those given, the lines, or numbered lines',
      ).choices(['given', 'lines', 'numbered'] as const),
    )
    .addOption(
      flag(
        '--out <file>',
        'rewards, a line a sample (default: .juror/implicit/DATA.POLICY-over-REFERENCE.HASH.jsonl)',
      ),
    )
    .addOption(flag('--limit <n>', 'the first n samples').argParser(wholeNumber(0)))
    .addOption(flag('--beside <run>', 'accuracy of this run’s verdicts on the same pairs'))
    .addOption(
      flag('--tolerate <share>', 'unscored share up to which the exit code is 0')
        .argParser(fraction(1))
        .default(0),
    )
    .addOption(flag('--seed <n>', 'of the bootstrap').argParser(wholeNumber(0)).default(0))
    .addOption(
      flag('--reference-replay <file>', 'recording of the reference model (default: that of --replay)'),
    )
    .option('--json', 'print the figures as JSON')
    .option('--quiet', 'no progress');
  return addEngineFlags(command);
}

async function implicit(data: string, flags: Flags, signal: AbortSignal): Promise<number> {
  const terminal = processTerminal({ quiet: flags.quiet ?? false });
  requireLocal(flags);
  const { beta, steps, seed } = flags;
  const refusals = createRefusals(terminal);
  const reading = { onBadRow: refusals.refuse, ...(flags.limit === undefined ? {} : { limit: flags.limit }) };
  await requireReadable(data);
  const beside = flags.beside === undefined ? undefined : await readWinners(flags.beside);
  // A file that is named and is none of ours must not cost the models' loading.
  const named = flags.out === undefined ? undefined : await openRewardFile(flags.out);

  const listen: Listener = (event) => {
    if (event.type === 'engine-restart') terminal.note(`juror: ${harmless(event.reason)}; starting it again`);
    if (event.type === 'warning') terminal.note(`juror: ${harmless(event.message)}`);
  };
  const policy = await openEngine(flags, terminal, signal, listen);
  await using _policy = policy.engine;
  const reference = await openEngine(referenceFlags(flags), terminal, signal, listen);
  await using _reference = reference.engine;
  terminal.note(`${policy.description} over ${reference.description}, β ${beta}`);

  if (policy.engine.id.digest === reference.engine.id.digest)
    terminal.note('both are the same file: every reward is 0');

  const out = flags.out ?? defaultFile(data, flags, [policy.engine, reference.engine]);
  const file = named ?? (await openRewardFile(out));
  const collector = createRewardCollector(beside);
  const inWork = createInWork(readSamples(data, reading), refusals.refuse);
  const pace = createPace(terminal, 'rewarded');
  void countSamples(data, flags.limit, signal).then(pace.expect, () => {});
  const options = { policy: policy.engine, reference: reference.engine, beta, ...(steps ? { steps } : {}) };
  let found = 0;
  const callOptions = {
    signal,
    onEvent: listen,
    onBadSample: inWork.refuse,
    find(key: string) {
      const rewards = file.find(key);
      if (rewards) found++;
      return rewards;
    },
  };
  try {
    for await (const rewards of implicitRewards(options, inWork.samples(), callOptions)) {
      const sample = inWork.take(rewards.sampleId);
      await file.keep(rewards);
      if (sample) collector.add(sample, rewards);
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

  const report = collector.report(seed);
  if (flags.json) {
    const models = { policy: policy.engine.id.model, reference: reference.engine.id.model, beta };
    const content = { ...models, ...report, refusedRows: refusals.count(), otherRows, out };
    terminal.print(JSON.stringify(content, null, 2));
  } else {
    const cost = { made: report.samples - found, found, seconds: pace.seconds() };
    terminal.print(describeRewards(report, cost, terminal));
    if (refusals.count() > 0)
      terminal.print(`\n${plural(refusals.count(), 'row')} refused; see the messages above`);
    terminal.print(`\n${out}`);
  }
  if (refusals.count() > 0) return 2;
  return report.unscored <= flags.tolerate * report.responses ? 0 : 3;
}

/** Names repeat, so a hash tells the data's path, both engines and the steps; β only scales. */
function defaultFile(
  data: string,
  { model, referenceModel, steps }: Flags,
  engines: readonly Engine[],
): string {
  const plain = (name: string) => basename(name, '.gguf').replace(/[^\w.-]+/g, '-');
  const models = `${plain(model)}-over-${plain(referenceModel)}`;
  const identities = engines.map(({ id }) => engineIdentity(id));
  const hash = contentHash([relative('', data), identities, steps ?? null]).slice(0, 12);
  return join('.juror', 'implicit', `${basename(data, extname(data))}.${models}.${hash}.jsonl`);
}

/** Told before anything is fetched or loaded. */
function requireLocal({ model, referenceModel, replay }: Flags): void {
  if (replay !== undefined) return;
  for (const [name, value] of [
    ['--model', model],
    ['--reference-model', referenceModel],
  ] as const)
    if (isRemoteModel(value))
      throw new JurorError(
        'usage',
        `${name}: expected a local model, as remote ones give no log-probabilities of a given text, got '${value}'`,
      );
}

function referenceFlags(flags: Flags): Flags {
  const { record: _policyOnly, replay, ...rest } = flags;
  const played = flags.referenceReplay ?? replay;
  return { ...rest, model: flags.referenceModel, ...(played === undefined ? {} : { replay: played }) };
}
