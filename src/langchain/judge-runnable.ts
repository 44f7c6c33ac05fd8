/** A judge as a LangChain Runnable. */
import { type Runnable, RunnableLambda } from '@langchain/core/runnables';
import { JurorError } from '../errors.ts';
import type { Judge } from '../judge/judge.ts';
import { Sample, type Verdict } from '../schema.ts';

/**
 * A Runnable from a sample to its verdicts, by rubric and then by response: `invoke`, `batch`, and `stream`, which gives them in one
 * piece. Callbacks see a run named `judge`, and the config's signal ends the judging. What is no sample, as in a chain it may be, is a
 * JurorError `data` that names the field.
 */
export function judgeRunnable(judge: Pick<Judge, 'judge'>): Runnable<Sample, Verdict[]> {
  return RunnableLambda.from<Sample, Verdict[]>(async (input, { signal }) =>
    judge.judge(sampleOf(input), signal ? { signal } : {}),
  ).withConfig({ runName: 'judge' });
}

function sampleOf(input: unknown): Sample {
  const { data, error } = Sample.safeParse(input);
  if (data !== undefined) return data;
  const issue = error.issues[0];
  throw new JurorError('data', issue?.message ?? error.message, {
    place: { field: issue?.path.join('.') || 'sample' },
  });
}
