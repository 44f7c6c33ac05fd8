import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { JurorError } from '../../src/errors.ts';
import { editOperators, selectOperators } from '../../src/preference/edit-operators.ts';
import { type EditAttempt, type SynthesisOptions, synthesise } from '../../src/preference/synthesise.ts';
import { syntheticPairs } from '../../src/preference/synthetic-pairs.ts';
import { createSynthesisReport } from '../../src/preference/synthetic-report.ts';
import { Preference, type Sample } from '../../src/schema.ts';
import { fakeWriter } from '../support/fake-writer.ts';
import { answers } from './edit-support.ts';

const samplesOf = (texts: readonly string[]): Sample[] =>
  texts.map((text, index) => ({
    id: `sample-${index}`,
    prompt: `What does machine ${index} do, and how?`,
    responses: [{ id: 'r', text }],
  }));
const made = async (samples: readonly Sample[], options: SynthesisOptions = {}) =>
  Array.fromAsync(synthesise(samples, options));

const texts = fc.sample(answers, { numRuns: 40, seed: 7 });

test('comparisons are records of the schema, the same for the same seed, others for another', async () => {
  const first = await made(samplesOf(texts), { perAnswer: 2, run: 'data.jsonl', round: 3 });
  expect(first.length).toBe(80);
  for (const preference of first) expect(Preference.parse(preference)).toEqual(preference);
  expect(new Set(first.map(({ id }) => id)).size).toBe(first.length);
  expect(await made(samplesOf(texts), { perAnswer: 2, run: 'data.jsonl', round: 3 })).toEqual(first);
  expect(await made(samplesOf(texts), { perAnswer: 2, seed: 1 })).not.toEqual(first);
  expect(first[0]).toMatchObject({
    probability: 0.95,
    margin: expect.closeTo(Math.log(19), 12),
    marginUnit: 'nats',
    source: { method: 'synthetic', run: 'data.jsonl', round: 3, keys: [] },
  });
});

test('an edit can be made again from its seed alone', async () => {
  for (const { source, chosen, rejected } of await made(samplesOf(texts), { perAnswer: 3 })) {
    const operator = editOperators.find(({ name }) => name === source.edit?.operator);
    if (operator === undefined || !('apply' in operator) || operator.name === 'other-answer') continue;
    const { createRandom } = await import('../../src/aggregate/random.ts');
    const prompt = 'What does machine 0 do, and how?';
    if (operator.name === 'refusal') continue;
    const again = operator.apply(
      { prompt, answer: chosen.text, donors: [] },
      createRandom(source.edit?.seed ?? 0),
    );
    expect(again?.text).toBe(rejected.text);
  }
});

test('balanced lengths: never more than one comparison more of one kind, whatever the data', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(answers, { minLength: 1, maxLength: 12 }),
      fc.nat({ max: 99 }),
      async (some, seed) => {
        let tally = 0;
        const onTry = ({ longer = 0 }: EditAttempt) => {
          tally += Math.sign(longer);
          expect(Math.abs(tally)).toBeLessThanOrEqual(1);
        };
        for await (const _ of synthesise(samplesOf(some), {
          perAnswer: 3,
          balanceLength: true,
          seed,
          onTry,
        }));
      },
    ),
    { numRuns: 25 },
  );
  await expect(
    made([], { balanceLength: true, operators: selectOperators(['truncate', 'swap-number']) }),
  ).rejects.toThrow(/balanceLength: expected operators that lengthen beside ones that shorten/);
});

test('the winner is edited where one is labelled, every answer otherwise; none that is labelled wrong or empty', async () => {
  const pair = (label?: Sample['label']): Sample => ({
    id: `pair ${label}`,
    prompt: 'Which wheel?',
    responses: [
      { id: 'a', text: 'The large wheel is made of steel. It weighs 40 kg.', model: 'm' },
      { id: 'b', text: 'The small wheel is made of wood. It weighs 2 kg.' },
    ],
    ...(label === undefined ? {} : { label }),
  });
  const single = (label: Sample['label']): Sample => ({
    id: `single ${JSON.stringify(label)}`,
    prompt: 'Which wheel?',
    responses: [{ id: 'r', text: 'The large wheel is made of steel. It weighs 40 kg.' }],
    ...(label === undefined ? {} : { label }),
  });
  const left: string[] = [];
  const samples: Sample[] = [
    pair('b'),
    pair('tie'),
    pair(),
    single(0),
    single(1),
    single({ steps: [1, 0] }),
    single({ steps: [1], outcome: 0.2 }),
    { id: 'empty', prompt: '?', responses: [{ id: 'r', text: ' …' }] },
  ];
  const found = await made(samples, { onLeftOut: ({ id }, reason) => void left.push(`${id}: ${reason}`) });
  expect(found.map(({ sampleId, chosen }) => [sampleId, chosen.id])).toEqual([
    ['pair b', 'b'],
    ['pair tie', 'a'],
    ['pair tie', 'b'],
    ['pair undefined', 'a'],
    ['pair undefined', 'b'],
    ['single 1', 'r'],
  ]);
  expect(found[1]?.chosen).toMatchObject({ id: 'a', model: 'm' });
  expect(left).toEqual([
    'single 0: labelled-wrong',
    'single {"steps":[1,0]}: labelled-wrong',
    'single {"steps":[1],"outcome":0.2}: labelled-wrong',
    'empty: empty',
  ]);
});

