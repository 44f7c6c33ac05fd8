/** What each integration makes of a score, of none, and of a comparison. */
import { expect, test } from 'vitest';
import { judgeMiddleware } from '../../src/integrations/ai-sdk.ts';
import { jurorScorer as autoevals } from '../../src/integrations/autoevals.ts';
import { jurorScorer as evalite } from '../../src/integrations/evalite.ts';
import { jurorEvaluator } from '../../src/integrations/openevals.ts';
import { jurorJudge } from '../../src/integrations/vitest-evals.ts';
import { createAnswerJudge } from '../../src/scoring/answer-judge.ts';
import { fakeEngine } from '../support/fake-engine.ts';

const engine = fakeEngine({
  answer: ({ prefix }) =>
    JSON.stringify(prefix).includes('TOO LONG')
      ? { status: 'unscored', reason: 'context', message: 'it does not fit' }
      : undefined,
});
const source = { engine, rubric: 'correctness', cache: false } as const;
const given = { input: 'Capital of Peru?', output: 'Lima', expected: 'Lima' };
const run = { ...given, toolCalls: [], run: {}, session: {}, harness: undefined };
const long = 'TOO LONG';
const unscored = { code: 'engine', message: 'the answer is not scored: context: it does not fit' };

test('all of them give the score that the judge gives', async () => {
  const judge = createAnswerJudge(source);
  const { score, verdict } = await judge.score({ prompt: given.input, response: 'Lima', reference: 'Lima' });
  expect(score).toBeGreaterThan(0);
  const metadata = { rubric: 'correctness', judge: 'fake', unscored: null, judgments: verdict.judgments };
  expect(await autoevals(source)(given)).toMatchObject({ name: 'correctness', score, metadata });
  expect(await evalite({ judge, name: 'right' })(given)).toMatchObject({ name: 'right', score, metadata });
  expect(await jurorJudge(source).assess(run)).toMatchObject({ score, metadata });
  const inputs = { question: given.input };
  const asked = { inputs, outputs: { answer: 'Lima' }, referenceOutputs: { answer: 'Lima' } };
  expect(await jurorEvaluator(source)(asked)).toMatchObject({ key: 'correctness', score, metadata });
});

test('no score is null where that is left out, and an error where it would count as 0', async () => {
  expect(await autoevals(source)({ ...given, output: long })).toMatchObject({
    score: null,
    metadata: { rationale: 'not scored: context: it does not fit', unscored: 'context: it does not fit' },
  });
  expect(await jurorEvaluator(source)({ inputs: 'x', outputs: long })).toMatchObject({
    score: null,
    comment: 'not scored: context: it does not fit',
  });
  await expect(autoevals({ ...source, unscored: 'error' })({ ...given, output: long })).rejects.toMatchObject(
    unscored,
  );
  await expect(evalite(source)({ ...given, output: long })).rejects.toMatchObject(unscored);
  await expect(jurorJudge(source).assess({ ...run, output: long })).rejects.toMatchObject(unscored);
});

test('a rubric for pairs compares with what was expected, and wants it', async () => {
  const better = autoevals({ ...source, rubric: 'better-answer' });
  const judge = createAnswerJudge({ ...source, rubric: 'better-answer' });
  const { score } = await judge.compare({ prompt: given.input, first: 'Lima', second: 'Cusco' });
  expect(await better({ ...given, expected: 'Cusco' })).toMatchObject({ name: 'better-answer', score });
  await expect(better({ input: 'x', output: 'y' })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('nothing was expected'),
  });
});

test('what is handed over may be read another way', async () => {
  const scorer = autoevals<{ text: string; id: number }, string>({
    ...source,
    prompt: ({ input }) => input?.text,
  });
  const expected = await autoevals(source)(given);
  expect(await scorer({ ...given, input: { text: given.input, id: 7 } })).toEqual(expected);
});

test('a given judge stays open, and an opened one is closed', async () => {
  let closed = 0;
  const judge = { ...createAnswerJudge(source), [Symbol.asyncDispose]: async () => void closed++ };
  await evalite({ judge })[Symbol.asyncDispose]();
  expect(closed).toBe(0);
});

test('as a middleware, the score comes with the answer, whole or streamed, and the text is untouched', async () => {
  const middleware = judgeMiddleware({ ...source, rubric: 'helpfulness' });
  const params = { prompt: [{ role: 'user', content: [{ type: 'text', text: given.input }] }] };
  const whole = await middleware.wrapGenerate({
    params,
    doGenerate: async () => ({
      content: [
        { type: 'text', text: 'Li' },
        { type: 'text', text: 'ma' },
      ],
      providerMetadata: { other: { kept: true } },
    }),
  });
  const said = { score: expect.any(Number), rubric: 'helpfulness', unscored: null };
  expect(whole).toMatchObject({ providerMetadata: { other: { kept: true }, juror: said } });
  const parts = [
    { type: 'text-delta', delta: 'Li' },
    { type: 'text-delta', delta: 'ma' },
    { type: 'finish', providerMetadata: { other: { kept: true } } },
  ];
  const { stream } = await middleware.wrapStream({
    params,
    doStream: async () => ({ stream: ReadableStream.from(parts) }),
  });
  const streamed = await Array.fromAsync(stream);
  expect(streamed.slice(0, 2)).toEqual(parts.slice(0, 2));
  expect(streamed[2]).toEqual({ type: 'finish', providerMetadata: whole.providerMetadata });
});

test('an answer of the AI SDK without text is not judged', async () => {
  await using middleware = judgeMiddleware(source);
  const doGenerate = async () => ({
    content: [{ type: 'tool-call' }],
    providerMetadata: { own: { kept: 1 } },
  });
  const { providerMetadata } = await middleware.wrapGenerate({ doGenerate, params: { prompt: 'Q' } });
  expect(providerMetadata).toEqual({ own: { kept: 1 } });
});
