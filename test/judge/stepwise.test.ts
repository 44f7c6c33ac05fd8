import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Deliberation, DeliberationResult } from '../../src/engine/engine.ts';
import { createJudge, type JudgeOptions } from '../../src/judge/judge.ts';
import { planSample } from '../../src/judge/plan.ts';
import { completeProtocol } from '../../src/judge/protocol.ts';
import { type StepSource, stepsOf } from '../../src/judge/stepwise.ts';
import { deriveVerdict } from '../../src/judge/verdict.ts';
import { loadRubric, parseRubric } from '../../src/rubric.ts';
import { type Judgment, type Sample, Verdict } from '../../src/schema.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { fakeEngine } from '../support/fake-engine.ts';

const rubric = await loadRubric('step-correctness');
const texts = ['3 · 4 = 12.', '12 + 1 = 14.', '14 is even.', 'The answer is 14.'];
const sample: Sample = {
  id: 's',
  prompt: 'What is 3 · 4 + 1?',
  responses: [{ id: 'response', text: texts.join('\n'), steps: texts }],
  label: { steps: [1, 0, null, null], outcome: 0 },
};

/** Answers each step with the probability given for it; null is a context that is too small. */
function engineOf(probabilities: readonly (number | null)[]) {
  return fakeEngine({
    answer(request): DeliberationResult | undefined {
      const probability = probabilities[stepOf(request)];
      if (probability === undefined) throw new Error('no such step');
      if (probability === null) return { status: 'unscored', reason: 'context', message: 'too long' };
      const logProbabilities = { good: Math.log(probability), bad: Math.log(1 - probability) };
      const usage = { evaluated: 5, reused: 0, generated: 0 };
      return {
        status: 'done',
        samples: (request.critique?.seeds ?? [0]).map((seed) => ({
          critique: request.critique && { text: `critique ${seed}`, finish: 'stop' },
          usage: { ...usage, generated: request.critique ? 7 : 0 },
          answers: request.questions.map(({ id }) => ({
            questionId: id,
            logProbabilities,
            labelMass: -0.1,
            usage,
          })),
        })),
      };
    },
  });
}

/** Index of the last step shown. */
function stepOf({ prefix }: Deliberation): number {
  return (prefix.at(-1)?.segments.length ?? 0) - 2;
}

async function judge(engine: ReturnType<typeof fakeEngine>, more: Partial<JudgeOptions> = {}, one = sample) {
  const store = more.store ?? memoryStore();
  const [verdict] = await createJudge({ engine, rubrics: [rubric], store, ...more }).judge(one);
  const judgments: Judgment[] = [];
  for await (const judgment of store.plannedJudgments()) judgments.push(judgment);
  judgments.sort((left, right) => (left.step ?? 0) - (right.step ?? 0));
  return { verdict, judgments };
}

test('every step has a probability; last, min, mean, product and the first error stand side by side', async () => {
  const engine = engineOf([0.9, 0.4, 0.8, 0.5]);
  const { verdict, judgments } = await judge(engine);
  expect(Verdict.parse(verdict)).toEqual(verdict);
  expect(verdict).toMatchObject({
    mode: 'stepwise',
    responseIds: ['response'],
    score: expect.closeTo(0.4, 12),
    firstError: 1,
    last: expect.closeTo(0.5, 12),
    min: expect.closeTo(0.4, 12),
    mean: expect.closeTo(0.65, 12),
    product: expect.closeTo(0.9 * 0.4 * 0.8 * 0.5, 12),
    winner: null,
    unscored: [],
    label: { steps: [1, 0, null, null], outcome: 0 },
    perCriterion: { 'step-correctness': { score: expect.closeTo(0.4, 12), decided: 4, total: 4 } },
    perObjective: { correctness: expect.closeTo(0.4, 12) },
  });
  expect(verdict?.steps?.map(({ probability }) => probability?.toFixed(3))).toEqual([
    '0.900',
    '0.400',
    '0.800',
    '0.500',
  ]);
  expect(judgments.map(({ step }) => step)).toEqual([0, 1, 2, 3]);
  const none = await judge(engineOf([0.9, 0.5, 0.8, 0.7]));
  expect(none.verdict).toMatchObject({ firstError: null, score: expect.closeTo(0.5, 12) });
});