test('other-answer never takes an answer to the same prompt, and looks ahead as far as it may', async () => {
  const samples = samplesOf([
    'The first wheel turns left.',
    'The second wheel goes right.',
    'A third wheel stands still.',
  ]);
  const same = samples.map((sample) => ({ ...sample, prompt: 'One prompt' }));
  const operators = selectOperators(['other-answer']);
  expect(await made(same, { operators })).toEqual([]);
  const ahead = await made(samples, { operators });
  expect(ahead.map(({ chosen }) => chosen.text)).toEqual(samples.map(({ responses }) => responses[0]?.text));
  for (const { chosen, rejected } of ahead) expect(rejected.text).not.toBe(chosen.text);
  expect(await made(samples, { operators, lookAhead: 0 })).toHaveLength(2);
});

test('operators take turns, and the report counts what was made, had no place, and was longer', async () => {
  const operators = selectOperators(['drop-sentences', 'pad', 'swap-number', 'typos']);
  const { add, report } = createSynthesisReport(operators);
  const found = await made(
    samplesOf(
      Array.from({ length: 20 }, () => 'The wheel weighs 40 kg. It is made of steel. Nobody knows why.'),
    ),
    {
      operators,
      onTry: add,
    },
  );
  const { operators: rows, all } = report();
  expect(rows.map(({ made }) => made)).toEqual([5, 5, 5, 5]);
  expect(all).toMatchObject({ made: 20, noPlace: 0, failed: 0 });
  expect(rows[0]).toMatchObject({ operator: 'drop-sentences', originalLonger: 5, originalShorter: 0 });
  expect(all.originalLonger).toBe(
    found.filter(({ chosen, rejected }) => chosen.text.length > rejected.text.length).length,
  );
});

test('pairs: the original stands on both sides equally often in every operator; ids stay apart', async () => {
  const preferences = await made(samplesOf(texts), { perAnswer: 12 });
  const pairs = await Array.fromAsync(syntheticPairs(preferences, { seed: 5 }));
  expect(pairs).toHaveLength(preferences.length);
  expect(new Set(pairs.map(({ id }) => id)).size).toBe(pairs.length);
  for (const [index, pair] of pairs.entries()) {
    const { chosen, rejected } = preferences[index] ?? {};
    const texts = [chosen?.text, rejected?.text];
    expect(pair.responses.map(({ text }) => text)).toEqual(pair.label === 'a' ? texts : texts.reverse());
  }
  for (const operator of new Set(pairs.map(({ subset }) => subset))) {
    const own = pairs.filter(({ subset }) => subset === operator);
    const first = own.filter(({ label }) => label === 'a').length;
    expect(Math.abs(2 * first - own.length)).toBeLessThanOrEqual(1);
  }
  expect(pairs.some(({ label }, index) => label === pairs[index + 1]?.label)).toBe(true);
});

test('changed-instruction: the model’s own answer to another instruction; who wrote it, and from which seed', async () => {
  const writer = fakeWriter(({ messages }) =>
    messages.at(-1)?.content.includes('Do not answer the instruction')
      ? 'Instruction: "What does it cost?"'
      : 'It costs 5 crowns.',
  );
  const operators = selectOperators(['changed-instruction']);
  const [preference] = await made(samplesOf(['It turns a wheel.']), {
    operators,
    generator: writer,
    maxTokens: 9,
  });
  expect(preference).toMatchObject({
    rejected: { text: 'It costs 5 crowns.', model: 'writer' },
    source: {
      engines: [{ model: 'writer', digest: 'w' }],
      edit: {
        operator: 'changed-instruction',
        objective: 'instruction-following',
        detail: 'an answer to "What does it cost?"',
      },
    },
  });
  expect(writer.requests[1]).toMatchObject({
    messages: [{ role: 'user', content: 'What does it cost?' }],
    maxTokens: 9,
  });
  expect(writer.requests.map(({ seed }) => seed)).toEqual([
    ...new Set(writer.requests.map(({ seed }) => seed)),
  ]);
});

test('changed-instruction: the same instruction again is none; a model that fails is told and the rest goes on', async () => {
  const operators = selectOperators(['changed-instruction', 'pad']);
  const outcomes = async (write: Parameters<typeof fakeWriter>[0]) => {
    const tried: EditAttempt[] = [];
    const generator = fakeWriter(write);
    await made(samplesOf(['It turns a wheel, and then it turns another one.']), {
      operators,
      generator,
      perAnswer: 2,
      onTry: (attempt) => void tried.push(attempt),
    });
    return {
      requests: generator.requests.length,
      tried: tried.map(({ operator, outcome }) => `${operator} ${outcome}`).sort(),
    };
  };
  expect(await outcomes(() => 'what does MACHINE 0 do -- and how')).toEqual({
    requests: 3,
    tried: ['changed-instruction no-place', 'pad made'],
  });
  const failing = () => {
    throw new JurorError('engine', 'lost');
  };
  expect((await outcomes(failing)).tried).toEqual(['changed-instruction failed', 'pad made']);
});

test('options that mean nothing are refused; an aborted synthesis ends', async () => {
  await expect(made([], { perAnswer: 0 })).rejects.toMatchObject({ code: 'usage' });
  await expect(made([], { certainty: 1 })).rejects.toThrow(
    'certainty: expected a number above 0.5 and below 1, got 1',
  );
  await expect(made([], { operators: selectOperators(['changed-instruction']) })).rejects.toThrow(
    /expected a generator/,
  );
  await expect(made(samplesOf(['One. Two. Three.']), { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'aborted',
  });
});
