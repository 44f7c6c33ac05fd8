/** A juror judge in vitest-evals, and a local model behind one of its own: `npx vitest run vitest-evals.test.ts`. */
import { jurorJudge, jurorRun } from 'juror/vitest-evals';
import { afterAll, expect } from 'vitest';
import { createHarness, createJudgeHarness, describeEval, FactualityJudge } from 'vitest-evals';
import { ask } from './application.ts';
import { judging } from './judging.ts';

const correct = jurorJudge(judging);
const run = jurorRun({ recording: 'recordings/written.jsonl', context: 8192, maxTokens: 192 });
const factual = FactualityJudge({ judgeHarness: createJudgeHarness({ name: 'smollm2-135m', run }) });
afterAll(async () => {
  await correct[Symbol.asyncDispose]();
  await run[Symbol.asyncDispose]();
});

const application = createHarness<string, string>({
  name: 'application',
  run: async ({ input }) => {
    const output = await ask(input);
    return {
      output,
      messages: [
        { role: 'user', content: input },
        { role: 'assistant', content: output },
      ],
    };
  },
});

describeEval('Capitals', { harness: application }, (it) => {
  it('knows Australia', async ({ run }) => {
    const result = await run('What is the capital of Australia?');
    await expect(result).toSatisfyJudge(correct, { expected: 'Canberra', threshold: 0.2 });
    await expect(result).toSatisfyJudge(factual, { expected: 'Canberra', threshold: null });
  });
  it('knows Canada, which this application does not', async ({ run }) => {
    const result = await run('What is the capital of Canada?');
    await expect(result).toSatisfyJudge(correct, { expected: 'Ottawa', threshold: 0.9 });
  });
});
