/** Implicit rewards of samples: what a policy's log-probability of each response is beside a reference model's. */
import PQueue from 'p-queue';
import {
  DEFAULT_BETA,
  implicitReward,
  implicitStepRewards,
  stepEndsIn,
  stepsOfTokens,
} from '../aggregate/implicit.ts';
import { contentHash } from '../canonical.ts';
import {
  type Engine,
  type EngineOptions,
  type TokenLogProbabilities,
  UnanswerableRequest,
} from '../engine/engine.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import type { ImplicitResponse, ImplicitRewards, Message, Response, Sample } from '../schema.ts';
import { nameless } from './identity.ts';
import { requireSameTokenizer } from './same-tokenizer.ts';
import { type StepSource, stepsOf } from './stepwise.ts';
import { eachInOrder } from './stream.ts';

/** Whose preference is read, and how. */
export interface ImplicitOptions {
  /** The tuned model. */
  readonly policy: Engine;
  /** The model that it was tuned from. */
  readonly reference: Engine;
  /** What the log-ratio is multiplied by; the β that the policy was tuned with. Default 0.1. */
  readonly beta?: number;
  /** Also a reward for each step: those that a response brings, or else what is made of its text. Default: none. */
  readonly steps?: StepSource;
}

/** How a stream is rewarded. */
export interface ImplicitCallOptions {
  readonly signal?: AbortSignal;
  /** Told of restarts and of token progress. */
  readonly onEvent?: Listener;
  /** Told of a sample without the steps that are asked for; the others go on. Without it the error is thrown. */
  readonly onBadSample?: (error: JurorError, sample: Sample) => void;
  /** Rewards made earlier, by key: what is found is not made again. */
  readonly find?: (key: string) => ImplicitRewards | undefined;
}

/**
 * Implicit rewards of a stream of samples, in its order; memory does not grow with it. The token that ends the turn counts, as in
 * the sums that preference trainers take. Rewards of one sample compare with each other alone. A response that does not fit either
 * context is unscored before anything of it is evaluated. Throws JurorError `usage`, before anything is spent, where the models
 * do not cut text into the same tokens or an engine gives no log-probabilities of a given text, and `aborted`.
 */
export async function* implicitRewards(
  options: ImplicitOptions,
  samples: Iterable<Sample> | AsyncIterable<Sample>,
  callOptions: ImplicitCallOptions = {},
): AsyncGenerator<ImplicitRewards> {
  const { policy, reference } = options;
  // A β that means nothing is told before a model reads.
  implicitReward({ policy: [], reference: [] }, options.beta);
  await requireSameTokenizer(policy, reference, callOptions.signal ? { signal: callOptions.signal } : {});
  const turns = new PQueue({ concurrency: Math.min(abreast(policy), abreast(reference)) });
  yield* eachInOrder(
    samples,
    async (sample) => {
      const found = callOptions.find?.(implicitKey(options, sample));
      return [
        found ? bound(found, sample, options.beta) : await rewardSample(options, sample, turns, callOptions),
      ];
    },
    { ...callOptions, concurrency: turns.concurrency },
  );
}

/** Content hash of all that can change a sample's rewards; what things are called cannot, and β only scales them. */
export function implicitKey(
  { policy, reference, steps }: ImplicitOptions,
  { prompt, responses }: Sample,
): string {
  return contentHash({
    implicit: 1,
    policy: nameless(policy.id),
    reference: nameless(reference.id),
    steps: steps ?? null,
    prompt,
    responses: responses.map(({ text, steps: own }) => ({
      text,
      steps: steps === undefined ? null : (own ?? null),
    })),
  });
}

/** Rewards under the names and the β at hand. */
function bound(
  found: ImplicitRewards,
  { id, responses, label }: Sample,
  beta = DEFAULT_BETA,
): ImplicitRewards {
  const { label: _former, ...rest } = found;
  return {
    ...rest,
    sampleId: id,
    beta,
    responses: found.responses.map((response, index) => ({
      ...scaled(response, found.beta, beta),
      responseId: responses[index]?.id ?? response.responseId,
    })),
    ...(label === undefined ? {} : { label }),
  };
}

function scaled(response: ImplicitResponse, from: number, to: number): ImplicitResponse {
  if (response.status === 'unscored' || from === to) return response;
  const { total, perToken, steps } = response;
  const scale = (value: number) => (value / from) * to;
  return {
    ...response,
    total: scale(total),
    perToken: scale(perToken),
    ...(steps ? { steps: steps.map((step) => (step === null ? null : scale(step))) } : {}),
  };
}

