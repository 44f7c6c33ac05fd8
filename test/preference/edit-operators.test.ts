import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyEdit, type EditContext, type PureEditOperator } from '../../src/preference/edit-operator.ts';
import { editOperators, selectOperators } from '../../src/preference/edit-operators.ts';
import { alone, answers, anyAnswers } from './edit-support.ts';

const pure = editOperators.filter((operator): operator is PureEditOperator => 'apply' in operator);
const named = (name: string): PureEditOperator => {
  const operator = pure.find((candidate) => candidate.name === name);
  if (operator === undefined) throw new Error(name);
  return operator;
};
const donors = [
  'The river flows into the sea, and boats go up and down on it.',
  'No.',
  'Add salt. Stir well.',
].map((text, index) => ({ cluster: `donor ${index}`, text }));
const seeds = fc.nat({ max: 2 ** 32 - 1 });

test.for(pure.map(({ name }) => name))(
  '%s: same seed, same edit; never the answer itself; well-formed; told',
  (name) => {
    const operator = named(name);
    fc.assert(
      fc.property(anyAnswers, seeds, (answer, seed) => {
        const context = alone(answer, { donors });
        const edit = applyEdit(operator, context, seed);
        expect(applyEdit(operator, context, seed)).toEqual(edit);
        if (edit === null) return;
        expect(edit.text.replace(/\s+/g, ' ').trim()).not.toBe(answer.replace(/\s+/g, ' ').trim());
        expect(edit.detail).not.toBe('');
        if (answer.isWellFormed()) expect(edit.text.isWellFormed()).toBe(true);
      }),
      { numRuns: 150 },
    );
  },
);

test.for(pure.map(({ name, length }) => [name, length] as const))('%s makes answers %s', ([name, length]) => {
  const operator = named(name);
  const seen = new Set<number>();
  for (const [seed, answer] of fc.sample(answers, { numRuns: 80, seed: 1 }).entries()) {
    const edit = applyEdit(operator, alone(answer, { donors }), seed);
    if (edit !== null) seen.add(Math.sign(edit.text.length - answer.length));
  }
  expect(seen.size).toBeGreaterThan(0);
  if (length === 'shorter') expect([...seen]).toEqual([-1]);
  if (length === 'longer') expect([...seen]).toEqual([1]);
  // Ordinals and swapped steps keep their length but for an ending.
  if (length === 'same') expect([...seen]).toEqual([0]);
});

test.for(['swap-number', 'negate', 'typos', 'language-mix', 'corrupt-step', 'unsupported-claim', 'pad'])(
  '%s leaves code blocks, inline code and addresses as they are',
  (name) => {
    const operator = named(name);
    fc.assert(
      fc.property(answers, seeds, (answer, seed) => {
        const edit = applyEdit(operator, alone(answer), seed);
        if (edit === null) return;
        const kept = (text: string) => text.match(/```[\s\S]*?```|`[^`\n]+`|https:\S+/g) ?? [];
        const [before, after] = [kept(answer), kept(edit.text)];
        if (name === 'pad') expect(after.slice(0, before.length)).toEqual(before);
        else if (name === 'unsupported-claim') expect(before).toEqual(expect.arrayContaining(after));
        else expect(after).toEqual(before);
      }),
      { numRuns: 100 },
    );
  },
);

test.for(['drop-sentences', 'truncate'])(
  '%s keeps a beginning of the answer, without an open fence',
  (name) => {
    const operator = named(name);
    fc.assert(
      fc.property(answers, seeds, (answer, seed) => {
        const edit = applyEdit(operator, alone(answer), seed);
        if (edit === null) return;
        expect(answer.startsWith(edit.text)).toBe(true);
        expect(edit.text.trim()).not.toBe('');
        expect(edit.text.split('```').length % 2).toBe(1);
        if (name === 'truncate') expect(edit.text).toMatch(/[\p{L}\p{N}]$/u);
      }),
      { numRuns: 150 },
    );
  },
);

test('sentences: abbreviations, list marks and hard line breaks do not end one', () => {
  const answer = 'Ask Dr. Smith, i.e. the doctor. He knows.\n\n1. Open it.\n2. Close it.';
  const texts = new Set(
    Array.from({ length: 40 }, (_, seed) => applyEdit(named('drop-sentences'), alone(answer), seed)?.text),
  );
  expect(texts).toEqual(
    new Set([
      'Ask Dr. Smith, i.e. the doctor. He knows.\n\n1. Open it.',
      'Ask Dr. Smith, i.e. the doctor. He knows.',
    ]),
  );
});

