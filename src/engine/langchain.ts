/** The engine for any chat model that LangChain reaches. LangChain's own retries and tracing are off; nothing is logged. */
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { contentHash } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import type { EngineId, Usage } from '../schema.ts';
import type { Engine } from './engine.ts';
import type { TextGenerator } from './generate.ts';
import { deliberateRemotely } from './langchain-deliberate.ts';
import { concealing, failureOf, isSecretName } from './langchain-failure.ts';
import { generateRemotely } from './langchain-generate.ts';
import { layoutDigest } from './langchain-messages.ts';
import { type ModelFactory, unstructured } from './langchain-model.ts';
import { type Abilities, type Manner, probeAbilities } from './langchain-remote.ts';
import {
  aborted,
  checkNumbers,
  createRequester,
  isCount,
  limitsOf,
  type RequestLimits,
  Unanswered,
} from './langchain-request.ts';
import { finalError, makeable, type RemoteModel, resolveRemote } from './langchain-resolve.ts';

/** Options of {@link openLangChain}. */
export interface LangChainOptions {
  /**
   * `provider:model`, made by LangChain's `initChatModel`; a chat model made already, whose own settings rule; or a function
   * that makes one for given settings.
   */
  readonly model: string | BaseChatModel | ModelFactory;
  /** Name of a model that is not named by `model`. Default: its class and its `model`. */
  readonly name?: string;
  /** Address of a server that speaks the provider's protocol, such as vLLM or llama-server for `openai`. */
  readonly baseUrl?: string;
  /** Default: the provider's environment variable. */
  readonly apiKey?: string;
  /** Further settings for the model's constructor; they win. What is named like a secret stays out of the engine's id. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Default `auto`: one small request finds out whether there are log-probabilities, and what the server does not take. */
  readonly protocol?: 'auto' | 'top-logprobs' | 'structured';
  /**
   * Whether the server continues an assistant's message, so that an answer's opening words can be forced, or the judge is
   * asked for the label alone. Default: `continue` with a base URL for `openai`, else `ask`.
   */
  readonly opening?: 'continue' | 'ask';
  /** Whether a turn is sent as one text or as a part for each segment. Default `joined`. */
  readonly segments?: 'joined' | 'parts';
  /** Most probable tokens asked for. Default 20, the most that OpenAI gives. */
  readonly topLogprobs?: number;
  /** Budget of an answer whose labels are read, in tokens. Default 8. */
  readonly answerTokens?: number;
  /** Schema-constrained answers to each question, averaged; more than one are sampled at temperature 1. Default 1. */
  readonly answers?: number;
  /** Added to the count of every label of schema-constrained answers. Default 0.01. */
  readonly smoothing?: number;
  readonly limits?: Partial<RequestLimits>;
  /** Per million tokens, in any currency. */
  readonly price?: Price;
  readonly onEvent?: Listener;
  /** Ends the opening. */
  readonly signal?: AbortSignal;
}

/** Per million tokens. */
export interface Price {
  readonly input: number;
  /** Of input tokens that the provider had cached. Default: `input`. */
  readonly cachedInput?: number;
  readonly output: number;
}

/** What an engine has asked so far. */
export interface Spending {
  /** Requests with a reply. */
  readonly requests: number;
  /** Attempts after the first. */
  readonly retries: number;
  readonly usage: Usage;
  /** In the price's currency; null without a price. */
  readonly cost: number | null;
}

/** A remote engine, with what only a remote engine knows. */
export interface LangChainEngine extends Engine, TextGenerator {
  /** Everything since it was opened, whatever came of it. */
  readonly spent: Spending;
}

/**
 * Open a chat model as an engine. Throws JurorError `usage` for a wrong name, address or key or a missing package, `model`
 * for a model that the provider does not have, and `engine` where the server cannot be reached.
 */
