/** Thresholds worth testing: combinations of quantiles, and those of them that no other beats. */
import type { CascadeTarget, Settled } from './cascade-tally.ts';

/** Every combination of each stage's levels. */
export function grid(
  rows: readonly Settled[],
  stages: number,
  levels: number,
  target: CascadeTarget,
): (number | null)[][] {
  let combinations: (number | null)[][] = [[]];
  for (let stage = 0; stage < stages; stage++) {
    // Against the judge nothing is left to people that it would decide.
    const last = target.kind === 'judge' && stage === stages - 1;
    const own = last ? [0] : levelsOf(rows, stage, levels);
    combinations = combinations.flatMap((before) => own.map((threshold) => [...before, threshold]));
  }
  return combinations;
}

function levelsOf(rows: readonly Settled[], stage: number, levels: number): (number | null)[] {
  const values = rows
    .flatMap(({ confidences }) => confidences[stage] ?? [])
    .sort((left, right) => left - right);
  const quantiles = Array.from(
    { length: Math.min(levels, values.length) },
    (_, place) => values[Math.floor((place * values.length) / Math.min(levels, values.length))] ?? 0,
  );
  return [null, ...new Set([0, ...quantiles.slice(1)])];
}

/** Thresholds, the evidence for the promise (the less, the better), and the cost. */
export interface Candidate {
  readonly thresholds: readonly (number | null)[];
  readonly evidence: number;
  readonly cost: number;
}

/** Those that no other beats in both evidence and cost, from the most evidence to the least, each cheaper than the one before. */
export function front(candidates: readonly Candidate[]): Candidate[] {
  const sorted = candidates.toSorted((one, other) => one.evidence - other.evidence || one.cost - other.cost);
  let cheapest = Number.POSITIVE_INFINITY;
  return sorted.filter(({ cost }) => {
    const kept = cost < cheapest;
    if (kept) cheapest = cost;
    return kept;
  });
}
