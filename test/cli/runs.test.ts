import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { juror, recordings, without } from './juror.ts';

/** A finished run of the answers in a new home. */
async function judged() {
  const home = await mkdtempDisposable(join(tmpdir(), 'juror-cli-'));
  const run = join(home.path, 'run');
  const flags = ['--rubric', 'answer-correctness', '--replay', recordings.full, '--quiet', '--out', run];
  expect((await juror(['judge', 'fixtures/demo/answers.jsonl', ...flags], home.path)).code).toBe(0);
  return { home: home.path, run, [Symbol.asyncDispose]: () => home.remove() };
}

test('agree prints the run against its labels', async () => {
  await using at = await judged();
  const { code, stdout } = await juror(['agree', at.run], at.home);
  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "answer-correctness · pointwise · 6 verdicts, 6 compared with labels, 0 unscored
    95 % intervals in brackets, clustered by prompt

              Pearson              Spearman             τ-b                  accuracy             AUC                n
    juror     0.00 [-0.87, 0.87]   0.10 [-0.89, 0.95]   0.09 [-0.85, 0.90]   50.0 % [18.8, 81.2]  0.56 [0.00, 1.00]  6
    constant  –                    –                    –                    50.0 % [18.8, 81.2]  0.50               6
    length    -0.08 [-0.98, 0.87]  -0.10 [-0.93, 0.87]  -0.09 [-0.87, 0.82]  –                    0.44 [0.00, 1.00]  6

    subset           Spearman  n
    175b_finetuning  –         1
    6b_finetuning    -0.45     4
    6b_verification  –         1
    "
  `);
  const json = JSON.parse((await juror(['agree', at.run, '--json'], at.home)).stdout);
  expect(json['answer-correctness'].counts).toMatchObject({ rows: 6, compared: 6, unscored: 0 });
});

test('agree takes labels from another file, by id', async () => {
  await using at = await judged();
  const rows = (await readFile('fixtures/demo/answers.jsonl', 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const labels = join(at.home, 'labels.jsonl');
  await writeFile(
    labels,
    rows
      .slice(0, 4)
      .map((row) => JSON.stringify({ ...row, correct: !row.correct }))
      .join('\n'),
  );
  const json = JSON.parse((await juror(['agree', at.run, '--labels', labels, '--json'], at.home)).stdout);
  expect(json['answer-correctness'].counts).toMatchObject({ rows: 6, compared: 4 });
});

test('agree reads the words of a choice scale, and says when nothing can be compared, with --json as well', async () => {
  await using at = await judged();
  const ids = (await readFile(join(at.run, 'verdicts.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).sampleId);
  const labels = join(at.home, 'words.jsonl');
  const row = (id: string, label: string) => JSON.stringify({ id, prompt: 'p', response: 'r', label });
  await writeFile(labels, ids.map((id, index) => row(id, index % 2 ? 'correct' : 'incorrect')).join('\n'));
  const json = JSON.parse((await juror(['agree', at.run, '--labels', labels, '--json'], at.home)).stdout);
  expect(json['answer-correctness'].counts).toMatchObject({ rows: 6, compared: 6 });
  await writeFile(labels, row('another', 'correct'));
  for (const flags of [[], ['--json']]) {
    const none = await juror(['agree', at.run, '--labels', labels, ...flags], at.home);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('of 1 none can be compared');
  }
  for (const scale of [':5', '1:5:9', '5:1'])
    expect((await juror(['agree', at.run, '--scale', scale], at.home)).code).toBe(2);
});

test('agree refuses another rubric than the run has, and a folder that is no run', async () => {
  await using at = await judged();
  const rubric = await juror(['agree', at.run, '--rubric', 'answer-corectness'], at.home);
  expect({ code: rubric.code, message: rubric.stderr }).toMatchInlineSnapshot(`
    {
      "code": 2,
      "message": "juror: --rubric: expected one of answer-correctness, got 'answer-corectness', did you mean 'answer-correctness'?
    ",
    }
  `);
  const folder = await juror(['agree', at.home], at.home);
  expect({ code: folder.code, message: without(at.home, folder.stderr) }).toMatchInlineSnapshot(`
    {
      "code": 2,
      "message": "juror: FOLDER: expected a run folder, got one without manifest.json
    ",
    }
  `);
});

test('export writes the files of a run again, byte for byte, and verdicts in another format', async () => {
  await using at = await judged();
  const before = await readFile(join(at.run, 'verdicts.jsonl'), 'utf8');
  await writeFile(join(at.run, 'verdicts.jsonl'), 'lost');
  const { code, stdout } = await juror(['export', at.run], at.home);
  expect(code).toBe(0);
  expect(without(at.home, stdout)).toMatchInlineSnapshot(`
    "6 verdicts from 6 judgments
    FOLDER/run/verdicts.jsonl · judgments.jsonl · summary.json
    "
  `);
  expect(await readFile(join(at.run, 'verdicts.jsonl'), 'utf8')).toBe(before);
  const table = join(at.home, 'verdicts.csv');
  expect((await juror(['export', at.run, '--to', table], at.home)).stdout).toBe(`${table}\n`);
  const [heading, ...lines] = (await readFile(table, 'utf8')).trim().split('\n');
  expect(heading).toMatch(/sampleId/);
  expect(lines).toHaveLength(6);
});

test('models list and path need no model', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-cli-'));
  const list = await juror(['models'], home.path);
  expect(list.code).toBe(0);
  expect(list.stdout).toMatch(/^smollm2-135m \(default\) +98\.4 MB .* Apache-2\.0/m);
  const models = JSON.parse((await juror(['models', 'list', '--json'], home.path)).stdout);
  expect(models.every(({ installed }: { installed: boolean }) => !installed)).toBe(true);
  const path = await juror(['models', 'path', 'smollm2-135m'], home.path);
  expect(path.stdout.startsWith(home.path)).toBe(true);
  expect((await juror(['models', 'verify'], home.path)).stdout).toContain('No model is installed.');
  const unknown = await juror(['models', 'path', 'smollm-135m'], home.path);
  expect({ code: unknown.code, message: unknown.stderr }).toMatchInlineSnapshot(`
    {
      "code": 2,
      "message": "juror: expected a model of the catalogue (smollm2-135m, qwen2.5-coder-0.5b, qwen2.5-coder-1.5b, qwen3-4b, qwen3-8b, mistral-small-3.2-24b, qwen3-30b-a3b), the path of a .gguf file, hf:owner/repository/file.gguf or an https address, got "smollm-135m"; did you mean "smollm2-135m"?
    ",
    }
  `);
});