const negations: readonly (readonly [string, string | null])[] = [
  ['The sky is blue.', 'The sky is not blue.'],
  ['The birds can fly over the house.', 'The birds cannot fly over the house.'],
  [
    'It has been known for years that the sea is deep.',
    'It has not been known for years that the sea is deep.',
  ],
  ['There are seven days in the week.', 'There are not seven days in the week.'],
  ['The cat is not in the box.', 'The cat is in the box.'],
  ["You can't open the door with that.", 'You can open the door with that.'],
  ['The bird won’t fly to the south.', 'The bird will fly to the south.'],
  ['They don’t like the weather of the north.', 'They do like the weather of the north.'],
  ['This is not only the best of them.', null],
  ['Is the sky blue with the sun in it?', null],
  ['What is needed of the people of the town', null],
  ['If the sky is blue, the sun shines on the sea.', null],
  ['The will of the people', null],
  ['Nobody is in the house of the king.', null],
  ['Here are the names of the kings.', null],
  ['The machine `is on` for the day.', null],
  ['Ich weiß, was der Mann will und was er kann.', null],
];
test.for(negations)('negate: %s', ([sentence, expected]) => {
  for (let seed = 0; seed < 5; seed++)
    expect(applyEdit(named('negate'), alone(sentence), seed)?.text ?? null).toBe(expected);
});

test('corrupt-step changes a result, its note with it, and given steps as the text', () => {
  const steps = ['First 4 + 5 = <<4+5=9>>9 wheels turn.', 'Then 3 * 100 = 300 belts move.'];
  const answer = `${steps.join('\n')}\nA: 300`;
  for (let seed = 0; seed < 20; seed++) {
    const edit = applyEdit(named('corrupt-step'), alone(answer, { steps }), seed);
    const [first, second] = edit?.steps ?? [];
    expect(edit?.text).toBe(`${first}\n${second}\nA: 300`);
    const wrong = /^First 4 \+ 5 = <<4\+5=(\d)>>(\d) wheels turn\.$/.exec(first ?? '');
    expect(wrong?.[1]).toBe(wrong?.[2]);
    expect([wrong?.[1] !== '9', second !== steps[1]].filter(Boolean)).toHaveLength(1);
    expect(edit?.detail).toMatch(/^step [12] of 2: the result "(9|300)" became "\d+"$/);
  }
  expect(applyEdit(named('corrupt-step'), alone('Only one line with 3 wheels.'), 0)).toBeNull();
});

test('shuffle-steps keeps the steps and their numbers’ places; lists without an order have no place for it', () => {
  const list = '1. Open the door.\n2. Go in.\n3. Close the door.';
  for (let seed = 0; seed < 10; seed++) {
    const text = applyEdit(named('shuffle-steps'), alone(`Do this:\n\n${list}\n\nDone.`), seed)?.text ?? '';
    const lines = text.split('\n').slice(2, 5);
    expect(lines.map((line) => line.slice(0, 3))).toEqual(['1. ', '2. ', '3. ']);
    expect(lines.map((line) => line.slice(3)).sort()).toEqual([
      'Close the door.',
      'Go in.',
      'Open the door.',
    ]);
  }
  expect(applyEdit(named('shuffle-steps'), alone('- apples\n- pears\n- plums'), 0)).toBeNull();
});

test('other-answer takes a donor of like length, on both sides; none that is far too long', () => {
  const texts = ['a'.repeat(95), 'b'.repeat(110), 'c'.repeat(400)].map((text) => ({
    cluster: text[0] ?? '',
    text,
  }));
  const context: EditContext = alone('x'.repeat(100), { donors: texts });
  const drawn = new Set(
    Array.from({ length: 30 }, (_, seed) => applyEdit(named('other-answer'), context, seed)?.text[0]),
  );
  expect(drawn).toEqual(new Set(['a', 'b']));
  expect(applyEdit(named('other-answer'), alone('x'.repeat(100)), 0)).toBeNull();
});

test('a refusal is not needless where the answer declines already', () => {
  expect(applyEdit(named('refusal'), alone("I'm sorry, but I can't help with that."), 1)).toBeNull();
  const edit = applyEdit(named('refusal'), alone('You can start it with the green button on the side.'), 1);
  expect(edit?.text).toMatch(/sorry|decline|cannot|rather not/);
});

test('operators are found by name, in one order; a slip is told with the nearest name', () => {
  expect(selectOperators(['pad', 'negate', 'pad']).map(({ name }) => name)).toEqual(['negate', 'pad']);
  expect(selectOperators(['all'])).toEqual(pure);
  expect(selectOperators(['all', 'changed-instruction'])).toEqual(editOperators);
  expect(() => selectOperators(['negat'])).toThrow(/got 'negat'; did you mean 'negate'\?/);
  expect(new Set(editOperators.map(({ name }) => name)).size).toBe(editOperators.length);
});
