/** `juror cascade DATA`: a head decides what it is sure of, a judge the rest, people what is left; thresholds by hand or fitted. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { type CascadeReport, cascadeReport } from '../aggregate/cascade-report.ts';
import type { CascadeTarget } from '../aggregate/cascade-tally.ts';
import { readSamples } from '../dataset.ts';
import { jurorHome } from '../engine/models.ts';
import { JurorError } from '../errors.ts';
import { requireRules } from '../judge/rules.ts';
import { type Cascade, type CascadeOptions, createCascade } from '../loop/cascade.ts';
import {
  fitCascadeFile,
  readCascadeFile,
  requireCascade,
  withThresholds,
  writeCascadeFile,
} from '../loop/cascade-file.ts';
import { QueueRow, queueRow } from '../loop/cascade-queue.ts';
import { type CascadeLabelOptions, cascadeReportRow } from '../loop/cascade-rows.ts';
import { decideAgain } from '../loop/cascade-verdict.ts';
import { loadRubric } from '../rubric.ts';
import { type CascadeFile, CascadeVerdict, type Sample } from '../schema.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { openCache } from '../store/cache.ts';
import { memoryStore } from '../store/memory.ts';
import { recordText } from '../store/store.ts';
import { readTruths } from './agreement-rows.ts';
import { type CascadeFlags, defineCascade, readLine, readThresholds, targetOf } from './cascade-flags.ts';
import { openHead } from './cascade-head.ts';
import { describeCascade, describeThresholds } from './cascade-text.ts';
import { createInWork } from './in-work.ts';
import { interruptible } from './interrupt.ts';
import { countSamples, createRefusals, explainInterruption, requireReadable } from './judging.ts';
import { createMeter, type Meter } from './meter.ts';
import { countModels, decisionRules, describeEngines, openEngines } from './panel.ts';
import { describeTotals } from './summary.ts';
import { harmless, plural, processTerminal, type Terminal } from './terminal.ts';

/** The verb. */
export function cascadeCommand(): CommandUnknownOpts {
  return defineCascade().action(async (data, flags) => {
    process.exitCode = await interruptible((signal) => cascade(data, flags, signal));
  });
}

async function cascade(data: string, flags: CascadeFlags, signal: AbortSignal): Promise<number> {
  const terminal = processTerminal({ quiet: flags.quiet ?? false });
  const target = targetOf(flags);
  const rubric = await loadRubric(flags.rubric);
  const { escalate, ...rules } = decisionRules(flags);
  if (escalate)
    throw new JurorError('usage', '--escalate: expected none, the stages of a cascade are a ladder already');
  requireRules(rules, countModels(flags), [rubric.rubric]);
  const fitted = flags.thresholds === undefined ? undefined : await readCascadeFile(flags.thresholds);
  const thresholds = readThresholds(flags.threshold);
  if (fitted && flags.threshold !== undefined)
    throw new JurorError('usage', '--threshold: expected none beside --thresholds');
  const calibrations = await Promise.all((flags.calibration ?? []).map(readLine));
  const labels = flags.labels === undefined ? undefined : await readTruths(flags.labels);
  await requireReadable(data);

  const meter = createMeter(terminal);
  const { critique, direct, samples, seed, tieBand, backbone, head: folder } = flags;
  const { confidence, farthest, conformal } = flags;
  const scorer = { confidence, conformal, ...(farthest === undefined ? {} : { farthest }) };
  await using judges = await openEngines(flags, terminal, signal, meter.listen);
  const { engines } = judges;
  const opening = { folder, scorer, backbone, engines, flags, terminal, signal, listen: meter.listen };
  await using opened = await openHead(opening);
  await using memory = memoryStore();
  await using store = flags.cache ? await openCache(memory, jurorHome()) : memory;
  const protocol = { critique, direct, samples, seed, tieBand, calibrations };
  const options: CascadeOptions = {
    head: opened.head,
    judge: { engines, rubric, store, ...protocol, ...rules, onEvent: meter.listen },
    thresholds,
    askAll: target !== undefined,
  };
  const running = createCascade(fitted ? withThresholds(options, fitted) : options);
  if (fitted) requireCascade(fitted.subject, running.subject);
  terminal.note(
    `${harmless(opened.head.name)} → ${running.stages.slice(1).join(' → ')} · ${rubric.rubric.id} · ${describeEngines(judges.opened, rules)}`,
  );
  const work: Work = {
    data,
    flags,
    signal,
    terminal,
    meter,
    running,
    refusals: createRefusals(terminal),
    labels: { labelOf: labels && ((id) => labels.get(id)?.label), labelRange: flags.scale },
  };
  const code = target ? await fitThresholds(work, target) : await decide(work, fitted);
  return work.refusals.count() > 0 ? 2 : code;
}

/** Everything that both ways of working need. */
interface Work {
  readonly data: string;
  readonly flags: CascadeFlags;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
  readonly meter: Meter;
  readonly running: Cascade;
  readonly refusals: ReturnType<typeof createRefusals>;
  readonly labels: CascadeLabelOptions;
}

