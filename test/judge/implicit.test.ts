import { expect, test } from 'vitest';
import type { JurorError } from '../../src/errors.ts';
import { type ImplicitCallOptions, type ImplicitOptions, implicitRewards } from '../../src/judge/implicit.ts';
import { ImplicitRewards, type Sample } from '../../src/schema.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { type FakePolicyOptions, fakePolicy } from '../support/fake-policy.ts';

const sample = (id: string, ...texts: string[]): Sample => ({
  id,
  prompt: 'Why?',
  responses: texts.map((text, index) => ({ id: `r${index}`, text })),
});

async function rows(options: ImplicitOptions, samples: readonly Sample[], call: ImplicitCallOptions = {}) {
  const made: ImplicitRewards[] = [];
  for await (const row of implicitRewards(options, samples, call)) made.push(ImplicitRewards.parse(row));
  return made;
}

const models = (options: FakePolicyOptions = {}) => ({
  policy: fakePolicy(),
  reference: fakePolicy({ model: 'reference', ...options }),
});
const totals = (row: ImplicitRewards | undefined) =>
  row?.responses.map((response) => (response.status === 'scored' ? response.total : response.reason)) ?? [];

test('rewards come in the order of samples, scale with beta, change sign with the models, and are 0 for one model', async () => {
  const samples = [sample('s1', 'yes it is', 'no', 'it depends'), sample('s2', 'one')];
  const [first, second] = await rows({ ...models(), beta: 1 }, samples);
  expect([first?.sampleId, second?.sampleId]).toEqual(['s1', 's2']);
  expect(totals(first)).toHaveLength(3);
  expect(first?.responses[0]).toMatchObject({ responseId: 'r0', tokens: 4 });
  const [usual] = await rows(models(), samples);
  const [swapped] = await rows({ policy: models().reference, reference: models().policy, beta: 1 }, samples);
  const [same] = await rows({ policy: fakePolicy(), reference: fakePolicy() }, samples);
  for (const [index, total] of totals(first).entries()) {
    expect(totals(usual)[index]).toBeCloseTo(Number(total) / 10, 12);
    expect(totals(swapped)[index]).toBeCloseTo(-Number(total), 12);
    expect(totals(same)[index]).toBe(0);
  }
});

test('steps: the lines of a text, or those that are given, sum to the whole', async () => {
  const text = 'First a thing.\n\nThen another thing.\nThus: done';
  const given: Sample = {
    ...sample('given', text),
    responses: [{ id: 'r0', text, steps: ['First a thing.', 'Then another', 'thing.\nThus: done'] }],
  };
  const lines = await rows({ ...models(), steps: 'lines' }, [sample('lines', text), given]);
  for (const row of lines) {
    const [reward] = row.responses;
    if (reward?.status !== 'scored') throw new Error('expected a score');
    expect(reward.steps).toHaveLength(3);
    expect(reward.steps?.reduce<number>((sum, step) => sum + (step ?? 0), 0)).toBeCloseTo(reward.total, 12);
  }
  const bad: JurorError[] = [];
  const elsewhere = { ...given, id: 'x', responses: [{ id: 'r0', text, steps: ['Second', 'First'] }] };
  const some = await rows({ ...models(), steps: 'given' }, [sample('none', 'a'), elsewhere, given], {
    onBadSample: (error) => bad.push(error),
  });
  expect(some.map(({ sampleId }) => sampleId)).toEqual(['given']);
  expect(bad.map(({ message }) => message)).toEqual([
    "steps: sample 'none', response 'r0': expected steps for implicit rewards of steps, got an answer without; 'lines' or 'numbered' (--steps) cuts its text",
    "steps: sample 'x', response 'r0': expected steps that stand in its text in their order, got others",
  ]);
});

test('what does not fit one of the contexts is unscored, and only the model with the smaller one is asked', async () => {
  for (const smaller of ['policy', 'reference'] as const) {
    const both = {
      policy: fakePolicy({ contextSize: smaller === 'policy' ? 3 : 9 }),
      reference: fakePolicy({ model: 'reference', contextSize: smaller === 'reference' ? 3 : 9 }),
    };
    const [row] = await rows(both, [sample('s', 'it fits', 'it does not fit')]);
    expect(totals(row)).toEqual([expect.any(Number), 'context']);
    expect(both[smaller].asked).toHaveLength(2);
    expect(both[smaller === 'policy' ? 'reference' : 'policy'].asked).toEqual(['it fits']);
  }
});

