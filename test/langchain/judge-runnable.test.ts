import { RunnableLambda } from '@langchain/core/runnables';
import { expect, test } from 'vitest';
import { createJudge, type JudgeCallOptions } from '../../src/judge/judge.ts';
import { judgeRunnable } from '../../src/langchain.ts';
import { loadRubric } from '../../src/rubric.ts';
import type { Sample, Verdict } from '../../src/schema.ts';
import { fakeEngine } from '../support/fake-engine.ts';

function sample(id: string): Sample {
  return {
    id,
    prompt: 'Name a colour.',
    responses: [
      { id: 'a', text: `red ${id}` },
      { id: 'b', text: 'blue' },
    ],
  };
}

test('invoke, batch and stream give the verdicts of the judge', async () => {
  const judge = createJudge({ engine: fakeEngine(), rubrics: [await loadRubric('better-answer')] });
  const runnable = judgeRunnable(judge);
  const expected = await judge.judge(sample('1'));
  expect(expected).toHaveLength(1);
  expect(await runnable.invoke(sample('1'))).toEqual(expected);
  expect(await Array.fromAsync(await runnable.stream(sample('1')))).toEqual([expected]);
  const both = await runnable.batch([sample('1'), sample('2')], { maxConcurrency: 1 });
  expect(both).toEqual([expected, await judge.judge(sample('2'))]);
  expect(both.flat().map(({ sampleId }) => sampleId)).toEqual(['1', '2']);
});

test('it stands in a chain, and callbacks see it', async () => {
  const judge = createJudge({ engine: fakeEngine(), rubrics: [await loadRubric('better-answer')] });
  const seen: (string | undefined)[] = [];
  const chain = RunnableLambda.from(sample)
    .pipe(judgeRunnable(judge))
    .pipe(RunnableLambda.from(([verdict]: Verdict[]) => verdict?.winner));
  const [verdict] = await judge.judge(sample('1'));
  expect(
    await chain.invoke('1', {
      callbacks: [{ handleChainStart: (...[, , , , , , , name]: unknown[]) => void seen.push(String(name)) }],
    }),
  ).toBe(verdict?.winner);
  expect(seen).toContain('judge');
});

test('the signal reaches the judge', async () => {
  const given: (JudgeCallOptions | undefined)[] = [];
  const runnable = judgeRunnable({
    judge: (_, options) => {
      given.push(options);
      return new Promise(() => {});
    },
  });
  const stopping = new AbortController();
  const judged = runnable.invoke(sample('1'), { signal: stopping.signal });
  await new Promise((resolve) => setTimeout(resolve, 5));
  stopping.abort();
  await expect(judged).rejects.toThrow(/abort/i);
  expect(given.map((options) => options?.signal?.aborted)).toEqual([true]);
});

test('what is no sample is refused with its field', async () => {
  const judge = createJudge({ engine: fakeEngine(), rubrics: [await loadRubric('better-answer')] });
  const runnable = judgeRunnable(judge);
  const wrong = { ...sample('1'), responses: [{ id: 'a' }] } as unknown as Sample;
  await expect(runnable.invoke(wrong)).rejects.toMatchObject({
    code: 'data',
    place: { field: 'responses.0.text' },
  });
  const settled = await runnable.batch([wrong, sample('2')], {}, { returnExceptions: true });
  expect(settled.map((one) => one instanceof Error)).toEqual([true, false]);
});
