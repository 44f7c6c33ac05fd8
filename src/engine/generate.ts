/** Free text and JSON from an engine: what is asked, what comes back, and text that survives a lost child. */
import { z } from 'zod';
import { JurorError } from '../errors.ts';
import { type EngineId, Message, Usage } from '../schema.ts';
import type { Engine, EngineOptions } from './engine.ts';
import type { GrammarSchema } from './grammar-schema.ts';

/** A conversation that the model continues, and how. Where numerics are exact, the same request gives the same text. */
export const Generation = z.strictObject({
  messages: z.array(Message).min(1).readonly(),
  /**
   * Texts with which the assistant's turn begins, in their order; the answer goes on after them and does not repeat them. Each is
   * evaluated on its own, so that answers that begin alike share the reading. Default none.
   */
  prefix: z.array(z.string()).readonly().optional(),
  /** Prompt and budget have to fit the context together. */
  maxTokens: z.int().positive(),
  /** 0 is greedy. */
  temperature: z.number().nonnegative(),
  topP: z.number().positive().max(1),
  seed: z
    .int()
    .nonnegative()
    .max(2 ** 32 - 1),
  /** Texts that end the answer; none becomes part of it. */
  stop: z.array(z.string().min(1)).readonly(),
  /** The answer is a JSON value of this schema; null: any text. */
  schema: z.custom<GrammarSchema>((value) => typeof value === 'object' && value !== null).nullable(),
});
export type Generation = z.infer<typeof Generation>;

/** What the model wrote. */
export const GenerationResult = z.strictObject({
  text: z.string(),
  /** `stop`: the model, the schema or a stop text ended it. `length`: the budget cut it. */
  finish: z.enum(['stop', 'length']),
  /** The stop text that ended it; missing where something else did. */
  stoppedBy: z.string().optional(),
  usage: Usage,
});
export type GenerationResult = z.infer<typeof GenerationResult>;

/** Options of {@link TextGenerator.generate}. */
export interface GenerateOptions extends EngineOptions {
  /** Told of the text as it is written, in whole characters; the pieces make up the result's text. Must not throw. */
  readonly onText?: (text: string) => void;
}

/** An engine that writes text. */
export interface TextGenerator {
  readonly id: EngineId;
  /**
   * Write an answer. A lost child is replaced and the answer begun anew, but no piece is told twice: where the second text differs
   * from what was told, as it may with `fast` numerics, that is a JurorError `engine`. Throws JurorError `usage` for a request that
   * means nothing, `engine` where the conversation does not fit or the engine failed too often, and `aborted`.
   */
  generate(request: Generation, options?: GenerateOptions): Promise<GenerationResult>;
}

/** Whether an engine writes text. */
export function isTextGenerator(engine: Engine): engine is Engine & TextGenerator {
  return 'generate' in engine && typeof engine.generate === 'function';
}

/** Sends a request to a child; `onText` is told which attempt a piece belongs to. */
type Perform = (
  request: { readonly kind: 'generate'; readonly generation: Generation },
  options: EngineOptions & { readonly onText: (text: string, attempt: number) => void },
) => Promise<GenerationResult>;

/** Check a request, have it performed, and tell of its text once however often it is begun. */
export async function generateOnce(
  request: Generation,
  options: GenerateOptions,
  perform: Perform,
): Promise<GenerationResult> {
  const { onText, signal: given, ...rest } = options;
  const generation = checkedGeneration(request);
  const ended = new AbortController();
  const signal = given ? AbortSignal.any([given, ended.signal]) : ended.signal;
  const told = tellOnce(onText ?? (() => {}));
  const differs = () =>
    new JurorError('engine', 'the engine was lost while it wrote, and wrote something else the second time');
  try {
    const result = await perform(
      { kind: 'generate', generation },
      {
        ...rest,
        signal,
        onText: (text, attempt) => {
          if (onText === undefined || signal.aborted) return;
          if (!told.tell(text, attempt)) ended.abort();
        },
      },
    );
    if (onText !== undefined && result.text !== told.text) throw differs();
    return result;
  } catch (error) {
    throw ended.signal.aborted ? differs() : error;
  }
}

/** Passes on what no earlier attempt has told. `tell` is false where an attempt differs from what was told. */
function tellOnce(onText: (text: string) => void) {
  let text = '';
  let current = 0;
  let position = 0;
  return {
    get text() {
      return text;
    },
    tell(piece: string, attempt: number): boolean {
      if (attempt !== current) position = 0;
      current = attempt;
      const known = text.slice(position, position + piece.length);
      if (!piece.startsWith(known)) return false;
      position += piece.length;
      if (piece.length > known.length) {
        text += piece.slice(known.length);
        onText(piece.slice(known.length));
      }
      return true;
    },
  };
}

/** The request, in its form. Throws JurorError `usage`, naming the field, for one that means nothing. */
export function checkedGeneration(request: Generation): Generation {
  const { data, error } = Generation.safeParse(request);
  if (data !== undefined) return data;
  const issue = error.issues[0];
  throw new JurorError('usage', issue?.message ?? error.message, {
    place: { field: issue?.path.join('.') ?? '' },
  });
}
