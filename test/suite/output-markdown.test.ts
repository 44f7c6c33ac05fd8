import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import type { SuiteResult } from '../../src/schema.ts';
import { mostMarkdownCharacters, suiteMarkdown } from '../../src/suite/output-markdown.ts';
import { hostileStream } from '../support/hostile-texts.ts';
import { suiteResult } from '../support/suite-result.ts';

// typedoc's own renderer; juror has none.
const near = createRequire(createRequire(import.meta.url).resolve('typedoc'));
const markdownIt: (options: object) => { render(text: string): string } = near('markdown-it');
const renderer = markdownIt({ html: true, linkify: true });

/** The tags of a rendered page, in order. */
function tags(html: string): string[] {
  return html.match(/<[^>]*>?/g) ?? [];
}

test('a page without surprises', () => {
  const text = suiteMarkdown(suiteResult('failed'));
  expect(text.split('\n').slice(0, 12)).toEqual([
    '<h2><code>support-bot</code> failed: 2 of 5 gates failed</h2>',
    '<p><code>What every release of the support bot must keep.</code></p>',
    '',
    '<p><strong>failed</strong> <code>no-worse</code> on <code>answers · small · helpfulness</code><br>',
    'expected <code>difference from main ≥ −0.02 (estimate)</code><br>',
    'found <code>−0.12 (−0.19 to −0.05), 48 answers</code><br>',
    '<code>Releases may not lose to the one before.</code></p>',
    '',
    '<p><strong>failed</strong> <code>no-regressions</code> on <code>answers · small · helpfulness</code><br>',
    'expected <code>at most 0 samples that fell by more than 0.3</code><br>',
    'found <code>2 fell</code><br>',
    '<code>Answers that were good stay good.</code></p>',
  ]);
  expect(text).toContain('<td><code>language=de</code></td><td>0.31 [0.20, 0.42]</td>');
  expect(text).not.toContain('<td><code>language=en</code></td>');
});

test('1,000 hostile texts: a renderer makes the same elements of them as of words, and nothing outside of code', () => {
  const rendered = (texts: Iterator<string>) =>
    renderer.render(suiteMarkdown(suiteResult('incomplete', { text: texts })));
  const word = rendered(Array.from({ length: 1000 }, (_, index) => `word${index}`).values());
  const ours = tags(word);
  const around = word.replace(/<code>.*?<\/code>/gs, '');
  expect(new Set(ours.map((tag) => tag.replace('/', '')))).toEqual(
    new Set([
      '<h2>',
      '<code>',
      '<p>',
      '<ul>',
      '<li>',
      '<strong>',
      '<br>',
      '<details>',
      '<summary>',
      '<table>',
      '<tr>',
      '<th>',
      '<td>',
    ]),
  );
  const { texts, taken } = hostileStream(1000);
  while (taken() < 1000) {
    const html = rendered(texts);
    expect(tags(html)).toEqual(ours);
    // Code on GitHub holds no mentions, links, images or emoji; what is outside of code does not depend on texts.
    expect(html.replace(/<code>.*?<\/code>/gs, '')).toBe(around);
  }
});

test('a page is never larger than a comment on GitHub may be, and tells what it leaves out', () => {
  const base = suiteResult('failed', { text: '<&@'.repeat(200) });
  const many = (n: number): SuiteResult => ({
    ...base,
    runs: Array.from(
      { length: n },
      (_, index) => ({ ...base.runs[0], judge: `j${index}` }) as SuiteResult['runs'][number],
    ),
    checks: Array.from({ length: n }, () => base.checks).flat(),
    incomplete: Array.from({ length: n }, () => 'reason'),
  });
  for (const n of [1, 3, 30, 300]) {
    const text = suiteMarkdown(many(n));
    expect(text.length).toBeLessThanOrEqual(mostMarkdownCharacters);
    expect(text.includes('Left out, for want of room')).toBe(n > 1);
    expect(text.startsWith('<h2>')).toBe(true);
    expect(text.endsWith('<p>All of it: <code>suite.json</code></p>\n')).toBe(true);
  }
});
