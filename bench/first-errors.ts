/**
 * First errors: how well a judge of steps finds where a solution goes wrong, beside rules that read nothing.
 *
 *   node bench/first-errors.ts --data DIR --model NAME    append results
 *   node bench/first-errors.ts --report                   write the table
 *
 * Solutions of bigbench_mistake, picked by the hash of their id within each subset, with and without an error. Those of
 * word_sorting get the instruction that the set leaves out. Results are kept in bench/results/first-errors.jsonl.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { contentFreeCalibration, meanDistribution } from '../src/aggregate/content-free.ts';
import { areaUnderCurve } from '../src/aggregate/correlation.ts';
import { clusterBootstrap, type Figure } from '../src/aggregate/interval.ts';
import {
  expectedFigures,
  type FirstError,
  type FirstErrorFigures,
  firstErrorFigures,
  firstErrorOf,
  hitsOf,
  isProcessLabel,
  processF1,
  randomHits,
} from '../src/aggregate/process.ts';
import { seedFrom } from '../src/aggregate/random.ts';
import { estimate } from '../src/aggregate/statistic.ts';
import { readSamples } from '../src/dataset.ts';
import { createJudge } from '../src/judge/judge.ts';
import { loadRubric } from '../src/rubric.ts';
import type { Sample } from '../src/schema.ts';
import { dataFolder, judgedFlags, keepRow, openBench, pickByHash, qualityPage, readRows } from './rows.ts';
import { collect, percent, report, table } from './support.ts';

const { values: flags } = parseArgs({ options: judgedFlags });

/** Solutions with an error and without, of each subset; those of word_sorting are long. */
const cut: Readonly<Record<string, readonly [number, number]>> = {
  logical_deduction: [10, 3],
  multistep_arithmetic: [12, 8],
  tracking_shuffled_objects: [12, 8],
  word_sorting: [6, 4],
};
const instructions: Readonly<Record<string, string>> = {
  word_sorting: 'Sort the following words alphabetically: List: ',
};

interface Row {
  readonly model: string;
  readonly id: string;
  readonly subset: string;
  /** Probability that each step is good. */
  readonly steps: readonly (number | null)[];
  readonly label: FirstError;
}
/** A solution whose steps are all scored. */
interface Scored extends Row {
  readonly steps: readonly number[];
}

if (flags.report) writeReport();
else await measure();

async function measure(): Promise<void> {
  const done = new Set(readRows<Row>('first-errors').map(({ model, id }) => `${model} ${id}`));
  await using bench = await openBench(flags);
  const judge = createJudge({ ...bench, rubrics: [await loadRubric('step-correctness')] });
  for (const { sample, subset, label } of await readSolutions()) {
    if (done.has(`${flags.model} ${sample.id}`)) continue;
    const [verdict] = await judge.judge(sample);
    const steps = verdict?.steps?.map(({ probability }) => probability) ?? [];
    keepRow('first-errors', { model: flags.model, id: sample.id, subset, steps, label });
  }
}

async function readSolutions() {
  const samples = await collect(readSamples(join(dataFolder(flags), 'bigbench_mistake.process.jsonl')));
  const solutions = samples.flatMap((sample) => {
    const subset = String(sample.metadata?.subset);
    const label = isProcessLabel(sample.label) ? firstErrorOf(sample.label.steps) : null;
    const prompt = `${instructions[subset] ?? ''}${sample.prompt}`;
    return label === null ? [] : [{ subset, label, sample: { ...sample, prompt } satisfies Sample }];
  });
  return Object.entries(cut).flatMap(([name, counts]) =>
    counts.flatMap((count, kind) => {
      const own = solutions.filter(
        ({ subset, label }) => subset === name && Number(label === 'none') === kind,
      );
      return pickByHash(own, ({ sample }) => sample.id, count);
    }),
  );
}

function writeReport(): void {
  const rows = readRows<Row>('first-errors');
  const text = [...Map.groupBy(rows, ({ model }) => model)]
    .map(([model, own]) => `### First errors: ${model}\n\n${modelTable(own)}`)
    .join('\n\n');
  report([{ name: 'first-errors', text }], rows, { json: false, write: [qualityPage] });
}

