/** Which verdicts a gate looks at. */
import type { SuiteCheck, SuiteGate } from '../schema.ts';
import { groupItems, groupKey, type ItemGroup, partsOf, sliceItems, sliceValue } from './groups.ts';
import type { JudgedItem } from './item.ts';
import { didYouMean, measuresOf, type Part } from './measure.ts';

/** A gate that measures verdicts. */
export type MeasuredGate = Exclude<SuiteGate, { kind: 'card' }>;

/** One check to be made. */
export interface GateTarget {
  readonly data: string | null;
  readonly judge: string;
  readonly rubric: string | null;
  readonly slice: SuiteCheck['slice'];
  /** Unknown where there are no verdicts. */
  readonly mode: JudgedItem['mode'] | undefined;
  readonly items: readonly JudgedItem[];
  /** Verdicts of the selection that lack the slice of `each`. */
  readonly sliceless: number;
  /** Why there is nothing to look at. */
  readonly miss?: string;
}

/** What was to be judged: one run of a suite. */
export interface JudgedRun {
  readonly data: string;
  readonly judge: string;
  readonly rubrics: readonly string[];
}

type Group = Omit<ItemGroup, 'mode'> & { readonly mode: JudgedItem['mode'] | undefined };

/** All groups, those of runs without any verdict among them. */
export function gateGroups(items: readonly JudgedItem[], runs: readonly JudgedRun[]): Group[] {
  const groups: Group[] = groupItems(items);
  const known = new Set(groups.map(groupKey));
  const empty = runs.flatMap(({ data, judge, rubrics }) =>
    rubrics
      .map((rubric) => ({ data, judge, rubric, mode: undefined, items: [] }))
      .filter((group) => !known.has(groupKey(group))),
  );
  return [...groups, ...empty].sort((left, right) => (groupKey(left) < groupKey(right) ? -1 : 1));
}

/**
 * The checks that a gate makes: one for each group that it names, or leaves open, and each value of its `each`. Groups that it does not name
 * and cannot be about (score of pairs, a criterion that the rubric lacks, a slice that the data lack) are passed over as
 * long as another of the same judge is left; where none is, the target says why.
 */
export function gateTargets(gate: MeasuredGate, groups: readonly Group[]): GateTarget[] {
  const judges =
    gate.judge === undefined ? [...new Set(groups.map(({ judge }) => judge))].sort() : [gate.judge];
  return (judges.length === 0 ? ['all'] : judges).flatMap((judge) => {
    const matched = groups.filter((group) => group.judge === judge && isNamed(gate, group));
    const misfits = matched.map((group) => ({ group, reason: misfit(gate, group) }));
    const fit = misfits.filter(({ reason }) => reason === undefined);
    if (fit.length > 0) return fit.flatMap(({ group }) => expand(gate, group));
    const [only] = matched.length === 1 ? matched : [];
    const reasons = [...new Set(misfits.flatMap(({ reason }) => reason ?? []))];
    return [
      {
        data: only?.data ?? gate.data ?? null,
        judge,
        rubric: only?.rubric ?? gate.rubric ?? null,
        slice: null,
        mode: only?.mode,
        items: [],
        sliceless: 0,
        miss: reasons.length > 0 ? reasons.slice(0, 3).join('; ') : unknownName(gate, judge, groups),
      },
    ];
  });
}

/** The part of verdicts that a gate is about. */
export function gatePart({ criterion, objective }: MeasuredGate): Part {
  if (criterion !== undefined) return { kind: 'criterion', id: criterion };
  return objective === undefined ? { kind: 'whole' } : { kind: 'objective', id: objective };
}

/** Whether an item has the values of `slice`. */
export function isInSlice(item: JudgedItem, slice: MeasuredGate['slice'] = {}): boolean {
  return Object.entries(slice).every(([name, value]) => sliceValue(item, name) === String(value));
}

function isNamed({ data, rubric }: MeasuredGate, group: Group): boolean {
  return (data === undefined || data === group.data) && (rubric === undefined || rubric === group.rubric);
}

function misfit(gate: MeasuredGate, { rubric, mode, items }: Group): string | undefined {
  // An empty group is checked, and found without verdicts.
  if (mode === undefined) return undefined;
  if (gate.kind !== 'regressions' && !measuresOf[mode].includes(gate.measure))
    return `rubric '${rubric}' is ${mode}: it has ${measuresOf[mode].join(', ')}, not ${gate.measure}`;
  const part = gatePart(gate);
  if (part.kind !== 'whole') {
    if (gate.kind !== 'regressions' && gate.measure === 'flip-rate')
      return `flip-rate is of whole verdicts, not of a ${part.kind}`;
    const names = partsOf(items, part.kind === 'criterion' ? 'perCriterion' : 'perObjective');
    if (!names.includes(part.id))
      return `rubric '${rubric}' has no ${part.kind} '${part.id}'${didYouMean(part.id, names)}`;
  }
  const picked = items.filter((item) => isInSlice(item, gate.slice));
  if (picked.length === 0)
    return `no sample has ${Object.entries(gate.slice ?? {})
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`;
  const { each } = gate;
  if (each !== undefined && picked.every((item) => sliceValue(item, each) === undefined))
    return `no sample has a value of '${each}'${didYouMean(each, [...new Set(picked.flatMap(({ slices }) => Object.keys(slices)))])}`;
  return undefined;
}

function expand(gate: MeasuredGate, { data, judge, rubric, mode, items }: Group): GateTarget[] {
  const picked = items.filter((item) => isInSlice(item, gate.slice));
  const target = { data, judge, rubric, mode, slice: null, items: picked, sliceless: 0 };
  if (mode === undefined) return [{ ...target, miss: 'no verdicts' }];
  const { each } = gate;
  if (each === undefined) return [target];
  const sliceless = picked.filter((item) => sliceValue(item, each) === undefined).length;
  return sliceItems(picked, each).map(({ value, items: own }) => ({
    ...target,
    slice: { name: each, value },
    items: own,
    sliceless,
  }));
}

/** Which of a gate's names is not of this run. */
function unknownName(gate: MeasuredGate, judge: string, groups: readonly Group[]): string {
  const names = (field: 'data' | 'judge' | 'rubric') => [...new Set(groups.map((group) => group[field]))];
  const wanted = [
    ['judge', judge],
    ['data', gate.data],
    ['rubric', gate.rubric],
  ] as const;
  for (const [field, name] of wanted) {
    const legal = names(field);
    if (name !== undefined && !legal.includes(name))
      return `nothing was judged with ${field} '${name}'${didYouMean(name, legal)}`;
  }
  return 'nothing was judged with these data, judge and rubric together';
}
