/** The public cuts that a card is made on: small, labelled, and balanced so that neither order nor length tells the label. */
import { fileURLToPath } from 'node:url';
import { contentHash } from '../canonical.ts';
import { readSamples } from '../dataset.ts';
import type { Sample } from '../schema.ts';

/** One cut. */
export interface Cut {
  readonly name: 'pairs' | 'answers';
  /** Where it is from, with its licence. */
  readonly source: string;
  /** The ready rubric that it is judged under. */
  readonly rubric: string;
  readonly samples: readonly Sample[];
  /** SHA-256 of the samples. */
  readonly digest: string;
}

const folder = new URL('../../fixtures/card/', import.meta.url);

const known = [
  {
    name: 'pairs',
    rubric: 'better-answer',
    source: 'LLMBar natural (MIT) and GSM8K model solutions (MIT), half each',
  },
  {
    name: 'answers',
    rubric: 'answer-correctness',
    source: 'GSM8K model solutions with their reference (MIT)',
  },
] as const;

/** The cuts, or the first `limit` samples of each. */
export async function loadCuts(limit?: number): Promise<Cut[]> {
  return Promise.all(
    known.map(async (cut) => {
      const samples: Sample[] = [];
      const file = fileURLToPath(new URL(`${cut.name}.jsonl`, folder));
      for await (const sample of readSamples(file, limit === undefined ? {} : { limit }))
        samples.push(sample);
      return { ...cut, samples, digest: contentHash(samples) };
    }),
  );
}