function modelTable(rows: readonly Row[]): string {
  const subsets = [...Map.groupBy(rows, ({ subset }) => subset)];
  const head = [
    'solutions',
    'n',
    'by',
    'F1',
    'found where there is one',
    'none where there is none',
    'right about any',
    'AUC over steps',
  ];
  return table(head, [
    ...subsetRows('all', rows),
    ...subsets.flatMap(([name, own]) => subsetRows(name, own)),
  ]);
}

function subsetRows(name: string, rows: readonly Row[]): string[][] {
  const scored = rows.filter((row): row is Scored => !row.steps.includes(null));
  const labels = scored.map(({ label }) => label);
  const ids = scored.map(({ id }) => id);
  const figures = (guesses: readonly FirstError[]) => firstErrorFigures(guesses, labels, ids);
  const chance = randomHits(
    scored.map(({ steps }) => steps.length),
    labels,
  );
  const judged: [string, FirstErrorFigures][] = [
    ['juror: first step below 0.5', figures(scored.map(({ steps }) => firstBelow(steps, 0.5)))],
    ['*always none*', figures(labels.map(() => 'none'))],
    ['*always the first step*', figures(labels.map(() => 0))],
    ['*a random step or none*', expectedFigures(chance, labels, ids)],
  ];
  if (name === 'all')
    judged.splice(
      1,
      0,
      ['juror: prior over labels taken out (batch)', figures(withoutPrior(scored))],
      ['juror: threshold fitted on the other half', figures(crossFitted(scored))],
    );
  const open = rows.length - scored.length;
  return judged.map(([by, { f1, erroneous, correct, detection }], place) => [
    name,
    `${scored.length}${open === 0 ? '' : ` (${open} not scored)`}`,
    by,
    share(f1),
    share(erroneous),
    share(correct),
    share(detection),
    place === 0 ? decimals(stepCurve(scored)) : '–',
  ]);
}

/** How well the probabilities tell the first wrong step from the good ones before it, and from those of good solutions. */
function stepCurve(rows: readonly Scored[]): Figure {
  const steps = rows.flatMap(({ id, steps, label }) =>
    steps.flatMap((probability, place) =>
      label === 'none' || place <= label ? [{ id, probability, good: place !== label }] : [],
    ),
  );
  return clusterBootstrap(
    areaUnderCurve(
      steps.map(({ probability }) => probability),
      steps.map(({ good }) => good),
    ),
    steps.map(({ id }) => id),
  );
}

/** Guesses with the judge's mean distribution over all steps taken out of each; no label is looked at. */
function withoutPrior(rows: readonly Scored[]): FirstError[] {
  const read = rows.map(({ steps }) => steps.map((good) => ({ good, bad: 1 - good })));
  const prior = meanDistribution(read.flat());
  return read.map((steps) =>
    firstBelow(
      steps.map((step) => contentFreeCalibration(step, prior).good ?? 0),
      0.5,
    ),
  );
}

/** Each half's guesses with the threshold that has the best F1 on the other half. */
function crossFitted(rows: readonly Scored[]): FirstError[] {
  const halfOf = ({ id }: Row) => seedFrom('half', id) % 2;
  const thresholds = [0, 1].map((half) => bestThreshold(rows.filter((row) => halfOf(row) !== half)));
  return rows.map((row) => firstBelow(row.steps, thresholds[halfOf(row)] ?? 0.5));
}

function bestThreshold(rows: readonly Scored[]): number {
  const labels = rows.map(({ label }) => label);
  const candidates = [0.5, ...rows.flatMap(({ steps }) => steps)];
  const values = candidates.map((threshold) => {
    const guesses = rows.map(({ steps }) => firstBelow(steps, threshold));
    return estimate(processF1(hitsOf(guesses, labels).location, labels)).value ?? 0;
  });
  return candidates[values.indexOf(Math.max(...values))] ?? 0.5;
}

function firstBelow(steps: readonly number[], threshold: number): FirstError {
  const index = steps.findIndex((probability) => probability < threshold);
  return index < 0 ? 'none' : index;
}

function decimals({ estimate: value, low, high }: Figure): string {
  return `${value?.toFixed(2) ?? '–'} (${low?.toFixed(2) ?? '–'}–${high?.toFixed(2) ?? '–'})`;
}

function share({ estimate: value, low, high }: Figure): string {
  return value === null ? '–' : `${percent(value)} % (${percent(low)}–${percent(high)})`;
}
