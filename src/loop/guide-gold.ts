/** What answers are worth: right or wrong by their final values, beside whatever they were chosen by. */
import type { BestOfPrompt } from '../aggregate/best-of-report.ts';
import { finalValue } from '../aggregate/final-value.ts';
import { contentHash } from '../canonical.ts';
import type { Guided, Sample } from '../schema.ts';
import { rankValue } from './guide-choice.ts';
import { type AnswerScorer, type GuideScore, type ScoreOptions, scoreAll } from './guide-scorer.ts';

/** Scores an answer 1 whose final value is that of the reference, and 0 otherwise; without a value in the reference it has no score. */
export function referenceScorer(): AnswerScorer {
  return {
    name: 'reference',
    identity: contentHash({ reference: 1 }),
    source: { method: 'label' },
    doubts: 'never',
    async score(_prompt, texts, { reference } = {}) {
      const right = reference === undefined ? null : finalValue(reference);
      return texts.map((text): GuideScore => {
        if (right === null)
          return {
            score: null,
            reason: reference === undefined ? 'no reference' : 'the reference has no value',
          };
        const value = finalValue(text);
        return {
          score: Number(value === right),
          reason: value === null ? 'no final value' : `final value ${value}`,
        };
      });
    },
  };
}

/**
 * The answers to one prompt as a point of a best-of-n report, each with what `gold` says of it; null where it says nothing of one of them.
 * Their scores are what they were ranked by, score less `pessimism` deviations. The gold scorer sees the reference.
 */
export async function goldOf(
  { prompt, cluster, candidates, strategy }: Guided,
  gold: AnswerScorer,
  { reference }: Pick<Sample, 'reference'>,
  options: ScoreOptions = {},
): Promise<BestOfPrompt | null> {
  if (candidates.length === 0) return null;
  const texts = candidates.map(({ text }) => text);
  const scores = await scoreAll(gold, prompt, texts, {
    ...options,
    ...(reference === undefined ? {} : { reference }),
  });
  const known = scores.flatMap(({ score }) => (score === null ? [] : [score]));
  if (known.length < candidates.length) return null;
  return {
    cluster,
    answers: candidates.map((candidate, index) => ({
      score: rankValue(candidate, strategy.pessimism),
      gold: known[index] ?? 0,
      value: finalValue(candidate.text),
    })),
  };
}
