/** Record deliberations, log-probabilities, hidden states and written texts to a file and play them back without a model. */

import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { contentHash } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import { EngineId } from '../schema.ts';
import { delegateEngine } from './delegate-engine.ts';
import {
  type ContinuationRequest,
  type Deliberation,
  DeliberationResult,
  type Engine,
  type EngineOptions,
  Tokenizer,
  TokenLogProbabilities,
  UnanswerableRequest,
} from './engine.ts';
import {
  type GenerateOptions,
  type Generation,
  GenerationResult,
  isTextGenerator,
  type TextGenerator,
} from './generate.ts';
import { playedState, RecordedState, recordedState, stateHash } from './replay-state.ts';

/** First line of a recording. */
const Header = z.strictObject({
  recording: z.literal(1),
  engine: EngineId,
  protocol: z.enum(['logits', 'top-logprobs', 'structured']),
});

const Refusal = z.strictObject({ reason: z.enum(['context', 'invalid']), message: z.string() });
const Entry = z.union([
  z.strictObject({ request: z.string().length(64), result: DeliberationResult }),
  z.strictObject({ continuation: z.string().length(64), read: z.union([TokenLogProbabilities, Refusal]) }),
  z.strictObject({
    generation: z.string().length(64),
    written: z.union([GenerationResult, Refusal]),
  }),
  z.strictObject({ embedding: z.string().length(64), state: z.union([RecordedState, Refusal]) }),
  z.strictObject({ tokenizer: Tokenizer }),
]);

/** A recording was asked for what is not in it. The same request to the recorded engine would be answered. */
export class UnrecordedRequest extends JurorError {
  constructor(what: string, file: string) {
    super('engine', `the recording has no such ${what}; record it again`, { place: { file } });
  }
}

/** Content hash under which a deliberation is recorded. */
function requestHash(request: Deliberation): string {
  return contentHash(request);
}

function continuationHash({ messages, continuation, end = false }: ContinuationRequest): string {
  return contentHash({ messages, continuation, end });
}

/**
 * Wrap an engine so that every finished deliberation, every text that it writes, and every text whose log-probabilities or
 * hidden state are read, is appended to `file` as one JSON line.
 * An existing recording of the same engine is continued; one of another engine is a JurorError `data`.
 */
