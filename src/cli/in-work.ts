/** Samples that are being worked on, until what came of them is there. */
import type { JurorError } from '../errors.ts';
import type { Sample } from '../schema.ts';

/** A stream of samples, and those of it that nothing has come of yet. */
export interface InWork {
  /** The stream, each sample remembered as it goes by. */
  samples(): AsyncGenerator<Sample>;
  /** A sample that is done, by its id; it is remembered no longer. Undefined for one that is not in work. */
  take(sampleId: string): Sample | undefined;
  /** A sample that was refused: it is remembered no longer. */
  readonly refuse: (error: JurorError, sample: Sample) => void;
  /** Samples remembered. */
  count(): number;
}

/** Remember samples while they are worked on; `onRefused` is told of those that nothing comes of. */
export function createInWork(stream: AsyncIterable<Sample>, onRefused: (error: JurorError) => void): InWork {
  const waiting = new Map<string, Sample>();
  return {
    async *samples() {
      for await (const sample of stream) {
        waiting.set(sample.id, sample);
        yield sample;
      }
    },
    take(sampleId) {
      const sample = waiting.get(sampleId);
      waiting.delete(sampleId);
      return sample;
    },
    refuse(error, sample) {
      waiting.delete(sample.id);
      onRefused(error);
    },
    count: () => waiting.size,
  };
}
