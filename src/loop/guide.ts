/** Guided writing: a model writes, a scorer says which of its answers or steps are worth keeping. */
import { contentHash, promptCluster } from '../canonical.ts';
import { UnanswerableRequest } from '../engine/engine.ts';
import type { TextGenerator } from '../engine/generate.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { nameless } from '../judge/identity.ts';
import { eachInOrder } from '../judge/stream.ts';
import type { Guided, GuideStrategy } from '../schema.ts';
import { beamSearch } from './guide-beam.ts';
import { bestOf, reject } from './guide-draw.ts';
import { type AnswerScorer, requireDoubts } from './guide-scorer.ts';
import { type GuidePrompt, type Outcome, openSession, type Session } from './guide-session.ts';
import { completeStrategy, type GivenStrategy } from './guide-strategy.ts';

/** Who writes, who scores, and how an answer is found. */
export interface GuideOptions {
  readonly generator: TextGenerator;
  readonly scorer: AnswerScorer;
  readonly strategy: GivenStrategy;
  /**
   * The scorer sees the reference of a prompt. For making training data: what is chosen with it says nothing of a model that has
   * none. Default false.
   */
  readonly withReference?: boolean;
  /** Prompts at once. Default 2. */
  readonly concurrency?: number;
}

/** How a stream is guided. */
export interface GuideCallOptions {
  readonly signal?: AbortSignal;
  /** Told of candidates, of what goes on, of choices, and of what engines do. */
  readonly onEvent?: Listener;
  /** Told of a prompt that the scorer cannot take; the others go on. Without it the error is thrown. */
  readonly onBadPrompt?: (error: JurorError, prompt: GuidePrompt) => void;
  /** What came of prompts earlier, by key: what is found is not made again. */
  readonly find?: (key: string) => Guided | undefined;
}

/**
 * Guide the writing of answers to a stream of prompts, in its order; memory does not grow with it. Where both engines' numerics are exact,
 * the same prompt, strategy and seed give the same record, whatever else is written at the same time. A prompt that cannot be written to
 * has no candidates and says why. Throws JurorError `usage` for a strategy that means nothing or a pessimism
 * where the scorer tells no deviations, and `aborted`.
 */
export async function* guideAll(
  options: GuideOptions,
  prompts: Iterable<GuidePrompt> | AsyncIterable<GuidePrompt>,
  { signal, onEvent, onBadPrompt, find }: GuideCallOptions = {},
): AsyncGenerator<Guided> {
  const strategy = completeStrategy(options.strategy);
  requireDoubts(options.scorer, strategy);
  yield* eachInOrder<Guided, GuidePrompt>(
    prompts,
    async (prompt) => {
      const found = find?.(guideKey(options, prompt));
      const guided = found
        ? { ...found, sampleId: prompt.id }
        : await guideOne(options, strategy, prompt, signal, onEvent);
      onEvent?.({ type: 'guide-finish', guided, cached: found !== undefined });
      return [guided];
    },
    {
      concurrency: options.concurrency ?? 2,
      ...(signal ? { signal } : {}),
      ...(onBadPrompt ? { onBadSample: onBadPrompt } : {}),
    },
  );
}

/** Content hash of all that can change what comes of a prompt; what things are called cannot. */
export function guideKey(
  { generator, scorer, strategy, withReference = false }: GuideOptions,
  { prompt, reference }: GuidePrompt,
): string {
  return contentHash({
    guide: 1,
    generator: nameless(generator.id),
    scorer: scorer.identity,
    strategy: completeStrategy(strategy),
    prompt,
    reference: withReference ? (reference ?? null) : null,
  });
}

async function guideOne(
  options: GuideOptions,
  strategy: GuideStrategy,
  sample: GuidePrompt,
  signal: AbortSignal | undefined,
  onEvent: Listener | undefined,
): Promise<Guided> {
  const { generator, scorer, withReference = false } = options;
  const session = openSession(sample, { generator, scorer, strategy, withReference, signal, onEvent });
  const outcome = await search(session, strategy).catch(failed);
  const { id, prompt } = sample;
  return {
    schemaVersion: 1,
    key: guideKey(options, sample),
    sampleId: id,
    cluster: promptCluster(prompt),
    prompt: typeof prompt === 'string' ? prompt : [...prompt],
    generator: { model: generator.id.model, digest: generator.id.digest },
    scorer: { name: scorer.name, ...scorer.source },
    strategy,
    ...outcome,
    tokens: session.usage(),
  };
}

function search(session: Session, strategy: GuideStrategy): Promise<Outcome> {
  if (strategy.kind === 'beam') return beamSearch(session, strategy);
  return strategy.kind === 'best-of' ? bestOf(session, strategy) : reject(session, strategy);
}

function failed(error: unknown): Outcome {
  if (!JurorError.isInstance(error) || error.code !== 'engine') throw error;
  const reason = error instanceof UnanswerableRequest ? error.reason : 'engine';
  const { message } = error;
  return {
    candidates: [],
    chosen: null,
    margin: null,
    why: `nothing was written: ${message}`,
    failure: { reason, message },
  };
}
