import { expect, test } from 'vitest';
import { createInWork } from '../../src/cli/in-work.ts';
import { implicitRewards } from '../../src/judge/implicit.ts';
import type { Sample } from '../../src/schema.ts';
import { fakePolicy } from '../support/fake-policy.ts';

test('samples that are done or refused are remembered no longer', async () => {
  async function* stream() {
    for (const number of Array(12).keys()) {
      const response = { id: 'r', text: 'yes', ...(number % 3 === 0 ? { steps: ['yes'] } : {}) };
      yield { id: `${number}`, prompt: 'Why?', responses: [response] } satisfies Sample;
    }
  }
  const refused: string[] = [];
  const inWork = createInWork(stream(), ({ message }) => refused.push(message));
  const models = { policy: fakePolicy(), reference: fakePolicy({ model: 'reference' }) };
  const taken: (string | undefined)[] = [];
  for await (const { sampleId } of implicitRewards({ ...models, steps: 'given' }, inWork.samples(), {
    onBadSample: inWork.refuse,
  }))
    taken.push(inWork.take(sampleId)?.id);
  expect(taken).toEqual(['0', '3', '6', '9']);
  expect(refused).toHaveLength(8);
  expect(inWork.count()).toBe(0);
});
