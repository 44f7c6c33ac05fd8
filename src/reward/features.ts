/** Features of answers: hidden states of a backbone, read once, kept by content. */
import { contentHash } from '../canonical.ts';
import { type Engine, UnanswerableRequest } from '../engine/engine.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import type { FeatureSpec, Message, ReadOut, Sample } from '../schema.ts';
import type { FeatureStore } from '../store/features.ts';

/** An answer in its place; without `text` the prompt alone, as it stands where the assistant begins to write. */
export interface FeatureText {
  readonly prompt: Sample['prompt'];
  readonly text?: string;
}

/** The state of one answer, or why there is none. */
export type Feature =
  | {
      readonly status: 'read';
      readonly vector: Float32Array;
      /** What it costs to read, whether or not it was read now. */
      readonly tokens: number;
      readonly cached: boolean;
    }
  | { readonly status: 'unscored'; readonly reason: 'context' | 'invalid'; readonly message: string };

/** Which state is read. */
export interface ReadOutOptions {
  /** Default `turn-end`. */
  readonly readOut?: ReadOut;
  /** A user's turn after the answer. Default none. */
  readonly suffix?: string | null;
}

/** How features are read. */
export interface FeatureOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: Listener;
}

/** Reads features of one specification. The engine and the store stay the caller's. */
export interface FeatureReader {
  readonly spec: FeatureSpec;
  /** Features in the order of the texts; memory does not grow with them. Throws JurorError `aborted`, and `engine` where it fails. */
  read(
    texts: Iterable<FeatureText> | AsyncIterable<FeatureText>,
    options?: FeatureOptions,
  ): AsyncGenerator<Feature>;
}

/** Default read-out: the token that ends the answer's turn. */
export const defaultReadOut: ReadOut = 'turn-end';

/**
 * A reader over a store. Every text is evaluated whole, in one decode, so both sides of a pair are split alike, and neither order nor
 * cache shows in the numbers. Reads one short text where the width of the backbone is not known yet.
 */
export async function openFeatures(
  engine: Engine,
  store: FeatureStore,
  { readOut = defaultReadOut, suffix = null }: ReadOutOptions = {},
): Promise<FeatureReader> {
  const { contextSize: _context, batchSize: _batch, threads: _threads, ...settings } = engine.id.settings;
  const { model, digest, template } = engine.id;
  const keyOf = (messages: readonly Message[], place: ReadOut) =>
    contentHash({ feature: 1, digest, template, settings, readOut: place, messages });

  async function readOne(
    messages: readonly Message[],
    place: ReadOut,
    options: FeatureOptions,
  ): Promise<Feature> {
    const key = keyOf(messages, place);
    const found = store.get(key);
    if (found) return { status: 'read', ...found, cached: true };
    try {
      const [embedding] = await engine.embed([messages], { ...options, readOut: place });
      if (embedding === undefined || !embedding.vector.every(Number.isFinite))
        throw new JurorError('engine', 'expected a state of finite numbers, got something else');
      store.insert([[key, embedding]]);
      return { status: 'read', ...embedding, cached: false };
    } catch (error) {
      if (!(error instanceof UnanswerableRequest)) throw error;
      return { status: 'unscored', reason: error.reason, message: error.message };
    }
  }

  const probe = await readOne([{ role: 'user', content: 'a' }], 'next-turn', {});
  if (probe.status === 'unscored') throw new JurorError('engine', probe.message);
  const spec: FeatureSpec = {
    model,
    digest,
    template,
    readOut,
    suffix,
    size: probe.vector.length,
    settings,
  };
  return {
    spec,
    async *read(texts, options = {}) {
      const waiting: Promise<Feature>[] = [];
      for await (const text of texts) {
        if (options.signal?.aborted) throw new JurorError('aborted', 'reading features was aborted');
        const place = text.text === undefined ? 'next-turn' : readOut;
        const work = readOne(conversationOf(text, suffix), place, options);
        work.catch(() => {});
        waiting.push(work);
        if (waiting.length >= Math.max(1, engine.concurrency)) yield (await waiting.shift()) as Feature;
      }
      for (const work of waiting) yield await work;
    },
  };
}

/** Throws JurorError `model`, saying which differs, unless features of `found` may be read by a head made for `wanted`. */
export function requireSameFeatures(wanted: FeatureSpec, found: FeatureSpec): void {
  const complain = (what: string, expected: string, got: string) => {
    throw new JurorError(
      'model',
      `the head was trained on another ${what}: expected ${expected}, got ${got}`,
    );
  };
  if (wanted.digest !== found.digest) complain('backbone', named(wanted), named(found));
  if (wanted.template !== found.template)
    complain('chat template', wanted.template.slice(0, 12), found.template.slice(0, 12));
  if (wanted.readOut !== found.readOut) complain('read-out', wanted.readOut, found.readOut);
  if (wanted.suffix !== found.suffix)
    complain('read-out suffix', JSON.stringify(wanted.suffix), JSON.stringify(found.suffix));
  if (wanted.size !== found.size) complain('width of the backbone', String(wanted.size), String(found.size));
}

/** What is told where features of `found` are read under other conditions than a head's; null where they are the same. */
export function otherConditions(wanted: FeatureSpec, found: FeatureSpec): string | null {
  const names = [...new Set([...Object.keys(wanted.settings), ...Object.keys(found.settings)])].sort();
  const told = names.flatMap((name) => {
    const [before, now] = [wanted.settings[name], found.settings[name]];
    return before === now ? [] : [`${name} ${before ?? 'unknown'}, now ${now ?? 'unknown'}`];
  });
  return told.length === 0
    ? null
    : `the head was trained under other conditions, which moves scores a little: ${told.join('; ')}`;
}

function named({ model, digest }: FeatureSpec): string {
  return `${model} (SHA-256 ${digest.slice(0, 12)}…)`;
}

function conversationOf({ prompt, text }: FeatureText, suffix: string | null): Message[] {
  const messages: Message[] = typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : [...prompt];
  if (text === undefined) return messages;
  messages.push({ role: 'assistant', content: text });
  if (suffix !== null) messages.push({ role: 'user', content: suffix });
  return messages;
}
