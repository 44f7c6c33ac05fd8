import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JurorError } from '../../src/errors.ts';
import { promptOf, referenceOf, textOf } from '../../src/integrations/texts.ts';

const turns = [
  { role: 'developer', content: 'Be brief.' },
  {
    role: 'human',
    content: [
      { type: 'text', text: 'Capital ' },
      { type: 'text', text: 'of Peru?' },
    ],
  },
  { role: 'ai', content: 'Lima.' },
];
const read = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Capital of Peru?' },
  { role: 'assistant', content: 'Lima.' },
];

test('a conversation is a conversation, alone or under messages', () => {
  expect(promptOf(turns, 'input')).toEqual(read);
  expect(promptOf({ messages: turns }, 'input')).toEqual(read);
  expect(textOf({ messages: turns }, 'output')).toBe('Lima.');
  expect(textOf(turns[2], 'output')).toBe('Lima.');
});

test('an object with one text is that text; anything else is all of it', () => {
  expect(promptOf({ question: 'Capital of Peru?' }, 'inputs')).toBe('Capital of Peru?');
  expect(textOf({ answer: 'Lima' }, 'outputs')).toBe('Lima');
  expect(textOf({ answer: 'Lima', sure: true }, 'outputs')).toBe('{\n  "answer": "Lima",\n  "sure": true\n}');
  expect(textOf({ count: 3 }, 'outputs')).toBe('{\n  "count": 3\n}');
  expect(textOf(7, 'output')).toBe('7');
  expect(referenceOf(null, 'expected')).toBeUndefined();
});

test('a text is itself, and of any other value nothing is lost', () => {
  const value = fc.oneof(
    fc.string(),
    fc.array(fc.integer()),
    fc.dictionary(fc.string({ minLength: 9 }), fc.integer()),
  );
  fc.assert(
    fc.property(value, (given) => {
      const text = textOf(given, 'output');
      if (typeof given === 'string') expect(text).toBe(given);
      else expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(given)));
    }),
  );
});

test.for([
  [() => textOf(undefined, 'output'), 'output: expected a text, got undefined'],
  [
    () => promptOf([{ role: 'tool', content: 'x' }], 'input'),
    "input.0: expected a turn of system, user or assistant, got 'tool'",
  ],
  [
    () => promptOf([{ role: 'user', content: [{ type: 'image' }] }], 'input'),
    'input.0: expected text, got a part of type image',
  ],
  [() => textOf({ role: 'assistant', content: null }, 'output'), 'output: expected text, got null'],
] as const)('%s', ([read, message]) => {
  expect(read).toThrow(JurorError);
  expect(read).toThrow(message);
});
