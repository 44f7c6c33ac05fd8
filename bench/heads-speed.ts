/**
 * Training of a linear Bradley-Terry head on seeded pairs, by juror and by its peers in turns, to the same loss; and scoring.
 *
 *     node bench/heads-speed.ts [--python VENV/bin/python] [--pairs 100000] [--columns 576] [--l2 1e-4] [--repeats 3]
 *                               [--json] [--write docs/benchmarks.md]
 *
 * `--python` names a Python with numpy, scikit-learn and torch; without it juror is alone. Features are like hidden states: columns of
 * very different spread and mean, of which a few directions carry most, two answers to a prompt alike; labels are drawn from a known head.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { logistic } from '../src/aggregate/logits.ts';
import { createRandom } from '../src/aggregate/random.ts';
import type { FeatureMatrix, PairData } from '../src/head/data.ts';
import { scoreMember } from '../src/head/head.ts';
import { trainMember } from '../src/head/train.ts';
import { countOf, machine, report, spread, spreadText, table, timed } from './support.ts';

const Fit = z.object({
  seconds: z.number(),
  iterations: z.int(),
  loss: z.number(),
  reached: z.boolean(),
});
const Peers = z.object({
  versions: z.record(z.string(), z.string()),
  threads: z.int(),
  preparation: z.number(),
  peers: z.record(z.string(), Fit),
  scoredRowsPerSecond: z.number(),
});

const { values: flags } = parseArgs({
  options: {
    python: { type: 'string' },
    pairs: { type: 'string', default: '100000' },
    columns: { type: 'string', default: '576' },
    l2: { type: 'string', default: '1e-4' },
    repeats: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    write: { type: 'string', multiple: true, default: [] as string[] },
  },
});
const [count, columns] = [countOf('pairs', flags.pairs), countOf('columns', flags.columns)];
const repeats = countOf('repeats', flags.repeats);
const l2 = Number(flags.l2);
const seed = 20240611;
const loss = { kind: 'bradley-terry' } as const;
const data = makePairs(count, columns);
const folder = mkdtempSync(join(tmpdir(), 'juror-heads-'));

/** Relatively above the minimum: what counts as the same loss. */
const sameLoss = 1e-6;
/** Everybody's time is that of the loosest tolerance, a power of ten from 1e-3 on, that comes to the same loss. */
const tolerances = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7];

interface Round {
  readonly byDefault: z.infer<typeof Fit>;
  readonly loosest: z.infer<typeof Fit>;
  readonly rowsPerSecond: number;
  readonly peers: z.infer<typeof Peers> | null;
}
const rounds: Round[] = [];
try {
  writeFileSync(join(folder, 'features.f32'), data.features.values);
  writeFileSync(join(folder, 'target.f64'), data.pairs.target);
  // Nor is what V8 compiles on the way counted: the peers' libraries come compiled.
  const best = trainMember(data, { loss, l2, seed, tolerance: 1e-9 }).loss;
  writeFileSync(
    join(folder, 'task.json'),
    JSON.stringify({ pairs: count, columns, l2, tolerances, reached: best * (1 + sameLoss) }),
  );
  const train = async (tolerance?: number): Promise<z.infer<typeof Fit>> => {
    const { seconds, result } = await timed(async () =>
      trainMember(data, { loss, l2, seed, ...(tolerance === undefined ? {} : { tolerance }) }),
    );
    return {
      seconds,
      iterations: result.iterations,
      loss: result.loss,
      reached: result.loss <= best * (1 + sameLoss),
    };
  };
  for (let round = 0; round < repeats; round++) {
    const byDefault = await train();
    let loosest = byDefault;
    for (const tolerance of tolerances) {
      loosest = await train(tolerance);
      if (loosest.reached) break;
    }
    const { member } = trainMember(data, { loss, l2, seed });
    const scoring = await timed(async () => scoreMember(member, data.features));
    const rowsPerSecond = data.features.rows / scoring.seconds;
    rounds.push({ byDefault, loosest, rowsPerSecond, peers: await runPeers() });
  }
} finally {
  rmSync(folder, { recursive: true });
}

