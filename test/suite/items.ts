import fc from 'fast-check';
import type { SuiteGate } from '../../src/schema.ts';
import { SuiteGate as SuiteGateSchema } from '../../src/schema.ts';
import type { JudgedItem } from '../../src/suite/item.ts';

/** A judged answer; each has a prompt of its own unless it says otherwise. */
export function answer(sampleId: string, score: number | null, more: Partial<JudgedItem> = {}): JudgedItem {
  return {
    data: 'answers',
    judge: 'small',
    rubric: 'helpfulness',
    mode: 'pointwise',
    sampleId,
    responseIds: ['a'],
    cluster: `prompt of ${sampleId}`,
    models: [null],
    score,
    winner: null,
    flipped: null,
    perCriterion: { accuracy: score, tone: score === null ? null : 1 - score },
    perObjective: { helpfulness: score },
    label: undefined,
    slices: {},
    texts: [`text of ${sampleId}`],
    ...more,
  };
}

/** A judged pair of the answers `x` and `y`. */
export function pair(sampleId: string, score: number | null, more: Partial<JudgedItem> = {}): JudgedItem {
  return answer(sampleId, score, {
    data: 'pairs',
    rubric: 'better-answer',
    mode: 'pairwise',
    responseIds: ['x', 'y'],
    models: [null, null],
    winner: score === null ? null : score === 0.5 ? 'tie' : score > 0.5 ? 'x' : 'y',
    flipped: score === null ? null : false,
    perCriterion: { overall: score },
    perObjective: { quality: score },
    texts: [`x of ${sampleId}`, `y of ${sampleId}`],
    ...more,
  });
}

/** A gate as people write it. */
export function gate(written: Record<string, unknown>): SuiteGate {
  return SuiteGateSchema.parse({ id: 'gate', kind: 'figure', ...written });
}

/** Scores of a few prompts, one answer or several to each. */
export const scores = fc.array(
  fc.record({
    score: fc.oneof(fc.constantFrom(0, 0.5, 1, null), fc.double({ min: 0, max: 1, noNaN: true })),
    prompt: fc.integer({ min: 0, max: 9 }),
  }),
  { minLength: 1, maxLength: 30 },
);

/** Answers with these scores. */
export function answersOf(
  column: readonly { readonly score: number | null; readonly prompt: number }[],
): JudgedItem[] {
  return column.map(({ score, prompt }, row) =>
    answer(`sample ${row}`, score, { cluster: `prompt ${prompt}` }),
  );
}
