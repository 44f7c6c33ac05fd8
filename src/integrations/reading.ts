/** How evaluators find prompt, answer and reference in what a program hands them. */
import type { AnswerToEvaluate } from './evaluate.ts';
import { promptOf, referenceOf, textOf } from './texts.ts';

/** Functions for what is handed over another way. */
export interface AnswerReading<Given> {
  /** The prompt. Default: the input: a text, a conversation, an object with one text, or else all of it as JSON. */
  readonly prompt?: ((given: Given) => unknown) | undefined;
  /** The answer. Default: the output, read as the input is; of a conversation the last turn. */
  readonly response?: ((given: Given) => unknown) | undefined;
  /** What was expected, where something was. Default: as the program calls it, read as the output is. */
  readonly reference?: ((given: Given) => unknown) | undefined;
}

/** What a program calls them. */
export interface AnswerFields<Given> {
  readonly prompt: keyof Given & string;
  readonly response: keyof Given & string;
  readonly reference: keyof Given & string;
}

/** Prompt, answer and reference of what was handed over. Throws JurorError `usage`, naming the field, for what is no text. */
export function answerIn<Given>(
  given: Given,
  reading: AnswerReading<Given>,
  fields: AnswerFields<Given>,
): AnswerToEvaluate {
  const found = (name: keyof AnswerReading<Given>) => {
    const own = reading[name];
    return own === undefined ? given[fields[name]] : own(given);
  };
  return {
    prompt: promptOf(found('prompt'), fields.prompt),
    response: textOf(found('response'), fields.response),
    reference: referenceOf(found('reference'), fields.reference),
  };
}
