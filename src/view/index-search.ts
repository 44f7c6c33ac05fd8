/** Words in texts: a scan of the data, whose results are kept for the next page. */
import { JurorError } from '../errors.ts';
import type { Sample } from '../schema.ts';
import type { SampleTable } from './index-columns.ts';
import type { Texts } from './index-texts.ts';

/** Searches whose results are kept: a byte for each sample. */
const keptSearches = 8;

/** Finds samples by their words. */
export interface Search {
  /**
   * For each sample 1 where prompt, answers, reference or id together hold all words, whatever their case. Throws JurorError `aborted`
   * when the signal fires, and `usage` where it takes longer than it may.
   */
  find(text: string, signal: AbortSignal): Promise<Uint8Array>;
}

/** A search over all texts of a folder, none longer than `mostMs`. */
export function createSearch(texts: readonly Texts[], samples: SampleTable, mostMs: number): Search {
  const kept = new Map<string, Uint8Array>();
  return {
    async find(text, signal) {
      const words = wordsOf(text);
      const key = JSON.stringify(words);
      const known = kept.get(key);
      if (known) return known;
      const found = new Uint8Array(samples.size);
      for (let sample = 0; sample < samples.size; sample++)
        if (holds(samples.idOf(sample).toLowerCase(), words)) found[sample] = 1;
      const late = AbortSignal.timeout(mostMs);
      const either = AbortSignal.any([signal, late]);
      try {
        for (const part of texts)
          await part.scan(
            (sample, content) => {
              if (holds(`${searchedText(content)}\n${content.id}`.toLowerCase(), words)) found[sample] = 1;
            },
            (sample) => found[sample] === 0,
            either,
          );
      } catch (error) {
        if (!late.aborted || signal.aborted) throw error;
        throw new JurorError(
          'usage',
          `expected a search of at most ${mostMs / 1000} s, got a longer one over these data`,
          { place: { field: 'text' }, cause: error },
        );
      }
      const [oldest] = kept.keys();
      if (kept.size >= keptSearches && oldest !== undefined) kept.delete(oldest);
      kept.set(key, found);
      return found;
    },
  };
}

/** Words of a search in lower case. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().split(/\s+/u).filter(Boolean);
}

/** Prompt, answers with their steps, and reference, one after another. */
export function searchedText({ prompt, responses, reference }: Sample): string {
  const turns = typeof prompt === 'string' ? [prompt] : prompt.map(({ content }) => content);
  return [...turns, ...responses.flatMap(({ text, steps = [] }) => [text, ...steps]), reference ?? ''].join(
    '\n',
  );
}

function holds(text: string, words: readonly string[]): boolean {
  return words.every((word) => text.includes(word));
}
