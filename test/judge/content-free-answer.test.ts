import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentFreeIds, isContentFree } from '../../src/judge/content-free-answer.ts';
import { createJudge } from '../../src/judge/judge.ts';
import { loadRubric } from '../../src/rubric.ts';
import type { Sample } from '../../src/schema.ts';
import { fakeEngine } from '../support/fake-engine.ts';

test.for([
  '',
  ' \n\t',
  '.',
  '…',
  '???',
  '---',
  '\u200b\u200b',
  '\u0301',
  'Solution',
  '**Solution:**',
  '# SOLUTION #',
  'Thought process:',
  'Let’s solve this problem step by step.',
  'Let’s  solve\nthis problem step by step',
  'ＳＯＬＵＴＩＯＮ',
  '解',
  'かいせつ',
  'Lösung:',
])('%j is without content', (text) => expect(isContentFree(text)).toBe(true));

test.for([
  '4',
  '-1',
  'A',
  'yes',
  '+',
  '≤',
  '👍',
  '%d',
  'Solution: 4',
  'the solution',
  'Step 1: add',
  '漢',
  'ok.',
])('%j has content', (text) => expect(isContentFree(text)).toBe(false));

test('punctuation and spaces around a text change nothing; a digit anywhere is content', () => {
  const around = fc.string({ unit: fc.constantFrom(' ', '.', ':', '\n', '*', '!', '—') });
  fc.assert(
    fc.property(around, fc.string({ unit: 'grapheme' }), around, (before, text, after) => {
      expect(isContentFree(before + after)).toBe(true);
      expect(isContentFree(`${before}${text}7${after}`)).toBe(false);
      if (!/^\s|\s$/.test(text))
        expect(isContentFree(`${before} ${text} ${after}`)).toBe(isContentFree(text));
    }),
  );
});

test('steps with content count; ids are told', () => {
  expect(
    contentFreeIds([
      { id: 'a', text: 'Solution' },
      { id: 'b', text: '', steps: ['2 + 2 = 4'] },
      { id: 'c', text: '', steps: ['', '.'] },
      { id: 'd', text: 'four' },
    ]),
  ).toEqual(['a', 'c']);
});

test('a verdict names the answers without content and is otherwise as it was read', async () => {
  const sample: Sample = {
    id: '1',
    prompt: 'How many?',
    responses: [
      { id: 'a', text: ':' },
      { id: 'b', text: 'Four.' },
    ],
  };
  const judge = createJudge({ engine: fakeEngine(), rubrics: [await loadRubric('better-answer')] });
  const [verdict] = await judge.judge(sample);
  expect(verdict?.contentFree).toEqual(['a']);
  expect(verdict?.score).toBeGreaterThan(0);
  expect(verdict?.score).toBeLessThan(1);
  const [plain] = await judge.judge({
    ...sample,
    responses: sample.responses.map((one) => ({ ...one, text: '4' })),
  });
  expect(plain && 'contentFree' in plain).toBe(false);

  const alone = createJudge({ engine: fakeEngine(), rubrics: [await loadRubric('helpfulness')] });
  const verdicts = await alone.judge(sample);
  expect(verdicts.map(({ contentFree }) => contentFree)).toEqual([['a'], undefined]);
});
