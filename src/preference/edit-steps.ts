/** Edits of answers in steps: given ones, or lines. */
import { type Random, shuffled } from '../aggregate/random.ts';
import { type FoundNumber, numbersIn, otherNumber } from './edit-number.ts';
import { draw, type Edit, type EditContext, type PureEditOperator } from './edit-operator.ts';
import { linesOf, type Span } from './text-spans.ts';

/** A step and where it stands. */
interface Step extends Span {
  readonly numbered: boolean;
}

/** The result of a calculation, and where a calculator noted it. */
interface Result {
  readonly number: FoundNumber;
  readonly noted: Span | undefined;
}

/** `2 * 3 = 6`, also with a calculator's note after it: the result, and what it is noted again as. */
const calculation =
  /\d[\d,.]*\s*(?:[-+*/×÷−xX^]\s*\$?\d[\d,.]*\s*%?\s*)+=\s*(?:<<[^<>=]*=(?<noted>\d[\d.]*)>>)?\s*\$?(?<result>\d[\d,]*(?:\.\d+)?)/g;

/** Make one step wrong. */
export const corruptStep: PureEditOperator = {
  name: 'corrupt-step',
  objective: 'correctness',
  description:
    'the result of a calculation in one step is wrong, or another number of a step where none calculates',
  length: 'either',
  apply(context, random) {
    const steps = stepsOf(context);
    if (steps.length < 2) return null;
    const { answer } = context;
    const texts = textsOf(answer, steps);
    const results = steps.flatMap((step, index) =>
      resultsIn(answer, step).map((found) => ({ ...found, index })),
    );
    const plain = () =>
      steps.flatMap((step, index) =>
        numbersIn(answer, step).map((found) => ({ number: found, noted: undefined, index })),
      );
    const place = draw(results.length > 0 ? results : plain(), random);
    if (place === undefined) return null;
    const { number, noted, index } = place;
    const step = steps[index] ?? { start: 0, end: 0 };
    const other = otherNumber(number, random);
    const edits = [
      { ...number, text: other },
      ...(noted ? [{ ...noted, text: other.replaceAll(',', '') }] : []),
    ];
    const old = answer.slice(number.start, number.end);
    const what = results.length > 0 ? 'result' : 'number';
    return rebuilt(
      context,
      steps,
      texts.with(index, replaced(answer, step, edits)),
      `step ${index + 1} of ${steps.length}: the ${what} "${old}" became "${other}"`,
    );
  },
};

/** Put the steps into another order. */
export const shuffleSteps: PureEditOperator = {
  name: 'shuffle-steps',
  objective: 'coherence',
  description: 'steps that build on each other stand in another order; their numbers stay where they were',
  length: 'same',
  apply(context, random) {
    const { answer } = context;
    const steps = stepsOf(context);
    const ordered =
      context.steps !== undefined ||
      steps.every(({ numbered }) => numbered) ||
      steps.some((step) => resultsIn(answer, step).length > 0);
    if (steps.length < 3 || !ordered) return null;
    const order = otherOrder(textsOf(answer, steps), random);
    if (order === null) return null;
    const places = order.places.map((place) => place + 1).join(', ');
    return rebuilt(context, steps, order.texts, `steps in the order ${places}`);
  },
};

/** Given steps where they stand in the text; else numbered lines, or else lines. Code and tables are none. */
function stepsOf({ answer, steps }: EditContext): Step[] {
  if (steps !== undefined) {
    const found: Step[] = [];
    let from = 0;
    for (const step of steps) {
      const start = answer.indexOf(step, from);
      if (start < 0 || step.trim() === '') return [];
      from = start + step.length;
      found.push({ start, end: from, numbered: false });
    }
    return found;
  }
  const lines = linesOf(answer)
    .filter(({ kind, content, end }) => kind === 'prose' && answer.slice(content, end).trim() !== '')
    .map(({ start, content, end }) => {
      const numbered = /\d/.test(answer.slice(start, content));
      return {
        start: content,
        end: end - (answer.slice(content, end).length - answer.slice(content, end).trimEnd().length),
        numbered,
      };
    });
  const numbered = lines.filter((line) => line.numbered);
  return numbered.length >= 2 ? numbered : lines;
}

/** Results of the calculations in a step that may be changed. */
function resultsIn(text: string, step: Span): Result[] {
  const inside = text.slice(step.start, step.end);
  return [...inside.matchAll(calculation)].flatMap((match): Result[] => {
    const { result = '', noted } = match.groups ?? {};
    const end = step.start + match.index + match[0].length;
    const digits = result.replace(/[.,]$/, '');
    const number = {
      start: end - result.length,
      end: end - result.length + digits.length,
      digits,
      ordinal: '',
      most: Number.POSITIVE_INFINITY,
    };
    if (!/^\d{1,3}(,\d{3})+(\.\d+)?$|^\d+(\.\d+)?$/.test(digits)) return [];
    if (noted === undefined) return [{ number, noted: undefined }];
    const note = match[0].lastIndexOf(`=${noted}>>`) + 1;
    const start = step.start + match.index + note;
    return [{ number, noted: { start, end: start + noted.length } }];
  });
}

/** An order in which at least one place has another text. */
function otherOrder(texts: readonly string[], random: Random): { texts: string[]; places: number[] } | null {
  const places = texts.map((_, index) => index);
  for (let tried = 0; tried < 8; tried++) {
    const drawn = shuffled(places, random);
    const order = drawn.map((place) => texts[place] ?? '');
    if (order.some((text, index) => text.trim() !== texts[index]?.trim()))
      return { texts: order, places: drawn };
  }
  return null;
}

function textsOf(answer: string, steps: readonly Span[]): string[] {
  return steps.map(({ start, end }) => answer.slice(start, end));
}

/** The answer with other texts in the places of its steps. */
function rebuilt(
  { answer, steps: given }: EditContext,
  steps: readonly Span[],
  texts: readonly string[],
  detail: string,
): Edit {
  const parts = steps.map(
    ({ start }, index) => answer.slice(steps[index - 1]?.end ?? 0, start) + texts[index],
  );
  const text = parts.join('') + answer.slice(steps.at(-1)?.end ?? 0);
  return { text, detail, ...(given === undefined ? {} : { steps: [...texts] }) };
}

/** A step with the text of some spans of the answer replaced; they do not overlap. */
function replaced(answer: string, step: Span, edits: readonly (Span & { readonly text: string })[]): string {
  let from = step.start;
  let text = '';
  for (const edit of [...edits].sort((left, right) => left.start - right.start)) {
    text += answer.slice(from, edit.start) + edit.text;
    from = edit.end;
  }
  return text + answer.slice(from, step.end);
}
