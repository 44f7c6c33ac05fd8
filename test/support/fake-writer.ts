/** A writer without a model: it writes what a test tells it to. */
import type { Generation, TextGenerator } from '../../src/engine/generate.ts';
import { JurorError } from '../../src/errors.ts';

/** A fake writer and what it was asked. */
export interface FakeWriter extends TextGenerator {
  readonly requests: Generation[];
}

/** Make a fake writer; a text that ends in `…` was cut by its budget. */
export function fakeWriter(write: (request: Generation) => string, model = 'writer'): FakeWriter {
  const requests: Generation[] = [];
  return {
    requests,
    id: { kind: 'llama', model, digest: model[0] ?? '', template: 't', settings: {} },
    async generate(request, options) {
      if (options?.signal?.aborted) throw new JurorError('aborted', 'the writing was aborted');
      requests.push(request);
      const text = write(request);
      const finish = text.endsWith('…') ? 'length' : 'stop';
      return { text, finish, usage: { evaluated: 1, reused: 0, generated: 1 } };
    },
  };
}
