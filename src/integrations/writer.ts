/** A local model that writes, opened with the first text. */
import type { Engine } from '../engine/engine.ts';
import type { GenerationResult, TextGenerator } from '../engine/generate.ts';
import { isTextGenerator } from '../engine/generate.ts';
import { grammarForm } from '../engine/grammar-schema.ts';
import { type EngineChoice, openEngineByName } from '../engine/open.ts';
import { JurorError } from '../errors.ts';
import type { Message } from '../schema.ts';
import { openRecordedEngine, type RecordingOptions } from '../scoring/recording.ts';

/** How texts are written. */
export interface WriterSampling {
  /** Default 512. */
  readonly maxTokens?: number | undefined;
  /** Default 0: the likeliest token, always. */
  readonly temperature?: number | undefined;
  /** Default 1. */
  readonly topP?: number | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
}

/** Who writes: an engine that is open already and stays open, or which one to open; and how. */
export interface WriterSource extends EngineChoice, WriterSampling {
  readonly engine?: TextGenerator | undefined;
  /** A recording, by its path or with what may become of it; for an engine that this opens. */
  readonly recording?: string | RecordingOptions | undefined;
}

/** A model that is opened once, and how it writes. */
export interface Writer extends AsyncDisposable {
  /** The model's name, before it is opened. */
  readonly model: string;
  readonly sampling: WriterSampling;
  open(): Promise<TextGenerator>;
}

/** One text to be written. */
export interface TextToWrite extends WriterSampling {
  readonly messages: readonly Message[];
  readonly stop?: readonly string[] | undefined;
  /** A JSON schema that the text has to be a value of. */
  readonly schema?: unknown;
  readonly onText?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Make a writer; nothing is opened yet. */
export function openWriter(source: WriterSource): Writer {
  const { engine: given, recording, maxTokens, temperature, topP, seed, ...choice } = source;
  let opening: Promise<Engine & TextGenerator> | undefined;
  const open = async (): Promise<Engine & TextGenerator> => {
    const engine =
      recording === undefined
        ? await openEngineByName(choice)
        : await openRecordedEngine(
            () => openEngineByName(choice),
            typeof recording === 'string' ? { file: recording } : recording,
          );
    if (isTextGenerator(engine)) return engine;
    await engine[Symbol.asyncDispose]();
    throw new JurorError('usage', `expected a model that writes text, got ${engine.id.model}`);
  };
  return {
    model: given?.id.model ?? choice.model ?? 'smollm2-135m',
    sampling: { maxTokens, temperature, topP, seed },
    async open() {
      if (given) return given;
      opening ??= open();
      return opening;
    },
    async [Symbol.asyncDispose]() {
      const engine = await opening?.catch(() => undefined);
      await engine?.[Symbol.asyncDispose]();
    },
  };
}

/** Write a text. What a grammar does not hold of the schema is left to who asked. */
export async function written(writer: Writer, text: TextToWrite): Promise<GenerationResult> {
  const { sampling } = writer;
  const schema = text.schema === undefined ? null : grammarForm(text.schema).schema;
  const engine = await writer.open();
  return engine.generate(
    {
      messages: text.messages,
      maxTokens: text.maxTokens ?? sampling.maxTokens ?? 512,
      temperature: text.temperature ?? sampling.temperature ?? 0,
      topP: text.topP ?? sampling.topP ?? 1,
      seed: text.seed ?? sampling.seed ?? 0,
      stop: text.stop ?? [],
      schema,
    },
    { ...(text.onText && { onText: text.onText }), ...(text.signal && { signal: text.signal }) },
  );
}
