import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../../src/aggregate/random.ts';
import { numbersIn, otherNumber, swapNumber } from '../../src/preference/edit-number.ts';
import { applyEdit } from '../../src/preference/edit-operator.ts';
import { alone, answers, digitsOf } from './edit-support.ts';

const seeds = fc.nat({ max: 2 ** 32 - 1 });
const found = (text: string) => numbersIn(text).map(({ digits, ordinal }) => digits + ordinal);
const shape = (digits: string) => digits.replace(/\d/g, '0');

test('exactly one number differs, in its format and its value', () => {
  fc.assert(
    fc.property(answers, seeds, (answer, seed) => {
      const edit = applyEdit(swapNumber, alone(answer), seed);
      if (edit === null) return;
      const [before, after] = [digitsOf(answer), digitsOf(edit.text)];
      expect(after).toHaveLength(before.length);
      const changed = before.flatMap((digits, index) =>
        digits === after[index] ? [] : [[digits, after[index] ?? '']],
      );
      expect(changed).toHaveLength(1);
      const [old = '', now = ''] = changed[0] ?? [];
      expect(shape(now).replace(/(st|nd|rd|th)$/, '')).toBe(shape(old).replace(/(st|nd|rd|th)$/, ''));
      const plain = (text: string) => Number(text.replace(/,|st|nd|rd|th/g, '').replace(/\.$/, ''));
      expect(plain(now)).not.toBe(plain(old));
      expect(edit.text.replace(/\d+(st|nd|rd|th)?/g, '')).toBe(answer.replace(/\d+(st|nd|rd|th)?/g, ''));
    }),
    { numRuns: 300 },
  );
});

test('any number at all becomes another of its digits', () => {
  const numbers = fc.oneof(
    fc.bigInt({ min: 0n, max: 10n ** 20n }).map(String),
    fc
      .tuple(fc.nat({ max: 99999 }), fc.stringMatching(/^\d{1,4}$/))
      .map(([whole, part]) => `${whole}.${part}`),
    fc.integer({ min: 1000, max: 1e9 }).map((value) => value.toLocaleString('en-US')),
    fc.constantFrom('0', '007', '00', '9', '1', '0.0', '99'),
  );
  fc.assert(
    fc.property(numbers, seeds, (text, seed) => {
      const [number] = numbersIn(`a ${text} b`);
      if (number === undefined) throw new Error(`expected a number in ${text}`);
      const other = otherNumber(number, createRandom(seed));
      expect(shape(other)).toBe(shape(text));
      expect(other).not.toBe(text);
    }),
    { numRuns: 500 },
  );
});

test('numbers of lists, code, addresses, versions, dates and citations are left alone', () => {
  expect(found('1. Take 3 eggs.\n2) Wait 10 min.')).toEqual(['3', '10']);
  expect(found('`x = 5` and\n```\ny = 6\n```\nand 7')).toEqual(['7']);
  expect(found('v1.2.3, 2024-05-12, 192.168.0.1, [4], H2O, 0x1F, 1e5, https://x.org/8')).toEqual([]);
  expect(found('$1,234.50, 45%, 3rd, 5kg, 10:30, -4 and 1/2.')).toEqual([
    ...['1,234.50', '45', '3rd', '5', '10', '30', '4', '1', '2'],
  ]);
});

test('shares stay within 100, minutes within 59, hours within 23; ordinals get their ending', () => {
  for (let seed = 0; seed < 60; seed++) {
    const changed = (text: string, index = 0) => {
      const number = numbersIn(text)[index];
      if (number === undefined) throw new Error(text);
      return otherNumber(number, createRandom(seed));
    };
    expect(Number(changed('98 %'))).toBeLessThanOrEqual(100);
    expect(Number(changed('100%'))).toBeLessThanOrEqual(100);
    expect(Number(changed('at 22:58'))).toBeLessThanOrEqual(23);
    expect(Number(changed('at 22:58', 1))).toBeLessThanOrEqual(59);
    expect(changed('the 3rd')).toMatch(/^(1st|2nd|3rd|[4-9]th)$/);
    expect(changed('the 12th')).toMatch(/^(1\dth|21st|22nd|23rd|\d\dth)$/);
    expect(Math.abs(Number(changed('in 1969')) - 1969)).toBeLessThanOrEqual(40);
  }
});
