/** What one verdict is worth under a measure, and the figure of many. */
import type { Figure } from '../aggregate/interval.ts';
import { undefinedFigure } from '../aggregate/interval.ts';
import { clusteredShare, numberClusters } from '../aggregate/jackknife.ts';
import { clusteredKappa } from '../aggregate/kappa-interval.ts';
import { JurorError, nearestName } from '../errors.ts';
import type { SuiteFigure, SuiteMeasure } from '../schema.ts';
import type { JudgedItem } from './item.ts';

/** The whole verdict, one criterion or one objective. */
export type Part = SuiteFigure['part'];

/** What is measured. */
export interface Measured {
  readonly measure: SuiteMeasure;
  readonly part: Part;
  /** pass-rate, and for answers agreement and kappa: the least score that passes. */
  readonly pass: number;
  /** win-rate: whose answers. Default: those that stand first. */
  readonly model?: string | undefined;
}

/** The measures of each kind of verdict. */
export const measuresOf: Readonly<Record<JudgedItem['mode'], readonly SuiteMeasure[]>> = {
  pointwise: ['score', 'pass-rate', 'agreement', 'kappa'],
  stepwise: ['score', 'pass-rate', 'agreement', 'kappa'],
  pairwise: ['win-rate', 'flip-rate', 'agreement', 'kappa'],
};

/** A verdict and its label as categories. */
export interface Sides {
  readonly verdict: string;
  readonly label: string;
}

/** The score of a part, null where there is none. */
export function partScore(item: JudgedItem, part: Part): number | null {
  if (part.kind === 'whole') return item.score;
  const scores = part.kind === 'criterion' ? item.perCriterion : item.perObjective;
  return Object.hasOwn(scores, part.id) ? (scores[part.id] ?? null) : null;
}

/**
 * An item's value in [0, 1]; null where it is unscored, undefined where the measure is not about it: without a label, or a pair in
 * which not exactly one answer is of the model. Answers agree with their label where both reach `pass` or neither does.
 */
export function readValue(item: JudgedItem, measured: Measured): number | null | undefined {
  const { measure, part, pass, model } = measured;
  const score = partScore(item, part);
  switch (measure) {
    case 'score':
      return score;
    case 'pass-rate':
      return score === null ? null : Number(score >= pass);
    case 'flip-rate':
      return item.flipped === null ? null : Number(item.flipped);
    case 'win-rate': {
      const first = model === undefined || item.models[0] === model;
      if (model !== undefined && first === (item.models[1] === model)) return undefined;
      return score === null ? null : first ? score : 1 - score;
    }
    default: {
      const sides = readSides(item, measured);
      return sides ? Number(sides.verdict === sides.label) : sides;
    }
  }
}

/** The same for agreement and kappa, as categories: `first`, `second` and `tie`, or `pass` and `fail`. */
export function readSides(item: JudgedItem, { part, pass }: Measured): Sides | null | undefined {
  const label = readLabel(item, pass);
  if (label === undefined) return undefined;
  const score = partScore(item, part);
  if (score === null) return null;
  if (item.mode !== 'pairwise') return { verdict: side(score >= pass), label };
  if (part.kind === 'whole') return { verdict: placeOf(item, item.winner), label };
  // One criterion has a probability and no winner of its own.
  return { verdict: score === 0.5 ? 'tie' : score > 0.5 ? 'first' : 'second', label };
}

/** The prompts of items, as numbers. */
export function promptsOf(items: readonly JudgedItem[]): Int32Array {
  return numberClusters(items.length, (row) => items[row]?.cluster ?? '');
}

/**
 * A figure of items of one run under one rubric, and how many it leaves out for lack of a score. `prompts`: {@link promptsOf} them, for
 * callers with several measures of the same items.
 */
export function measureItems(
  items: readonly JudgedItem[],
  measured: Measured,
  prompts: Int32Array = promptsOf(items),
): { readonly figure: Figure; readonly unscored: number } {
  if (measured.measure === 'kappa') {
    const { values, clusters, unscored } = readColumn(items, prompts, (item) => readSides(item, measured));
    const [verdicts, labels] = [values.map(({ verdict }) => verdict), values.map(({ label }) => label)];
    const figure = clusteredKappa(verdicts, labels, clusters);
    return { figure: withReason(figure, items, measured, unscored), unscored };
  }
  const { values, clusters, unscored } = readColumn(items, prompts, (item) => readValue(item, measured));
  const figure = clusteredShare(values, clusters);
  return { figure: withReason(figure, items, measured, unscored), unscored };
}

/** The values that items have, their prompts, and how many of them have none. */
function readColumn<Value>(
  items: readonly JudgedItem[],
  prompts: Int32Array,
  read: (item: JudgedItem) => Value | null | undefined,
): { readonly values: Value[]; readonly clusters: Int32Array; readonly unscored: number } {
  const values: Value[] = [];
  const clusters = new Int32Array(items.length);
  let unscored = 0;
  for (const [row, item] of items.entries()) {
    const value = read(item);
    if (value === undefined) continue;
    if (value === null) unscored++;
    else {
      clusters[values.length] = prompts[row] ?? 0;
      values.push(value);
    }
  }
  return { values, clusters: clusters.subarray(0, values.length), unscored };
}

/** Every model that answered, by name. */
export function modelsOf(items: readonly JudgedItem[]): string[] {
  const names = new Set<string>();
  for (const { models } of items) for (const model of models) if (model !== null) names.add(model);
  return [...names].sort();
}

/** Words for what a hint may correct. */
export function didYouMean(name: string, legal: readonly string[]): string {
  const near = legal.includes(name) ? undefined : nearestName(name, legal);
  return near === undefined ? '' : ` (did you mean '${near}'?)`;
}

/** Why there is nothing, in words of the suite. */
function withReason(
  figure: Figure,
  items: readonly JudgedItem[],
  { measure, model }: Measured,
  unscored: number,
): Figure {
  if (figure.n > 0) return figure;
  const reason =
    unscored > 0
      ? measure === 'flip-rate'
        ? `none of ${unscored} was judged in both orders`
        : `none of ${unscored} has a score`
      : items.length === 0
        ? 'no verdicts'
        : measure === 'win-rate' && model !== undefined
          ? `no pair has one answer of model '${model}'${didYouMean(model, modelsOf(items))}`
          : 'no verdict has a label';
  return undefinedFigure(reason);
}

function readLabel(item: JudgedItem, pass: number): string | undefined {
  const { label, mode } = item;
  if (label === undefined) return undefined;
  if (mode === 'pairwise') return placeOf(item, label);
  if (typeof label === 'number' && label >= 0 && label <= 1) return side(label >= pass);
  throw misread(item, 'a label from 0 to 1', label);
}

function side(passes: boolean): string {
  return passes ? 'pass' : 'fail';
}

function placeOf(item: JudgedItem, name: string | number | null): string {
  if (name === item.responseIds[0]) return 'first';
  if (name === item.responseIds[1]) return 'second';
  if (name === 'tie') return 'tie';
  throw misread(item, `one of ${[...item.responseIds, 'tie'].map((id) => `'${id}'`).join(', ')}`, name);
}

function misread({ sampleId }: JudgedItem, expected: string, got: unknown): JurorError {
  return new JurorError('data', `sample '${sampleId}': expected ${expected}, got ${JSON.stringify(got)}`);
}
