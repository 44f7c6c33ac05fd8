/** Work on a stream of samples: several at once, results in the stream's order. */
import PQueue from 'p-queue';
import { JurorError } from '../errors.ts';
import type { Sample } from '../schema.ts';

/** How a stream is worked on. */
export interface StreamOptions<Item = Sample> {
  /** Samples at once; at least 2. */
  readonly concurrency: number;
  readonly signal?: AbortSignal;
  /** Told of a sample that does not fit its rubric; the others go on. Without it the error is thrown. */
  readonly onBadSample?: (error: JurorError, sample: Item) => void;
}

/** The results of all samples, in their order; memory does not grow with the stream. Throws JurorError `aborted`. */
export async function* eachInOrder<Result, Item = Sample>(
  samples: Iterable<Item> | AsyncIterable<Item>,
  work: (sample: Item) => Promise<readonly Result[]>,
  { concurrency, signal, onBadSample }: StreamOptions<Item>,
): AsyncGenerator<Result> {
  // A sample's requests are submitted together, so that its shared prefix is in the cache when they come up.
  const queue = new PQueue({ concurrency: Math.max(2, concurrency) });
  const finished: Promise<readonly Result[]>[] = [];
  for await (const sample of samples) {
    if (signal?.aborted) break;
    const results = queue
      .add(() => work(sample))
      .catch((error: unknown) => {
        if (onBadSample && JurorError.isInstance(error) && error.code === 'data') {
          onBadSample(error, sample);
          return [];
        }
        throw error;
      });
    results.catch(() => queue.clear());
    finished.push(results);
    if (finished.length > queue.concurrency * 2) yield* (await finished.shift()) ?? [];
  }
  for (const results of finished) yield* await results;
  if (signal?.aborted) throw new JurorError('aborted', 'judging was aborted');
}
