import { expect, test } from 'vitest';
import { finalValue } from '../../src/aggregate/final-value.ts';

test.each([
  ['There are 3 × 4 = 12 eggs.\n#### 1,200.0', '1200'],
  ['#### 5\nNo: #### 6', '5'],
  ['She sold 7.\nA: $2,400', '2400'],
  ['**Answer:** 18 dollars', '18'],
  ['So the answer is 3/4. That was it.', '0.75'],
  ['We get \\boxed{\\frac{1}{2}} of 9', '\\frac{1}{2}'],
  ['\\boxed{1} or rather \\boxed{ -7 }', '-7'],
  ['First 3, then 14 days', '14'],
  ['Final answer: The  *Moon*.', 'the moon'],
  ['An answer without any', null],
  ['', null],
])('%j comes to %j', (text, value) => {
  expect(finalValue(text)).toBe(value);
});

test('no fraction over 0 becomes a number', () => {
  expect(finalValue('1/0')).toBe('1/0');
});
