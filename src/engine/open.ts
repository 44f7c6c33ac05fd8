/** An engine by name, for programs: local, remote or replayed. */
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import type { Engine } from './engine.ts';
import { openLangChain } from './langchain.ts';
import { isRemoteModel } from './langchain-providers.ts';
import { openLlama } from './llama.ts';
import type { Gpu, Numerics } from './llama-protocol.ts';
import { resolveModel } from './models.ts';
import { openReplay } from './replay.ts';

/** Which engine, and how it runs; what is left out is as in {@link openLlama}. */
export interface EngineChoice {
  /** A catalogue name, a .gguf file, hf:owner/repository/file or a remote provider:model. Default `smollm2-135m`. */
  readonly model?: string | undefined;
  /** A recording to play back instead of a model. */
  readonly replay?: string | undefined;
  /** Server of an openai:model. */
  readonly baseUrl?: string | undefined;
  readonly gpu?: Gpu | undefined;
  readonly numerics?: Numerics | undefined;
  readonly threads?: number | undefined;
  /** Tokens per sequence. */
  readonly context?: number | undefined;
  readonly onEvent?: Listener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Open an engine by name; a local model is fetched where it is missing. Throws JurorError `usage` for a base URL with a local model,
 * and what the kinds of engines throw.
 */
export async function openEngineByName(choice: EngineChoice = {}): Promise<Engine> {
  const { model = 'smollm2-135m', replay, baseUrl, onEvent, signal, context: contextSize, ...local } = choice;
  if (replay !== undefined) return openReplay(replay);
  const common = given({ onEvent, signal });
  if (isRemoteModel(model)) return openLangChain({ model, ...common, ...given({ baseUrl }) });
  if (baseUrl !== undefined)
    throw new JurorError('usage', `baseUrl: expected a model named provider:model with it, got '${model}'`);
  const resolved = await resolveModel(model, common);
  return openLlama({ model: resolved, ...common, ...given({ ...local, contextSize }) });
}

/** Options without what is undefined. */
export function given<Options extends object>(
  options: Options,
): { [Key in keyof Options]?: NonNullable<Options[Key]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Options]?: NonNullable<Options[Key]>;
  };
}
