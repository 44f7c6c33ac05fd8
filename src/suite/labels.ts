/** Labels of data as gates compare them with verdicts. */
import { isProcessLabel } from '../aggregate/process.ts';
import { scaleLabels, scoreOf } from '../scale.ts';
import type { Label, Rubric, Verdict } from '../schema.ts';

/** A label and what it is of. */
export interface LabelledRow {
  readonly mode: Verdict['mode'];
  readonly responseIds: readonly string[];
  readonly label: Label | undefined;
}

/** Labels that were read, and how many say nothing here. */
export interface ReadLabels {
  /** One for each row: pairwise a response's id or `tie`, else a number in [0, 1]. */
  readonly labels: readonly (string | number | undefined)[];
  readonly unread: number;
}

/** Whether a label can be no score: numbers are levels of a scale then, and so are all those beside it. */
export function isLevel(label: Label | undefined): boolean {
  return typeof label === 'number' && !(label >= 0 && label <= 1);
}

/**
 * The labels of rows of one rubric. Numbers are taken as they are where all of them are in [0, 1]; where one is not, or where `levels` says so
 * of the data that the rows are part of (default false), as levels of the rubric's integer scale, if its criteria share one that holds
 * them all. A word of an only criterion's scale is its score. Of a solution's steps the least probable counts, and without any the final
 * answer. Scores for each criterion are no label of the whole.
 */
export function readLabels(
  rows: readonly LabelledRow[],
  rubric: Rubric,
  { levels = false }: { readonly levels?: boolean } = {},
): ReadLabels {
  const range = levels || rows.some(({ label }) => isLevel(label)) ? sharedScale(rubric) : { min: 0, max: 1 };
  const labels = rows.map((row) => {
    if (row.mode === 'pairwise') return winnerOf(row);
    const { label } = row;
    if (typeof label !== 'number') return scoreIn(label, rubric);
    if (range === undefined || label < range.min || label > range.max) return undefined;
    return (label - range.min) / (range.max - range.min);
  });
  const given = rows.filter(({ label }) => label !== undefined).length;
  return { labels, unread: given - labels.filter((label) => label !== undefined).length };
}

function winnerOf({ label, responseIds }: LabelledRow): string | undefined {
  return typeof label === 'string' && (label === 'tie' || responseIds.includes(label)) ? label : undefined;
}

/** What a word of the scale or the steps of a solution say, from 0 to 1. */
function scoreIn(label: Exclude<Label, number> | undefined, { criteria }: Rubric): number | undefined {
  if (typeof label === 'string') {
    const [criterion, ...others] = criteria;
    const known = criterion && others.length === 0 && scaleLabels(criterion.scale).includes(label);
    return known ? scoreOf(criterion.scale, label) : undefined;
  }
  if (label === undefined || !isProcessLabel(label)) return undefined;
  const steps = label.steps.filter((step) => step !== null);
  return steps.length > 0 ? Math.min(...steps) : label.outcome;
}

function sharedScale({ criteria }: Rubric): { readonly min: number; readonly max: number } | undefined {
  const [first, ...others] = criteria.map(({ scale }) => scale);
  if (first?.kind !== 'integer') return undefined;
  const shared = others.every(
    (scale) => scale.kind === 'integer' && scale.min === first.min && scale.max === first.max,
  );
  return shared ? first : undefined;
}
