/** An engine without a model: distributions are drawn from the hash of what is asked, so they depend on every word and on nothing else. */
import { createHash } from 'node:crypto';
import { contentHash } from '../../src/canonical.ts';
import type { Deliberation, DeliberationResult, Engine } from '../../src/engine/engine.ts';
import { JurorError } from '../../src/errors.ts';

/** A fake engine and what it was asked. */
export interface FakeEngine extends Engine {
  readonly requests: Deliberation[];
}

/** Make a fake engine. `answer` may replace the drawn result, or throw; engines of different `opinion` draw different ones. */
export function fakeEngine(
  options: {
    answer?: (request: Deliberation) => DeliberationResult | undefined;
    digest?: string;
    opinion?: string;
  } = {},
): FakeEngine {
  const requests: Deliberation[] = [];
  return {
    requests,
    id: { kind: 'llama', model: 'fake', digest: options.digest ?? 'fake', template: 'fake', settings: {} },
    concurrency: 2,
    protocol: 'logits',
    async deliberate(request, callOptions) {
      if (callOptions?.signal?.aborted) throw new JurorError('aborted', 'the judgment was aborted');
      requests.push(request);
      await Promise.resolve();
      return options.answer?.(request) ?? drawn(request, options.opinion ?? '');
    },
    logprob: () => Promise.reject(new Error('unused')),
    embed: () => Promise.reject(new Error('unused')),
    async [Symbol.asyncDispose]() {},
  };
}

/** One number in (0, 1) for each text. */
export function unit(text: string): number {
  return (createHash('sha256').update(text).digest().readUInt32BE(0) + 1) / 2 ** 32;
}

function drawn(request: Deliberation, opinion: string): DeliberationResult {
  const prefix = contentHash(request.prefix);
  const seeds = request.critique?.seeds ?? [0];
  return {
    status: 'done',
    samples: seeds.map((seed) => {
      const critique =
        request.critique === null ? null : { text: `critique ${seed}`, finish: 'stop' as const };
      const context = critique === null ? prefix : contentHash([prefix, request.critique?.instruction, seed]);
      return {
        critique,
        usage: { evaluated: 100, reused: 0, generated: critique === null ? 0 : 7 },
        answers: request.questions.map((question, index) => {
          const weights = question.labels.map(({ label }) =>
            unit(`${opinion}${context} ${contentHash(question)} ${label}`),
          );
          const sum = weights.reduce((left, right) => left + right, 0);
          return {
            questionId: question.id,
            logProbabilities: Object.fromEntries(
              question.labels.map(({ label }, at) => [label, Math.log((weights[at] ?? 0) / sum)]),
            ),
            labelMass: -0.5,
            usage: { evaluated: 10, reused: index === 0 ? 0 : critique === null ? 100 : 107, generated: 0 },
          };
        }),
      };
    }),
  };
}
