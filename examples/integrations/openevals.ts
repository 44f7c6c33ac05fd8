/** A juror evaluator beside one of openevals' own prompts, which a local model answers. */
import { openLlama, openRecordedEngine, resolveModel } from 'juror';
import { JurorChatModel } from 'juror/langchain';
import { jurorEvaluator } from 'juror/openevals';
import { CONCISENESS_PROMPT, createLLMAsJudge } from 'openevals';
import { ask, questions } from './application.ts';
import { judging } from './judging.ts';

await using correct = jurorEvaluator(judging);
await using engine = await openRecordedEngine(
  async () => openLlama({ model: await resolveModel('smollm2-135m'), contextSize: 8192 }),
  { file: 'recordings/written.jsonl' },
);
const concise = createLLMAsJudge({
  prompt: CONCISENESS_PROMPT,
  feedbackKey: 'conciseness',
  // As never: juror is a link here, so its LangChain is another copy than that of openevals.
  judge: new JurorChatModel({ engine, maxTokens: 256 }) as never,
  useReasoning: false,
});

for (const { input, expected } of questions) {
  const outputs = { answer: await ask(input) };
  const feedback = await correct({
    inputs: { question: input },
    outputs,
    referenceOutputs: { answer: expected },
  });
  console.log(
    `${feedback.key} ${feedback.score?.toFixed(3) ?? 'not scored'} ${JSON.stringify(feedback.comment)}`,
  );
  const own = await concise({ inputs: input, outputs: outputs.answer });
  console.log(`${own.key} ${own.score}`);
}
