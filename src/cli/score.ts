import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { readSamples } from '../dataset.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { openFeatures } from '../reward/features.ts';
import { readHead } from '../reward/head-file.ts';
import { type ScoredSample, scoreSamples } from '../reward/score-samples.ts';
import { openScorer } from '../reward/scorer.ts';
import { shippedHead } from '../reward/shipped-heads.ts';
import { HeadScore } from '../schema.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { recordText } from '../store/store.ts';
import { addEngineFlags, openEngine } from './engine.ts';
import { openMachineFeatures } from './feature-store.ts';
import { flag, fraction, wholeNumber } from './flags.ts';
import { interruptible } from './interrupt.ts';
import { countSamples, createRefusals, requireReadable } from './judging.ts';
import { createScoreCollector, describeScores } from './scores.ts';
import { count, harmless, plural, processTerminal, type Terminal } from './terminal.ts';

/** The verb. */
export function scoreCommand(): CommandUnknownOpts {
  return define().action(async (data, flags) => {
    process.exitCode = await interruptible((signal) => score(data, flags, signal));
  });
}

type Flags = ReturnType<ReturnType<typeof define>['opts']>;

function define() {
  const command = new Command('score')
    .description('score every answer of DATA with a reward head')
    .argument('<data>', 'rows with a prompt and one answer or more')
    .addOption(flag('--out <file>', 'the scores, a line for each sample').makeOptionMandatory())
    .addOption(
      flag('--head <dir>', 'a head of juror train (default: the one that comes with juror for the model)'),
    )
    .addOption(flag('--limit <n>', 'score the first n samples').argParser(wholeNumber(0)))
    .addOption(
      flag('--tolerate <share>', 'share of answers without a score up to which the exit code is 0')
        .argParser(fraction(1))
        .default(0),
    )
    .addOption(flag('--seed <n>', 'of the bootstrap').argParser(wholeNumber(0)).default(0))
    .option('--json', 'print the figures as JSON')
    .option('--quiet', 'no progress');
  return addEngineFlags(command);
}

async function score(data: string, flags: Flags, signal: AbortSignal): Promise<number> {
  const terminal = processTerminal({ quiet: flags.quiet ?? false });
  if (!/\.(jsonl|ndjson)$/i.test(flags.out))
    throw new JurorError('usage', `--out: expected a .jsonl file, got '${flags.out}'`);
  // Neither a wrong path nor a wrong head must cost a model's loading.
  await requireReadable(data);
  const named = flags.head === undefined ? undefined : await readHead(flags.head);
  const listen: Listener = (event) => {
    if (event.type === 'engine-restart') terminal.note(`juror: ${harmless(event.reason)}; starting it again`);
    if (event.type === 'warning') terminal.warn(`juror: ${harmless(event.message)}`);
  };
  const opened = await openEngine(flags, terminal, signal, listen);
  await using engine = opened.engine;
  const head = named ?? (await shippedHead(engine.id));
  const { readOut, suffix } = head.record.feature;
  using store = openMachineFeatures(flags);
  const features = await openFeatures(engine, store, { readOut, suffix });
  const scorer = openScorer({ head, features, onEvent: listen });
  terminal.note(harmless(`${head.record.name} ${head.record.version} on ${opened.description}`));

  const refusals = createRefusals(terminal);
  const collector = createScoreCollector(scorer);
  const reading = { onBadRow: refusals.refuse, ...(flags.limit === undefined ? {} : { limit: flags.limit }) };
  const progress = createProgress(terminal);
  void countSamples(data, flags.limit, signal).then(progress.expect, () => {});
  const scored = scoreSamples(scorer, readSamples(data, reading), {
    signal,
    onEvent: listen,
    concurrency: engine.concurrency,
  });
  async function* lines(): AsyncGenerator<string> {
    for await (const sample of scored) {
      collector.add(sample);
      progress.finish(sample);
      yield `${recordText(HeadScore, sample.score)}\n`;
    }
  }
  try {
    await writeAtomically(flags.out, lines());
  } catch (error) {
    if (!(JurorError.isInstance(error) && error.code === 'aborted')) throw error;
    const message = `interrupted; ${flags.out} is as it was, and what was read is kept: the same command goes on from there`;
    throw new JurorError('aborted', message);
  } finally {
    progress.stop();
  }
  const report = collector.report(flags.seed);
  if (flags.json) {
    const { name, version } = head.record;
    const content = {
      head: { name, version, digest: head.digest },
      ...report,
      refusedRows: refusals.count(),
      out: flags.out,
    };
    terminal.print(JSON.stringify(content, null, 2));
  } else {
    terminal.print(describeScores(report, terminal));
    if (refusals.count() > 0)
      terminal.print(`\n${plural(refusals.count(), 'row')} refused; see the messages above`);
    terminal.print(`\n${harmless(flags.out)}`);
  }
  if (refusals.count() > 0) return 2;
  return report.answers - report.scored <= flags.tolerate * report.answers ? 0 : 3;
}

/** Samples done, and what was read for them. */
function createProgress(terminal: Terminal) {
  const progress = terminal.progress();
  let total: number | undefined;
  let [done, read, found] = [0, 0, 0];
  return {
    expect(samples: number) {
      total = samples;
    },
    finish(sample: ScoredSample) {
      done++;
      read += sample.read;
      found += sample.found;
      const detail = `samples · ${count(read)} tokens read, ${count(found)} found`;
      progress.update({ label: 'scored', done, total, detail });
    },
    stop: () => progress.stop(),
  };
}
