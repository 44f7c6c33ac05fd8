/** Edited answers as labelled pairs: what a judge is probed with. */
import { createRandom, seedFrom } from '../aggregate/random.ts';
import { contentHash } from '../canonical.ts';
import type { Preference } from '../schema.ts';

/** A row that `readSamples` reads as a labelled pair whose subset is the operator. */
export interface SyntheticPair {
  readonly id: string;
  readonly prompt: Preference['prompt'];
  readonly responses: readonly { readonly id: 'a' | 'b'; readonly text: string }[];
  /** Where the original stands. */
  readonly label: 'a' | 'b';
  readonly subset: string;
  readonly edit: NonNullable<Preference['source']['edit']>;
  readonly original: { readonly sampleId: string; readonly responseId: string; readonly model?: string };
}

/**
 * One row for each synthetic comparison, in their order. Which side the original stands on is drawn by the seed, and of every two
 * comparisons of one operator it stands on each side once. Who wrote the original is not shown beside its text.
 */
export async function* syntheticPairs(
  preferences: AsyncIterable<Preference> | Iterable<Preference>,
  options: { readonly seed: number },
): AsyncGenerator<SyntheticPair> {
  const next = new Map<string, 'a' | 'b'>();
  for await (const { id, sampleId, prompt, chosen, rejected, source } of preferences) {
    const { edit } = source;
    if (edit === undefined) continue;
    const waiting = next.get(edit.operator);
    const label = waiting ?? (createRandom(seedFrom(options.seed, 'side', id)).below(2) === 0 ? 'a' : 'b');
    if (waiting === undefined) next.set(edit.operator, label === 'a' ? 'b' : 'a');
    else next.delete(edit.operator);
    const [first, second] = label === 'a' ? [chosen, rejected] : [rejected, chosen];
    yield {
      id: nameOf([sampleId, chosen.id, edit.operator]),
      prompt,
      responses: [
        { id: 'a', text: first.text },
        { id: 'b', text: second.text },
      ],
      label,
      subset: edit.operator,
      edit,
      original: {
        sampleId,
        responseId: chosen.id,
        ...(chosen.model === undefined ? {} : { model: chosen.model }),
      },
    };
  }
}

/** The parts' own names, or a hash where they are too long for an id. */
function nameOf(parts: readonly string[]): string {
  const [sample = '', ...rest] = parts;
  const name = [sample, ...rest.map((part) => part.replace(/[%/]/g, encodeURIComponent))].join('/');
  return name.length <= 256 ? name : contentHash(parts).slice(0, 32);
}
