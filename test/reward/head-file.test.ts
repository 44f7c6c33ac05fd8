import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { groupOpinion } from '../../src/head/opinion.ts';
import { encodeHead, type Head, readHead, writeHead } from '../../src/reward/head-file.ts';
import { headPage } from '../../src/reward/head-page.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/reward/safetensors.ts';
import { root } from '../cli/juror.ts';
import { temporaryFolder } from '../store/records.ts';
import { hashFiles } from '../support/command.ts';
import { caseInputs, headCases } from './head-cases.ts';

const golden = join(root, 'fixtures/golden');

test.for(Object.entries(headCases))('%s: the Python of its page gives our scores', async ([name, head]) => {
  const folder = join(golden, 'head-pages', name);
  const page = await readFile(join(folder, 'README.md'), 'utf8');
  expect(headPage(head.record)).toBe(page);
  const read = await readHead(folder);
  const scores: Record<string, number[]> = JSON.parse(
    await readFile(join(golden, 'head-pages.json'), 'utf8'),
  );
  const { features, lengths, prompt } = caseInputs;
  const opinion = groupOpinion(read.belief, features, { lengths, prompt });
  for (const [answer, score] of (scores[name] ?? []).entries())
    expect(opinion.answers[answer]?.score).toBeCloseTo(score, 5);
  expect(scores[name]).toHaveLength(features.rows);
});

test.for(Object.entries(headCases))(
  '%s: what is written is read, and writes the same bytes',
  async ([, head]) => {
    await using folder = await temporaryFolder();
    const papers = { page: 'page', training: { b: 1, a: [2] } };
    const written = await writeHead(folder.path, head, papers);
    const before = hashFiles(folder.path);
    const read = await readHead(folder.path);
    expect(read).toEqual(written);
    expect(read.belief).toEqual(head.belief);
    await writeHead(folder.path, read, papers);
    expect(hashFiles(folder.path)).toEqual(before);
    expect(Object.keys(before)).toEqual(['README.md', 'head.safetensors', 'training.json']);
  },
);

const linear = headCases.linear as Omit<Head, 'digest'>;

/** The linear head with its file's content changed. */
async function changed(
  folder: string,
  change: (file: {
    tensors: Map<
      string,
      Parameters<typeof encodeSafetensors>[0]['tensors'] extends ReadonlyMap<string, infer T> ? T : never
    >;
    metadata: Record<string, string>;
  }) => void,
): Promise<Head> {
  const { tensors, metadata } = decodeSafetensors(encodeHead(linear), 'f');
  const file = { tensors: new Map(tensors), metadata: { ...metadata } };
  change(file);
  await writeFile(join(folder, 'head.safetensors'), encodeSafetensors(file));
  return readHead(folder);
}

test('a file of another program, a record of another shape and tensors that do not fit it are refused by name', async () => {
  await using folder = await temporaryFolder();
  const at = folder.path;
  await expect(readHead(join(at, 'nowhere'))).rejects.toThrow(
    'head.safetensors: expected a head, got no readable file',
  );
  await expect(changed(at, ({ metadata }) => delete metadata.juror)).rejects.toThrow(
    '__metadata__.juror: expected the record of a head, got tensors of another program',
  );
  const record =
    (change: object) =>
    ({ metadata }: { metadata: Record<string, string> }) => {
      metadata.juror = JSON.stringify({ ...linear.record, ...change });
    };
  await expect(changed(at, record({ schemaVersion: 2 }))).rejects.toThrow('__metadata__.juror.schemaVersion');
  await expect(changed(at, record({ members: 2, posterior: null }))).rejects.toThrow(
    'members.1.mean: expected F32 of 6, got no such tensor',
  );
  await expect(changed(at, record({ posterior: null }))).rejects.toThrow(
    'posterior.factor: expected no such tensor',
  );
  await expect(changed(at, record({ hidden: 2 }))).rejects.toThrow('posterior: expected none');
  await expect(changed(at, record({ objectives: ['a', 'b'], posterior: null }))).rejects.toThrow(
    'combination: expected a weight for each of 2 objectives',
  );
  await expect(
    changed(at, ({ tensors }) =>
      tensors.set('members.0.scale', { kind: 'F32', shape: [5], values: new Float32Array(5) }),
    ),
  ).rejects.toThrow('members.0.scale: expected F32 of 6, got F32 of 5');
  await expect(
    changed(at, ({ tensors }) =>
      tensors.set('members.0.bias', { kind: 'F32', shape: [1], values: Float32Array.of(Number.NaN) }),
    ),
  ).rejects.toThrow('members.0.bias: expected finite numbers');
  await expect(changed(at, ({ metadata }) => (metadata.juror = '{'))).rejects.toThrow('expected JSON');
  await expect(changed(at, () => {})).resolves.toMatchObject({ record: linear.record });
});

test('a head is not written whose numbers are not those of its record', () => {
  expect(() => encodeHead({ ...linear, record: { ...linear.record, members: 2, posterior: null } })).toThrow(
    'members.1.mean: expected F32 of 6',
  );
});
