/** All figures of a suite. */
import type { SuiteFigure } from '../schema.ts';
import { groupItems, type ItemGroup, partsOf, sliceItems } from './groups.ts';
import type { JudgedItem } from './item.ts';
import { type Measured, measureItems, measuresOf, modelsOf, type Part } from './measure.ts';

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
  return groupItems(items).flatMap((group) => [
    ...wholeFigures(group, group.items, null, pass),
    ...partFigures(group, 'criterion', pass),
    ...partFigures(group, 'objective', pass),
    ...slices.flatMap((name) =>
      sliceItems(group.items, name).flatMap(({ value, items: own }) =>
        wholeFigures(group, own, { name, value }, pass),
      ),
    ),
  ]);
}

function wholeFigures(
  group: ItemGroup,
  items: readonly JudgedItem[],
  slice: SuiteFigure['slice'],
  pass: number,
): SuiteFigure[] {
  const labelled = items.some(({ label }) => label !== undefined);
  return measuresOf[group.mode]
    .filter((measure) => labelled || (measure !== 'agreement' && measure !== 'kappa'))
    .flatMap((measure) => figuresOf(group, items, slice, { measure, part: whole, pass }));
}

function partFigures(group: ItemGroup, kind: 'criterion' | 'objective', pass: number): SuiteFigure[] {
  const names = partsOf(group.items, kind === 'criterion' ? 'perCriterion' : 'perObjective');
  if (names.length < 2) return [];
  const measures = group.mode === 'pairwise' ? (['win-rate'] as const) : (['score', 'pass-rate'] as const);
  return names.flatMap((id) =>
    measures.flatMap((measure) => figuresOf(group, group.items, null, { measure, part: { kind, id }, pass })),
  );
}

function figuresOf(
  { data, judge, rubric }: ItemGroup,
  items: readonly JudgedItem[],
  slice: SuiteFigure['slice'],
  measured: Measured,
): SuiteFigure[] {
  const models = measured.measure === 'win-rate' ? modelsOf(items) : [];
  const row = (model: string | undefined): SuiteFigure => ({
    data,
    judge,
    rubric,
    measure: measured.measure,
    part: measured.part,
    ...(model === undefined ? {} : { model }),
    slice,
    ...measureItems(items, { ...measured, model }),
  });
  return models.length === 0 ? [row(undefined)] : models.map(row);
}
