/** Scores of the samples of a stream, as records. */
import { looseCluster } from '../canonical.ts';
import type { Listener } from '../events.ts';
import type { HeadScore, Sample } from '../schema.ts';
import type { PromptScores, Scorer } from './scorer.ts';

/** How samples are scored. */
export interface ScoreSamplesOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: Listener;
  /** Samples in flight. Default 2. */
  readonly concurrency?: number;
}

/** A record, and what it cost. */
export interface ScoredSample {
  readonly sample: Sample;
  readonly score: HeadScore;
  /** Tokens evaluated now. */
  readonly read: number;
  /** Tokens whose states were found. */
  readonly found: number;
}

/** Score samples in their order; memory does not grow with them. Throws JurorError `aborted`, and `engine` where the engine fails. */
export async function* scoreSamples(
  scorer: Scorer,
  samples: Iterable<Sample> | AsyncIterable<Sample>,
  { concurrency = 2, ...options }: ScoreSamplesOptions = {},
): AsyncGenerator<ScoredSample> {
  const waiting: Promise<ScoredSample>[] = [];
  const work = async (sample: Sample) => {
    const texts = sample.responses.map(({ text }) => text);
    return scoredSample(scorer, sample, await scorer.score(sample.prompt, texts, options));
  };
  for await (const sample of samples) {
    const pending = work(sample);
    pending.catch(() => {});
    waiting.push(pending);
    if (waiting.length >= concurrency) yield (await waiting.shift()) as ScoredSample;
  }
  for (const pending of waiting) yield await pending;
}

function scoredSample(scorer: Scorer, sample: Sample, scores: PromptScores): ScoredSample {
  const { id, prompt, responses, label } = sample;
  const { name, version } = scorer.record;
  const cost = { read: 0, found: 0 };
  for (const answer of scores.answers)
    if (answer.status === 'scored') cost[answer.cached ? 'found' : 'read'] += answer.tokens;
  if (scores.prompt) cost[scores.prompt.cached ? 'found' : 'read'] += scores.prompt.tokens;
  return {
    sample,
    ...cost,
    score: {
      schemaVersion: 1,
      sampleId: id,
      cluster: looseCluster(prompt),
      head: { name, version, digest: scorer.digest },
      responses: scores.answers.map((answer, place) => {
        const own = { id: responses[place]?.id ?? '' };
        if (answer.status === 'unscored') return { ...own, ...answer };
        const { cached: _now, cautious: _ofAReducer, ...said } = answer;
        return { ...own, ...said };
      }),
      best: bestOf(scorer, responses, scores),
      ...(label === undefined ? {} : { label }),
    },
  };
}

/** The best answer against the next one. */
function bestOf(
  { comparable, record }: Scorer,
  responses: Sample['responses'],
  { order, compare }: PromptScores,
): HeadScore['best'] {
  const [first, second] = order;
  if (first === undefined || second === undefined) return null;
  const opinion = compare(first, second);
  const against = responses[second]?.id ?? '';
  if (opinion === null) return null;
  const { difference, probability, deviation, abstain } = opinion;
  const equal = difference === 0;
  return {
    winner: equal ? null : (responses[first]?.id ?? ''),
    against,
    probability: comparable ? probability : null,
    deviation,
    abstained: equal ? 'the scores are equal' : abstain ? undecided(record.conformal?.threshold) : null,
  };
}

function undecided(threshold = 0.5): string {
  return threshold >= 1
    ? 'the head was calibrated on too few prompts to decide anything'
    : `the probability is not above ${threshold}`;
}
