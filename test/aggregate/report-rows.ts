/** Rows of agreement reports for tests. */
import type { AgreementRow, AgreementVote } from '../../src/aggregate/agree.ts';
import type { Figure } from '../../src/aggregate/interval.ts';
import type { Winner } from '../../src/aggregate/pairs.ts';

/** A pair, unscored where its winner is null. */
export function pairRow(
  winner: Winner | null,
  label: Winner | null,
  more: Partial<AgreementRow> & { readonly votes?: readonly AgreementVote[] } = {},
): AgreementRow {
  const score = winner === null ? null : winner === 'first' ? 0.8 : winner === 'tie' ? 0.5 : 0.2;
  return {
    cluster: 'p',
    label,
    score,
    winner,
    lean: null,
    flipped: null,
    lengths: [1, 1],
    unscored: [],
    ...more,
  };
}

/** One answer. */
export function pointRow(
  score: number | null,
  label: number | null,
  more: Partial<AgreementRow> = {},
): AgreementRow {
  return {
    cluster: 'p',
    label,
    score,
    winner: null,
    lean: null,
    flipped: null,
    lengths: [1],
    unscored: [],
    ...more,
  };
}

/** Every figure anywhere in a report. */
export function figuresOf(value: unknown): Figure[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('estimate' in value) return [value as Figure];
  return Object.values(value).flatMap(figuresOf);
}
