/** Heads without a model: what they say of answers is a function of their texts. */
import type { CascadeHead, HeadOpinion } from '../../src/loop/cascade-head.ts';

/** A head that gives each answer a merit in nats; null where it has none. It reads a token for each character. */
export function stubHead(
  merit: (text: string) => number | null,
  options: {
    against?: (texts: readonly string[]) => string[];
    digest?: string;
    trainedOn?: Iterable<string>;
  } = {},
): CascadeHead & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    name: 'stub 1',
    digest: options.digest ?? 'a'.repeat(64),
    confidence: 'log-odds',
    trainedOn: new Set(options.trainedOn),
    async read({ id, responses }) {
      asked.push(id);
      const texts = responses.map(({ text }) => text);
      const scores = texts.map(merit);
      const opinion = (logOdds: number | null, places: readonly number[]): HeadOpinion => ({
        logOdds,
        against:
          logOdds === null
            ? ['no score: it does not fit']
            : (options.against?.(places.map((place) => texts[place] ?? '')) ?? []),
      });
      return {
        scores,
        tokens: texts.join('').length,
        compare(first, second) {
          const [one, other] = [scores[first] ?? null, scores[second] ?? null];
          return opinion(one === null || other === null ? null : one - other, [first, second]);
        },
        alone: (response) => opinion(scores[response] ?? null, [response]),
      };
    },
  };
}