test('rounds go out in order; each prefix is the one before and one segment more', async () => {
  const engine = engineOf([0.9, 0.9, 0.9, 0.9]);
  await judge(engine);
  expect(engine.requests.map(stepOf)).toEqual([0, 1, 2, 3]);
  const [system] = engine.requests[0]?.prefix ?? [];
  for (const [index, { prefix, questions, critique }] of engine.requests.entries()) {
    expect(prefix[0]).toEqual(system);
    const before = engine.requests[index - 1]?.prefix[1]?.segments ?? prefix[1]?.segments.slice(0, 1);
    expect(prefix[1]?.segments).toEqual([...(before ?? []), `Step ${index + 1}: ${texts[index]}\n`]);
    expect(questions[0]?.text).toContain(`Judge step ${index + 1},`);
    expect(critique).toBeNull();
  }
});

test('a longer solution finds the judgments of its beginning, and a step alone is judged the same', async () => {
  const store = memoryStore();
  const engine = fakeEngine();
  const cut = { ...sample, id: 'cut', responses: [{ id: 'r', text: '', steps: texts.slice(0, 2) }] };
  const part = await judge(engine, { store }, cut);
  expect(engine.requests).toHaveLength(2);
  const whole = await judge(engine, { store });
  expect(engine.requests).toHaveLength(4);
  expect(whole.verdict?.steps?.slice(0, 2)).toEqual(part.verdict?.steps);
  const changed = { ...sample, responses: [{ id: 'r', text: '', steps: [...texts.slice(0, 3), 'So 13.'] }] };
  await judge(engine, { store }, changed);
  expect(engine.requests).toHaveLength(5);
});

test('a step that cannot be scored is null with its reason, and leaves open what depends on it', async () => {
  const late = await judge(engineOf([0.9, 0.4, null, 0.7]));
  expect(late.verdict).toMatchObject({
    score: null,
    firstError: 1,
    last: expect.closeTo(0.7, 12),
    min: null,
    mean: null,
    product: null,
    unscored: ['context'],
    perCriterion: { 'step-correctness': { score: null, decided: 3, total: 4 } },
  });
  expect(late.verdict?.steps?.[2]).toEqual({ probability: null, reason: 'context' });
  const early = await judge(engineOf([null, 0.4, 0.9, 0.7]));
  expect(early.verdict).toMatchObject({ score: null, firstError: null });
});

test('critique after: written once, for the first wrong step, from its verdict; found again with it', async () => {
  const engine = engineOf([0.9, 0.4, 0.3, 0.8]);
  const store = memoryStore();
  const { verdict, judgments } = await judge(engine, { critique: 'after', store });
  expect(engine.requests).toHaveLength(5);
  const { critique, questions, prefix } = engine.requests[4] ?? {};
  expect(questions).toEqual([]);
  expect(prefix?.[1]?.segments).toHaveLength(3);
  expect(critique?.instruction).toMatch(
    /^\[end of solution so far [a-z]{6}\]\nThe verdict on the last step is:\nstep-correctness: bad/,
  );
  expect(judgments.map(({ critique }) => critique !== null)).toEqual([false, true, false, false]);
  const again = await judge(engine, { critique: 'after', store });
  expect(engine.requests).toHaveLength(5);
  expect(again.verdict).toEqual(verdict);

  const fine = engineOf([0.9, 0.8, 0.7, 0.6]);
  expect(
    (await judge(fine, { critique: 'after' })).judgments.every(({ critique }) => critique === null),
  ).toBe(true);
  expect(fine.requests).toHaveLength(4);
  const open = engineOf([0.9, null, 0.1, 0.6]);
  await judge(open, { critique: 'after' });
  expect(open.requests).toHaveLength(4);
});

test('a wrong step that was found with its critique is explained once, and nothing after it', async () => {
  const store = memoryStore();
  const engine = engineOf([0.9, 0.4, 0.3, 0.8]);
  const cut = { ...sample, id: 'cut', responses: [{ id: 'r', text: '', steps: texts.slice(0, 2) }] };
  await judge(engine, { critique: 'after', store }, cut);
  expect(engine.requests).toHaveLength(3);
  const { judgments } = await judge(engine, { critique: 'after', store });
  expect(engine.requests).toHaveLength(5);
  expect(judgments.filter(({ critique }) => critique !== null).map(({ step }) => step)).toEqual([1]);
});

