/** Which answers of a sample are good enough that an edit makes them worse. */
import type { Response, Sample } from '../schema.ts';

/** Why a sample has no such answer. */
export type OriginalReason = 'labelled-wrong' | 'empty';

/**
 * The labelled winner where there is one, and every answer otherwise: of a tie both. A single answer that is labelled 0 or has a step or
 * an outcome labelled less than ½ is none, since what is wrong may be mended by an edit; neither is an answer that says nothing.
 */
export function originalsOf({ responses, label }: Sample): {
  readonly responses: readonly Response[];
  readonly reason?: OriginalReason;
} {
  if (isWrong(label) && responses.length === 1) return { responses: [], reason: 'labelled-wrong' };
  const winner = typeof label === 'string' ? responses.find(({ id }) => id === label) : undefined;
  const chosen = (winner ? [winner] : responses).filter(({ text }) => /[\p{L}\p{N}]/u.test(text));
  return chosen.length === 0 ? { responses: [], reason: 'empty' } : { responses: chosen };
}

function isWrong(label: Sample['label']): boolean {
  if (label === 0) return true;
  if (typeof label !== 'object' || label === null || !Array.isArray(label.steps)) return false;
  const { outcome } = label;
  return (
    label.steps.some((step) => typeof step === 'number' && step < 0.5) ||
    (typeof outcome === 'number' && outcome < 0.5)
  );
}