export async function recordEngine<Recorded extends Engine>(
  engine: Recorded,
  file: string,
): Promise<Engine & (Recorded extends TextGenerator ? TextGenerator : unknown)>;
export async function recordEngine(engine: Engine, file: string): Promise<Engine> {
  const header = { recording: 1, engine: engine.id, protocol: engine.protocol } as const;
  const known = new Set<string>();
  const existing = await readFile(file, 'utf8').catch(() => '');
  // A recorder that was killed may leave half a line.
  const whole = existing.lastIndexOf('\n') + 1;
  if (whole > 0 && whole < existing.length) await truncate(file, Buffer.byteLength(existing.slice(0, whole)));
  if (existing) {
    const recording = await readRecording(file);
    if (contentHash(recording.header) !== contentHash(header))
      throw new JurorError(
        'data',
        `expected a recording of this engine, got one of ${recording.header.engine.model}`,
        { place: { file } },
      );
    for (const entries of [recording.results, recording.reads, recording.texts, recording.states])
      for (const hash of entries.keys()) known.add(hash);
    if (recording.tokenizer) known.add('tokenizer');
  } else {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(header)}\n`);
  }
  let tail: Promise<void> = Promise.resolve();
  const keep = async (name: string, entry: z.infer<typeof Entry>): Promise<void> => {
    if (known.has(name)) return;
    known.add(name);
    tail = tail.then(() => appendFile(file, `${JSON.stringify(entry)}\n`));
    await tail;
  };
  const { tokenizer } = engine;
  return {
    ...delegateEngine(engine),
    async deliberate(request, options) {
      const result = await engine.deliberate(request, options);
      const hash = requestHash(request);
      await keep(hash, { request: hash, result });
      return result;
    },
    async logprob(request, options) {
      const hash = continuationHash(request);
      try {
        const read = await engine.logprob(request, options);
        await keep(hash, { continuation: hash, read });
        return read;
      } catch (error) {
        if (error instanceof UnanswerableRequest) {
          const { reason, message } = error;
          await keep(hash, { continuation: hash, read: { reason, message } });
        }
        throw error;
      }
    },
    // One by one, so that it is known which one does not fit; every one is evaluated on its own anyway.
    embed: (conversations, options) =>
      Promise.all(
        conversations.map(async (messages) => {
          const hash = stateHash(messages, options?.readOut);
          try {
            const [state] = await engine.embed([messages], options);
            if (state === undefined) throw new JurorError('engine', 'expected a state, got none');
            await keep(hash, { embedding: hash, state: recordedState(state) });
            return state;
          } catch (error) {
            if (error instanceof UnanswerableRequest) {
              const { reason, message } = error;
              await keep(hash, { embedding: hash, state: { reason, message } });
            }
            throw error;
          }
        }),
      ),
    ...(isTextGenerator(engine) && {
      async generate(request: Generation, options?: GenerateOptions) {
        const hash = contentHash(request);
        try {
          const written = await engine.generate(request, options);
          await keep(hash, { generation: hash, written });
          return written;
        } catch (error) {
          if (error instanceof UnanswerableRequest) {
            const { reason, message } = error;
            await keep(hash, { generation: hash, written: { reason, message } });
          }
          throw error;
        }
      },
    }),
    ...(tokenizer && {
      async tokenizer(options?: EngineOptions) {
        const own = await tokenizer.call(engine, options);
        await keep('tokenizer', { tokenizer: own });
        return own;
      },
    }),
    async [Symbol.asyncDispose]() {
      await tail;
      await engine[Symbol.asyncDispose]();
    },
  };
}

/**
 * Play a recording back. It has the recorded engine's id, so it finds and makes the same judgments.
 * A deliberation that was not recorded is an {@link UnrecordedRequest}, a JurorError `engine`: it is never invented.
 */
export async function openReplay(file: string): Promise<Engine> {
  const { header, results, reads, texts, states, tokenizer } = await readRecording(file);
  const unrecorded = (what: string): never => {
    throw new UnrecordedRequest(what, file);
  };
  return {
    id: header.engine,
    concurrency: 1,
    protocol: header.protocol,
    async deliberate(request: Deliberation, options?: EngineOptions): Promise<DeliberationResult> {
      if (options?.signal?.aborted) throw new JurorError('aborted', 'the judgment was aborted');
      return results.get(requestHash(request)) ?? unrecorded('deliberation');
    },
    async logprob(request, options) {
      if (options?.signal?.aborted) throw new JurorError('aborted', 'reading was aborted');
      const read = reads.get(continuationHash(request)) ?? unrecorded('log-probability');
      if ('reason' in read) throw new UnanswerableRequest(read.reason, read.message);
      return read;
    },
    ...(texts.size > 0 && {
      async generate(request: Generation, options: GenerateOptions = {}): Promise<GenerationResult> {
        if (options.signal?.aborted) throw new JurorError('aborted', 'writing was aborted');
        const written = texts.get(contentHash(request)) ?? unrecorded('text');
        if ('reason' in written) throw new UnanswerableRequest(written.reason, written.message);
        options.onText?.(written.text);
        return written;
      },
    }),
    ...(tokenizer && { tokenizer: async () => tokenizer }),
    async embed(conversations, options) {
      if (options?.signal?.aborted) throw new JurorError('aborted', 'reading was aborted');
      return conversations.map((messages) => {
        const state = states.get(stateHash(messages, options?.readOut)) ?? unrecorded('hidden state');
        if ('reason' in state) throw new UnanswerableRequest(state.reason, state.message);
        return playedState(state);
      });
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function readRecording(file: string) {
  const results = new Map<string, DeliberationResult>();
  const reads = new Map<string, TokenLogProbabilities | z.infer<typeof Refusal>>();
  const texts = new Map<string, GenerationResult | z.infer<typeof Refusal>>();
  const states = new Map<string, RecordedState | z.infer<typeof Refusal>>();
  let tokenizer: Tokenizer | undefined;
  let header: z.infer<typeof Header> | undefined;
  let line = 0;
  try {
    for await (const text of createInterface({
      input: createReadStream(file, 'utf8'),
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      line++;
      if (!text.trim()) continue;
      const record: unknown = JSON.parse(text);
      if (header === undefined) header = Header.parse(record);
      else {
        const entry = Entry.parse(record);
        if ('request' in entry) results.set(entry.request, entry.result);
        else if ('continuation' in entry) reads.set(entry.continuation, entry.read);
        else if ('generation' in entry) texts.set(entry.generation, entry.written);
        else if ('embedding' in entry) states.set(entry.embedding, entry.state);
        else tokenizer = entry.tokenizer;
      }
    }
  } catch (cause) {
    throw new JurorError(
      'data',
      `expected a juror recording, got ${cause instanceof Error ? cause.message : cause}`,
      {
        place: line ? { file, line } : { file },
        cause,
      },
    );
  }
  if (header === undefined)
    throw new JurorError('data', 'expected a juror recording, got an empty file', { place: { file } });
  return { header, results, reads, texts, states, tokenizer };
}
