/** A judge in a LangChain chain. `node examples/langchain-judge.ts` */
import { RunnableLambda } from '@langchain/core/runnables';
import { createJudge, loadRubric, readSamples, type Verdict } from 'juror';
import { judgeRunnable } from 'juror/langchain';
import { openEngine } from './engine.ts';

await using engine = await openEngine();
const judge = createJudge({ engine, rubrics: [await loadRubric('better-answer')], critique: 'brief' });
const chain = judgeRunnable(judge).pipe(
  RunnableLambda.from(([verdict]: Verdict[]) => `${verdict?.sampleId}: ${verdict?.winner}`),
);

const samples = await Array.fromAsync(readSamples('fixtures/demo/pairs.jsonl', { limit: 2 }));
for (const line of await chain.batch(samples)) console.log(line);
