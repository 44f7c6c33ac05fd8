/** Verdicts as RewardBench's results: the accuracy of each subset, as `results/…/MODEL.json` has it. */
import type { ScoredAnswer, ScoredSample } from './judged.ts';
import { scoredSamples } from './judged.ts';
import { type TieScores, tiesScore } from './rewardbench-ties.ts';
import type { Writer } from './writing.ts';

/**
 * RewardBench 1 and 2: `{model, model_type, chat_template, SUBSET: accuracy}`. A sample counts 1 where its chosen response is scored
 * above all others, 1/k where k share the top, else 0; one without a score is left out, and told. The subset `Ties` has RewardBench 2's
 * own score.
 */
export const rewardBenchWriter: Writer = {
  endings: ['.json'],
  modes: ['pairwise', 'pointwise'],
  needsData: false,
  loses: ['everything but the accuracy of each subset'],
  async *write({ run, rows, lose }) {
    const subsets = new Map<string, { sum: number; n: number }>();
    const ties: TieScores[] = [];
    for await (const sample of scoredSamples(rows)) {
      const subset = sample.group ?? 'all';
      if (sample.answers.some(({ score }) => score === null)) {
        lose('unscored: not counted');
        continue;
      }
      const tied = subset === 'Ties' ? tieScores(sample) : undefined;
      if (tied !== undefined) {
        ties.push(tied);
        continue;
      }
      const result = resultOf(sample);
      if (result === undefined) {
        lose('without a chosen response: not counted');
        continue;
      }
      const tally = subsets.get(subset) ?? { sum: 0, n: 0 };
      subsets.set(subset, tally);
      tally.sum += result;
      tally.n++;
    }
    const accuracies = [...subsets]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, { sum, n }]) => [name, sum / n]);
    const whole = {
      model: run.judge,
      model_type: 'Generative',
      chat_template: null,
      ...Object.fromEntries(accuracies),
      ...(ties.length > 0 ? { Ties: tiesScore(ties) } : {}),
    };
    yield `${JSON.stringify(whole, null, 4)}\n`;
  },
};

/** What a sample counts: undefined where it has no chosen response. */
function resultOf({ answers, label }: ScoredSample): number | undefined {
  const chosen = answers.find(({ responseId }) => responseId === label);
  if (chosen === undefined) return undefined;
  const scores = answers.map(({ score }) => score ?? 0);
  const top = Math.max(...scores);
  return chosen.score === top ? 1 / scores.filter((score) => score === top).length : 0;
}

/** The scores of a sample of `Ties`, whose id says what it is: `ref:3` has one right answer, `tied:3` several. */
function tieScores({ sampleId, sample, answers }: ScoredSample): TieScores | undefined {
  const id = sample?.metadata?.id ?? sampleId;
  const match = /(?:^|-)(?<kind>ref|tied):(?<prompt>\d+)$/.exec(String(id))?.groups;
  if (match === undefined) return undefined;
  const right = ({ responseId }: ScoredAnswer) => responseId.startsWith('chosen');
  const scoresOf = (wanted: boolean) =>
    answers.filter((answer) => right(answer) === wanted).map(({ score }) => score ?? 0);
  return {
    kind: match.kind === 'ref' ? 'ref' : 'tied',
    prompt: Number(match.prompt),
    right: scoresOf(true),
    wrong: scoresOf(false),
  };
}
