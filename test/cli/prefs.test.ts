import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRows } from '../../src/dataset.ts';
import { readPreferences } from '../../src/preference/file.ts';
import { juror, recordings, without } from './juror.ts';

const data = 'fixtures/demo/pairs.jsonl';

/** One folder with the recorded pairs judged: `run`. */
let home: Awaited<ReturnType<typeof mkdtempDisposable>>;
const at = (name: string) => join(home.path, name);

beforeAll(async () => {
  home = await mkdtempDisposable(join(tmpdir(), 'juror-prefs-'));
  const flags = ['--rubric', 'better-answer', '--critique', 'brief', '--replay', recordings.full, '--quiet'];
  expect((await juror(['judge', data, ...flags, '--out', at('run')], home.path)).code).toBe(0);
});
afterAll(() => home.remove());

async function prefs(...parameters: string[]) {
  const ended = await juror(['prefs', ...parameters], home.path);
  return {
    ...ended,
    stdout: without(home.path, ended.stdout),
    stderr: without(home.path, ended.stderr).trim(),
  };
}

test('a run becomes preferences and a card that tells how, the same bytes again', async () => {
  const out = at('prefs.jsonl');
  const flags = [
    at('run'),
    '--data',
    data,
    '--out',
    out,
    '--min-margin',
    '0.05',
    '--balance-length',
    '--max-length',
    '64',
  ];
  const { code, stdout } = await prefs(...flags);
  expect(code).toBe(0);
  expect(stdout).toContain('rows as jsonl');
  expect(stdout).toMatch(/min-margin\s+2\s+2/);
  expect(stdout).toContain('labels agree');
  expect(stdout).toContain('FOLDER/prefs.jsonl · FOLDER/prefs.jsonl.md');
  const made = await Array.fromAsync(readPreferences(out));
  const longer = made.filter(({ chosen, rejected }) => chosen.text.length > rejected.text.length);
  expect(longer).toHaveLength(made.length / 2);
  expect(made.every(({ margin }) => margin >= 0.05)).toBe(true);
  const card = await readFile(`${out}.md`, 'utf8');
  expect(card).toContain(`- Rows: ${made.length}, format \`jsonl\``);
  expect(card).toContain('under `better-answer`');
  expect(card).toContain('| `balance-length` |');
  expect(card).toContain('## Margins in nats');
  expect(card).toContain('Longer than 64 tokens: 9 rows (estimated');
  const before = await readFile(out);
  expect((await prefs(...flags)).code).toBe(0);
  expect(await readFile(out)).toEqual(before);
  expect(await readFile(`${out}.md`, 'utf8')).toBe(card);
});

test('one column of margins has one unit', async () => {
  const mixed = [at('run'), data, '--format', 'trl-conversational', '--out', at('mixed.jsonl')];
  const { code, stderr } = await prefs(...mixed, '--margin');
  expect(code).toBe(2);
  expect(stderr).toMatch(/--margin: expected margins of one unit, got \d+ in nats and \d+ in score/);
  const { stdout } = await prefs(...mixed);
  expect(stdout).toContain('margins in nats and in score');
});

test('Parquet has the rows of JSON Lines, and preferences become other formats', async () => {
  const [lines, parquet, full] = [at('a.jsonl'), at('a.parquet'), at('full.jsonl')];
  const format = ['--format', 'trl-conversational', '--margin', '--provenance'];
  const from = [at('run'), '--data', data];
  for (const words of [
    [...from, '--out', lines, ...format],
    [...from, '--out', full],
    [full, '--out', parquet, ...format],
  ])
    expect((await prefs(...words)).code).toBe(0);
  const rowsOf = async (file: string) =>
    (await Array.fromAsync(readRows(file))).map(({ row }) =>
      Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)),
    );
  expect(await rowsOf(parquet)).toEqual(await rowsOf(lines));
});

test('labelled data alone, ties apart', async () => {
  const labelled = at('labels.jsonl');
  const rows = ['a', 'tie', 'b'].map((label, index) =>
    JSON.stringify({ id: `${index}`, prompt: `p${index}`, a: 'x', b: 'longer', label }),
  );
  await writeFile(labelled, rows.join('\n'));
  const [out, ties] = [at('trl.jsonl'), at('ties.jsonl')];
  const { code, stdout } = await prefs(labelled, '--format', 'trl', '--out', out, '--ties', ties);
  expect(code).toBe(0);
  expect(stdout).toContain('2 preferences of 3 prompts, 1 tie; 2 rows as trl');
  const lines = async (file: string) =>
    (await readFile(file, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  expect(await lines(out)).toEqual([
    { prompt: 'p0', chosen: 'x', rejected: 'longer' },
    { prompt: 'p2', chosen: 'longer', rejected: 'x' },
  ]);
  expect(await lines(ties)).toEqual([{ prompt: 'p1', chosen: 'x', rejected: 'longer' }]);
  const json = JSON.parse((await prefs(labelled, '--out', at('all.jsonl'), '--json')).stdout);
  expect(json).toMatchObject({ rows: 3, tiesIn: 'all.jsonl', figures: { preferences: 2, ties: 1 } });
});

test('what cannot be done is refused with the way out', async () => {
  const out = ['--out', at('o.jsonl')];
  const refused = async (...flags: string[]) => {
    const { code, stdout, stderr } = await prefs(...flags);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    return stderr;
  };
  expect(await refused(at('run'), ...out)).toContain('--data: expected the data that were judged');
  expect(await refused(data, '--format', 'stepwise', '--min-margin', '1', ...out)).toContain(
    '--min-margin: expected a format of pairs',
  );
  expect(await refused(at('run'), '--data', data, '--order-consistent', ...out)).toContain(
    'got none of 12 past the filters (order-consistent 12)',
  );
});

test('verdicts without a score end with 3, unless that is tolerated', async () => {
  const small = at('small');
  const flags = [
    '--rubric',
    'better-answer',
    '--limit',
    '2',
    '--context',
    '256',
    '--quiet',
    '--tolerate',
    '1',
  ];
  await juror(['judge', data, ...flags, '--replay', recordings.smallContext, '--out', small], at('home'));
  const flagsOf = (name: string) => [at('run'), small, '--data', data, '--out', at(name)];
  const [strict, lenient] = await Promise.all([
    prefs(...flagsOf('strict.jsonl')),
    prefs(...flagsOf('lenient.jsonl'), '--tolerate', '0.5'),
  ]);
  expect([strict.code, lenient.code]).toEqual([3, 0]);
  expect(strict.stdout).toContain('left out: 1 unscored');
});
