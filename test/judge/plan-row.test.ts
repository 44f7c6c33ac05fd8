import { expect, test } from 'vitest';
import { createJudge } from '../../src/judge/judge.ts';
import { loadRubric } from '../../src/rubric.ts';
import type { Sample } from '../../src/schema.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { PlanRow } from '../../src/store/store.ts';
import { fakeEngine } from '../support/fake-engine.ts';

const bare: Sample = {
  id: '1',
  prompt: 'Name the capital of France.',
  responses: [
    { id: 'a', text: 'Paris.' },
    { id: 'b', text: 'Lyon.' },
  ],
};
const voted: Sample = {
  ...bare,
  responses: [
    { id: 'a', text: 'Paris.', model: 'm1' },
    { id: 'b', text: 'Lyon.' },
  ],
  label: 'a',
  annotations: [{ annotator: 'w1', label: 'a' }, { label: 'tie' }],
};

async function planned(sample: Sample): Promise<PlanRow> {
  const store = memoryStore();
  const rubrics = [await loadRubric('better-answer')];
  await createJudge({ engine: fakeEngine(), rubrics, store }).judge(sample);
  for await (const row of store.plan()) return row;
  throw new Error('expected a plan row');
}

test('votes and models are in the plan row, and in no key', async () => {
  const [plain, rich] = [await planned(bare), await planned(voted)];
  expect(rich.annotations).toEqual(voted.annotations);
  expect(rich.models).toEqual(['m1', null]);
  expect(rich.judgments).toEqual(plain.judgments);
  expect(plain).not.toHaveProperty('annotations');
  expect(plain).not.toHaveProperty('models');
});

test('rows of journals from before votes and digests are still rows', async () => {
  const { annotations: _, models: __, texts: ___, ...old } = await planned(voted);
  expect(PlanRow.parse(old)).toEqual(old);
});

test('digests tell texts of one length apart, and a run from before them goes on without asking anew', async () => {
  const turned = {
    ...bare,
    responses: bare.responses.map(({ id }, at, all) => ({ ...all[1 - at], id })),
  } as Sample;
  const [row, other] = [await planned(bare), await planned(turned)];
  expect(row.texts).toHaveLength(2);
  expect(other.texts).toEqual(row.texts?.toReversed());

  const store = memoryStore();
  const rubrics = [await loadRubric('better-answer')];
  const engine = fakeEngine();
  await createJudge({ engine, rubrics, store }).judge(bare);
  const { texts: _, ...old } = row;
  await store.insertPlan([old]);
  const asked = { ...engine, deliberate: () => Promise.reject(new Error('expected nothing to be asked')) };
  await createJudge({ engine: asked, rubrics, store }).judge(bare);
  expect(await Array.fromAsync(store.plan())).toEqual([row]);
});
