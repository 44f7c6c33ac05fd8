/** Verdicts by run and rubric, and by the values of slices. */
import type { JudgedItem } from './item.ts';

/** All verdicts of one judge on one file of data under one rubric. */
export interface ItemGroup {
  readonly data: string;
  readonly judge: string;
  readonly rubric: string;
  readonly mode: JudgedItem['mode'];
  readonly items: readonly JudgedItem[];
}

/** Groups by data, judge and rubric, sorted by these names, so that the order of the items cannot show. */
export function groupItems(items: readonly JudgedItem[]): ItemGroup[] {
  const groups = new Map<string, JudgedItem[]>();
  for (const item of items) {
    const key = groupKey(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([, own]) => {
      const [first] = own;
      if (!first) return [];
      const { data, judge, rubric, mode } = first;
      return [{ data, judge, rubric, mode, items: own }];
    });
}

/** Equal for verdicts of one group; names have no blanks. */
export function groupKey({ data, judge, rubric }: Pick<ItemGroup, 'data' | 'judge' | 'rubric'>): string {
  return `${data} ${judge} ${rubric}`;
}

/** The values that items have of a slice, and the items of each: numbers by size, then words by UTF-16 code units. */
export function sliceItems(
  items: readonly JudgedItem[],
  slice: string,
): { readonly value: string; readonly items: readonly JudgedItem[] }[] {
  const parts = new Map<string, JudgedItem[]>();
  for (const item of items) {
    const value = sliceValue(item, slice);
    if (value === undefined) continue;
    const part = parts.get(value);
    if (part) part.push(item);
    else parts.set(value, [item]);
  }
  return [...parts]
    .sort(([left], [right]) => compareValues(left, right))
    .map(([value, own]) => ({ value, items: own }));
}

/** An item's value of a slice. */
export function sliceValue({ slices }: JudgedItem, slice: string): string | undefined {
  return Object.hasOwn(slices, slice) ? slices[slice] : undefined;
}

/** The criteria or objectives of a group, in the order of the rubric. */
export function partsOf(items: readonly JudgedItem[], kind: 'perCriterion' | 'perObjective'): string[] {
  const orders = new Set(items.map((item) => Object.keys(item[kind]).join('\n')));
  return [...new Set([...orders].sort().flatMap((names) => names.split('\n')))].filter((name) => name !== '');
}

function compareValues(left: string, right: string): number {
  const [first, second] = [left, right].map(numberIn);
  if (first === undefined || second === undefined) {
    if (first !== second) return first === undefined ? 1 : -1;
  } else if (first !== second) return first - second;
  return left < right ? -1 : 1;
}

function numberIn(value: string): number | undefined {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : undefined;
}