export async function openLangChain(options: LangChainOptions): Promise<LangChainEngine> {
  const limits = limitsOf(options.limits);
  const { topLogprobs, answerTokens, answers, smoothing, price } = options;
  checkNumbers({ topLogprobs, answerTokens, answers }, 'a whole number of 1 or more', isCount);
  checkNumbers({ smoothing }, 'a number above 0', (value) => value > 0);
  checkNumbers({ ...price }, 'a number of 0 or more', (value) => value >= 0);
  const remote = resolveRemote(options);
  const conceal = concealing(remote.secrets);
  const requester = createRequester(limits, (error) => failureOf(error, conceal));
  const closing = new AbortController();
  const totals = { requests: 0, evaluated: 0, reused: 0, generated: 0 };
  const spend = ({ evaluated, reused, generated }: Usage) => {
    totals.requests++;
    totals.evaluated += evaluated;
    totals.reused += reused;
    totals.generated += generated;
  };

  /** Run with a deadline; the first failure ends what is still under way. */
  const within = async <Value>(
    call: { signal?: AbortSignal | undefined; onEvent?: Listener | undefined },
    run: (bounds: Parameters<typeof deliberateRemotely>[2]) => Promise<Value>,
  ): Promise<Value> => {
    if (call.signal?.aborted) throw aborted();
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, closing.signal, ...(call.signal ? [call.signal] : [])]);
    const onEvent = call.onEvent ?? options.onEvent ?? (() => {});
    try {
      return await run({ signal, onEvent, deadline: performance.now() + limits.deliberationTimeoutMs });
    } catch (error) {
      if (closing.signal.aborted && !call.signal?.aborted)
        throw new JurorError('engine', 'the engine is closed');
      throw error instanceof Unanswered && error.reason === 'final' ? finalError(error, remote) : error;
    } finally {
      ended.abort();
    }
  };

  const wanted: Abilities = {
    topLogprobs: options.protocol === 'structured' || !remote.logprobs ? 0 : (options.topLogprobs ?? 20),
    temperature: true,
    topP: true,
    seed: true,
    continues: (options.opening ?? remote.opening) === 'continue',
  };
  if (options.protocol === 'top-logprobs' && wanted.topLogprobs === 0)
    throw new JurorError(
      'usage',
      `protocol: expected structured or auto for '${remote.provider}', through which LangChain gives no log-probabilities, got top-logprobs`,
    );
  const factory = await makeable(remote, conceal);
  const abilities =
    (options.protocol ?? 'auto') !== 'auto'
      ? wanted
      : await within(options, (bounds) =>
          probeAbilities({ factory, requester, spend }, wanted, bounds),
        ).catch((error) => {
          throw error instanceof Unanswered
            ? new JurorError('engine', `${remote.where}: ${error.message}`)
            : error;
        });
  const lacking = abilities.topLogprobs > 0 ? undefined : await unstructured(factory);
  if (lacking !== undefined)
    throw new JurorError(
      'usage',
      `${remote.name} has neither log-probabilities nor schema-constrained answers: ${conceal(lacking)}`,
    );
  const manner: Manner = {
    abilities,
    opening: abilities.continues ? 'continue' : 'ask',
    segments: options.segments ?? 'joined',
    answerTokens: options.answerTokens ?? 8,
    answers: options.answers ?? 1,
    smoothing: options.smoothing ?? 0.01,
  };
  const unsupported = (what: string) => async (): Promise<never> => {
    throw new JurorError(
      'usage',
      `${remote.name}: a remote chat model gives no ${what}; expected a local model, opened with openLlama`,
    );
  };

  return {
    id: engineId(remote, manner, options.parameters),
    concurrency: limits.concurrency,
    protocol: abilities.topLogprobs > 0 ? 'top-logprobs' : 'structured',
    get spent() {
      const { requests, ...usage } = totals;
      return { requests, retries: requester.retried, usage, cost: costOf(usage, options.price) };
    },
    async deliberate(request, callOptions = {}) {
      try {
        const samples = await within(callOptions, (bounds) =>
          deliberateRemotely({ factory, requester, manner, spend }, request, bounds),
        );
        return { status: 'done', samples };
      } catch (error) {
        if (!(error instanceof Unanswered) || error.reason === 'final') throw error;
        return { status: 'unscored', reason: error.reason, message: error.message };
      }
    },
    async generate(request, callOptions = {}) {
      const { onText, ...call } = callOptions;
      const result = await within(call, (bounds) =>
        generateRemotely({ factory, requester, manner, spend }, request, bounds),
      );
      onText?.(result.text);
      return result;
    },
    logprob: unsupported('log-probabilities of a given text'),
    embed: unsupported('hidden states'),
    async [Symbol.asyncDispose]() {
      closing.abort();
    },
  };
}

function engineId(remote: RemoteModel, manner: Manner, parameters: LangChainOptions['parameters']): EngineId {
  const { abilities, answers, smoothing, answerTokens, opening, segments } = manner;
  const { topLogprobs, continues: _, ...sent } = abilities;
  const settings = {
    provider: remote.provider,
    ...(remote.baseUrl === undefined ? {} : { baseUrl: remote.baseUrl }),
    ...(topLogprobs > 0 ? { topLogprobs, answerTokens, opening } : { answers, smoothing }),
    segments,
    ...sent,
    ...(parameters === undefined ? {} : { parameters: contentHash(withoutSecrets(parameters)) }),
  };
  const template = layoutDigest({ opening, segments });
  return {
    kind: 'langchain',
    model: remote.name,
    digest: contentHash({ model: remote.name, settings }),
    template,
    settings,
  };
}

/** Plain data without what is named like a secret. */
function withoutSecrets(parameters: Readonly<Record<string, unknown>>): unknown {
  const text = JSON.stringify(parameters, (key, value) => (isSecretName(key) ? undefined : value));
  return JSON.parse(text);
}

function costOf({ evaluated, reused, generated }: Usage, price: Price | undefined): number | null {
  if (price === undefined) return null;
  const { input, cachedInput = input, output } = price;
  return (evaluated * input + reused * cachedInput + generated * output) / 1e6;
}
