/** The raw engine: node-llama-cpp with the settings that juror's child uses, and nothing around it. */
import { getLlama, type LlamaContext, LlamaLogLevel, type LlamaModel, type Token } from 'node-llama-cpp';
import type { ModelInfo } from '../src/engine/llama-protocol.ts';
import { sum, timed } from './support.ts';

/** Settings of a context, as juror's child has them. */
export interface RawSettings extends Pick<ModelInfo, 'threads' | 'batchSize' | 'contextSize' | 'sequences'> {
  /** `auto` is node-llama-cpp's default: on where the model and the machine can. */
  readonly flashAttention: boolean | 'auto';
}

/** Load a model on the CPU. */
export async function loadRaw(modelPath: string): Promise<LlamaModel> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
    maxThreads: 0,
  });
  return llama.loadModel({ modelPath });
}

/** A context of these settings. */
export async function createRawContext(model: LlamaModel, settings: RawSettings): Promise<LlamaContext> {
  const { threads, batchSize, contextSize, sequences, flashAttention } = settings;
  return model.createContext({
    contextSize,
    sequences,
    batchSize,
    flashAttention,
    swaFullCache: true,
    threads: { ideal: threads, min: threads },
  });
}

/** Tokens, and how long they took. */
export interface Pace {
  readonly tokens: number;
  readonly seconds: number;
}

/** Measures one sequence of a context, each time from an empty cache. */
export interface RawMeter {
  /** Read prompts; each inner list is one call, cut only by the batch size. */
  read(prompts: readonly (readonly (readonly number[])[])[]): Promise<Pace>;
  /** After each prompt, write greedily; only the writing counts. */
  write(prompts: readonly (readonly number[])[], tokens: number): Promise<Pace>;
}

/** Measure the engine's own speed. */
export function createRawMeter(context: LlamaContext): RawMeter {
  const sequence = context.getSequence();
  const tokensOf = (ids: readonly number[]) => [...ids] as Token[];
  return {
    async read(prompts) {
      const seconds: number[] = [];
      for (const parts of prompts) {
        await sequence.clearHistory();
        const { seconds: spent } = await timed(async () => {
          for (const part of parts) await sequence.evaluateWithoutGeneratingNewTokens(tokensOf(part));
        });
        seconds.push(spent);
      }
      return { tokens: sum(prompts.flat().map(({ length }) => length)), seconds: sum(seconds) };
    },
    async write(prompts, tokens) {
      const paces: Pace[] = [];
      for (const prompt of prompts) {
        await sequence.clearHistory();
        await sequence.evaluateWithoutGeneratingNewTokens(tokensOf(prompt.slice(0, -1)));
        const { seconds, result } = await timed(async () => {
          let written = 0;
          for await (const _ of sequence.evaluate(tokensOf(prompt.slice(-1)), {
            temperature: 0,
            topK: 40,
            topP: 0.95,
          }))
            if (++written >= tokens) break;
          return written;
        });
        paces.push({ tokens: result, seconds });
      }
      return {
        tokens: sum(paces.map((pace) => pace.tokens)),
        seconds: sum(paces.map((pace) => pace.seconds)),
      };
    },
  };
}
