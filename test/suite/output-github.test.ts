import { expect, test } from 'vitest';
import { githubAnnotations } from '../../src/suite/output-github.ts';
import { hostileTexts } from '../support/hostile-texts.ts';
import { suiteResult } from '../support/suite-result.ts';

test('a note for each gate that did not pass, and why the suite is incomplete', () => {
  expect(githubAnnotations(suiteResult('incomplete'), 'evals/suite.yaml').slice(0, 1)).toEqual([
    '::error file=evals/suite.yaml,title=no-worse on answers · small · helpfulness::expected difference from main ≥ −0.02 (estimate), got −0.12 (−0.19 to −0.05), 48 answers%0AReleases may not lose to the one before.',
  ]);
  expect(githubAnnotations(suiteResult('incomplete')).map((line) => line.slice(0, 17))).toEqual([
    ...Array.from({ length: 4 }, () => '::error title=no-'),
    ...Array.from({ length: 2 }, () => '::warning title=s'),
    ...Array.from({ length: 2 }, () => '::warning title=g'),
  ]);
  expect(githubAnnotations(suiteResult('passed'))).toEqual([]);
});

test('hostile texts make no other command, and are read back as they were but for what is made visible', () => {
  const unescaped = (text: string) => text.replace(/%(25|0D|0A|3A|2C)/g, (code) => decodeURIComponent(code));
  for (const text of hostileTexts(200)) {
    const visible = text
      .toWellFormed()
      .replace(
        /(?![\r\n])[\p{Cc}\p{Cf}\u2028\u2029]/gu,
        (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
      );
    const annotations = githubAnnotations(suiteResult('failed', { text }), text);
    expect(annotations).toHaveLength(4);
    for (const line of annotations) {
      const { file, message } =
        /^::error file=(?<file>[^,:\r\n]*),title=[^,:\r\n]*::(?<message>[^\r\n]*)$/.exec(line)?.groups ?? {};
      expect(unescaped(file ?? '')).toBe(visible);
      expect(unescaped(message ?? '')).toBe(`expected ${visible}, got ${visible}\n${visible}`);
    }
  }
});