const peers = rounds.flatMap((round) => round.peers ?? []);
const own = spread(rounds.map(({ loosest }) => loosest.seconds)).median;
const lines = [
  line(
    '**juror**',
    rounds.map(({ loosest }) => loosest),
    null,
  ),
  line(
    'juror, its default tolerance',
    rounds.map(({ byDefault }) => byDefault),
    null,
  ),
  ...Object.keys(peers[0]?.peers ?? {}).map((name) =>
    line(
      name,
      peers.flatMap((round) => round.peers[name] ?? []),
      peers.map(({ preparation }) => preparation),
    ),
  ),
];
const versions = Object.entries(peers[0]?.versions ?? {}).map(([name, version]) => `${name} ${version}`);
const text = [
  `${count} pairs of ${columns} numbers, λ ${l2}, ${repeats} rounds in turns, ${machine(1)}${peers[0] ? `; peers: ${peers[0].threads} threads, ${versions.join(', ')}` : ''}: median (range).`,
  '',
  table(
    [
      'trained by',
      'steps',
      'loss',
      'whole (s)',
      'juror ÷ whole',
      'search alone (s)',
      'juror’s whole ÷ search alone',
    ],
    lines,
  ),
  '',
  `Scoring from features in memory: juror ${millions(rounds.map((round) => round.rowsPerSecond))} million rows a second${
    peers.length > 0 ? `, numpy ${millions(peers.map((round) => round.scoredRowsPerSecond))}` : ''
  }.`,
].join('\n');
report([{ name: 'heads-speed', text }], { seed, count, columns, l2, rounds }, flags);

/** A line of the table; a peer's preparation is timed by itself, juror's is within. */
function line(
  name: string,
  fits: readonly z.infer<typeof Fit>[],
  preparation: readonly number[] | null,
): string[] {
  const alone = spread(fits.map(({ seconds }) => seconds));
  const whole = spread(fits.map(({ seconds }, round) => seconds + (preparation?.[round] ?? 0)));
  return [
    name,
    String(fits[0]?.iterations),
    `${fits[0]?.loss.toFixed(8)}${fits.every(({ reached }) => reached) ? '' : ' (not reached)'}`,
    spreadText(whole, 2),
    (own / whole.median).toFixed(2),
    preparation === null ? '' : spreadText(alone, 2),
    preparation === null ? '' : (own / alone.median).toFixed(2),
  ];
}

function millions(rates: readonly number[]): string {
  return spreadText(spread(rates.map((rate) => rate / 1e6)), 2);
}

async function runPeers(): Promise<z.infer<typeof Peers> | null> {
  if (flags.python === undefined) return null;
  const program = fileURLToPath(new URL('./heads-speed.py', import.meta.url));
  const { stdout } = await promisify(execFile)(flags.python, [program, folder], { maxBuffer: 1e7 });
  return Peers.parse(JSON.parse(stdout));
}

function makePairs(pairs: number, width: number): { features: FeatureMatrix; pairs: PairData } {
  const random = createRandom(seed);
  const directions = Math.min(width, 32);
  // Uniform draws: their sums are near enough to normal, and hundreds of millions of them are cheap.
  const draw = () => 3.46 * (random.uniform() - 0.5);
  const loadings = Float64Array.from(
    { length: directions * width },
    (_, place) => random.normal() * (1 + Math.floor(place / width)) ** -0.75,
  );
  const scales = Float64Array.from({ length: width }, () => Math.exp(random.normal()));
  const means = Float64Array.from({ length: width }, () => 5 * random.normal());
  const truth = Float64Array.from({ length: width }, () => random.normal() / Math.sqrt(width));
  const values = new Float32Array(2 * pairs * width);
  const target = new Float64Array(pairs);
  const state = new Float64Array(width);
  for (let pair = 0; pair < pairs; pair++) {
    const shared = Float64Array.from({ length: directions }, draw);
    let difference = 0;
    for (let side = 0; side < 2; side++) {
      for (let column = 0; column < width; column++) state[column] = 0.5 * draw();
      for (let direction = 0; direction < directions; direction++) {
        const load = (shared[direction] as number) + 0.5 * draw();
        for (let column = 0; column < width; column++)
          state[column] = (state[column] as number) + load * (loadings[direction * width + column] as number);
      }
      const start = (2 * pair + side) * width;
      for (let column = 0; column < width; column++) {
        values[start + column] =
          (means[column] as number) + (scales[column] as number) * (state[column] as number);
        difference += (side === 0 ? 1 : -1) * (truth[column] as number) * (state[column] as number);
      }
    }
    target[pair] = random.uniform() < logistic(difference) ? 1 : 0;
  }
  const places = Int32Array.from({ length: pairs }, (_, pair) => 2 * pair);
  return {
    features: { rows: 2 * pairs, columns: width, values },
    pairs: {
      left: places,
      right: places.map((place) => place + 1),
      target,
      tie: new Uint8Array(pairs),
      margin: new Float64Array(pairs),
      weight: new Float64Array(pairs).fill(1),
      cluster: Array.from({ length: pairs }, (_, pair) => String(pair)),
    },
  };
}
