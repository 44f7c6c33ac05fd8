/**
 * Gates: how often a gate changes its mind, how often an interval lies, and how long the figures of a large suite take.
 *
 *   node bench/gates.ts [--speed] [--seeds] [--coverage] [--rerun]
 *
 * No model: everything is simulated from seeds, so that only the times differ between machines. The tables are in
 * docs/decisions/0012-gates-that-do-not-flap.md.
 */
import { parseArgs } from 'node:util';
import { type Figure, meanInterval, proportion } from '../src/aggregate/interval.ts';
import { clusteredShare } from '../src/aggregate/jackknife.ts';
import { createRandom, type Random } from '../src/aggregate/random.ts';
import { suiteFigures } from '../src/suite/figures.ts';
import { checkGates } from '../src/suite/gates.ts';
import type { JudgedItem } from '../src/suite/item.ts';

const { values: flags } = parseArgs({
  options: {
    speed: { type: 'boolean' },
    seeds: { type: 'boolean' },
    coverage: { type: 'boolean' },
    rerun: { type: 'boolean' },
  },
});
const all = Object.values(flags).every((flag) => !flag);
const print = (line: string) => process.stdout.write(`${line}\n`);

const shifts = new Map<number, number>();

type Draw = (random: Random) => number;

/** Scores as judges give them: spread out, nearly always high, and all or nothing. */
const kinds: Readonly<Record<string, { readonly draw: Draw; readonly mean: number }>> = {
  spread: { draw: (random) => logistic(0.8 + 1.2 * random.normal()), mean: meanOf(0.8, 1.2) },
  high: { draw: (random) => logistic(3.5 + 2 * random.normal()), mean: meanOf(3.5, 2) },
  binary: { draw: (random) => Number(random.uniform() < 0.8), mean: 0.8 },
  'binary, high': { draw: (random) => Number(random.uniform() < 0.95), mean: 0.95 },
};

if (all || flags.speed) speed();
if (all || flags.seeds) seeds();
if (all || flags.coverage) coverage();
if (all || flags.rerun) rerun();

function speed(): void {
  const random = createRandom(1);
  const items = Array.from({ length: 200_000 }, (_, row) => item(row, random, Math.floor(row / 2)));
  const timed = (work: () => unknown) => {
    // Time of this process, so that others on the machine count less.
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    return `${((user + system) / 1e6).toFixed(1)} s`;
  };
  const options = { slices: ['language', 'length'], pass: 0.5 };
  const count = suiteFigures(items, options).length;
  const scores = items.map(({ score }) => score ?? 0);
  const clusters = items.map(({ cluster }) => cluster);
  const baseline = items.map((one) => ({ ...one, score: Math.max(0, (one.score ?? 0) - 0.01) }));
  const gate = {
    id: 'kept',
    kind: 'comparison',
    against: 'main',
    min: -0.02,
    bound: 'worst',
    answers: 'same',
    measure: 'score',
  } as const;
  print('\n| 200,000 answers to 100,000 prompts | |\n|---|---|');
  print(`| all ${count} figures of a suite | ${timed(() => suiteFigures(items, options))} |`);
  print(
    `| one comparison gate | ${timed(() => checkGates([gate], { items, baselines: { main: baseline } }))} |`,
  );
  print(`| one mean, bootstrap of 2,000 | ${timed(() => meanInterval(scores, clusters))} |`);
}

/** Chance that two seeds disagree, by how far the threshold is from the bound, in standard errors. */
function seeds(): void {
  const distances = [0, 0.02, 0.05, 0.1, 0.2];
  print(`\n| prompts | interval | ${distances.map((distance) => `${distance} SE`).join(' | ')} |`);
  print(`|---|---|${distances.map(() => '---').join('|')}|`);
  for (const size of [20, 100, 500]) {
    const random = createRandom(size);
    const methods: Readonly<Record<string, (values: number[], names: string[], seed: number) => number>> = {
      'bootstrap of 2,000': (values, names, seed) => meanInterval(values, names, { seed }).low ?? 0,
      'leave one out': (values, names) => clusteredShare(values, names).low ?? 0,
    };
    const samples = Array.from({ length: 10 }, () => sampleOf('spread', size, 1, random));
    for (const [name, low] of Object.entries(methods)) {
      const chances = distances.map(() => 0);
      for (const { values, clusters } of samples) {
        const bounds = Array.from({ length: 100 }, (_, seed) => low(values, clusters, seed));
        const centre = average(bounds);
        for (const [place, distance] of distances.entries()) {
          const threshold = centre + distance * errorOf(values);
          const passed = average(bounds.map((bound) => Number(bound >= threshold - 1e-9)));
          chances[place] = (chances[place] ?? 0) + (2 * passed * (1 - passed)) / samples.length;
        }
      }
      print(`| ${size} | ${name} | ${chances.map((chance) => percent(chance)).join(' | ')} |`);
    }
  }
}

