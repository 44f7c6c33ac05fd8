/** Hidden states on record: the bits of each vector, by what was read and where. */
import { z } from 'zod';
import { contentHash } from '../canonical.ts';
import type { Message, ReadOut } from '../schema.ts';
import type { Embedding } from './engine.ts';

const bytesOfNumber = 4;

/** A state as a recording keeps it. */
export const RecordedState = z.strictObject({
  /** Base64 of little-endian float32. */
  vector: z
    .base64()
    .refine(
      (text) => Buffer.from(text, 'base64').byteLength % bytesOfNumber === 0,
      'expected whole float32s',
    ),
  tokens: z.int().nonnegative(),
});
export type RecordedState = z.infer<typeof RecordedState>;

/** Content hash under which the state of a conversation is recorded. */
export function stateHash(messages: readonly Message[], readOut: ReadOut = 'next-turn'): string {
  return contentHash({ messages, readOut });
}

/** The record of a state. */
export function recordedState({ vector, tokens }: Embedding): RecordedState {
  const bytes = Buffer.alloc(vector.length * bytesOfNumber);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * bytesOfNumber);
  return { vector: bytes.toString('base64'), tokens };
}

/** The state of a record, bit for bit. */
export function playedState({ vector, tokens }: RecordedState): Embedding {
  const bytes = Buffer.from(vector, 'base64');
  return {
    vector: Float32Array.from({ length: bytes.byteLength / bytesOfNumber }, (_, index) =>
      bytes.readFloatLE(index * bytesOfNumber),
    ),
    tokens,
  };
}
