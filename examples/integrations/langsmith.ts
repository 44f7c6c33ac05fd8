/** A juror evaluator in LangSmith's `evaluate`, with nothing uploaded. */
import { randomUUID } from 'node:crypto';
import { jurorEvaluator } from 'juror/openevals';
import { evaluate } from 'langsmith/evaluation';
import { ask, questions } from './application.ts';
import { judging } from './judging.ts';

await using correct = jurorEvaluator(judging);
const datasetId = randomUUID();
const results = await evaluate(
  async ({ question }: { question: string }) => ({ answer: await ask(question) }),
  {
    data: questions.map(({ input, expected }) => ({
      id: randomUUID(),
      created_at: new Date().toISOString(),
      modified_at: new Date().toISOString(),
      dataset_id: datasetId,
      runs: [],
      inputs: { question: input },
      outputs: { answer: expected },
    })),
    evaluators: [correct],
    uploadRuns: false,
    experimentPrefix: 'capitals',
  },
);
for (const { example, evaluationResults } of results.results)
  for (const { key, score, comment } of evaluationResults.results)
    console.log(`${key} ${Number(score).toFixed(3)} ${example.inputs.question} ${JSON.stringify(comment)}`);