/** Share of the intervals that lie wholly above and wholly below the truth; 2.5 % each is what they promise. */
function coverage(): void {
  print(
    '\n| scores | prompts × answers | interval | surely above, wrongly | surely below, wrongly | mean width |\n|---|---|---|---|---|---|',
  );
  for (const kind of Object.keys(kinds)) {
    for (const [size, rows] of [
      [5, 1],
      [5, 4],
      [12, 1],
      [40, 1],
      [40, 3],
      [200, 1],
    ] as const) {
      const methods: Readonly<Record<string, (values: number[], clusters: string[]) => Figure>> = {
        'leave one out': clusteredShare,
        'bootstrap of 1,000': (values, clusters) => meanInterval(values, clusters, { resamples: 1000 }),
        ...(kind.startsWith('binary')
          ? {
              Wilson: (values, clusters) =>
                proportion(
                  values.map((value) => value === 1),
                  clusters,
                ),
            }
          : {}),
      };
      const truth = kinds[kind]?.mean ?? 0;
      for (const [name, interval] of Object.entries(methods)) {
        const random = createRandom(size * 1000 + rows);
        const found = Array.from({ length: 2000 }, () => {
          const { values, clusters } = sampleOf(kind, size, rows, random);
          const { low, high } = interval(values, clusters);
          return {
            above: Number((low ?? 0) > truth),
            below: Number((high ?? 1) < truth),
            width: (high ?? 1) - (low ?? 0),
          };
        });
        print(
          `| ${kind} | ${size} × ${rows} | ${name} | ${percent(average(found.map(({ above }) => above)))} | ${percent(average(found.map(({ below }) => below)))} | ${average(found.map(({ width }) => width)).toFixed(2)} |`,
        );
      }
    }
  }
}

/** How often a gate fails, and how often two runs disagree: the same answers judged under another seed, or new answers. */
function rerun(): void {
  print(
    '\n| answers | truth less threshold | again | estimate fails | disagree | worst fails | disagree | best fails | disagree |',
  );
  print('|---|---|---|---|---|---|---|---|---|');
  const threshold = 0.6;
  for (const size of [40, 200]) {
    for (const margin of [-0.1, 0, 0.05, 0.1]) {
      for (const again of ['judged', 'answered']) {
        const random = createRandom(size);
        const tallies = { estimate: [0, 0], worst: [0, 0], best: [0, 0] } as Record<string, [number, number]>;
        const trials = 1000;
        for (let trial = 0; trial < trials; trial++) {
          const answers = Array.from({ length: size }, () =>
            logistic(shiftFor(threshold + margin) + random.normal()),
          );
          const runs = [
            answers,
            again === 'judged'
              ? answers
              : answers.map(() => logistic(shiftFor(threshold + margin) + random.normal())),
          ].map(
            // A judge's other seed moves a score by about 0.1.
            (scores) => scores.map((score) => Math.min(1, Math.max(0, score + 0.1 * random.normal()))),
          );
          const names = answers.map((_, row) => `prompt ${row}`);
          const figures = runs.map((scores) => clusteredShare(scores, names));
          for (const [bound, field] of [
            ['estimate', 'estimate'],
            ['worst', 'low'],
            ['best', 'high'],
          ] as const) {
            const failed = figures.map((figure) => (figure[field] ?? 0) < threshold);
            const tally = tallies[bound];
            if (!tally) continue;
            tally[0] += Number(failed[0]);
            tally[1] += Number(failed[0] !== failed[1]);
          }
        }
        const cells = ['estimate', 'worst', 'best'].flatMap((bound) =>
          (tallies[bound] ?? []).map((count) => percent(count / trials)),
        );
        print(`| ${size} | ${margin} | ${again} | ${cells.join(' | ')} |`);
      }
    }
  }
}

function sampleOf(kind: string, size: number, rows: number, random: Random) {
  const draw = kinds[kind]?.draw ?? (() => 0);
  const values: number[] = [];
  const clusters: string[] = [];
  for (let cluster = 0; cluster < size; cluster++) {
    const shared = draw(random);
    for (let row = 0; row < rows; row++) {
      // Half of the answers to a prompt are like each other.
      values.push(row === 0 || random.uniform() < 0.5 ? shared : draw(random));
      clusters.push(`prompt ${cluster}`);
    }
  }
  return { values, clusters };
}

function item(row: number, random: Random, cluster: number): JudgedItem {
  const score = random.uniform();
  return {
    data: 'answers',
    judge: 'small',
    rubric: 'helpfulness',
    mode: 'pointwise',
    sampleId: `sample ${row}`,
    responseIds: ['a'],
    cluster: `prompt ${cluster}`,
    models: [null],
    score,
    winner: null,
    flipped: null,
    perCriterion: { accuracy: random.uniform(), tone: random.uniform(), format: random.uniform() },
    perObjective: { helpfulness: score, honesty: random.uniform() },
    label: random.uniform() < score ? 1 : 0,
    slices: { language: ['de', 'en', 'fr'][row % 3] ?? '', length: String(row % 5) },
    texts: [`text ${row}`],
  };
}

/** The mean of logistic(μ + σ z) over a fine grid of z. */
function meanOf(center: number, deviation: number): number {
  let [sum, weights] = [0, 0];
  for (let z = -8; z <= 8; z += 0.001) {
    const weight = Math.exp((-z * z) / 2);
    sum += weight * logistic(center + deviation * z);
    weights += weight;
  }
  return sum / weights;
}

/** The μ whose logistic(μ + z) has this mean. */
function shiftFor(mean: number): number {
  const known = shifts.get(mean);
  if (known !== undefined) return known;
  let [low, high] = [-8, 8];
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (meanOf(middle, 1) < mean) low = middle;
    else high = middle;
  }
  shifts.set(mean, low);
  return low;
}

function errorOf(values: readonly number[]): number {
  const center = average(values);
  return Math.sqrt(average(values.map((value) => (value - center) ** 2)) / values.length);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function logistic(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}
