import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assertion, createAssertion, JurorGrader, JurorProvider } from '../../src/integrations/promptfoo.ts';
import { root } from '../cli/juror.ts';
import { scriptedJudge } from '../support/scripted-judge.ts';

const replay = join(root, 'examples/promptfoo/recording.jsonl');
const asked = {
  prompt: 'What is the capital of France? Answer in one sentence.',
  vars: { reference: 'The capital of France is Paris.' },
};
const answer = 'The capital of France is Paris.';

test('an assertion: score, reason, criteria, tokens, and where the judgments are', async () => {
  const graded = await assertion(answer, {
    ...asked,
    config: { rubric: 'answer-correctness', replay, cache: false, threshold: 0.2 },
  });
  expect(graded).toMatchObject({
    pass: true,
    score: 0.27582028596131813,
    reason: 'answer-correctness: 0.276, passes from 0.2',
    namedScores: { 'answer-correctness': 0.27582028596131813 },
    tokensUsed: { total: 223, prompt: 223, completion: 0, numRequests: 1 },
    metadata: { juror: { rubric: 'answer-correctness', keys: [expect.stringMatching(/^[0-9a-f]{64}$/)] } },
  });
});

test('a pair: the probability that the output is better than a variable', async () => {
  const compare = createAssertion({
    rubric: 'better-answer',
    engine: scriptedJudge(Number),
    cache: false,
    againstVar: 'old',
  });
  const better = await compare('2', { prompt: 'Q', vars: { old: '1' } });
  const worse = await compare('1', { prompt: 'Q', vars: { old: '2' } });
  expect(better).toMatchObject({ pass: true, metadata: { juror: { flipped: false } } });
  expect(better.score + worse.score).toBeCloseTo(1, 12);
  await expect(compare('1', { vars: {} })).rejects.toThrow(
    "againstVar: expected a variable with the answer that 'better-answer' compares with, got none named 'old'",
  );
});

test('what has no score fails as a grader’s error, and a misspelt field names the nearest', async () => {
  const mute = scriptedJudge(Number, {
    before: () => ({ status: 'unscored', reason: 'context', message: 'too long' }),
  });
  const graded = await createAssertion({ rubric: 'helpfulness', engine: mute, cache: false })('x', {
    prompt: 'Q',
    vars: {},
  });
  expect(graded).toMatchObject({
    pass: false,
    score: 0,
    reason: 'no score (context: too long)',
    metadata: { graderError: true },
  });
  expect(graded).not.toHaveProperty('namedScores');
  await expect(assertion('x', { vars: {}, config: { rubrik: 'helpfulness' } })).rejects.toThrow(
    /^config\.rubrik: .*did you mean 'rubric'\?$/,
  );
  expect(() => new JurorProvider({ config: { maxToken: 3 } as never })).toThrow("did you mean 'maxTokens'?");
});

test('a provider writes, a grader grades what llm-rubric passes, and errors are errors', async () => {
  const provider = new JurorProvider({ config: { replay, maxTokens: 48 } });
  expect(await provider.callApi(asked.prompt)).toMatchObject({
    output: answer,
    tokenUsage: { prompt: 42, completion: 7 },
    metadata: { finish: 'stop' },
  });
  expect(await provider.callApi('another prompt')).toMatchObject({
    error: expect.stringContaining('the recording has no such'),
  });
  await provider.cleanup();
  const grader = new JurorGrader({ config: { replay, cache: false } });
  expect([provider.id(), grader.id()]).toEqual(['juror:smollm2-135m', 'juror-grader:smollm2-135m']);
  const vars = {
    question: 'What is the capital of France?',
    output: answer,
    rubric: 'The answer names Paris.',
  };
  expect(await grader.callApi('', { vars })).toMatchObject({
    output: { pass: true, score: 0.5543488977816956, reason: 'llm-rubric: 0.554, passes from 0.5' },
    tokenUsage: { total: 142 },
  });
  expect(await grader.callApi('grade this')).toMatchObject({
    error: expect.stringContaining('got a prompt without them'),
  });
  await grader.cleanup();
});
