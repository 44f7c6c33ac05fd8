/** Small seeded data for tests of heads. */
import { createRandom } from '../../src/aggregate/random.ts';
import type { FeatureMatrix, PairData, RankingData, ScoreData } from '../../src/head/data.ts';

/** Normal features. */
export function features(rows: number, columns: number, seed = 1): FeatureMatrix {
  const random = createRandom(seed);
  return { rows, columns, values: Float32Array.from({ length: rows * columns }, () => random.normal()) };
}

/** Pairs of rows drawn at random; every fifth is a marked tie, targets are soft, weights differ. */
export function pairs(rows: number, count: number, { seed = 2, margins = false } = {}): PairData {
  const random = createRandom(seed);
  const draw = <Entry>(read: () => Entry) => Array.from({ length: count }, read);
  const tie = Uint8Array.from({ length: count }, (_, pair) => (pair % 5 === 4 ? 1 : 0));
  return {
    left: Int32Array.from(draw(() => random.below(rows))),
    right: Int32Array.from(draw(() => random.below(rows))),
    target: Float64Array.from(tie, (mark) => (mark === 1 ? 0.5 : random.uniform())),
    tie,
    margin: Float64Array.from(tie, (mark) => (margins && mark === 0 ? random.uniform() : 0)),
    weight: Float64Array.from(draw(() => 0.5 + random.uniform())),
    cluster: draw(() => `prompt-${random.below(10)}`),
  };
}

/** Orders of two to five rows. */
export function rankings(rows: number, count: number, seed = 3): RankingData {
  const random = createRandom(seed);
  return {
    orders: Array.from({ length: count }, () => {
      const order = new Set<number>();
      const size = 2 + random.below(4);
      while (order.size < size) order.add(random.below(rows));
      return Int32Array.from(order);
    }),
    weight: Float64Array.from({ length: count }, () => 0.5 + random.uniform()),
    cluster: Array.from({ length: count }, () => `prompt-${random.below(10)}`),
  };
}

/** Targets in [0, 1] of two objectives, a quarter of them unknown. */
export function scores(rows: number, seed = 4): ScoreData {
  const random = createRandom(seed);
  const objectives = ['helpfulness', 'safety'];
  return {
    row: Int32Array.from({ length: rows }, (_, row) => row),
    objectives,
    target: Float64Array.from({ length: rows * objectives.length }, () =>
      random.uniform() < 0.25 ? Number.NaN : random.uniform(),
    ),
    weight: Float64Array.from({ length: rows }, () => 0.5 + random.uniform()),
    cluster: Array.from({ length: rows }, () => `prompt-${random.below(10)}`),
  };
}