test('an engine that fails costs its response alone, and is not taken for a number', async () => {
  const both = models({ fails: (text) => text === 'crash' });
  const [row] = await rows(both, [sample('s', 'fine', 'crash')]);
  expect(totals(row)).toEqual([expect.any(Number), 'engine']);
  const odd = fakePolicy({ model: 'odd' });
  const other = {
    ...odd,
    logprob: async (...asked: Parameters<typeof odd.logprob>) => {
      const read = await odd.logprob(...asked);
      return { ...read, tokens: read.tokens.map((token) => token + 1) };
    },
  };
  const [cut] = await rows({ policy: fakePolicy(), reference: other }, [sample('s', 'fine')]);
  expect(cut?.responses[0]).toMatchObject({ reason: 'invalid' });
});

test('models that cut text differently, and engines without log-probabilities, are refused before anything is read', async () => {
  for (const [tokenizer, message] of [
    [
      { name: 'letters', vocabulary: 'w' },
      "reference model: expected the tokenizer of 'policy' (words, vvvvvvvvvvvv), got that of 'reference' (letters, w)",
    ],
    [{ template: 'u' }, "expected the chat template of 'policy' (tttttttttttt), got that of 'reference' (u)"],
    [{ endOfTurn: 3 }, "expected the end of a turn of 'policy' (token 2), got that of 'reference' (token 3)"],
  ] as const) {
    const both = models({ tokenizer });
    await expect(rows(both, [sample('s', 'text')])).rejects.toMatchObject({ code: 'usage' });
    await expect(rows(both, [sample('s', 'text')])).rejects.toThrow(message);
    expect([...both.policy.asked, ...both.reference.asked]).toEqual([]);
  }
  await expect(rows({ policy: fakePolicy(), reference: fakeEngine() }, [sample('s', 'x')])).rejects.toThrow(
    "expected a local model, whose log-probabilities of a given text can be read, got 'fake' (llama)",
  );
  await expect(rows({ ...models(), beta: -1 }, [])).rejects.toThrow(
    'beta: expected a number above 0, got -1',
  );
});

test('beta only scales: what was made with another is found, and read by no model', async () => {
  const samples = [sample('s', 'First a thing.\nThen nothing', 'no'), sample('t', 'too long a text to fit')];
  const cramped = () => ({ policy: fakePolicy({ contextSize: 6 }), reference: models().reference });
  const made = await rows({ ...cramped(), steps: 'lines' }, samples);
  const both = cramped();
  const find = (key: string) => made.find((one) => one.key === key);
  const scaled = await rows({ ...both, steps: 'lines', beta: 0.3 }, samples, { find });
  expect([...both.policy.asked, ...both.reference.asked]).toEqual([]);
  const fresh = await rows({ ...cramped(), steps: 'lines', beta: 0.3 }, samples);
  expect(scaled.map(({ beta, key }) => [beta, key])).toEqual(fresh.map(({ beta, key }) => [beta, key]));
  const numbers = (all: ImplicitRewards[]): unknown[] =>
    all.flatMap(({ responses }) =>
      responses.flatMap((one) =>
        one.status === 'scored'
          ? [one.total, one.perToken, one.policy, ...(one.steps ?? [])]
          : [one.reason as unknown],
      ),
    );
  expect(numbers(fresh)).toContain('context');
  for (const [index, value] of numbers(fresh).entries())
    if (typeof value === 'number') expect(numbers(scaled)[index]).toBeCloseTo(value, 12);
    else expect(numbers(scaled)[index]).toBe(value);
});

test('what is found is not read, and is told under the names at hand; an aborted stream is an error', async () => {
  const made = await rows(models(), [sample('s', 'yes', 'no')]);
  const both = models();
  const renamed: Sample = { ...sample('t', 'yes', 'no'), label: 'r1' };
  const [row] = await rows(both, [renamed], { find: (key) => made.find((one) => one.key === key) });
  expect(row).toEqual({ ...made[0], sampleId: 't', label: 'r1' });
  expect(both.policy.asked).toEqual([]);
  await expect(rows(both, [renamed], { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'aborted',
  });
});