test('critique brief: one before each step; samples are averaged step by step', async () => {
  const engine = fakeEngine();
  const { verdict, judgments } = await judge(engine, { critique: 'brief', samples: 3 });
  expect(engine.requests).toHaveLength(4);
  expect(engine.requests[1]?.critique?.instruction).toMatch(/^\[end of solution so far/);
  expect(engine.requests[1]?.questions[0]?.text).toMatch(/^Judge step 2,/);
  expect(judgments).toHaveLength(12);
  const scores = judgments.flatMap(({ step, outcome }) =>
    step === 1 && outcome.status === 'scored' ? [outcome.score] : [],
  );
  expect(scores).toHaveLength(3);
  const [first = 0, second = 0, third = 0] = scores;
  expect(verdict?.steps?.[1]?.probability).toBeCloseTo((first + second + third) / 3, 12);
  expect(verdict?.score).toBe(Math.min(...(verdict?.steps ?? []).map(({ probability }) => probability ?? 1)));
  expect(verdict?.standardError).toBeGreaterThan(0);
});

test('a verdict does not depend on the order of its judgments', async () => {
  const { verdict, judgments } = await judge(fakeEngine(), { critique: 'brief', samples: 2 });
  if (verdict === undefined) throw new Error('no verdict');
  const input = {
    sampleId: 's',
    rubric: rubric.rubric,
    mode: 'stepwise',
    responseIds: ['response'],
  } as const;
  fc.assert(
    fc.property(fc.shuffledSubarray(judgments, { minLength: judgments.length }), (shuffled) => {
      expect(deriveVerdict({ ...input, judgments: shuffled, label: sample.label })).toEqual(verdict);
    }),
  );
});

test('several criteria of a step are combined as the rubric says', async () => {
  const { rubric: strict } = parseRubric(
    `id: strict
version: "1"
mode: stepwise
description: Judge the last step.
prompt: stepwise
combine: { kind: min }
criteria:
  - { id: right, description: Right?, scale: { kind: choice, choices: { good: 1, bad: 0 } } }
  - { id: useful, description: Useful?, scale: { kind: integer, min: 1, max: 3 } }
`,
    'strict.yaml',
  );
  const engine = fakeEngine();
  const loaded = { rubric: strict, digest: 'strict' };
  const { verdict, judgments } = await judge(engine, { rubrics: [loaded] });
  expect(engine.requests).toHaveLength(4);
  expect(judgments).toHaveLength(8);
  for (const [index, { probability }] of (verdict?.steps ?? []).entries()) {
    const scores = judgments.flatMap(({ step, outcome }) =>
      step === index && outcome.status === 'scored' ? [outcome.score] : [],
    );
    expect(probability).toBe(Math.min(...scores));
  }
});

test('several answers of a sample are verdicts of their own', async () => {
  const [first] = sample.responses;
  if (first === undefined) throw new Error('no response');
  const plans = await planSample(
    { ...sample, responses: [first, { id: 'other', text: '', steps: ['Guess: 13.'] }] },
    rubric,
    fakeEngine(),
    completeProtocol(),
  );
  expect(plans.map(({ mode, responses, rounds }) => [mode, responses[0]?.id, rounds.length])).toEqual([
    ['stepwise', 'response', 4],
    ['stepwise', 'other', 1],
  ]);
});

test('an answer without steps names the sample and the field, and is cut only where one asks for it', async () => {
  const plain: Sample = { id: 'p', prompt: 'P', responses: [{ id: 'r', text: 'One.\n\nTwo.\r\nThree.' }] };
  await expect(judge(fakeEngine(), {}, plain)).rejects.toMatchObject({
    code: 'data',
    place: { field: 'steps' },
    message: expect.stringContaining(
      "sample 'p', response 'r': expected steps for the stepwise rubric 'step-correctness', got an answer without",
    ),
  });
  const { verdict } = await judge(fakeEngine(), { steps: 'lines' }, plain);
  expect(verdict?.steps).toHaveLength(3);
});

test.each<[StepSource, string, string[]]>([
  ['lines', 'One.\n \nTwo.\r\n  Three.', ['One.', 'Two.', '  Three.']],
  [
    'numbered',
    'So:\n1. One\nand more\n2) Two\n1. nested\nStep 3: Three',
    ['So:\n1. One\nand more', '2) Two\n1. nested', 'Step 3: Three'],
  ],
  ['numbered', '## Step 1: A\n\ntext\n\n**Step 2.** B', ['## Step 1: A\n\ntext', '**Step 2.** B']],
])('%s cuts %j', (source, text, expected) => {
  expect(stepsOf({ id: 's' }, { id: 'r', text }, 'x', source)).toEqual(expected);
  expect(stepsOf({ id: 's' }, { id: 'r', text, steps: ['own'] }, 'x', source)).toEqual(['own']);
});

test.each<[StepSource, string, string]>([
  ['lines', ' \n\t', 'got a blank text'],
  ['numbered', '2. Two', 'got a text without a line numbered 1'],
  ['given', 'One.', "'lines' or 'numbered' (--steps) cuts its text"],
])('%s refuses %j', (source, text, message) => {
  expect(() => stepsOf({ id: 's' }, { id: 'r', text }, 'x', source)).toThrow(message);
});
