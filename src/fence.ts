/** Fences around untrusted text: marked lines whose nonce the text cannot know. */
import { createHash } from 'node:crypto';
import type { Sample } from './schema.ts';

/** The text between two marked lines: `[name nonce]` and `[end of name nonce]`. The text itself is left as it is. */
export function fence(name: string, text: string, nonce: string): string {
  return `${fenceOpening(name, nonce)}\n${text}\n${fenceEnd(name, nonce)}`;
}

/** The marked line before a text. */
export function fenceOpening(name: string, nonce: string): string {
  return `[${name} ${nonce}]`;
}

/** The marked line after it. */
export function fenceEnd(name: string, nonce: string): string {
  return `[end of ${name} ${nonce}]`;
}

/**
 * Six lower-case letters from the SHA-256 of the seed and the sorted texts, drawn again while any text contains them.
 * The order of the texts does not matter, so both orders of a pair share their nonce. `others` are texts inside the fences
 * that do not decide the nonce and do not contain it either.
 */
export function drawNonce(seed: number, texts: readonly string[], others: readonly string[] = []): string {
  const sorted = [...texts].sort();
  const base = createHash('sha256')
    .update(JSON.stringify([seed, ...sorted]))
    .digest('hex');
  for (let draw = 0; ; draw++) {
    const digest = createHash('sha256').update(`${base}:${draw}`).digest();
    let rest = digest.readUIntBE(0, 6);
    let nonce = '';
    for (let letter = 0; letter < 6; letter++) {
      nonce += String.fromCharCode(97 + (rest % 26));
      rest = Math.floor(rest / 26);
    }
    if (![...sorted, ...others].some((text) => text.includes(nonce))) return nonce;
  }
}

/** A prompt as one text: itself, or a transcript whose turns begin with the role's name at a line's start. */
export function promptText(prompt: Sample['prompt']): string {
  if (typeof prompt === 'string') return prompt;
  return prompt.map(({ role, content }) => `${role}: ${content}`).join('\n');
}
