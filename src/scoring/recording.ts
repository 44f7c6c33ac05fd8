/** Recordings that are kept beside what asks: played back, added to, or made anew. */
import { access, readFile, rm } from 'node:fs/promises';
import { relative } from 'node:path';
import { contentHash } from '../canonical.ts';
import type { Engine } from '../engine/engine.ts';
import { type GenerationResult, isTextGenerator, type TextGenerator } from '../engine/generate.ts';
import { openReplay, recordEngine, UnrecordedRequest } from '../engine/replay.ts';
import { JurorError, nearestName } from '../errors.ts';
import { writeAtomically } from '../store/atomic-file.ts';

/**
 * What may become of a recording. `none`: it is played back, and no model is asked. `new`: a model is asked for what it lacks, and the
 * answer is added. `all`: a model is asked for everything.
 */
export type RecordingUpdate = 'none' | 'new' | 'all';

/** A recording, and what may become of it. */
export interface RecordingOptions {
  /** Path of the .jsonl file; its folder is made. */
  readonly file: string;
  /** Default {@link recordingUpdate}. */
  readonly update?: RecordingUpdate | undefined;
  /** The command that makes it anew, for messages. Default: run again with JUROR_RECORDINGS=1. */
  readonly command?: string | undefined;
}

/** An engine that plays, and may record. Disposing tidies the file and closes the model. */
export interface RecordedEngine extends Engine, TextGenerator {
  /** With `all`: let disposing drop what nobody asked for. Call it where every question that the recording is for was asked. */
  dropUnasked(): void;
}

const updates: readonly RecordingUpdate[] = ['none', 'new', 'all'];

/**
 * What the environment wants of recordings: JUROR_RECORDINGS, where it is set, as `none`, `new`, `all` or `1`, which is `all`; `none` where
 * CI is set; `new` otherwise. Throws JurorError `usage` for another JUROR_RECORDINGS.
 */
export function recordingUpdate(environment: NodeJS.ProcessEnv = process.env): RecordingUpdate {
  const asked = environment.JUROR_RECORDINGS;
  if (asked === '1') return 'all';
  if (asked) {
    const known = updates.find((update) => update === asked);
    if (known !== undefined) return known;
    const nearest = nearestName(asked, updates);
    throw new JurorError(
      'usage',
      `JUROR_RECORDINGS: expected 1, ${updates.join(', ')}, got '${asked}'${nearest ? `; did you mean ${nearest}?` : ''}`,
    );
  }
  const { CI } = environment;
  return CI && CI !== 'false' && CI !== '0' ? 'none' : 'new';
}

/**
 * Open an engine that answers from a recording, and from a model only where the update allows it. A question that is not recorded, and a
 * recording that is not there, is a JurorError that names the command which makes it; so is, with `new`, a recording of another model.
 * @param open Opens the model; called once, and only where it is needed.
 */
export async function openRecordedEngine(
  open: () => Promise<Engine>,
  options: RecordingOptions,
): Promise<RecordedEngine> {
  const { file, update = recordingUpdate(), command } = options;
  const again = command ?? 'the same command with JUROR_RECORDINGS=1';
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (update === 'none') {
    if (!exists)
      throw new JurorError('data', `expected a recording, got none; make it with: ${again}`, {
        place: { file },
      });
    return played(await openReplay(file), file, again);
  }
  if (update === 'new' && exists) return continued(await openReplay(file), open, file, again);
  // What is no recording is not thrown away.
  if (exists) await openReplay(file);
  const model = await open();
  const previous = exists ? await readFile(file, 'utf8') : '';
  await rm(file, { force: true });
  const recorder = await recordEngine(model, file);
  let kept = previous;
  return engineOf(file, recorder, (ask) => ask(recorder), {
    dropUnasked: () => {
      kept = '';
    },
    async [Symbol.asyncDispose]() {
      await recorder[Symbol.asyncDispose]();
      await tidy(file, kept);
    },
  });
}

