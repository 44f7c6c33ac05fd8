/** All figures of a suite. */
import type { SuiteFigure } from '../schema.ts';
import { groupItems, type ItemGroup, partsOf, sliceItems } from './groups.ts';
import type { JudgedItem } from './item.ts';
import { type Measured, measureItems, measuresOf, modelsOf, type Part, promptsOf } from './measure.ts';

/** What to measure. */
export interface SuiteFigureOptions {
  /** Slices by whose values the figures of whole verdicts are told apart. Default none. */
  readonly slices?: readonly string[];
  /** The least score that passes. Default 0.5. */
  readonly pass?: number;
}

const whole: Part = { kind: 'whole' };

/**
 * For each data, judge and rubric, by name: the figures of whole verdicts, then of each criterion, then of each objective, then
 * of whole verdicts for each value of each slice. Answers and solutions have `score` and `pass-rate`; pairs have `win-rate` (of each model
 * where any is known, else of the answers that stand first) and `flip-rate`; where there are labels, whole verdicts have
 * `agreement` and `kappa`. A rubric of one criterion or one objective has no parts: they would say what the whole says.
 *
 * Intervals are those of aggregate/jackknife.ts: nothing is drawn, so there is no seed, and the order of the items cannot show.
 */
export function suiteFigures(
  items: readonly JudgedItem[],
  { slices = [], pass = 0.5 }: SuiteFigureOptions = {},
): SuiteFigure[] {
  return groupItems(items).flatMap((group) => {
    const all = selectionOf(group.items, null);
    return [
      ...wholeFigures(group, all, pass),
      ...partFigures(group, all, 'criterion', pass),
      ...partFigures(group, all, 'objective', pass),
      ...slices.flatMap((name) =>
        sliceItems(group.items, name).flatMap(({ value, items: own }) =>
          wholeFigures(group, selectionOf(own, { name, value }), pass),
        ),
      ),
    ];
  });
}

/** The items that several figures are about. */
interface Selection {
  readonly items: readonly JudgedItem[];
  readonly prompts: Int32Array;
  readonly models: readonly string[];
  readonly slice: SuiteFigure['slice'];
}

function selectionOf(items: readonly JudgedItem[], slice: SuiteFigure['slice']): Selection {
  return { items, prompts: promptsOf(items), models: modelsOf(items), slice };
}

function wholeFigures(group: ItemGroup, selection: Selection, pass: number): SuiteFigure[] {
  const labelled = selection.items.some(({ label }) => label !== undefined);
  return measuresOf[group.mode]
    .filter((measure) => labelled || (measure !== 'agreement' && measure !== 'kappa'))
    .flatMap((measure) => figuresOf(group, selection, { measure, part: whole, pass }));
}

function partFigures(
  group: ItemGroup,
  selection: Selection,
  kind: 'criterion' | 'objective',
  pass: number,
): SuiteFigure[] {
  const names = partsOf(group.items, kind === 'criterion' ? 'perCriterion' : 'perObjective');
  if (names.length < 2) return [];
  const measures = group.mode === 'pairwise' ? (['win-rate'] as const) : (['score', 'pass-rate'] as const);
  return names.flatMap((id) =>
    measures.flatMap((measure) => figuresOf(group, selection, { measure, part: { kind, id }, pass })),
  );
}

function figuresOf(
  { data, judge, rubric }: ItemGroup,
  { items, prompts, models, slice }: Selection,
  measured: Measured,
): SuiteFigure[] {
  const { measure, part } = measured;
  const row = (model?: string): SuiteFigure => ({
    data,
    judge,
    rubric,
    measure,
    part,
    ...(model === undefined ? {} : { model }),
    slice,
    ...measureItems(items, { ...measured, model }, prompts),
  });
  return measure !== 'win-rate' || models.length === 0 ? [row()] : models.map((model) => row(model));
}
