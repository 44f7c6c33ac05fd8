/**
 * Calibration: how far a judge's probabilities of pairs are from the shares that are right, before and after a fit on other prompts.
 *
 *   node bench/calibration.ts --data DIR --model NAME [--rows 300] [--sets pandalm,tulu_human_eval]   append results
 *   node bench/calibration.ts --report                                                               write the table
 *
 * Rows are picked by the hash of their id; results are kept in bench/results/calibration.jsonl. Halves are by hash of the prompt,
 * each calibrated by a fit on the other.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  boundedLogOdds,
  type CalibrationLine,
  calibrateProbability,
  fitPlatt,
  fitTemperature,
} from '../src/aggregate/calibration.ts';
import { calibrationError, calibrationEstimators, foldPairs } from '../src/aggregate/calibration-error.ts';
import { clusterBootstrap, type Figure } from '../src/aggregate/interval.ts';
import { createRandom, seedFrom } from '../src/aggregate/random.ts';
import { estimate } from '../src/aggregate/statistic.ts';
import { promptCluster } from '../src/canonical.ts';
import { readSamples } from '../src/dataset.ts';
import { createJudge } from '../src/judge/judge.ts';
import { loadRubric } from '../src/rubric.ts';
import { dataFolder, judgedFlags, keepRow, openBench, pickByHash, qualityPage, readRows } from './rows.ts';
import { collect, report, sum, table } from './support.ts';

const { values: flags } = parseArgs({
  options: {
    ...judgedFlags,
    rows: { type: 'string', default: '300' },
    sets: { type: 'string', default: 'pandalm,tulu_human_eval' },
  },
});

interface Row {
  readonly model: string;
  readonly set: string;
  readonly id: string;
  /** Digest of the prompt. */
  readonly prompt: string;
  /** Probability that the first answer is better; null where unscored. */
  readonly score: number | null;
  /** 1 for the first, 0 for the second, ½ for a tie. */
  readonly label: number;
}
type Scored = Row & { readonly score: number };
type Fit = (rows: readonly Scored[]) => CalibrationLine;

const bins = 10;
const draws = 1000;
const labelValues: Readonly<Record<string, number>> = { a: 1, b: 0, tie: 0.5 };

if (flags.report) writeReport();
else await measure();

async function measure(): Promise<void> {
  const done = new Set(readRows<Row>('calibration').map(({ model, set, id }) => `${model} ${set} ${id}`));
  await using bench = await openBench(flags);
  const judge = createJudge({ ...bench, rubrics: [await loadRubric('better-answer')] });
  for (const set of flags.sets.split(',')) {
    const samples = await collect(readSamples(join(dataFolder(flags), `${set}.pairwise.jsonl`)));
    for (const sample of pickByHash(samples, ({ id }) => id, Number(flags.rows))) {
      const label = labelValues[String(sample.label)];
      if (label === undefined || done.has(`${flags.model} ${set} ${sample.id}`)) continue;
      const [verdict] = await judge.judge(sample);
      const prompt = promptCluster(sample.prompt);
      keepRow('calibration', {
        model: flags.model,
        set,
        id: sample.id,
        prompt,
        score: verdict?.score ?? null,
        label,
      });
    }
    console.log(`${flags.model} ${set}: done`);
  }
}

function writeReport(): void {
  const rows = readRows<Row>('calibration');
  const lines = [...Map.groupBy(rows, ({ model }) => model)].flatMap(([model, own]) =>
    modelLines(model, own),
  );
  const head = [
    'judge',
    'pairs of',
    'n',
    'calibrated by',
    'calibration error',
    'of a perfect judge',
    'Brier',
    'log-loss',
  ];
  report([{ name: 'calibration', text: table(head, lines) }], rows, { json: false, write: [qualityPage] });
}

function modelLines(model: string, rows: readonly Row[]): string[][] {
  const scored = rows.filter((row): row is Scored => row.score !== null);
  const sets = [...Map.groupBy(scored, ({ set }) => set)];
  return sets.flatMap(([set, own]) => {
    const line = (name: string, fitted: Fit | null, others?: readonly Scored[]) => {
      const probabilities = calibrated(own, fitted, others);
      return [model, set, `${own.length}`, name, ...figures(own, probabilities)];
    };
    const temperature: Fit = (some) => fitTemperature(oddsOf(some), labelsOf(some), { pairs: true });
    const platt: Fit = (some) => fitPlatt(oddsOf(some), labelsOf(some), { pairs: true });
    const crossed = sets
      .filter(([other]) => other !== set)
      .map(([other, theirs]) => line(`temperature, all of ${other}`, temperature, theirs));
    return [
      line('nothing', null),
      line('temperature, the other half', temperature),
      line('Platt, the other half', platt),
      ...crossed,
    ];
  });
}

/** Probabilities by a fit on the other half, or on other rows altogether. */
function calibrated(rows: readonly Scored[], fitted: Fit | null, others?: readonly Scored[]): number[] {
  if (fitted === null) return rows.map(({ score }) => score);
  const halfOf = ({ prompt }: Row) => seedFrom('half', prompt) % 2;
  const lines = [0, 1].map((half) => fitted(others ?? rows.filter((row) => halfOf(row) !== half)));
  return rows.map((row) => calibrateProbability(lines[halfOf(row)] ?? { slope: 1, intercept: 0 }, row.score));
}

function figures(rows: readonly Scored[], probabilities: readonly number[]): string[] {
  const labels = labelsOf(rows);
  const clusters = rows.map(({ prompt }) => prompt);
  const estimators = calibrationEstimators(probabilities, labels, { bins, pairs: true });
  const figure = (name: keyof typeof estimators) => text(clusterBootstrap(estimators[name], clusters));
  return [
    figure('calibrationError'),
    perfectError(probabilities).toFixed(3),
    figure('brier'),
    figure('logLoss'),
  ];
}

/** The mean calibration error of these probabilities if they were exact: what is left is chance, since bins are small. */
function perfectError(probabilities: readonly number[]): number {
  const random = createRandom(0);
  const errors = Array.from({ length: draws }, () => {
    const labels = probabilities.map((probability) => Number(random.uniform() < probability));
    const folded = foldPairs(probabilities, labels);
    return estimate(calibrationError(folded.probabilities, folded.labels, bins)).value ?? 0;
  });
  return sum(errors) / draws;
}

function oddsOf(rows: readonly Scored[]): number[] {
  return rows.map(({ score }) => boundedLogOdds(score));
}

function labelsOf(rows: readonly Scored[]): number[] {
  return rows.map(({ label }) => label);
}

function text({ estimate: value, low, high }: Figure): string {
  return `${value?.toFixed(3) ?? '–'} (${low?.toFixed(3) ?? '–'}–${high?.toFixed(3) ?? '–'})`;
}
