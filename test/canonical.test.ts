import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, contentHash } from '../src/canonical.ts';
import { JurorError } from '../src/errors.ts';

const plain = fc.jsonValue({ maxDepth: 4 });

test('the canonical text is JSON of the same value', () => {
  fc.assert(
    fc.property(plain, (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('the order of keys does not matter, the order of a list does', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), plain), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      expect(canonicalJson(reversed)).toBe(canonicalJson(value));
    }),
  );
  expect(canonicalJson({ b: 1, a: [2, 1] })).toBe('{"a":[2,1],"b":1}');
  expect(contentHash([1, 2])).not.toBe(contentHash([2, 1]));
});

test('hashes are SHA-256 of the canonical text', () => {
  // printf '{}' | sha256sum
  expect(contentHash({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
});

test('undefined properties are left out; undefined elsewhere is refused', () => {
  expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  expect(() => canonicalJson([undefined])).toThrow('0: expected plain JSON data, got undefined');
  expect(() => canonicalJson(undefined)).toThrow(JurorError);
  expect(() => canonicalJson(new Array(1))).toThrow('got undefined');
});

test.each([
  [{ a: { b: [0, Number.NaN] } }, 'a.b.1: expected plain JSON data, got NaN'],
  [{ a: Number.POSITIVE_INFINITY }, 'a: expected plain JSON data, got Infinity'],
  [{ a: 1n }, 'a: expected plain JSON data, got bigint'],
  [{ a: () => 1 }, 'a: expected plain JSON data, got function'],
  [{ a: new Date(0) }, 'a: expected plain JSON data, got an instance of Date'],
  [{ a: new Map() }, 'a: expected plain JSON data, got an instance of Map'],
])('refuses %o', (value, message) => {
  expect(() => canonicalJson(value)).toThrow(message);
});

test('a cycle and a very deep value are errors, not overflows', () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  expect(() => canonicalJson(cycle)).toThrow(JurorError);
  expect(() => canonicalJson(JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)))).toThrow(JurorError);
});

test('lone surrogates stay apart from each other, from U+FFFD and from their own escapes', () => {
  const texts = ['\ud800', '\ud801', '\udc00', '\ufffd', '\\ud800', '\ud800\ufffd'];
  expect(new Set(texts.map(contentHash)).size).toBe(texts.length);
  expect(new Set(texts.map((text) => contentHash({ [text]: 1 }))).size).toBe(texts.length);
  expect(Buffer.from(canonicalJson(texts), 'utf8').toString('utf8')).toBe(canonicalJson(texts));
});

test('__proto__ is a key like any other', () => {
  const value: unknown = JSON.parse('{"__proto__":{"polluted":true},"a":1}');
  expect(canonicalJson(value)).toBe('{"__proto__":{"polluted":true},"a":1}');
  expect(contentHash(value)).not.toBe(contentHash({ a: 1 }));
});
