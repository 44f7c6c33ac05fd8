import { expect, test } from 'vitest';
import type { Deliberation, DeliberationResult } from '../../src/engine/engine.ts';
import { JurorError } from '../../src/errors.ts';
import { loadRubric } from '../../src/rubric.ts';
import { useJudge } from '../../src/vitest.ts';
import { fakeEngine } from '../support/fake-engine.ts';

/** What the judge thinks is in what it reads: GOOD, HARMFUL, a TIE, or nothing that it could read. */
function opinion(request: Deliberation): DeliberationResult {
  const read = JSON.stringify(request.prefix);
  if (read.includes('TOO LONG')) return { status: 'unscored', reason: 'context', message: 'it does not fit' };
  const likeliest = (labels: readonly string[]): string => {
    if (labels.includes('safe')) return read.includes('HARMFUL') ? 'unsafe' : 'safe';
    if (!labels.includes('B')) return (read.includes('GOOD') ? labels.at(-1) : labels[0]) ?? '';
    if (read.includes('SHOWN FIRST')) return 'A';
    return read.indexOf('GOOD') < read.indexOf('POOR') ? 'A' : 'B';
  };
  return {
    status: 'done',
    samples: (request.critique?.seeds ?? [0]).map(() => ({
      critique: request.critique && { text: 'It is \u001b[31mwrong\u001b[0m.', finish: 'stop' },
      usage: { evaluated: 1, reused: 0, generated: 0 },
      answers: request.questions.map(({ id, labels }) => {
        const names = labels.map(({ label }) => label);
        const best = likeliest(names);
        const rest = 0.1 / (names.length - 1);
        return {
          questionId: id,
          logProbabilities: Object.fromEntries(
            names.map((label) => [label, Math.log(label === best ? 0.9 : rest)]),
          ),
          labelMass: 0,
          usage: { evaluated: 1, reused: 0, generated: 0 },
        };
      }),
    })),
  };
}

const engine = fakeEngine({ answer: opinion });
const judge = useJudge({ engine, rubric: 'helpfulness', protocol: { critique: 'brief' } });
const prompt = 'Name the capital of France.';
const good = { prompt, response: 'GOOD: Paris.' };
const poor = { prompt, response: 'POOR: \u001b[2JLyon.' };

/** What a failed assertion says. */
async function messageOf(assertion: () => Promise<void>): Promise<string> {
  const error = await assertion().then(
    () => expect.unreachable('the assertion held'),
    (thrown: unknown) => thrown,
  );
  expect(JurorError.isInstance(error)).toBe(false);
  return (error as Error).message;
}

test('an answer scores at least a threshold, or it does not', async () => {
  await expect(good).toScoreAtLeast(0.9);
  await expect(poor).not.toScoreAtLeast(0.2);
  await expect('GOOD: Paris.').toScoreAtLeast(0.9, { prompt });
  await expect(good).toScoreAtLeast(0.5, { rubric: await loadRubric('honesty') });
  const { score } = await judge.score(good);
  await expect(good).toScoreAtLeast(score ?? 1);
});

test('a failure says score, threshold, labels, critique, texts and where to look, and moves no terminal', async () => {
  expect(
    await messageOf(() => expect(poor).toScoreAtLeast(0.7, { reference: 'Paris' })),
  ).toMatchInlineSnapshot(`
    "expected a score of at least 0.700 under helpfulness, got 0.063

      helpfulness  0.063  1 0.90 · 2 0.03 · 3 0.03 · 4 0.03 · 5 0.03

      prompt     Name the capital of France.
      answer     POOR: \\u{1b}[2JLyon.
      reference  Paris
      critique   It is \\u{1b}[31mwrong\\u{1b}[0m.
      judge      fake

    To see more, look at judge.score(…): judgments has every critique and every label's probability."
  `);
  expect(await messageOf(() => expect(good).not.toScoreAtLeast(0.7))).toContain(
    'expected a score of below 0.700 under helpfulness, got 0.938',
  );
});

test('an answer beats another in both orders, or it does not', async () => {
  await expect(good).toBeatAnswer(poor.response);
  await expect(poor).not.toBeatAnswer(good.response);
  await expect(good).toBeatAnswer(poor.response, { probability: 0.89 });
  await expect(good).not.toBeatAnswer(poor.response, { probability: 0.95 });
  expect(await messageOf(() => expect(poor).toBeatAnswer(good.response))).toMatchInlineSnapshot(`
    "expected the answer to beat the other under better-answer, got 0.100: the other wins

      prompt     Name the capital of France.
      answer     POOR: \\u{1b}[2JLyon.
      other      GOOD: Paris.
      critique   It is \\u{1b}[31mwrong\\u{1b}[0m.
      judge      fake

    To see more, look at judge.compare(…): judgments has every critique and every label's probability."
  `);
});

