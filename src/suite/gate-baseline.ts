/** What gates that compare with earlier runs are held against. */
import type { ComparisonGate, RegressionGate, SuiteGate } from '../schema.ts';
import { type Pairing, pairItems } from './compare.ts';
import { type GateTarget, isInSlice } from './gate-targets.ts';
import { sentence, some } from './gate-words.ts';
import { groupKey } from './groups.ts';
import type { JudgedItem } from './item.ts';
import { didYouMean } from './measure.ts';

/** Items of the baseline by group, and its judges. */
export interface Baseline {
  readonly groups: ReadonlyMap<string, readonly JudgedItem[]>;
  readonly judges: readonly string[];
}

/** The items to compare with, or why there are none. */
export type Earlier = readonly JudgedItem[] | string;

/** Group the items of an earlier run. */
export function readBaseline(items: readonly JudgedItem[]): Baseline {
  return {
    groups: Map.groupBy(items, groupKey),
    judges: [...new Set(items.map(({ judge }) => judge))].sort(),
  };
}

/**
 * The verdicts of a baseline that a check compares with. A judge under another name is the same place in the suite where each run has one judge.
 */
export function earlierItems(
  against: string,
  { data, judge, rubric }: GateTarget,
  baselines: ReadonlyMap<string, Baseline>,
  judges: number,
): Earlier {
  const baseline = baselines.get(against);
  if (!baseline) return `there is no baseline '${against}'${didYouMean(against, [...baselines.keys()])}`;
  const [sole] = baseline.judges;
  const theirs =
    baseline.judges.includes(judge) || baseline.judges.length !== 1 || judges !== 1 ? judge : (sole ?? judge);
  if (data === null || rubric === null) return 'nothing to compare';
  const items = baseline.groups.get(groupKey({ data, judge: theirs, rubric }));
  if (items) return items;
  return baseline.judges.includes(theirs)
    ? `baseline '${against}' has no verdict of ${data} under ${rubric} by ${theirs}`
    : `baseline '${against}' has no judge '${judge}'; it has ${baseline.judges.join(', ') || 'none'}`;
}

/** The pairs of a check, slices being those of this run. */
export function pairUp(
  { answers, slice, each }: ComparisonGate | RegressionGate,
  target: GateTarget,
  earlier: readonly JudgedItem[],
): Pairing {
  const value = target.slice?.value;
  const theirs =
    slice === undefined && each === undefined
      ? earlier
      : earlier.filter(
          (item) =>
            isInSlice(item, slice) &&
            (each === undefined || value === undefined || isInSlice(item, { [each]: value })),
        );
  const pairing = pairItems(target.items, earlier, answers);
  // Slices are those of this run: a sample that lost its value still pairs, and only the others of the slice are missing here.
  return theirs === earlier
    ? pairing
    : { ...pairing, onlyThere: pairItems(target.items, theirs, answers).onlyThere };
}

/** What a comparison leaves out, in words. */
export function describePairing(
  gate: ComparisonGate | RegressionGate,
  target: GateTarget,
  { rewritten, onlyHere, onlyThere, different }: Pairing,
  unscored: number,
): string {
  return sentence(
    some(rewritten, 'with other answers'),
    some(different, gate.answers === 'same' ? 'with other texts left out' : 'with another prompt left out'),
    some(onlyHere, 'only here'),
    some(onlyThere, `only in ${gate.against}`),
    some(unscored, 'unscored in one of them'),
    sliceless(gate, target),
  );
}

/** How many verdicts no slice of `each` has. */
export function sliceless(
  { each }: Exclude<SuiteGate, { kind: 'card' }>,
  target: GateTarget,
): string | undefined {
  return some(target.sliceless, `more without a value of '${each}'`);
}
