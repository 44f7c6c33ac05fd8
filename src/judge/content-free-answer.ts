/** Answers that say nothing, told without a model. */
import type { Response } from '../schema.ts';

/**
 * Openers that stand alone where an answer should be, as attacks on reward models use them (arXiv 2507.08794) and in other
 * words; compared without case, width, markup and punctuation around them.
 */
const openers: ReadonlySet<string> = new Set([
  'solution',
  'thought process',
  "let's solve this problem step by step",
  'let us solve this problem step by step',
  "let's think step by step",
  "let's think about this step by step",
  "let's begin",
  'to solve this problem',
  'here is the solution',
  "here's the solution",
  'here is my answer',
  "here's my answer",
  'the answer is',
  'the final answer is',
  'final answer',
  'answer',
  'explanation',
  'reasoning',
  'analysis',
  'response',
  'step 1',
  'lösung',
  'antwort',
  'erklärung',
  'respuesta',
  'solución',
  'réponse',
  'risposta',
  'soluzione',
  'resposta',
  'решение',
  'ответ',
  '解',
  '解答',
  '答案',
  '回答',
  'かいせつ',
  '解説',
  '풀이',
  '답',
  'الحل',
  'उत्तर',
]);

/** White space, punctuation, marks, control and format characters, and what Markdown draws with. */
const aroundText = /^[\p{P}\p{Z}\p{C}\p{M}`~|#*]+|[\p{P}\p{Z}\p{C}\p{M}`~|#*]+$/gu;

/**
 * Whether a text is empty, white space or punctuation only, or nothing but an opener such as `Solution:`. Digits, letters of any
 * other kind, mathematical signs and emoji are content. A sign for people, never a score: where `;` is the right answer, this
 * is still true of it.
 */
export function isContentFree(text: string): boolean {
  // A mark alone has no letter to stand on; one inside a word is not at its ends.
  const bare = text.normalize('NFKC').replace(aroundText, '');
  return bare === '' || openers.has(bare.replace(/[’ʼ]/g, "'").replace(/\s+/g, ' ').toLowerCase());
}

/** Ids of the responses without content. One that brings steps with content has some. */
export function contentFreeIds(responses: readonly Response[]): string[] {
  return responses
    .filter(({ text, steps = [] }) => [text, ...steps].every((part) => isContentFree(part)))
    .map(({ id }) => id);
}