test('a verdict that the order decides is no win, unless it may be', async () => {
  const coin = { prompt, response: 'SHOWN FIRST one' };
  await expect(coin).not.toBeatAnswer('another');
  await expect(coin).toBeatAnswer('another', { bothOrders: false, probability: 0.5 });
  expect(await messageOf(() => expect(coin).toBeatAnswer('another'))).toContain(
    'the two orders disagree, which leans 2.197 nats to whichever is shown first: a win has to hold in both',
  );
});

test('an answer passes a rubric where every criterion is met', async () => {
  await expect(good).toPassRubric('safety-and-helpfulness');
  await expect({ prompt, response: 'GOOD and HARMFUL' }).not.toPassRubric('safety-and-helpfulness');
  await expect(poor).toPassRubric('safety-and-helpfulness', { criteria: { helpfulness: 0.05 } });
  expect(
    await messageOf(() =>
      expect({ prompt, response: 'GOOD and HARMFUL' }).toPassRubric('safety-and-helpfulness'),
    ),
  ).toMatchInlineSnapshot(`
    "expected the answer to pass safety-and-helpfulness, got 1 of 2 criteria below what they have to reach (score 0.200)

      safety       0.100 < 0.500  unsafe 0.90 · safe 0.10
      helpfulness  0.938 ≥ 0.500  5 0.90 · 1 0.03 · 2 0.03 · 3 0.03 · 4 0.03

      prompt     Name the capital of France.
      answer     GOOD and HARMFUL
      critique   safety: It is \\u{1b}[31mwrong\\u{1b}[0m. helpfulness: It is \\u{1b}[31mwrong\\u{1b}[0m.
      judge      fake

    To see more, look at judge.score(…): judgments has every critique and every label's probability."
  `);
});

test('no verdict is an error, whichever way it was asked', async () => {
  const long = { prompt, response: 'TOO LONG' };
  const refused = {
    name: 'JurorError',
    code: 'engine',
    message: 'the answer is not scored: context: it does not fit',
  };
  await expect(expect(long).toScoreAtLeast(0)).rejects.toMatchObject(refused);
  await expect(expect(long).not.toScoreAtLeast(0)).rejects.toMatchObject(refused);
  await expect(expect(long).toBeatAnswer('x')).rejects.toMatchObject(refused);
  await expect(expect(long).not.toBeatAnswer('x')).rejects.toMatchObject(refused);
  await expect(expect(long).not.toPassRubric('helpfulness')).rejects.toMatchObject(refused);
});

test.for([
  [
    'a threshold of 70',
    () => expect(good).toScoreAtLeast(70),
    'threshold: expected a number from 0 to 1, got 70',
  ],
  [
    'no prompt',
    () => expect('Paris.').toScoreAtLeast(0.5),
    'prompt: expected one, in the answer or in the options',
  ],
  ['no answer', () => expect({ prompt }).toScoreAtLeast(0.5), 'got an object of prompt'],
  [
    'a number',
    () => expect(7).not.toScoreAtLeast(0.5),
    'expected an answer: a text, or {prompt, response}, got number',
  ],
  [
    'a rubric for pairs',
    () => expect(good).toScoreAtLeast(0.5, { rubric: 'better-answer' }),
    'see toBeatAnswer',
  ],
  ['an unknown rubric', () => expect(good).toScoreAtLeast(0.5, { rubric: 'helpfulnes' }), 'helpfulness'],
  [
    'an unknown criterion',
    () => expect(good).toPassRubric('helpfulness', { criteria: { tone: 1 } }),
    "criteria: expected one of helpfulness, got 'tone'",
  ],
] as const)('%s is a fault of the test', async ([, assertion, message]) => {
  const error = await assertion().catch((thrown: unknown) => thrown);
  expect(JurorError.isInstance(error)).toBe(true);
  expect((error as Error).message).toContain(message);
});

test('a matcher within another is refused: vitest would not wait for the judge', () => {
  type Asymmetric = { toScoreAtLeast(threshold: number): unknown };
  const within = expect as unknown as Asymmetric & { not: Asymmetric };
  const refused = 'got a matcher within another, which cannot wait for a judge';
  expect(() => expect({ good }).toEqual({ good: within.toScoreAtLeast(0) })).toThrow(refused);
  expect(() => expect({ good }).toEqual({ good: within.not.toScoreAtLeast(0) })).toThrow(refused);
});

test('an engine that was handed over stays open, and can be asked again', async () => {
  await judge.close();
  await expect(good).toScoreAtLeast(0.9);
});
