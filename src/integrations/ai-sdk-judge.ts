/** A judge as a middleware of the AI SDK: every answer of a model is judged, and the score comes with it. */
import type { AiMetadata } from './ai-sdk-types.ts';
import { type Evaluator, evaluator, type JudgeSource } from './evaluate.ts';
import { promptOf } from './texts.ts';

interface Call {
  readonly params: { readonly prompt: unknown; readonly abortSignal?: AbortSignal | undefined };
}

/** A middleware of specification version 4. Disposing closes the engine that it opened. */
export interface JudgeMiddleware extends AsyncDisposable {
  readonly specificationVersion: 'v4';
  /** Judge a whole answer. */
  wrapGenerate<Result extends { content: readonly { readonly type: string }[]; providerMetadata?: unknown }>(
    call: Call & { readonly doGenerate: () => PromiseLike<Result> },
  ): Promise<Result>;
  /** Judge a streamed answer at its end. */
  wrapStream<Part extends { readonly type: string }, Result extends { stream: ReadableStream<Part> }>(
    call: Call & { readonly doStream: () => PromiseLike<Result> },
  ): Promise<Result>;
}

/**
 * Judge every text that a model writes, whole or streamed. `providerMetadata.juror` of the answer then holds `score`, null with its reason
 * in `unscored` where there is none, `rationale`, `rubric`, `judge` and `criteria`. The text itself is not touched, and a stream is held
 * back at its end only. The rubric is one for single answers without a reference. An answer without text is not judged.
 */
export function judgeMiddleware(source: JudgeSource): JudgeMiddleware {
  const asked = evaluator(source);
  return {
    specificationVersion: 'v4',
    async wrapGenerate({ doGenerate, params }) {
      const result = await doGenerate();
      const said = await judged(asked, params, result.content.map(textOf).join(''));
      return {
        ...result,
        providerMetadata: { ...(result.providerMetadata as AiMetadata | undefined), ...said },
      };
    },
    async wrapStream<
      Part extends { readonly type: string },
      Result extends { stream: ReadableStream<Part> },
    >({ doStream, params }: Call & { readonly doStream: () => PromiseLike<Result> }) {
      const result = await doStream();
      let text = '';
      const judging = new TransformStream<Part, Part>({
        async transform(part, controller) {
          const { type, delta, providerMetadata } = part as Streamed;
          if (type === 'text-delta') text += delta ?? '';
          if (type !== 'finish') return controller.enqueue(part);
          const said = await judged(asked, params, text);
          controller.enqueue({ ...part, providerMetadata: { ...providerMetadata, ...said } });
        },
      });
      return { ...result, stream: result.stream.pipeThrough(judging) };
    },
    [Symbol.asyncDispose]: () => asked[Symbol.asyncDispose](),
  };
}

interface Streamed {
  readonly type: string;
  readonly delta?: string;
  readonly providerMetadata?: AiMetadata;
}

function textOf(part: { readonly type: string; readonly text?: unknown }): string {
  return part.type === 'text' && typeof part.text === 'string' ? part.text : '';
}

async function judged(
  asked: Evaluator,
  { prompt, abortSignal }: Call['params'],
  text: string,
): Promise<AiMetadata> {
  if (text === '') return {};
  const { score, rationale } = await asked.evaluate(
    { prompt: promptOf(prompt, 'prompt'), response: text, reference: undefined },
    abortSignal ? { signal: abortSignal } : {},
  );
  return { juror: { score, ...rationale } };
}
