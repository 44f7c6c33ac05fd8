import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { juror, recordings } from './juror.ts';

const data = 'fixtures/demo/pairs.jsonl';

test.for([
  [
    ['train', data, '--out', 'h', '--ties', 'odds', '--loss', 'robust'],
    '--ties odds: expected the loss davidson',
  ],
  [['train', data, '--out', 'h', '--loss', 'regression'], 'regression: expected scores or steps, got pairs'],
  [
    ['train', data, '--out', 'h', '--loss', 'plackett-luce', '--margin', 'data'],
    '--margin: expected none with the loss plackett-luce',
  ],
  [
    ['train', data, '--out', 'h', '--loss', 'plackett-luce', '--ties', 'drop'],
    '--ties: expected none with the loss plackett-luce',
  ],
  [['train', data, '--out', 'h', '--overall', 'quality'], "overall 'quality': expected one of the labels"],
  [['score', data, '--out', 's.jsonl', '--head', 'nowhere'], 'nowhere/head.safetensors: expected a head'],
] as const)('%j ends before any model is loaded', async ([parameters, message]) => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-head-'));
  const { code, stdout, stderr } = await juror([...parameters], home.path);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
});

test('a recording has no hidden states, which is said', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-head-'));
  const out = join(home.path, 'head');
  const { code, stderr } = await juror(['train', data, '--out', out, '--replay', recordings.full], home.path);
  expect(code).toBe(2);
  expect(stderr).toMatch(/juror: .*(state|embed|record)/);
});

test('rows that cannot be used are told by line', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-head-'));
  const file = join(home.path, 'rows.jsonl');
  await writeFile(file, '{"prompt":"a","response":"b"}\n{"nothing":1}\n');
  const { code, stderr } = await juror(['train', file, '--out', join(home.path, 'head')], home.path);
  expect(code).toBe(2);
  expect(stderr).toContain('rows.jsonl:2');
  expect(stderr).toContain('expected labelled comparisons, scores or steps, got no label 1');
});