/** Samples that are worth asking an engine at once. On a CPU the two models take turns: together they would have too many threads. */
function abreast({ id, concurrency }: Engine): number {
  return Math.max(1, id.settings.device === 'cpu' ? Math.floor(concurrency / 2) : concurrency);
}

async function rewardSample(
  options: ImplicitOptions,
  sample: Sample,
  turns: PQueue,
  { signal, onEvent }: ImplicitCallOptions,
): Promise<ImplicitRewards> {
  const { policy, reference, beta = DEFAULT_BETA, steps } = options;
  const { id, prompt, responses, label } = sample;
  const key = implicitKey(options, sample);
  const places = responses.map((response) => (steps ? stepPlaces(sample, response, steps) : undefined));
  const messages: Message[] = typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt;
  const callOptions = { lane: key, ...(signal ? { signal } : {}), ...(onEvent ? { onEvent } : {}) };
  const readAll = (engine: Engine, before: readonly (Read | undefined)[]) =>
    turns.add(() =>
      Promise.all(
        responses.map(({ text }, index) => {
          const earlier = before[index];
          // What one engine refuses, the other is not asked.
          if (earlier && 'reason' in earlier) return earlier;
          return read(engine, { messages, continuation: text, end: true }, callOptions);
        }),
      ),
    );
  // The smaller context decides what fits, so it comes first.
  const [first, second] =
    contextOf(policy) <= contextOf(reference) ? [policy, reference] : [reference, policy];
  const early = await readAll(first, []);
  const late = await readAll(second, early);
  const [own, other] = first === policy ? [early, late] : [late, early];
  return {
    key,
    sampleId: id,
    policy: { model: policy.id.model, digest: policy.id.digest },
    reference: { model: reference.id.model, digest: reference.id.digest },
    beta,
    responses: responses.map((response, index) => ({
      responseId: response.id,
      ...rewardResponse(own[index] ?? nothing, other[index] ?? nothing, beta, places[index]),
    })),
    ...(label === undefined ? {} : { label }),
  };
}

function rewardResponse(own: Read, other: Read, beta: number, places: readonly number[] | undefined): Reward {
  if ('reason' in own) return { status: 'unscored', ...own };
  if ('reason' in other) return { status: 'unscored', ...other };
  if (
    own.tokens.length !== other.tokens.length ||
    own.tokens.some((token, index) => token !== other.tokens[index])
  )
    return {
      status: 'unscored',
      reason: 'invalid',
      message: 'the models cut the response into different tokens',
    };
  const answer = { policy: own.logProbabilities, reference: other.logProbabilities };
  if (![...answer.policy, ...answer.reference].every(Number.isFinite) || own.tokens.length === 0)
    return { status: 'unscored', ...nothing };
  const { total, perToken, tokens } = implicitReward(answer, beta);
  const steps =
    places && own.ends && implicitStepRewards(answer, stepsOfTokens(own.ends, places), places.length, beta);
  return {
    status: 'scored',
    total,
    perToken: perToken ?? total,
    tokens,
    policy: sum(answer.policy),
    reference: sum(answer.reference),
    ...(steps === undefined ? {} : { steps }),
  };
}

type Distributed<Union> = Union extends unknown ? Omit<Union, 'responseId'> : never;
type Reward = Distributed<ImplicitResponse>;
/** Log-probabilities, or why there are none. */
type Read =
  | TokenLogProbabilities
  | { readonly reason: 'context' | 'invalid' | 'engine'; readonly message: string };
const nothing = { reason: 'engine', message: 'the engine gave no log-probabilities' } as const;

async function read(
  engine: Engine,
  request: Parameters<Engine['logprob']>[0],
  options: EngineOptions,
): Promise<Read> {
  try {
    return await engine.logprob(request, options);
  } catch (error) {
    if (error instanceof UnanswerableRequest) return { reason: error.reason, message: error.message };
    if (JurorError.isInstance(error) && error.code === 'engine')
      return { reason: 'engine', message: error.message };
    throw error;
  }
}

/** Where the steps of a response end in its text. */
function stepPlaces(sample: Sample, response: Response, source: StepSource): number[] {
  const places = stepEndsIn(response.text, stepsOf(sample, response, 'implicit rewards of steps', source));
  if (places) return places;
  throw new JurorError(
    'data',
    `sample '${sample.id}', response '${response.id}': expected steps that stand in its text in their order, got others`,
    { place: { field: 'steps' } },
  );
}

function contextOf({ id }: Engine): number {
  const { contextSize } = id.settings;
  return typeof contextSize === 'number' ? contextSize : Number.POSITIVE_INFINITY;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
