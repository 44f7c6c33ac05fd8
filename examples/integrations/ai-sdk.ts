/** A local model in the AI SDK: text, a stream, an object; and a judge as the middleware of a model. */
import { generateText, Output, streamText, wrapLanguageModel } from 'ai';
import { createJuror, judgeMiddleware } from 'juror/ai-sdk';
import { z } from 'zod';

await using juror = createJuror({ recording: 'recordings/written.jsonl', context: 8192, maxTokens: 24 });
const model = juror('smollm2-135m');

const prompt = 'Name the capital of France in one sentence.';
const { text, usage, finishReason } = await generateText({ model, prompt });
console.log(JSON.stringify(text), finishReason, usage.inputTokens, usage.outputTokens);

let streamed = '';
for await (const piece of streamText({ model, prompt }).textStream) streamed += piece;
console.log(streamed === text);

const schema = z.object({ capital: z.string().max(20), confident: z.boolean() });
const asked = 'Give the capital of France as JSON.';
const { output } = await generateText({ model, output: Output.object({ schema }), prompt: asked });
console.log(output);

await using middleware = judgeMiddleware({ rubric: 'helpfulness', recording: 'recordings/capitals.jsonl' });
const judged = await generateText({ model: wrapLanguageModel({ model, middleware }), prompt });
const { score, rationale } = judged.providerMetadata?.juror ?? {};
console.log(Number(score).toFixed(3), rationale);
