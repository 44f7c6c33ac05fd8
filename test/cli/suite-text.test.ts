import { expect, test } from 'vitest';
import { describeSuite } from '../../src/cli/suite-text.ts';
import type { SuiteResult } from '../../src/schema.ts';
import { hostileStream } from '../support/hostile-texts.ts';
import { suiteResult } from '../support/suite-result.ts';

const plain = (width: number) => ({ width, style: (_format: unknown, text: string) => text });
const shown = (result: SuiteResult, width = 100) => describeSuite(result, plain(width), { folder: 'out' });

test('what failed comes first, with why it is there and what fell', () => {
  expect(shown(suiteResult('incomplete')).split('\n').slice(0, 16)).toEqual([
    'suite support-bot incomplete: 2 of 5 gates failed, 1 not measured',
    '  What every release of the support bot must keep.',
    '',
    'incomplete',
    '  - 4 % of verdicts have no score, more than the 0 % that are tolerated',
    '  - gate german: nothing to measure',
    '',
    'gates',
    '  ✗ failed no-worse on answers · small · helpfulness',
    '    expected difference from main ≥ −0.02 (estimate)',
    '    found    −0.12 (−0.19 to −0.05), 48 answers',
    '    because  Releases may not lose to the one before.',
    '  ✗ failed no-regressions on answers · small · helpfulness',
    '    expected at most 0 samples that fell by more than 0.3',
    '    found    2 fell',
    '    because  Answers that were good stay good.',
  ]);
});

test('a run has its counts, its figures, and the slices that stand out', () => {
  const text = shown(suiteResult('incomplete'));
  expect(text.slice(text.indexOf('answers judged by small')).split('\n').slice(0, 12)).toEqual([
    'answers judged by small',
    '  46 of 48 verdicts scored · judgments without a score: context 3, engine 1 · 3 abstain · 2 still to',
    '│ be judged · 2 rows refused',
    '  figures of          rubric       measure                 figure   n  unscored',
    '  whole               helpfulness  score        0.58 [0.51, 0.65]  48         2',
    '  whole               helpfulness  pass-rate  62.5 % [49.5, 75.5]  48         2',
    '  whole               helpfulness  kappa                        –   0         2',
    '  criterion clarity   helpfulness  score        0.66 [0.60, 0.72]  48         2',
    '  criterion accuracy  helpfulness  score        0.50 [0.40, 0.60]  48         2',
    '  objective quality   helpfulness  score        0.58 [0.51, 0.65]  48         2',
    '  kappa: none, no labels',
    '  stands out language=de: score under helpfulness, whole: 0.31 [0.20, 0.42], n 17; all 0.58 [0.51,',
  ]);
  expect(text).not.toContain('language=en');
  expect(text.endsWith('files in out')).toBe(true);
});

test('colours follow the ending and the gates', () => {
  const styled: unknown[] = [];
  const terminal = {
    width: 100,
    style(format: unknown, text: string) {
      styled.push([format, text]);
      return text;
    },
  };
  describeSuite(suiteResult('failed'), terminal);
  expect(styled).toContainEqual([['red', 'bold'], 'suite support-bot failed: 2 of 5 gates failed']);
  expect(styled).toContainEqual(['red', '  ✗ failed ']);
  expect(styled).toContainEqual(['green', '  ✓ passed ']);
});

test('a part says that its gates come later, and long lists are cut and counted', () => {
  const base = suiteResult('passed');
  expect(shown({ ...base, checks: [], shard: { index: 2, count: 3 } })).toContain(
    'suite support-bot judged: part 2 of 3, gates come later',
  );
  const [check] = base.checks;
  const checks = Array.from({ length: 25 }, () => check as SuiteResult['checks'][number]);
  expect(shown({ ...base, checks })).toContain('  and 15 more passed');
});

for (const width of [40, 60, 110])
  test(`hostile texts on ${width} columns: no control character, no wider line, no command of a runner`, () => {
    const { texts, taken } = hostileStream(1000);
    while (taken() < 1000) {
      const text = shown(suiteResult('incomplete', { text: texts }), width);
      expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/u);
      expect(text).not.toMatch(/^\s*::|##\[/m);
      expect(text.split('\n').filter((line) => line.length > width)).toEqual([]);
    }
  });
