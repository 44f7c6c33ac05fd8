import fc from 'fast-check';
import type { Token } from 'node-llama-cpp';
import { expect, test } from 'vitest';
import { createTextWriter, tokenEnds } from '../../src/engine/llama-child-text.ts';

/** A vocabulary whose tokens are runs of bytes. */
function bytesVocabulary(runs: readonly Uint8Array[]) {
  return (tokens: readonly Token[]): string =>
    Buffer.concat(tokens.map((token) => runs[token] ?? new Uint8Array())).toString('utf8');
}

/** The pieces of a text that is written in tokens of so many bytes. */
function written(text: string, sizes: readonly number[], stop: readonly string[]) {
  const bytes = Buffer.from(text);
  const runs: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += runs.at(-1)?.length ?? 1)
    runs.push(bytes.subarray(at, at + (sizes[runs.length % sizes.length] ?? 1)));
  const writer = createTextWriter(bytesVocabulary(runs), stop);
  const pieces: string[] = [];
  for (const index of runs.keys()) if (!writer.stopped) pieces.push(writer.write(index as Token));
  return { pieces: [...pieces, writer.end()], stopped: writer.stopped, stopText: writer.stopText };
}

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\n', '字', '🙂', '👩‍👧'), maxLength: 40 });
const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 });

test('pieces hold whole characters and make up the text, wherever the tokens are cut', () => {
  fc.assert(
    fc.property(text, sizes, (whole, cuts) => {
      const { pieces } = written(whole, cuts, []);
      expect(pieces.join('')).toBe(whole);
      expect(pieces.every((piece) => piece.isWellFormed() && !piece.includes('\ufffd'))).toBe(true);
    }),
  );
});

test('nothing of the first stop text, and nothing after it, is ever given', () => {
  const ending = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '字', '🙂'), minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(text, sizes, fc.array(ending, { maxLength: 3 }), (whole, cuts, stop) => {
      const { pieces, stopped, stopText } = written(whole, cuts, stop);
      const found = stop.map((one) => whole.indexOf(one)).filter((index) => index >= 0);
      expect(stopped).toBe(found.length > 0);
      expect(stopText === undefined).toBe(found.length === 0);
      if (stopText !== undefined) expect(whole.startsWith(pieces.join('') + stopText)).toBe(true);
      // Of stop texts that end in the same token, the one that begins first counts.
      const earliest = Math.min(...found, whole.length);
      expect(whole.startsWith(pieces.join(''))).toBe(true);
      for (const one of stop) expect(pieces.join('')).not.toContain(one);
      if (stop.length < 2) expect(pieces.join('')).toBe(whole.slice(0, earliest));
    }),
    { numRuns: 300 },
  );
  expect(written('one\n\ntwo', [2], ['\n\n'])).toMatchObject({ stopped: true });
  expect(written('one\ntwo\n', [3], ['\n\n']).pieces.join('')).toBe('one\ntwo\n');
});

test('tokens that end within characters for ever, as long as characters come, lose nothing', () => {
  const long = '字'.repeat(40);
  const cut = written(`a${long}`, [3], []);
  expect(cut.pieces.join('')).toBe(`a${long}`);
  expect(written(`a${long}`, [3], ['字字字b']).pieces.join('')).toBe(`a${long}`);
});

test('bytes that are no character, and a real replacement character, are given all the same', () => {
  const broken = createTextWriter(bytesVocabulary([Uint8Array.of(0xff)]), []);
  const pieces = Array.from({ length: 20 }, () => broken.write(0 as Token));
  expect([...pieces, broken.end()].join('')).toBe('\ufffd'.repeat(20));
  expect(pieces.join('')).toHaveLength(16);
  expect(written('a\ufffd', [1], []).pieces.join('')).toBe('a\ufffd');
});

test('a token ends after the last character that it has a part of, wherever the tokens are cut', () => {
  const spelled = fc.string({
    unit: fc.constantFrom('a', ' ', 'é', '\n', '字', '🙂', '\ufffd'),
    maxLength: 40,
  });
  fc.assert(
    fc.property(spelled, sizes, (whole, cuts) => {
      const bytes = Buffer.from(whole);
      const runs: Uint8Array[] = [];
      const expected: number[] = [];
      for (let at = 0; at < bytes.length; ) {
        const end = Math.min(bytes.length, at + (cuts[runs.length % cuts.length] ?? 1));
        runs.push(bytes.subarray(at, end));
        // The characters that begin before the token ends.
        let [begun, place] = [0, 0];
        for (const character of whole) {
          if (begun >= end) break;
          begun += Buffer.byteLength(character);
          place += character.length;
        }
        expected.push(place);
        at = end;
      }
      const detokenize = bytesVocabulary(runs);
      const ends = tokenEnds(whole, [...runs.keys()] as Token[], { detokenize, before: [] });
      // U+FFFD that the text has itself cannot be told from bytes of a character that go on.
      if (whole.includes('\ufffd')) expect(ends === null || ends.length === runs.length).toBe(true);
      else expect(ends).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('tokens that end within characters for ever have their places all the same', () => {
  const whole = `a${'字'.repeat(40)}`;
  const bytes = Buffer.from(whole);
  const runs = Array.from({ length: Math.ceil(bytes.length / 3) }, (_, at) =>
    bytes.subarray(3 * at, 3 * at + 3),
  );
  const spelling = { detokenize: bytesVocabulary(runs), before: [] };
  const ends = tokenEnds(whole, [...runs.keys()] as Token[], spelling);
  expect(ends).toEqual(runs.map((_, at) => Math.min(at + 2, whole.length)));
});

test('tokens that spell another text have no places', () => {
  const detokenize = bytesVocabulary([Buffer.from('a'), Buffer.from('B')]);
  const ends = (text: string) => tokenEnds(text, [0, 1] as Token[], { detokenize, before: [] });
  expect(ends('aB')).toEqual([1, 2]);
  expect(ends('ab')).toBeNull();
  expect(ends('aBc')).toBeNull();
  expect(tokenEnds('', [], { detokenize, before: [] })).toEqual([]);
});
