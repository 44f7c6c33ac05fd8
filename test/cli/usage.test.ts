import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { juror, recordings, without } from './juror.ts';

const data = 'fixtures/demo/pairs.jsonl';

/** Exit code 2, nothing on stdout; gives the message. */
async function refused(parameters: readonly string[], environment?: Record<string, string>): Promise<string> {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-cli-'));
  const settings = { JUROR_OUT: join(home.path, 'run'), ...environment };
  const { code, stdout, stderr } = await juror(parameters, home.path, settings);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  return without(home.path, stderr).trim();
}

test('an unknown rubric names the nearest one', async () => {
  expect(await refused(['judge', data, '--rubric', 'beter-answer'])).toMatchInlineSnapshot(
    `"juror: unknown rubric 'beter-answer', did you mean 'better-answer'? expected one of answer-correctness, better-answer, correctness, faithfulness, harmlessness, helpfulness, honesty, instruction-following, outcome-correctness, safety-and-helpfulness, step-correctness, summary-quality, writing-quality, or a .yaml, .yml or .json file"`,
  );
});

test('an unknown flag and an unknown verb name the nearest one', async () => {
  expect(await refused(['judge', data, '--rubrik', 'better-answer'])).toMatchInlineSnapshot(`
    "error: required option '--rubric <id>' not specified
    (run with --help for the flags)"
  `);
  expect(await refused(['juge', data])).toMatchInlineSnapshot(`
    "error: unknown command 'juge'
    (Did you mean judge?)
    (run with --help for the flags)"
  `);
});

test('values out of range, missing arguments and files that are not there are refused before any model is loaded', async () => {
  expect(await refused(['judge', data, '--rubric', 'better-answer', '--limit', '-1'])).toMatchInlineSnapshot(`
    "error: option '--limit <n>' argument '-1' is invalid. expected a whole number of 0 or more, got '-1'
    (run with --help for the flags)"
  `);
  expect(
    await refused(['judge', data, '--rubric', 'better-answer', '--critique', 'long']),
  ).toMatchInlineSnapshot(`
    "error: option '--critique <mode>' argument 'long' is invalid. Allowed choices are none, brief, full, after.
    (run with --help for the flags)"
  `);
  expect(await refused(['judge', data])).toMatchInlineSnapshot(`
    "error: required option '--rubric <id>' not specified
    (run with --help for the flags)"
  `);
  expect(
    await refused(['judge', data], { JUROR_RUBRIC: 'better-answer', JUROR_SEED: 'x' }),
  ).toMatchInlineSnapshot(`
    "error: option '--seed <n>' value 'x' from env 'JUROR_SEED' is invalid. expected a whole number of 0 or more, got 'x'
    (run with --help for the flags)"
  `);
  expect(await refused(['judge', 'nowhere.jsonl', '--rubric', 'better-answer'])).toMatchInlineSnapshot(
    `"juror: nowhere.jsonl: expected a usable file, got none at this path"`,
  );
  expect(await refused(['judge', data, '--rubric', 'better-answer', '--samples', '3'])).toMatchInlineSnapshot(
    `"juror: samples: expected 1 with critique 'none', where every sample would be the same, got 3"`,
  );
});

test('a typo in a rubric file names file, line, field and the nearest legal name', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-rubric-'));
  const file = join(folder.path, 'mine.yaml');
  await writeFile(
    file,
    'id: mine\nversion: "1"\nmode: pointwise\ndescription: Judge.\nprompt: pointwise\ncriteria:\n  - id: one\n    descripton: Good?\n    scale: { kind: integer, min: 1, max: 3 }\n',
  );
  expect(without(folder.path, await refused(['judge', data, '--rubric', file]))).toMatchInlineSnapshot(
    `"juror: FOLDER/mine.yaml:8: criteria.0.descripton: unknown field 'descripton', did you mean 'description'?"`,
  );
});

test('an unknown model names the nearest one', async () => {
  expect(
    await refused(['judge', data, '--rubric', 'better-answer', '--model', 'smollm2-135']),
  ).toMatchInlineSnapshot(
    `"juror: expected a model of the catalogue (smollm2-135m, qwen2.5-coder-0.5b, qwen2.5-coder-1.5b, qwen3-4b, qwen3-8b, mistral-small-3.2-24b, qwen3-30b-a3b), the path of a .gguf file, hf:owner/repository/file.gguf or an https address, got "smollm2-135"; did you mean "smollm2-135m"?"`,
  );
});

test('a recording that lacks a deliberation is an error, not an invention', async () => {
  const message = await refused([
    'judge',
    data,
    '--rubric',
    'better-answer',
    '--critique',
    'full',
    '--replay',
    recordings.full,
    '--quiet',
  ]);
  expect(message).toContain(recordings.full);
  expect(message).toContain('the recording has no such deliberation; record it again');
});

test('--version and --help end with 0', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-cli-'));
  const version = await juror(['--version'], home.path);
  expect(version.code).toBe(0);
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const help = await juror(['--help'], home.path);
  expect(help.code).toBe(0);
  for (const verb of ['judge', 'agree', 'export', 'models', 'doctor'])
    expect(help.stdout).toContain(`  ${verb} `);
});