/** Verdicts in the order of the data, each with its sample. */
async function* verdictsOf({ data, flags, signal, meter, running, refusals }: Work) {
  const limit = flags.limit === undefined ? {} : { limit: flags.limit };
  const inWork = createInWork(readSamples(data, { onBadRow: refusals.refuse, ...limit }), refusals.refuse);
  meter.begin();
  void countSamples(data, flags.limit, signal).then(meter.expect, () => {});
  try {
    let sample: Sample | undefined;
    for await (const verdict of running.decideAll(inWork.samples(), { signal, onBadSample: inWork.refuse })) {
      // Verdicts of one sample come together.
      sample = inWork.take(verdict.sampleId) ?? sample;
      meter.finish(verdict);
      if (sample) yield { verdict, sample };
    }
  } catch (error) {
    throw flags.cache ? explainInterruption(error, 'the cache of this machine') : error;
  } finally {
    meter.stop();
  }
}

function reportOn({ flags, running, labels }: Work, verdicts: readonly CascadeVerdict[]): CascadeReport {
  const rows = verdicts.map((verdict) => cascadeReportRow(verdict, labels));
  return cascadeReport(rows, running.stages, { seed: flags.seed });
}

async function decide(work: Work, fitted: CascadeFile | undefined): Promise<number> {
  const { flags, terminal, running, labels, meter, refusals } = work;
  const known = new Set(fitted?.clusters);
  const rows: ReturnType<typeof cascadeReportRow>[] = [];
  const queue: string[] = [];
  let [ofTheFit, ofTheHead, rowsDone, unscored] = [0, 0, 0, 0];
  async function* lines() {
    for await (const { verdict, sample } of verdictsOf(work)) {
      rowsDone++;
      if (verdict.decided === null && verdict.asked.some(({ logOdds }) => logOdds === null)) unscored++;
      if (running.trainedOn.has(verdict.cluster)) ofTheHead++;
      else if (known.has(verdict.cluster)) ofTheFit++;
      else rows.push(cascadeReportRow(verdict, labels));
      if (verdict.decided === null) queue.push(`${recordText(QueueRow, queueRow(sample, verdict))}\n`);
      yield `${recordText(CascadeVerdict, verdict)}\n`;
    }
  }
  await writeAtomically(flags.out, lines());
  if (flags.queue !== undefined) await writeAtomically(flags.queue, queue);
  const report = cascadeReport(rows, running.stages, { seed: flags.seed });
  const files = { out: flags.out, queue: flags.queue ?? null };
  const code = unscored > flags.tolerate * rowsDone ? 3 : 0;
  if (flags.json) {
    const counts = {
      ofTheFit,
      ofTheHead,
      unscored,
      refusedRows: refusals.count(),
      evaluated: meter.totals(),
    };
    terminal.print(JSON.stringify({ ...report, ...counts, ...files }, null, 2));
    return code;
  }
  const parts = [
    describeCascade(report),
    describeTotals(meter.totals()),
    [
      harmless(flags.out),
      ...(flags.queue === undefined
        ? []
        : [`${harmless(flags.queue)}: ${plural(queue.length, 'row')} for people`]),
    ].join('\n'),
  ];
  if (unscored > 0)
    parts.unshift(`${plural(unscored, 'row')} that a stage has no score for and nobody decides`);
  if (ofTheFit > 0)
    parts.unshift(
      `${plural(ofTheFit, 'row')} of prompts that the thresholds were fitted on: decided, and in no figure below`,
    );
  if (ofTheHead > 0)
    parts.unshift(
      `${plural(ofTheHead, 'row')} of prompts that the head was trained on: decided, and in no figure below`,
    );
  terminal.print(parts.join('\n\n'));
  return code;
}

async function fitThresholds(work: Work, target: CascadeTarget): Promise<number> {
  const { flags, terminal, running, labels, meter, refusals } = work;
  const verdicts: CascadeVerdict[] = [];
  for await (const { verdict } of verdictsOf(work)) verdicts.push(verdict);
  const { seed, combine, holdout, person, certainty } = flags;
  const { file, reason, rows, leftOut, ofTheHead } = fitCascadeFile(running, verdicts, target, {
    ...labels,
    seed,
    combine,
    holdout,
    confidence: certainty,
    ...(person === undefined ? {} : { person }),
  });
  if (file === null) {
    if (ofTheHead > 0) terminal.warn(`juror: ${ofTheHeadText(ofTheHead)}`);
    terminal.warn(`juror: ${reason}; nothing is written`);
    return 1;
  }
  await writeCascadeFile(flags.out, file);
  const known = new Set(file.clusters);
  const { thresholds, lines } = file;
  const policy = { thresholds, ...(lines === undefined ? {} : { lines }) };
  const held = verdicts.filter(({ cluster }) => !known.has(cluster) && !running.trainedOn.has(cluster));
  const report = reportOn(
    work,
    held.map((verdict) => decideAgain(verdict, running.stages, policy)),
  );
  if (flags.json) {
    const counts = { rows, leftOut, ofTheHead, refusedRows: refusals.count(), evaluated: meter.totals() };
    terminal.print(JSON.stringify({ thresholds: file, heldOut: report, ...counts, out: flags.out }, null, 2));
    return 0;
  }
  const parts = [
    `${plural(rows, 'labelled row')}; ${plural(leftOut, 'verdict')} without a label or with a tied one left out`,
    ...(ofTheHead > 0 ? [ofTheHeadText(ofTheHead)] : []),
    describeThresholds(file),
    `on prompts that were held out: ${describeCascade(report)}`,
    describeTotals(meter.totals()),
    harmless(flags.out),
  ];
  terminal.print(parts.join('\n\n'));
  return 0;
}

function ofTheHeadText(rows: number): string {
  return `${plural(rows, 'row')} of prompts that the head was trained on: left out of the fit and of its figures`;
}
