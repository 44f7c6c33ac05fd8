import { expect, test } from 'vitest';
import { anyNumber, fraction, positiveNumber, readNumber, wholeNumber } from '../../src/cli/flags.ts';

test('numbers of flags are read one way, and what is none is refused with what was expected', () => {
  expect([anyNumber('-0.5'), positiveNumber('1e-3'), fraction(1)('1'), wholeNumber(0)('7')]).toEqual([
    -0.5, 0.001, 1, 7,
  ]);
  for (const text of ['', ' ', 'much', 'Infinity', 'NaN', '1,5']) {
    expect(readNumber(text)).toBeNull();
    expect(() => anyNumber(text)).toThrow(`expected a number, got '${text}'`);
    expect(() => positiveNumber(text)).toThrow(`expected a number above 0, got '${text}'`);
    expect(() => fraction(1)(text)).toThrow(`expected a number from 0 to 1, got '${text}'`);
    expect(() => wholeNumber(2)(text)).toThrow(`expected a whole number of 2 or more, got '${text}'`);
  }
  for (const text of ['0', '-1']) expect(() => positiveNumber(text)).toThrow('expected a number above 0');
});
