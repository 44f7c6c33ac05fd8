/** From a verdict to a row of the agreement report. */
import { JurorError, nearestName } from '../errors.ts';
import type { Annotation, Label, Verdict } from '../schema.ts';
import type { AgreementRow, AgreementVote } from './agree.ts';
import type { Winner } from './pairs.ts';
import { isProcessLabel } from './process.ts';

/** What a verdict does not know about itself. */
export interface AgreementRowOptions {
  /** Length of each response, in the order of `verdict.responseIds`, in characters. */
  readonly lengths: readonly number[];
  /** Default: the verdict's own label. */
  readonly label?: Label;
  /** Default: the sample's id. Give the prompt or its digest where several samples share one. */
  readonly cluster?: string;
  /** The subset it belongs to. */
  readonly group?: string;
  /** Compare this criterion instead of the whole; a label with one score per criterion is read at its name. */
  readonly criterion?: string;
  /** What several annotators said, in the words of the label. */
  readonly annotations?: readonly Annotation[];
  /** Who wrote each response, null where unknown. */
  readonly models?: readonly (string | null)[];
}

/**
 * The row of one verdict. A pairwise label is a response's id or `tie`; anything else is a `data` error that names the
 * sample. A pointwise label per criterion counts only for the `criterion` asked for; without one the row has no label.
 */
export function agreementRow(verdict: Verdict, options: AgreementRowOptions): AgreementRow {
  const { criterion, annotations, models } = options;
  const label = options.label ?? verdict.label;
  const part = criterion === undefined ? undefined : verdict.perCriterion[criterion];
  if (criterion !== undefined && !part) {
    const near = nearestName(criterion, Object.keys(verdict.perCriterion));
    const hint = near === undefined ? '' : ` (did you mean "${near}"?)`;
    throw new JurorError(
      'usage',
      `expected a criterion of rubric "${verdict.rubricId}", got "${criterion}"${hint}`,
    );
  }
  const score = part ? part.score : verdict.score;
  const pairwise = verdict.mode === 'pairwise';
  return {
    cluster: options.cluster ?? verdict.sampleId,
    label: pairwise ? readWinnerLabel(verdict, label) : readNumericLabel(verdict, label, criterion),
    score,
    winner: pairwise ? readWinner(verdict, score, part !== undefined) : null,
    lean: part ? null : verdict.positionLean,
    flipped: part ? null : verdict.flipped,
    lengths: options.lengths,
    unscored: verdict.unscored,
    ...(options.group === undefined ? {} : { group: options.group }),
    ...(annotations
      ? { votes: annotations.flatMap((annotation, index) => voteOf(verdict, annotation, index)) }
      : {}),
    ...(models ? { models } : {}),
  };
}

function voteOf(verdict: Verdict, { annotator, label, place }: Annotation, index: number): AgreementVote[] {
  const said =
    verdict.mode === 'pairwise'
      ? readWinnerLabel(verdict, label)
      : readNumericLabel(verdict, label, undefined);
  if (said === null) return [];
  return annotator === undefined
    ? [{ annotator: null, label: said, place: place ?? index }]
    : [{ annotator, label: said }];
}

/** The place of a response's id among the pair. */
function placeOf(verdict: Verdict, name: string): Winner | undefined {
  if (name === verdict.responseIds[0]) return 'first';
  if (name === verdict.responseIds[1]) return 'second';
  return name === 'tie' ? 'tie' : undefined;
}

function readWinner(verdict: Verdict, score: number | null, ofCriterion: boolean): Winner | null {
  if (score === null) return null;
  // One criterion has a probability and no winner of its own.
  if (ofCriterion) return score === 0.5 ? 'tie' : score > 0.5 ? 'first' : 'second';
  const winner = verdict.winner === null ? undefined : placeOf(verdict, verdict.winner);
  if (winner) return winner;
  throw new JurorError(
    'data',
    `sample "${verdict.sampleId}": expected a winner of the pair, got ${verdict.winner}`,
  );
}

function readWinnerLabel(verdict: Verdict, label: Label | undefined): Winner | null {
  if (label === undefined) return null;
  const winner = typeof label === 'string' ? placeOf(verdict, label) : undefined;
  if (winner) return winner;
  const legal = [...verdict.responseIds, 'tie'];
  const near = nearestName(String(label), legal);
  const hint = near === undefined ? '' : ` (did you mean "${near}"?)`;
  const expected = legal.map((name) => `"${name}"`).join(', ');
  throw new JurorError('data', `expected one of ${expected}, got ${JSON.stringify(label)}${hint}`, {
    place: { field: `label of sample "${verdict.sampleId}"` },
  });
}

function readNumericLabel(
  verdict: Verdict,
  label: Label | undefined,
  criterion: string | undefined,
): number | null {
  if (label === undefined) return null;
  if (typeof label === 'number') return label;
  if (isProcessLabel(label)) return label.outcome ?? null;
  if (typeof label === 'object') {
    return criterion !== undefined && Object.hasOwn(label, criterion) ? (label[criterion] ?? null) : null;
  }
  throw new JurorError('data', `expected a number, got ${JSON.stringify(label)}`, {
    place: { field: `label of sample "${verdict.sampleId}"` },
  });
}
