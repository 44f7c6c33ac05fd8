/** Answers of a chat model, streamed: free text, or JSON held to a schema by a grammar. */
import { type GbnfJsonObjectSchema, LlamaGrammarEvaluationState } from 'node-llama-cpp';
import type { Generation, GenerationResult } from './generate.ts';
import type { LoadedModel } from './llama-child-model.ts';
import { messageSegments, tokenize } from './llama-child-render.ts';
import { holdSegments, type Progress, tokenCount, truncate } from './llama-child-slots.ts';
import { createTextWriter } from './llama-child-text.ts';

/** What node-llama-cpp's grammar of a schema has the model write after the value. */
const afterValue = '\n'.repeat(4);

/**
 * Write an answer and tell of its text as it is written. The conversation is evaluated in its own segments, whatever is cached; the
 * last one is evaluated again, as sampling starts from its last token's logits.
 */
export async function generateText(
  model: LoadedModel,
  request: Generation,
  progress: Progress,
  onText: (text: string) => void,
): Promise<GenerationResult> {
  const { messages, prefix = [], maxTokens, temperature, topP, seed, stop, schema } = request;
  const begun = prefix.map((text) => tokenize(model, text)).filter((segment) => segment.length > 0);
  const segments = [...messageSegments(model, messages), ...begun];
  const last = segments.at(-1) ?? [];
  // The binding keeps one place free.
  model.assertFits(tokenCount(segments) + maxTokens + 1);
  const grammarEvaluationState =
    schema === null
      ? undefined
      : new LlamaGrammarEvaluationState({
          model: model.model,
          grammar: await model.model.llama.createGrammarForJsonSchema(schema as GbnfJsonObjectSchema),
        });
  const slots = await model.contexts.slots('single');
  return slots.lease(segments, async (slot) => {
    const read = await holdSegments(slots, slot, segments.slice(0, -1), progress);
    const writer = createTextWriter(
      (tokens, before) => model.model.detokenize(tokens, false, before),
      schema === null ? stop : [...stop, afterValue],
      begun.flat(),
    );
    let text = '';
    const tell = (piece: string): void => {
      if (piece) onText(piece);
      text += piece;
    };
    let generated = 0;
    let finish: GenerationResult['finish'] = 'stop';
    const tokens = slot.sequence.evaluate([...last], {
      temperature,
      topP,
      topK: 40,
      minP: 0,
      seed,
      ...(grammarEvaluationState ? { grammarEvaluationState } : {}),
    });
    for await (const token of tokens) {
      if (generated === 0) progress.advance(last.length, 0);
      progress.signal.throwIfAborted();
      if (model.model.isSpecialToken(token) || model.model.isEogToken(token)) break;
      generated++;
      progress.advance(0, 1);
      tell(writer.write(token));
      if (writer.stopped) break;
      if (generated < maxTokens) continue;
      finish = 'length';
      break;
    }
    tell(writer.end());
    await truncate(slot, slot.held.length);
    const whole = writer.stopped || (schema !== null && isJson(text));
    return {
      text,
      finish: whole ? 'stop' : finish,
      ...(writer.stopText === undefined || !stop.includes(writer.stopText)
        ? {}
        : { stoppedBy: writer.stopText }),
      usage: { evaluated: read.evaluated + last.length, reused: read.reused, generated },
    };
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
