import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judged, markup, visible } from '../../src/report/markup.ts';
import { payloads } from '../support/payloads.ts';

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(...payloads()),
  fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', '\0', '\u202e', '\ud800', 'a', '\u200d') }),
);

test('text in a template cannot leave its place', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const inAttribute = markup`<a title="${text}">`.toString().slice('<a title="'.length, -2);
      const inText = judged(text)
        .toString()
        .replaceAll(/<span class="unseen">U\+[0-9A-F]{4,6}<\/span>/g, '');
      for (const place of [inAttribute, inText]) expect(place).not.toMatch(/[<>"']/);
    }),
  );
});

test('nothing that is shown is unseen, and what can be seen is kept', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const shown = visible(text);
      expect(shown.replaceAll(/[\n\t\u200c\u200d]/g, '')).not.toMatch(
        /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\u200b\u2028\u2029\ufeff]/u,
      );
      const seen = (value: string) =>
        value.replaceAll(/[\p{C}\u2028\u2029\u115f\u1160\u3164\uffa0\ufffd]|\[U\+[0-9A-F]{4,6}\]/gu, '');
      expect(seen(shown)).toBe(seen(text));
    }),
  );
});

test('emoji, Persian words and line ends are text; a joiner that joins nothing is shown', () => {
  expect(visible('👩‍👩‍👧 👋🏽‍x می‌خواهم ❤️‍🔥\r\n\tx')).toBe('👩‍👩‍👧 👋🏽‍x می‌خواهم ❤️‍🔥\n\tx');
  expect(visible('\u200da\u200c ')).toBe('[U+200D]a[U+200C] ');
  expect(judged('a\u202eb').toString()).toBe('a<span class="unseen">U+202E</span>b');
});
