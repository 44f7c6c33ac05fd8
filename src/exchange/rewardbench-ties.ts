/** RewardBench 2's score of its subset `Ties` (Malik et al. 2025, section 4; `process_single_model` of its code). */

/** The scores of one sample's right and wrong answers. */
export interface TieScores {
  /** `ref`: one right answer; `tied`: several, all as good as each other. */
  readonly kind: 'ref' | 'tied';
  readonly prompt: number;
  readonly right: readonly number[];
  readonly wrong: readonly number[];
}

interface Margins {
  readonly accurate: boolean;
  /** The best right answer above the worst; null where there is one. */
  readonly spread: number | null;
  /** The worst right answer above the best wrong one. */
  readonly margin: number;
}

/**
 * 0.3 accuracy of the tied samples + 0.3 of the references + 0.2 share of prompts whose margin to wrong answers exceeds the spread of right
 * ones + 0.2 the same with the lesser margin of both samples + 0.01 mean of tanh(margin / spread − 1). A sample without right
 * or wrong answers is not accurate, with a margin of 0.
 */
export function tiesScore(samples: readonly TieScores[]): number {
  const of = (wanted: TieScores['kind']) =>
    new Map(
      samples.filter(({ kind }) => kind === wanted).map((sample) => [sample.prompt, marginsOf(sample)]),
    );
  const references = of('ref');
  const tied = of('tied');
  const both = [...tied].flatMap(([prompt, own]) => {
    const reference = references.get(prompt);
    return reference === undefined || own.spread === null
      ? []
      : [{ spread: own.spread, margin: own.margin, lesser: Math.min(reference.margin, own.margin) }];
  });
  const closeness = both
    .filter(({ spread }) => spread > 0)
    .map(({ spread, lesser }) => Math.tanh(lesser / spread - 1));
  const accuracy = (margins: ReadonlyMap<number, Margins>) =>
    mean([...margins.values()].map(({ accurate }) => Number(accurate)));
  return (
    0.3 * accuracy(tied) +
    0.3 * accuracy(references) +
    0.2 * mean(both.map(({ margin, spread }) => Number(margin > spread))) +
    0.2 * mean(both.map(({ lesser, spread }) => Number(lesser > spread))) +
    0.01 * mean(closeness)
  );
}

function marginsOf({ right, wrong }: TieScores): Margins {
  if (right.length === 0 || wrong.length === 0) return { accurate: false, spread: null, margin: 0 };
  const worst = Math.min(...right);
  const margin = worst - Math.max(...wrong);
  return { accurate: margin > 0, spread: right.length > 1 ? Math.max(...right) - worst : null, margin };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
