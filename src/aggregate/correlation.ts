/** Correlations and ranking: how far two columns of numbers go together. */
import {
  type Counts,
  type Estimator,
  NO_ROWS,
  requireFinite,
  requireSameLength,
  type Statistic,
} from './statistic.ts';

const CONSTANT: Statistic = { value: null, reason: 'a column is constant' };

/** Pearson's r = Σ (x − x̄)(y − ȳ) / √(Σ (x − x̄)² Σ (y − ȳ)²); undefined when a column is constant. */
export function pearson(left: readonly number[], right: readonly number[]): Estimator {
  requireColumns(left, right);
  const [first, second] = [unitScale(left), unitScale(right)];
  return { rows: left.length, of: (counts) => correlate(first, second, counts) };
}

/** Spearman's ρ (1904): Pearson's r of the ranks, tied values sharing the mean of their ranks. */
export function spearman(left: readonly number[], right: readonly number[]): Estimator {
  requireColumns(left, right);
  const [rankLeft, rankRight] = [ranker(left), ranker(right)];
  return { rows: left.length, of: (counts) => correlate(rankLeft(counts), rankRight(counts), counts) };
}

/**
 * Kendall's τ-b (Biometrika 33, 1945): (C − D) / √((n₀ − n₁)(n₀ − n₂)) over the n₀ = n(n − 1)/2 pairs of rows, with C
 * concordant, D discordant, n₁ tied in the left and n₂ in the right column. O(n log n), by a tree of counts.
 */
export function kendall(left: readonly number[], right: readonly number[]): Estimator {
  requireColumns(left, right);
  const [leftLevels, rightLevels] = [levels(left), levels(right)];
  const order = sortedRows(left);
  const width = 1 + rightLevels.reduce((most, level) => Math.max(most, level), -1);
  const tree = new Float64Array(width + 1);
  const totals = new Float64Array(width);

  return {
    rows: left.length,
    of: (counts) => {
      tree.fill(0);
      totals.fill(0);
      let size = 0;
      let tiedLeft = 0;
      let balance = 0;
      for (let start = 0; start < order.length; ) {
        const level = leftLevels[order[start] ?? 0];
        let end = start;
        while (end < order.length && leftLevels[order[end] ?? 0] === level) end++;
        let group = 0;
        for (let place = start; place < end; place++) {
          const row = order[place] ?? 0;
          const count = counts[row] ?? 0;
          if (count === 0) continue;
          const value = rightLevels[row] ?? 0;
          const above = size - sumUpTo(tree, value + 1);
          balance += count * (sumUpTo(tree, value) - above);
          group += count;
        }
        for (let place = start; place < end; place++) {
          const row = order[place] ?? 0;
          const count = counts[row] ?? 0;
          const value = rightLevels[row] ?? 0;
          addAt(tree, value + 1, count);
          totals[value] = (totals[value] ?? 0) + count;
        }
        size += group;
        tiedLeft += pairs(group);
        start = end;
      }
      const all = pairs(size);
      const tiedRight = totals.reduce((sum, total) => sum + pairs(total), 0);
      if (size === 0) return { value: null, reason: NO_ROWS };
      if (all === tiedLeft || all === tiedRight) return CONSTANT;
      return bounded(balance / Math.sqrt((all - tiedLeft) * (all - tiedRight)));
    },
  };
}

/**
 * Area under the ROC curve: the probability that a positive row scores above a negative one, ties counting half (Mann and
 * Whitney, 1947). Undefined when all rows are of one kind.
 */
export function areaUnderCurve(scores: readonly number[], positive: readonly boolean[]): Estimator {
  requireSameLength(scores.length, positive.length);
  requireFinite(scores);
  const order = sortedRows(scores);
  return {
    rows: scores.length,
    of: (counts) => {
      let positives = 0;
      let negatives = 0;
      let wins = 0;
      for (let start = 0; start < order.length; ) {
        const score = scores[order[start] ?? 0];
        let high = 0;
        let low = 0;
        let end = start;
        for (; end < order.length && scores[order[end] ?? 0] === score; end++) {
          const row = order[end] ?? 0;
          if (positive[row]) high += counts[row] ?? 0;
          else low += counts[row] ?? 0;
        }
        wins += high * (negatives + low / 2);
        positives += high;
        negatives += low;
        start = end;
      }
      if (positives + negatives === 0) return { value: null, reason: NO_ROWS };
      if (positives === 0 || negatives === 0) return { value: null, reason: 'all labels are the same' };
      return { value: wins / (positives * negatives) };
    },
  };
}

