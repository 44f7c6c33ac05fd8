/** Files of rewards as preferences: implicit rewards of `juror implicit`, combined ones of `juror combine`. */
import { basename } from 'node:path';
import { logistic } from '../aggregate/logits.ts';
import { type DataRow, readRows } from '../dataset.ts';
import { JurorError } from '../errors.ts';
import { ImplicitRewards, type Preference, Reward } from '../schema.ts';
import { clusterOf, comparePrompts, type LeftOut, type Reading } from './readings.ts';
import { requirePrompt, responseOf, type SampleBook } from './sample-book.ts';

/** How a file of rewards becomes preferences. */
export interface RewardPreferenceOptions {
  /** Where the texts are. */
  readonly book: SampleBook;
  /** Combined rewards: what a difference is divided by to be log-odds, above 0. Default 1. */
  readonly temperature?: number | undefined;
  /** Told of what became no preference. Default: nobody is. */
  readonly leftOut?: LeftOut | undefined;
}

/** What a file of rows holds that can be preferences; null for anything else. */
export async function rewardFileKind(file: string): Promise<'implicit' | 'reward' | 'preference' | null> {
  for await (const { row } of readRows(file)) {
    const has = (...names: readonly string[]) => names.every((name) => Object.hasOwn(row, name));
    if (has('schemaVersion', 'chosen', 'rejected', 'source', 'cluster')) return 'preference';
    if (has('policy', 'reference', 'beta', 'responses')) return 'implicit';
    if (has('responseId', 'objectives', 'pareto')) return 'reward';
    return null;
  }
  return null;
}

/**
 * Every two answers of one prompt by their implicit rewards, whose difference β (log-ratio of one − log-ratio of the other) is the
 * log-odds of the Bradley–Terry model that DPO fits. The data must be those that were read: the file keeps no digests, so texts are told
 * by their ids. Throws JurorError `data` for a line of something else.
 */
export async function* preferencesFromImplicit(
  file: string,
  { book, leftOut = () => {} }: RewardPreferenceOptions,
): AsyncGenerator<Preference> {
  const readings: Reading<null>[] = [];
  const engines = new Map<string, { model: string; digest: string }>();
  for await (const row of readRows(file)) {
    const { sampleId, responses, key, policy, reference } = recordIn(
      ImplicitRewards,
      row,
      file,
      'implicit rewards',
    );
    const cluster = clusterOf(book.get(sampleId));
    for (const engine of [policy, reference]) engines.set(engine.digest, engine);
    for (const response of responses)
      if (response.status === 'unscored') leftOut('unscored', sampleId);
      else {
        const { responseId, total: score } = response;
        readings.push({ sampleId, responseId, cluster, score, keys: [key], value: null });
      }
  }
  yield* comparePrompts(readings, {
    marginUnit: 'nats',
    source: { method: 'implicit', run: basename(file), round: null, engines: [...engines.values()] },
    leftOut,
    answerOf: ({ sampleId, responseId }) => answerIn(book, sampleId, responseId),
    compare: ({ score: left }, { score: right }) => ({
      probability: logistic(left - right),
      margin: left - right,
      objectives: {},
      agreement: null,
    }),
  });
}

/**
 * Every two answers of one prompt by their combined rewards. A reward is one number without a spread: the probability is the
 * Bradley–Terry model's, σ(difference / temperature), and the margin the difference. Prompts are told by their digest, texts by their
 * ids. Throws JurorError `data` for a line of something else.
 */
export async function* preferencesFromRewards(
  file: string,
  { book, temperature = 1, leftOut = () => {} }: RewardPreferenceOptions,
): AsyncGenerator<Preference> {
  const readings: Reading<Reward>[] = [];
  for await (const row of readRows(file)) {
    const reward = recordIn(Reward, row, file, 'rewards');
    const { sampleId, responseId, cluster, score } = reward;
    if (score === null) leftOut('unscored', sampleId);
    else readings.push({ sampleId, responseId, cluster, score, keys: [], value: reward });
  }
  const better = (left: number, right: number) => logistic((left - right) / temperature);
  yield* comparePrompts(readings, {
    marginUnit: 'score',
    source: { method: 'reward', run: basename(file), round: null },
    leftOut,
    answerOf({ sampleId, responseId, cluster }) {
      const answer = answerIn(book, sampleId, responseId);
      requirePrompt(book, answer.sample, cluster);
      return answer;
    },
    compare: (left, right) => ({
      probability: better(left.score, right.score),
      margin: left.score - right.score,
      objectives: Object.fromEntries(
        Object.entries(left.value.objectives).map(([name, own]) => {
          const other = right.value.objectives[name] ?? null;
          return [name, own === null || other === null ? null : better(own, other)];
        }),
      ),
      agreement: null,
    }),
  });
}

function answerIn(book: SampleBook, sampleId: string, responseId: string) {
  const sample = book.get(sampleId);
  return { sample, response: responseOf(book, sample, responseId) };
}

function recordIn<Value>(
  schema: {
    safeParse(row: unknown): {
      data?: Value;
      error?: { issues: readonly { path: readonly PropertyKey[]; message: string }[] };
    };
  },
  { row, line }: DataRow,
  file: string,
  what: string,
): Value {
  const { data, error } = schema.safeParse(row);
  if (data !== undefined) return data;
  const [issue] = error?.issues ?? [];
  const field = issue?.path.join('.');
  throw new JurorError('data', `expected a line of ${what}, got something else: ${issue?.message}`, {
    place: { file, line, ...(field ? { field } : {}) },
  });
}
