/** Answers written to prompts: several of each, by several models, at several temperatures. */
import { seedFrom } from '../aggregate/random.ts';
import { contentHash } from '../canonical.ts';
import type { PromptRow } from '../dataset.ts';
import type { Generation, TextGenerator } from '../engine/generate.ts';
import { JurorError } from '../errors.ts';
import { engineIdentity } from '../judge/identity.ts';
import type { Message, Response, Sample } from '../schema.ts';

/** Options of {@link sampleAnswers}. */
export interface SampleAnswersOptions {
  /** Each is used for every prompt and model; 0 is greedy and gives one answer, however many are asked for. Default 0.7. */
  readonly temperatures?: readonly number[];
  /** Answers for each model and temperature. Default 1. */
  readonly samples?: number;
  /** Budget of one answer. Default 512. */
  readonly maxTokens?: number;
  /** Default 1. */
  readonly topP?: number;
  /** A system turn for prompts without one. */
  readonly system?: string;
  /** Default 0. */
  readonly seed?: number;
  /** Leave out answers that another answer to the prompt equals, instead of marking them. Default false. */
  readonly unique?: boolean;
  /** Prompts in work at once. Default 4. */
  readonly concurrency?: number;
  /** An answer that is there already, by its key. */
  readonly find?: (key: string) => WrittenAnswer | undefined;
  /** Told of every answer, found or written, in the order in which they come. */
  readonly onAnswer?: (answer: { readonly found: boolean; readonly generated: number }) => void;
  /** Told of every answer that an engine did not write. */
  readonly onFailure?: (failure: AnswerFailure) => void;
  readonly signal?: AbortSignal;
}

/** What an engine wrote. */
export interface WrittenAnswer {
  readonly text: string;
  readonly finish: 'stop' | 'length';
  /** Tokens written. */
  readonly generated: number;
}

/** An answer that an engine did not write. */
export interface AnswerFailure {
  readonly promptId: string;
  readonly model: string;
  readonly temperature: number;
  readonly seed: number;
  readonly message: string;
}

type Settings = Required<Omit<SampleAnswersOptions, 'system' | 'find' | 'signal'>> & SampleAnswersOptions;

/** One answer to write. */
interface Wanted {
  readonly writer: TextGenerator;
  readonly request: Generation;
  readonly key: string;
}

/**
 * One sample for each prompt, in their order, with an answer for each model, temperature and number. A response's metadata have its
 * `key` (the hash of everything that decides it), `temperature`, `seed`, `finish`, the tokens `generated`, and `duplicateOf` where
 * an earlier answer has the same text. Where numerics are exact, the same prompt, settings and seed give the same text, alone or
 * beside others. A prompt whose every answer failed gives no sample. Throws JurorError `usage` for options that mean nothing, and
 * `aborted`; what an engine fails at is told to `onFailure`.
 */
export async function* sampleAnswers(
  writers: readonly TextGenerator[],
  prompts: AsyncIterable<PromptRow> | Iterable<PromptRow>,
  options: SampleAnswersOptions = {},
): AsyncGenerator<Sample> {
  const settings = settingsOf(writers, options);
  const inWork: Promise<Sample | null>[] = [];
  const next = async (): Promise<Sample[]> => {
    const sample = await inWork.shift();
    return sample ? [sample] : [];
  };
  for await (const prompt of prompts) {
    const work = answer(writers, prompt, settings);
    // An error is thrown in its turn; until then it must not be an unhandled one.
    work.catch(() => {});
    inWork.push(work);
    if (inWork.length >= settings.concurrency) yield* await next();
  }
  while (inWork.length > 0) yield* await next();
}