/** Nothing but what is recorded. */
function played(replay: Engine, file: string, again: string): RecordedEngine {
  return engineOf(file, replay, (ask) => ask(replay).catch((error: unknown) => refuse(error, file, again)), {
    dropUnasked() {},
    [Symbol.asyncDispose]: () => replay[Symbol.asyncDispose](),
  });
}

/** What is recorded, and a model for the rest. */
function continued(replay: Engine, open: () => Promise<Engine>, file: string, again: string): RecordedEngine {
  let opening: Promise<Engine> | undefined;
  const recorder = async (): Promise<Engine> => {
    const model = await open();
    if (contentHash([model.id, model.protocol]) === contentHash([replay.id, replay.protocol]))
      return recordEngine(model, file);
    await model[Symbol.asyncDispose]();
    throw new JurorError(
      'data',
      `expected a recording of ${model.id.model} as it runs here, got one of ${replay.id.model} that lacks a question; make it anew with: ${again}`,
      { place: { file } },
    );
  };
  return engineOf(
    file,
    replay,
    async (ask) => {
      try {
        return await ask(replay);
      } catch (error) {
        if (!(error instanceof UnrecordedRequest)) throw error;
        opening ??= recorder();
        return ask(await opening);
      }
    },
    {
      dropUnasked() {},
      async [Symbol.asyncDispose]() {
        const opened = await opening?.catch(() => undefined);
        if (opened === undefined) return;
        await opened[Symbol.asyncDispose]();
        await tidy(file, '');
      },
    },
  );
}

function refuse(error: unknown, file: string, again: string): never {
  if (!(error instanceof UnrecordedRequest)) throw error;
  throw new JurorError(
    'engine',
    `the recording lacks this question: the prompt, the answer, the rubric or the judge has changed since it was made; make it anew with: ${again}`,
    { place: { file: relative('.', file) || file } },
  );
}

type Ask = <Answer>(of: (engine: Engine) => Promise<Answer>) => Promise<Answer>;

/** An engine whose every call goes through `ask`. */
function engineOf(
  file: string,
  like: Engine,
  ask: Ask,
  rest: Pick<RecordedEngine, 'dropUnasked' | typeof Symbol.asyncDispose>,
): RecordedEngine {
  return {
    id: like.id,
    concurrency: like.concurrency,
    protocol: like.protocol,
    deliberate: (request, options) => ask((engine) => engine.deliberate(request, options)),
    logprob: (request, options) => ask((engine) => engine.logprob(request, options)),
    embed: (conversations, options) => ask((engine) => engine.embed(conversations, options)),
    generate: (request, options) => ask(async (engine) => writer(engine, file).generate(request, options)),
    ...rest,
  };
}

function writer(engine: Engine, file: string): Pick<TextGenerator, 'generate'> {
  if (isTextGenerator(engine)) return engine;
  return {
    generate(): Promise<GenerationResult> {
      // A replay whose recording has no text writes none.
      throw engine.id.kind === 'llama'
        ? new UnrecordedRequest('text', file)
        : new JurorError('usage', `expected an engine that writes text, got ${engine.id.model}`);
    },
  };
}

/** One entry for each request, by its name, so that the order of asking does not show. The last one written stands. */
async function tidy(file: string, previous: string): Promise<void> {
  const [header = '', ...lines] = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  const [oldHeader = '', ...old] = previous.split('\n').filter((line) => line !== '');
  const entries = new Map<string, string>();
  for (const line of [...(oldHeader === header ? old : []), ...lines]) entries.set(nameOf(line), line);
  const sorted = [...entries.entries()].sort(([left], [right]) => (left < right ? -1 : 1));
  await writeAtomically(
    file,
    [header, ...sorted.map(([, line]) => line)].map((line) => `${line}\n`),
  );
}

/** What an entry answers: its first two words, as JSON writes them. */
function nameOf(line: string): string {
  const [name, hash] = Object.entries(JSON.parse(line) as Record<string, unknown>)[0] ?? [];
  return `${name} ${typeof hash === 'string' ? hash : ''}`;
}
