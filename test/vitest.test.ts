/** vitest itself, started on the example: what is played, recorded, refused and said. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtempDisposable, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const config = join(root, 'test', 'vitest', 'fixtures', 'vitest.config.ts');

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { title: string; status: string; failureMessages: string[] }[];
  }[];
}

/** A copy of the example in a folder of its own, within the tree so that its imports are found. */
async function example() {
  await mkdir(join(root, '.juror'), { recursive: true });
  const made = await mkdtempDisposable(join(root, '.juror', 'vitest-'));
  await cp(join(root, 'examples', 'vitest'), made.path, { recursive: true });
  return made;
}

/** Run its tests; with CI set, as there. */
async function run(
  folder: string,
  environment: NodeJS.ProcessEnv = { CI: '1' },
  flags: readonly string[] = [],
) {
  const { CI: _, JUROR_RECORDINGS: __, VITEST: ___, ...inherited } = process.env;
  const report = join(folder, 'report.json');
  const parameters = [
    'run',
    ...flags,
    '--root',
    folder,
    '--config',
    config,
    '--reporter=json',
    `--outputFile=${report}`,
  ];
  await new Promise<void>((resolve) => {
    const env = { ...inherited, NO_COLOR: '1', ...environment };
    execFile(process.execPath, [vitest, ...parameters], { cwd: folder, env }, () => resolve());
  });
  const { testResults } = JSON.parse(await readFile(report, 'utf8')) as Report;
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  return new Map(
    results.map(({ title, status, failureMessages }) => [title, `${status} ${failureMessages.join()}`]),
  );
}

test('in CI, answers are judged from the recording, and a failed assertion says why', async () => {
  await using folder = await example();
  const results = await run(folder.path);
  expect(results.get('knows Australia')).toBe('passed ');
  expect(results.get('does not evade')).toBe('passed ');
  const [said] = (results.get('knows Canada') ?? '').split('\n    at ');
  expect(said).toMatchInlineSnapshot(`
    "failed Error: expected a score of at least 0.900 under answer-correctness, got 0.631

      answer-correctness  0.631  correct 0.63 · incorrect 0.37

      prompt     What is the capital of Canada?
      answer     The capital of Canada is Toronto.
      reference  Ottawa
      critique   The answer is not the same as the reference answer. The answer reaches the same final result as the reference answer, but it does not reach the same final result as the reference answer. The answer is not the same as the reference answer.
      judge      smollm2-135m

    To see more, look at judge.score(…): judgments has every critique and every label's probability."
  `);
});

test('in CI, what is not recorded is an error that names the command, and no model is asked', async () => {
  await using folder = await example();
  await rm(join(folder.path, '__recordings__'), { recursive: true });
  for (const said of (await run(folder.path, { CI: '1', JUROR_MODEL: 'no-such-model' })).values()) {
    expect(said).toMatch(
      /^failed JurorError: __recordings__\/capitals\.test\.ts\.jsonl: expected a recording, got none; make it with: JUROR_RECORDINGS=1 npx vitest run capitals\.test\.ts/,
    );
    // Of the frames, the test's line is what helps.
    expect(said).toMatch(/capitals\.test\.ts:\d+:\d+/);
    expect(said).not.toMatch(/src\/(judge|scoring|vitest)\//);
  }
});

test('elsewhere, what is recorded is played, and only a new question wants a model', async () => {
  await using folder = await example();
  const file = join(folder.path, 'capitals.test.ts');
  await writeFile(
    file,
    (await readFile(file, 'utf8')).replace("reference: 'Canberra'", "reference: 'Sydney'"),
  );
  const results = await run(folder.path, { JUROR_MODEL: 'no-such-model' });
  expect(results.get('knows Australia')).toMatch(/^failed JurorError: .*no-such-model/);
  expect(results.get('does not evade')).toBe('passed ');
});

test('--update makes the recording anew, and drops what is not asked only where every test has passed', async () => {
  await using folder = await example();
  const file = join(folder.path, 'capitals.test.ts');
  const source = (answers: readonly string[]) => `
    import { useJudge } from 'juror/vitest';
    import { expect, test } from 'vitest';
    import { fakeEngine } from '${join(root, 'test', 'support', 'fake-engine.ts')}';
    useJudge({ engine: fakeEngine(), recording: 'fake.jsonl' });
    ${answers.map((answer) => `test('${answer}', () => expect('${answer}').toScoreAtLeast(0, { prompt: 'x' }));`).join('\n')}
  `;
  const recorded = async () =>
    (await readFile(join(folder.path, 'fake.jsonl'), 'utf8')).trim().split('\n').length - 1;
  await writeFile(file, source(['one', 'two']));
  await run(folder.path, {});
  expect(await recorded()).toBe(2);
  await writeFile(file, source(['one', 'three']));
  await run(folder.path, {}, ['--update', '--testNamePattern=three']);
  expect(await recorded()).toBe(3);
  await run(folder.path, {}, ['--update']);
  expect(await recorded()).toBe(2);
  expect([...(await run(folder.path)).values()]).toEqual(['passed ', 'passed ']);
});

test('where a model may be asked, tests have time for it: with --update and without a recording, in CI as well', async () => {
  await using folder = await example();
  const source = (options: string) => `
    import { useJudge } from 'juror/vitest';
    import { expect, test } from 'vitest';
    import { fakeEngine } from '${join(root, 'test', 'support', 'fake-engine.ts')}';
    const slow = async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return fakeEngine();
    };
    useJudge({ engine: slow, ${options} });
    test('waits', () => expect('one').toScoreAtLeast(0, { prompt: 'x' }));
  `;
  const waited = async (options: string, ...flags: string[]) => {
    await writeFile(join(folder.path, 'capitals.test.ts'), source(options));
    return (await run(folder.path, { CI: '1' }, ['--testTimeout=100', ...flags])).get('waits');
  };
  expect(await waited("recording: 'slow.jsonl'", '--update')).toBe('passed ');
  expect(await waited('recording: false')).toBe('passed ');
  expect(await waited('recording: false, timeout: 100')).toMatch(/^failed .*timed out/);
});
