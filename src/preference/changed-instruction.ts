/**
 * A good answer to an instruction that is not the one that was given: x′ of the Self-Taught Evaluator (Wang et al., 2024,
 * arXiv:2408.02666). A model writes an instruction that is near to the given one and asks for something else, and answers that one.
 */
import { seedFrom } from '../aggregate/random.ts';
import type { Message } from '../schema.ts';
import { type EditContext, type EditWriting, questionOf, type WrittenEditOperator } from './edit-operator.ts';

/** How often another instruction is asked for where the model repeats the given one. */
const attempts = 3;
const instructionTokens = 128;

/** Answer another instruction than the one that was given. */
export const changedInstruction: WrittenEditOperator = {
  name: 'changed-instruction',
  objective: 'instruction-following',
  description:
    'a model changes the instruction, and its answer to that one stands in the place of the answer (needs a model)',
  length: 'either',
  async write(context, writing) {
    const changed = await otherInstruction(context, writing);
    if (changed === null) return null;
    const { text } = await generated(
      withQuestion(context.prompt, changed),
      'answer',
      writing,
      writing.maxTokens,
    );
    const answer = text.trim();
    if (normal(answer) === '' || normal(answer) === normal(context.answer)) return null;
    const shown = changed.length > 300 ? `${changed.slice(0, 299).toWellFormed()}…` : changed;
    return { text: answer, detail: `an answer to "${shown}"` };
  },
};

/** An instruction that is not the given one; null where the model writes no such thing. */
async function otherInstruction({ prompt }: EditContext, writing: EditWriting): Promise<string | null> {
  const given = questionOf(prompt);
  const request: Message = {
    role: 'user',
    content: `${given}\n\n---\nDo not answer the instruction above. Write one other instruction on a similar subject that asks for something different, so that a good answer to it would be a wrong answer to the one above. Write the new instruction only.`,
  };
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { text, finish } = await generated([request], `instruction ${attempt}`, writing, instructionTokens);
    const changed = bare(text);
    const same = normal(changed) === normal(given) || normal(changed).includes(normal(given));
    if (finish === 'stop' && normal(changed) !== '' && !same) return changed;
  }
  return null;
}

async function generated(
  messages: readonly Message[],
  part: string,
  { generator, seed, temperature, signal }: EditWriting,
  maxTokens: number,
) {
  return generator.generate(
    {
      messages,
      maxTokens,
      temperature,
      topP: 0.95,
      seed: seedFrom(seed, part),
      stop: [],
      schema: null,
    },
    signal ? { signal } : {},
  );
}

/** The conversation with another last question. */
function withQuestion(prompt: EditContext['prompt'], question: string): Message[] {
  if (typeof prompt === 'string') return [{ role: 'user', content: question }];
  const last = prompt.findLastIndex(({ role }) => role === 'user');
  const before = last < 0 ? prompt : prompt.slice(0, last);
  return [...before, { role: 'user', content: question }];
}

/** Without a heading or quotation marks around it. */
function bare(text: string): string {
  return text
    .trim()
    .replace(/^(?:\*\*)?(?:new |other )?instruction:?(?:\*\*)?:?\s*/i, '')
    .replace(/^["“](.*)["”]$/s, '$1')
    .trim();
}

/** What two instructions share that differ in case, blanks and punctuation alone. */
function normal(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
