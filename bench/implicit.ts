/**
 * Implicit rewards of labelled pairs, beside rules that need one model or none, and beside the policy as a judge.
 *
 *   node bench/implicit.ts --data DIR --model POLICY --reference-model NAME [--rows 60] [--sets pandalm]   append results
 *   node bench/implicit.ts --report                                                              write the table
 *
 * Rows are those of bench/quality.ts: picked by the hash of their id. Results are kept in bench/results/implicit.jsonl. The judge is
 * the policy's `none` of bench/results/quality.jsonl; where it is there, its pairs alone are compared.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ImplicitPair, implicitPair, implicitPairReport } from '../src/aggregate/implicit-report.ts';
import type { Winner } from '../src/aggregate/pairs.ts';
import { readSamples } from '../src/dataset.ts';
import { implicitRewards } from '../src/judge/implicit.ts';
import type { Sample } from '../src/schema.ts';
import type { QualityResult } from './quality-report.ts';
import {
  dataFolder,
  judgedFlags,
  keepRow,
  openModel,
  overReference,
  pickByHash,
  qualityPage,
  readRows,
} from './rows.ts';
import { collect, percent, report, signed, table } from './support.ts';

const sets = 'gsm8k_solutions,llmbar_natural,pandalm';
const { values: flags } = parseArgs({
  options: {
    ...judgedFlags,
    'reference-model': { type: 'string' },
    rows: { type: 'string', default: '60' },
    sets: { type: 'string', default: sets },
  },
});

/** What came of one pair. */
interface ImplicitResult {
  /** `POLICY over REFERENCE`. */
  readonly models: string;
  readonly set: string;
  readonly id: string;
  /** Null where a response is unscored. */
  readonly pair: ImplicitPair | null;
}

const judge = 'the policy as a judge, both orders';

if (flags.report) writeReport();
else await measure();

async function measure(): Promise<void> {
  const { name: models, reference: referenceName } = overReference(flags);
  const folder = dataFolder(flags);
  await using policy = await openModel(flags.model, flags.threads);
  await using reference = await openModel(referenceName, flags.threads);
  const done = new Set(readRows<ImplicitResult>('implicit').map(keyOf));
  for (const set of flags.sets.split(',')) {
    const rows = await collect(readSamples(join(folder, `${set}.pairwise.jsonl`)));
    const picked = pickByHash(rows, ({ id }) => id, Number(flags.rows));
    const samples = new Map<string, Sample>(
      picked.filter(({ id }) => !done.has(keyOf({ models, set, id }))).map((sample) => [sample.id, sample]),
    );
    for await (const rewards of implicitRewards({ policy, reference }, samples.values())) {
      const sample = samples.get(rewards.sampleId);
      const pair = sample ? (implicitPair(sample, rewards) ?? null) : null;
      keepRow('implicit', { models, set, id: rewards.sampleId, pair } satisfies ImplicitResult);
    }
    console.log(`${models} ${set}: ${picked.length} rows`);
  }
}

/** Replace the table's block in docs/quality.md. */
function writeReport(): void {
  const results = readRows<ImplicitResult>('implicit');
  const judged = readRows<QualityResult>('quality').filter(({ protocol }) => protocol === 'none');
  const text = [...Map.groupBy(results, ({ models }) => models)]
    .map(
      ([models, own]) => `### Implicit rewards: ${models}\n\n${modelsTable(own, winnersOf(models, judged))}`,
    )
    .join('\n\n');
  report([{ name: 'implicit', text }], results, { json: false, write: [qualityPage] });
}

/** The policy's verdicts as a judge, by set and id. */
function winnersOf(models: string, judged: readonly QualityResult[]): Map<string, Winner> {
  const policy = models.split(' over ')[0];
  return new Map(
    judged
      .filter(({ model }) => model === policy)
      .map(({ set, id, winner }) => [
        `${set}/${id}`,
        winner === 'a' ? 'first' : winner === 'b' ? 'second' : 'tie',
      ]),
  );
}

function modelsTable(results: readonly ImplicitResult[], winners: ReadonlyMap<string, Winner>): string {
  const bySet = [...Map.groupBy(results, ({ set }) => set)];
  const rows = bySet.flatMap(([set, own]) => setRows(set, own, winners));
  if (bySet.length > 1) rows.push(...setRows('all pairs', results, winners));
  return table(['set', 'pairs', 'picked by', 'accuracy', '95 % interval', 'less the longer answer'], rows);
}

function setRows(
  set: string,
  results: readonly ImplicitResult[],
  winners: ReadonlyMap<string, Winner>,
): string[][] {
  const pairs = results.flatMap(({ set, id, pair }): ImplicitPair[] => {
    const winner = winners.get(`${set}/${id}`);
    return pair === null ? [] : [{ ...pair, verdicts: winner === undefined ? {} : { [judge]: winner } }];
  });
  const beside = pairs.filter(({ verdicts }) => verdicts?.[judge] !== undefined);
  const compared = beside.length > 0 ? beside : pairs;
  const unscored = results.filter(({ pair }) => pair === null).length;
  return implicitPairReport(compared).map(({ name, figures: { decidedAccuracy: figure }, gain }) => [
    set,
    `${figure.n}${unscored === 0 ? '' : ` (${unscored} not scored)`}`,
    name,
    `${percent(figure.estimate)} %`,
    `${percent(figure.low)}–${percent(figure.high)}`,
    name === 'longer answer' ? '–' : `${signed(gain.estimate)} (${signed(gain.low)} to ${signed(gain.high)})`,
  ]);
}

function keyOf({ models, set, id }: Pick<ImplicitResult, 'models' | 'set' | 'id'>): string {
  return JSON.stringify([models, set, id]);
}
