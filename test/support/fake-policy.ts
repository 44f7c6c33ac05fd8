/** A model that reads given texts without a model: its tokens are words and the spaces before them, drawn by hash. */
import type { Engine, Tokenizer } from '../../src/engine/engine.ts';
import { UnanswerableRequest } from '../../src/engine/engine.ts';
import { JurorError } from '../../src/errors.ts';
import { unit } from './fake-engine.ts';

/** A fake model and the texts it was asked about. */
export interface FakePolicy extends Engine {
  readonly asked: string[];
}

/** How a fake model differs from others. */
export interface FakePolicyOptions {
  readonly model?: string;
  /** Tokens of a text that fit, its end among them. Default 1,000. */
  readonly contextSize?: number;
  /** What differs from the usual tokenizer. */
  readonly tokenizer?: Partial<Tokenizer>;
  /** Makes the engine fail where true. */
  readonly fails?: (text: string) => boolean;
}

/** Make a fake model; models of different names draw different log-probabilities. */
export function fakePolicy(options: FakePolicyOptions = {}): FakePolicy {
  const { model = 'policy', contextSize = 1000, fails = () => false } = options;
  const asked: string[] = [];
  return {
    asked,
    id: { kind: 'llama', model, digest: model, template: 'fake', settings: { contextSize, device: 'cpu' } },
    concurrency: 2,
    protocol: 'logits',
    deliberate: () => Promise.reject(new Error('unused')),
    embed: () => Promise.reject(new Error('unused')),
    async logprob({ continuation, end = false }, callOptions) {
      if (callOptions?.signal?.aborted) throw new JurorError('aborted', 'aborted');
      asked.push(continuation);
      const words = [...continuation.matchAll(/\s*\S+|\s+$/g)];
      const length = words.length + Number(end);
      if (length > contextSize)
        throw new UnanswerableRequest('context', `needs ${length} tokens, the context has ${contextSize}`);
      if (fails(continuation)) throw new JurorError('engine', 'the engine crashed');
      const texts = [...words.map(([word]) => word), ...(end ? ['<end>'] : [])];
      return {
        tokens: texts.map((text) => Math.floor(unit(text) * 1e6)),
        logProbabilities: texts.map((text, index) => Math.log(unit(`${model} ${index} ${text}`))),
        ends: [
          ...words.map(({ 0: word, index }) => index + word.length),
          ...(end ? [continuation.length] : []),
        ],
      };
    },
    tokenizer: async () => ({
      name: 'words',
      vocabulary: 'v'.repeat(64),
      template: 't'.repeat(64),
      endOfTurn: 2,
      ...options.tokenizer,
    }),
    async [Symbol.asyncDispose]() {},
  };
}
