/** Record deliberations to a file and play them back without a model. */
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { contentHash } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import { EngineId } from '../schema.ts';
import { type Deliberation, DeliberationResult, type Engine, type EngineOptions } from './engine.ts';

/** First line of a recording. */
const Header = z.strictObject({
  recording: z.literal(1),
  engine: EngineId,
  protocol: z.enum(['logits', 'top-logprobs', 'structured']),
});

const Entry = z.strictObject({ request: z.string().length(64), result: DeliberationResult });

/** Content hash under which a deliberation is recorded. */
function requestHash(request: Deliberation): string {
  return contentHash(request);
}

/**
 * Wrap an engine so that every finished deliberation is appended to `file` as one JSON line.
 * An existing recording of the same engine is continued; one of another engine is a JurorError `data`.
 */
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
    for (const request of recording.results.keys()) known.add(request);
  } else {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(header)}\n`);
  }
  let tail: Promise<void> = Promise.resolve();
  return {
    ...delegate(engine),
    async deliberate(request, options) {
      const result = await engine.deliberate(request, options);
      const hash = requestHash(request);
      if (!known.has(hash)) {
        known.add(hash);
        tail = tail.then(() => appendFile(file, `${JSON.stringify({ request: hash, result })}\n`));
        await tail;
      }
      return result;
    },
    async [Symbol.asyncDispose]() {
      await tail;
      await engine[Symbol.asyncDispose]();
    },
  };
}

/** Getters of an engine survive a spread only when copied by name. */
function delegate(engine: Engine): Engine {
  return {
    id: engine.id,
    concurrency: engine.concurrency,
    protocol: engine.protocol,
    deliberate: (request, options) => engine.deliberate(request, options),
    logprob: (request, options) => engine.logprob(request, options),
    embed: (conversations, options) => engine.embed(conversations, options),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

/**
 * Play a recording back. It has the recorded engine's id, so it finds and makes the same judgments.
 * A deliberation that was not recorded is a JurorError `engine`: it is never invented.
 */
export async function openReplay(file: string): Promise<Engine> {
  const { header, results } = await readRecording(file);
  const unrecorded = (what: string): never => {
    throw new JurorError('engine', `the recording has no such ${what}; record it again`, { place: { file } });
  };
  return {
    id: header.engine,
    concurrency: 1,
    protocol: header.protocol,
    async deliberate(request: Deliberation, options?: EngineOptions): Promise<DeliberationResult> {
      if (options?.signal?.aborted) throw new JurorError('aborted', 'the judgment was aborted');
      return results.get(requestHash(request)) ?? unrecorded('deliberation');
    },
    async logprob() {
      return unrecorded('log-probability');
    },
    async embed() {
      return unrecorded('embedding');
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function readRecording(file: string) {
  const results = new Map<string, DeliberationResult>();
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
        const { request, result } = Entry.parse(record);
        results.set(request, result);
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
  return { header, results };
}
