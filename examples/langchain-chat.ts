/** A local model as a LangChain chat model and as embeddings. `node examples/langchain-chat.ts` */
import { openLlama, resolveModel } from 'juror';
import { JurorChatModel, JurorEmbeddings } from 'juror/langchain';
import { z } from 'zod';

const { JUROR_MODEL = 'smollm2-135m' } = process.env;
await using engine = await openLlama({
  model: await resolveModel(JUROR_MODEL),
  gpu: 'off',
  contextSize: 1024,
});
const model = new JurorChatModel({ engine, maxTokens: 60 });

const stream = await model.stream([
  ['system', 'Answer in one short sentence.'],
  ['human', 'What is the capital of France?'],
]);
for await (const { text } of stream) process.stdout.write(text);
console.log();

const Review = z.object({ verdict: z.enum(['good', 'bad']), score: z.int().min(1).max(5) });
const reviewer = model.withStructuredOutput(Review);
console.log(await reviewer.invoke('Review this answer to 2 + 2: "4". Give a verdict and a score as JSON.'));

const embeddings = new JurorEmbeddings({ engine, normalize: true });
const [cat = [], kitten = []] = await embeddings.embedDocuments(['a cat', 'a kitten']);
console.log(cat.length, cat.reduce((sum, value, index) => sum + value * (kitten[index] ?? 0), 0).toFixed(3));