/** Pearson's r of rows taken `counts` times. */
function correlate(left: ArrayLike<number>, right: ArrayLike<number>, counts: Counts): Statistic {
  let size = 0;
  let sumLeft = 0;
  let sumRight = 0;
  for (let row = 0; row < left.length; row++) {
    const count = counts[row] ?? 0;
    size += count;
    sumLeft += count * (left[row] ?? 0);
    sumRight += count * (right[row] ?? 0);
  }
  if (size === 0) return { value: null, reason: NO_ROWS };
  const [meanLeft, meanRight] = [sumLeft / size, sumRight / size];
  let [squaresLeft, squaresRight, products] = [0, 0, 0];
  let [first, variesLeft, variesRight] = [-1, false, false];
  for (let row = 0; row < left.length; row++) {
    const count = counts[row] ?? 0;
    if (count === 0) continue;
    if (first < 0) first = row;
    variesLeft ||= left[row] !== left[first];
    variesRight ||= right[row] !== right[first];
    const deviationLeft = (left[row] ?? 0) - meanLeft;
    const deviationRight = (right[row] ?? 0) - meanRight;
    squaresLeft += count * deviationLeft ** 2;
    squaresRight += count * deviationRight ** 2;
    products += count * deviationLeft * deviationRight;
  }
  const product = squaresLeft * squaresRight;
  // One root is exact for equal columns; two do not underflow.
  const scale = product > 1e-290 ? Math.sqrt(product) : Math.sqrt(squaresLeft) * Math.sqrt(squaresRight);
  // Rounding of the mean can leave a constant column with a spread, and underflow a varying one without.
  if (!variesLeft || !variesRight || !(scale > 0)) return CONSTANT;
  return bounded(products / scale);
}

/** Ranks of rows taken `counts` times, 1-based, ties averaged. The result is reused by the next call. */
function ranker(values: readonly number[]): (counts: Counts) => Float64Array {
  const order = sortedRows(values);
  const ranks = new Float64Array(values.length);
  return (counts) => {
    let below = 0;
    for (let start = 0; start < order.length; ) {
      let end = start;
      let tied = 0;
      const value = values[order[start] ?? 0];
      for (; end < order.length && values[order[end] ?? 0] === value; end++)
        tied += counts[order[end] ?? 0] ?? 0;
      for (let place = start; place < end; place++) ranks[order[place] ?? 0] = below + (tied + 1) / 2;
      below += tied;
      start = end;
    }
    return ranks;
  };
}

/** Row numbers by rising value. */
function sortedRows(values: readonly number[]): Int32Array {
  return Int32Array.from(values.keys()).sort((left, right) => (values[left] ?? 0) - (values[right] ?? 0));
}

/** Each value's place among the distinct values. */
function levels(values: readonly number[]): Int32Array {
  const distinct = [...new Set(values)].sort((left, right) => left - right);
  const places = new Map(distinct.map((value, place) => [value, place]));
  return Int32Array.from(values, (value) => places.get(value) ?? 0);
}

/** Fenwick's tree (1994): adds at a 1-based place. */
function addAt(tree: Float64Array, place: number, amount: number): void {
  for (let node = place; node < tree.length; node += node & -node) tree[node] = (tree[node] ?? 0) + amount;
}

/** Fenwick's tree: the sum of places 1 to `place`. */
function sumUpTo(tree: Float64Array, place: number): number {
  let sum = 0;
  for (let node = place; node > 0; node -= node & -node) sum += tree[node] ?? 0;
  return sum;
}

/** Divides by the largest magnitude, so that squares neither overflow nor vanish; r does not change. */
function unitScale(values: readonly number[]): Float64Array {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Float64Array.from(values, (value) => (largest > 0 ? value / largest : 0));
}

function pairs(size: number): number {
  return (size * (size - 1)) / 2;
}

function bounded(value: number): Statistic {
  return { value: Math.min(1, Math.max(-1, value)) };
}

function requireColumns(left: readonly number[], right: readonly number[]): void {
  requireSameLength(left.length, right.length);
  requireFinite(left);
  requireFinite(right);
}
