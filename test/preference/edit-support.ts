/** Answers to edit: prose, lists, code, numbers in every format, and hostile text. */
import * as fc from 'fast-check';
import type { EditContext } from '../../src/preference/edit-operator.ts';

/** A context with nothing beside the answer. */
export function alone(answer: string, more: Partial<EditContext> = {}): EditContext {
  return { prompt: 'How does the machine work, and what does it need?', answer, donors: [], ...more };
}

const sentences = [
  'The machine is made of steel and weighs 1,250 kg.',
  'It was built on the 3rd of May 1969 by Dr. Smith.',
  'You can start it with the green button.',
  'It does not need oil, but the pump needs 2.50 litres of water.',
  'Nobody knows why the 21st wheel turns.',
  'Is it loud?',
  'At 10:45 the load reaches 95 % of its limit.',
  'See `machine --speed 7` or https://example.org/7/manual for 12 examples.',
  'Die Maschine ist laut und schwer.',
  '机器很大。它有3个轮子。',
  'The **heavy wheel** turns 12 * 3 = 36 times.',
];
const blocks = [
  '```python\nspeed = 40\nprint(speed + 2)\n```',
  '1. Open the door.\n2. Press 5 keys.\n3. Wait for 20 seconds.',
  '- one wheel\n- two belts, 30 cm each\n- a pump',
  'First 4 + 5 = <<4+5=9>>9 wheels turn.\nThen 9 * 2 = <<9*2=18>>18 belts move.\nSo 18 - 3 = 15 stay.',
  '| part | weight |\n|---|---|\n| wheel | 12 kg |',
  '## Safety\n\n> Keep away from the wheel.',
];

/** Answers of sentences and blocks. */
export const answers: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.array(fc.constantFrom(...sentences), { minLength: 1, maxLength: 5 }).map((parts) => parts.join(' ')),
      fc.constantFrom(...blocks),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join('\n\n'));

/** The same, and any text at all. */
export const anyAnswers: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: answers },
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.constantFrom('', ' ', '\n', '7', 'x', '```', '🙂🙂🙂 🙂', '007', '\ud800 is not 5'),
);

/** Numbers of a text, as a reader sees them. */
export function digitsOf(text: string): string[] {
  return text.match(/\d[\d.,]*(?:st|nd|rd|th)?/g) ?? [];
}