async function answer(
  writers: readonly TextGenerator[],
  prompt: PromptRow,
  settings: Settings,
): Promise<Sample | null> {
  const answers = await Promise.all(
    wantedOf(writers, prompt, settings).map(async (wanted) => ({
      wanted,
      written: await findOrWrite(wanted, prompt.id, settings),
    })),
  );
  const responses: Response[] = [];
  const dropped: { key: string; as: string }[] = [];
  const first = new Map<string, string>();
  for (const { wanted, written } of answers) {
    if (written === null) continue;
    const { text, finish, generated } = written;
    const { temperature, seed } = wanted.request;
    const duplicateOf = first.get(text);
    if (settings.unique && duplicateOf !== undefined) {
      dropped.push({ key: wanted.key, as: duplicateOf });
      continue;
    }
    const id = `r${responses.length + 1}`;
    if (duplicateOf === undefined) first.set(text, id);
    responses.push({
      id,
      text,
      model: wanted.writer.id.model,
      metadata: {
        key: wanted.key,
        temperature,
        seed,
        finish,
        generated,
        ...(duplicateOf === undefined ? {} : { duplicateOf }),
      },
    });
  }
  if (responses.length === 0) return null;
  const metadata = { ...prompt.metadata, ...(dropped.length > 0 ? { dropped } : {}) };
  return {
    id: prompt.id,
    prompt: prompt.prompt,
    responses,
    ...(prompt.reference === undefined ? {} : { reference: prompt.reference }),
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
  };
}

function wantedOf(writers: readonly TextGenerator[], { prompt }: PromptRow, settings: Settings): Wanted[] {
  const { temperatures, samples, maxTokens, topP, seed } = settings;
  const messages = conversationOf(prompt, settings.system);
  const wanted: Wanted[] = [];
  for (const writer of writers)
    for (const temperature of temperatures)
      for (let index = 0; index < (temperature === 0 ? 1 : samples); index++) {
        const own = seedFrom(seed, contentHash(messages), temperature, index);
        const request = { messages, maxTokens, temperature, topP, seed: own, stop: [], schema: null };
        wanted.push({ writer, request, key: contentHash({ engine: engineIdentity(writer.id), request }) });
      }
  return wanted;
}

async function findOrWrite(
  { writer, request, key }: Wanted,
  promptId: string,
  { find, signal, onAnswer, onFailure }: Settings,
): Promise<WrittenAnswer | null> {
  if (signal?.aborted) throw new JurorError('aborted', 'sampling was aborted');
  const found = find?.(key);
  if (found !== undefined) {
    onAnswer({ found: true, generated: found.generated });
    return found;
  }
  try {
    const { text, finish, usage } = await writer.generate(request, signal ? { signal } : {});
    const { generated } = usage;
    onAnswer({ found: false, generated });
    return { text, finish, generated };
  } catch (error) {
    if (!JurorError.isInstance(error) || error.code !== 'engine') throw error;
    const { temperature, seed } = request;
    onFailure({ promptId, model: writer.id.model, temperature, seed, message: error.message });
    return null;
  }
}

function conversationOf(prompt: PromptRow['prompt'], system: string | undefined): Message[] {
  const turns: readonly Message[] = typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt;
  if (system === undefined || turns.some(({ role }) => role === 'system')) return [...turns];
  return [{ role: 'system', content: system }, ...turns];
}

function settingsOf(writers: readonly TextGenerator[], options: SampleAnswersOptions): Settings {
  const settings = {
    temperatures: [0.7],
    samples: 1,
    maxTokens: 512,
    topP: 1,
    seed: 0,
    unique: false,
    concurrency: 4,
    onAnswer: () => {},
    onFailure: () => {},
    ...options,
  };
  const wrong = (name: string, expected: string, got: unknown) =>
    new JurorError('usage', `${name}: expected ${expected}, got ${String(got)}`);
  for (const name of ['samples', 'maxTokens', 'concurrency'] as const)
    if (!Number.isSafeInteger(settings[name]) || settings[name] < 1)
      throw wrong(name, 'a whole number of 1 or more', settings[name]);
  const temperatures = new Set(settings.temperatures);
  if (temperatures.size === 0 || settings.temperatures.some((value) => !(value >= 0 && value < Infinity)))
    throw wrong('temperatures', 'numbers of 0 or more', settings.temperatures.join(', ') || 'none');
  if (temperatures.size < settings.temperatures.length)
    throw wrong('temperatures', 'each of them once', settings.temperatures.join(', '));
  if (writers.length === 0) throw wrong('writers', 'one or more', 'none');
  const identities = new Set(writers.map(({ id }) => engineIdentity(id)));
  if (identities.size < writers.length) throw wrong('writers', 'each of them once', 'one twice');
  return settings;
}
