import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recordEngine } from '../../src/engine/replay.ts';
import { implicitRewards } from '../../src/judge/implicit.ts';
import { createJudge } from '../../src/judge/judge.ts';
import { completeProtocol } from '../../src/judge/protocol.ts';
import { exportVerdicts, openJudgingRun } from '../../src/judge/run.ts';
import { loadRubric } from '../../src/rubric.ts';
import { ImplicitRewards, type Sample } from '../../src/schema.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { type FakePolicyOptions, fakePolicy } from '../support/fake-policy.ts';
import { juror, root, runNode, without } from './juror.ts';

const pairs: Sample[] = ['France', 'Spain', 'Italy', 'Peru'].map((country, index) => ({
  id: `pair-${index}`,
  prompt: `Name the capital of ${country}.`,
  responses: [
    { id: 'a', text: `It is the capital of ${country}.\nThat is all.` },
    { id: 'b', text: index === 3 ? 'Lima, and nothing but Lima' : 'A town' },
  ],
  label: index % 2 === 0 ? 'a' : 'b',
}));
const answers: Sample[] = pairs.flatMap(({ id, prompt, responses }) =>
  responses.map(({ text }, index) => ({
    id: `${id}-${index}`,
    prompt,
    responses: [{ id: 'response', text }],
    label: index,
  })),
);

/** A folder with data, and what both models said of all of it, on record. */
async function prepared(samples: readonly Sample[], reference: FakePolicyOptions = {}) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'juror-implicit-'));
  const at = (name: string) => join(folder.path, name);
  const data = at('data.jsonl');
  await writeFile(data, samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''));
  {
    await using own = await recordEngine(fakePolicy(), at('policy.jsonl'));
    await using other = await recordEngine(
      fakePolicy({ model: 'reference', ...reference }),
      at('reference.jsonl'),
    );
    if (reference.tokenizer) await Promise.all([own.tokenizer?.(), other.tokenizer?.()]);
    else for await (const _ of implicitRewards({ policy: own, reference: other }, samples));
  }
  const models = ['--model', 'policy', '--reference-model', 'reference'];
  const replays = ['--replay', at('policy.jsonl'), '--reference-replay', at('reference.jsonl')];
  return {
    at,
    path: folder.path,
    out: at('out.jsonl'),
    implicit: (...flags: string[]) =>
      juror(['implicit', data, ...models, ...replays, '--out', at('out.jsonl'), ...flags], folder.path),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

const readOut = async (file: string) =>
  (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => ImplicitRewards.parse(JSON.parse(line)));

test('pairs: a row for each, and the accuracy of every way beside a run’s verdicts', async () => {
  await using given = await prepared(pairs);
  {
    const rubric = await loadRubric('better-answer');
    const engine = fakeEngine();
    await using run = await openJudgingRun(given.at('run'), {
      engine,
      rubrics: [rubric],
      protocol: completeProtocol({}),
    });
    const judge = createJudge({ engine, rubrics: [rubric], store: run.store });
    for await (const _ of judge.judgeAll(pairs.slice(1)));
    await exportVerdicts(run);
  }
  const { code, stdout, stderr } = await given.implicit('--steps', 'lines', '--beside', given.at('run'));
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringContaining('policy, replayed over reference, replayed, β 0.1'),
  });
  expect(without(given.path, stdout).replace(/made in \d+ s/, 'made in N s')).toMatchInlineSnapshot(`
    "4 samples, 8 responses, all scored
    4 samples made in N s · 0 found · 55 tokens of responses

    3 pairs compared with labels; 1 without a verdict of the run are left out
    95 % intervals in brackets, clustered by prompt

                                             accuracy             less longer answer      ties  n
    implicit: sum                            33.3 % [6.1, 79.2]   0.0 %                      0  3
    implicit: per token                      33.3 % [6.1, 79.2]   0.0 %                      0  3
    implicit: steps, min                     66.7 % [20.8, 93.9]  33.3 % [0.0, 100.0]        0  3
    log-likelihood of the policy             66.7 % [20.8, 93.9]  33.3 % [-100.0, 100.0]     0  3
    log-likelihood of the policy, per token  66.7 % [20.8, 93.9]  33.3 % [0.0, 100.0]        0  3
    log-likelihood of the reference          66.7 % [20.8, 93.9]  33.3 % [-100.0, 100.0]     0  3
    judge: better-answer                     66.7 % [20.8, 93.9]  33.3 % [0.0, 100.0]        0  3
    longer answer                            33.3 % [6.1, 79.2]                              0  3
    first answer                             33.3 % [6.1, 79.2]   0.0 %                      0  3

    FOLDER/out.jsonl
    "
  `);
  const rows = await readOut(given.out);
  expect(rows.map(({ sampleId }) => sampleId)).toEqual(pairs.map(({ id }) => id));
  expect(rows[0]?.responses[0]).toMatchObject({ status: 'scored', responseId: 'a' });
});

test('the same command again reads nothing; half a line is mended; a file of something else stays as it is', async () => {
  await using given = await prepared(pairs);
  expect((await given.implicit()).code).toBe(0);
  const whole = await readFile(given.out, 'utf8');
  const lines = whole.split('\n');
  await writeFile(given.out, `${lines[2]}\n${lines[0]?.slice(0, 40)}`);
  const again = await given.implicit();
  expect(again.stdout).toContain('3 samples made');
  expect(again.stdout).toContain('1 found');
  expect(await readFile(given.out, 'utf8')).toBe(whole);
  await writeFile(given.out, 'a diary\n');
  const refused = await given.implicit();
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('out.jsonl:1: expected a line of implicit rewards, got something else');
  expect(await readFile(given.out, 'utf8')).toBe('a diary\n');
});

test('rows of other commands stay in the file after those of this one, and are told of', async () => {
  await using given = await prepared(pairs);
  const lines = async () => (await readFile(given.out, 'utf8')).trimEnd().split('\n');
  expect((await given.implicit()).code).toBe(0);
  const all = await lines();
  const few = await given.implicit('--limit', '1', '--quiet');
  expect(few).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('also holds 3 rows of other commands'),
  });
  expect(await lines()).toEqual(all);
  const steps = await given.implicit('--steps', 'lines', '--json');
  expect(JSON.parse(steps.stdout)).toMatchObject({ samples: 4, otherRows: 4 });
  expect((await lines()).slice(4)).toEqual(all);
  const both = await lines();
  expect((await given.implicit('--steps', 'lines')).stdout).toContain('4 found');
  expect(await lines()).toEqual(both);
  expect((await given.implicit()).stderr).toContain('also holds 4 rows of other commands');
  expect(await lines()).toEqual([...all, ...both.slice(0, 4)]);
});

test('without --out each pair of models, data and steps has a file of its own', async () => {
  await using given = await prepared(pairs);
  const models = ['--model', 'x/policy.gguf', '--reference-model', 'reference'];
  const [own, other] = [given.at('policy.jsonl'), given.at('reference.jsonl')];
  const fileOf = async (...flags: string[]) => {
    const parameters = [join(root, 'src/cli/main.ts'), 'implicit', 'data.jsonl', ...models, ...flags];
    const { stdout } = await runNode(parameters, given.path, {}, given.path);
    return stdout.trimEnd().split('\n').at(-1);
  };
  const usual = ['--replay', own, '--reference-replay', other];
  const first = await fileOf(...usual);
  expect(first).toMatch(/^\.juror\/implicit\/data\.policy-over-reference\.[0-9a-f]{12}\.jsonl$/);
  expect(await fileOf(...usual, '--limit', '2')).toBe(first);
  const others = [
    await fileOf(...usual, '--steps', 'lines'),
    await fileOf('--replay', other, '--reference-replay', own),
  ];
  expect(new Set([first, ...others]).size).toBe(3);
  expect(await readOut(given.at(first ?? ''))).toHaveLength(4);
});

test('single answers: AUC and the best of each prompt, as JSON; what does not fit is unscored and told by the exit code', async () => {
  await using given = await prepared(answers, { contextSize: 9 });
  const { code, stdout } = await given.implicit('--json', '--limit', '6', '--beta', '1');
  expect(code).toBe(3);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({
    policy: 'policy',
    reference: 'reference',
    beta: 1,
    samples: 6,
    responses: 6,
    unscored: 3,
    reasons: { context: 3 },
    pairs: { compared: 0, ways: [] },
    answers: { compared: 3, prompts: 3 },
  });
  expect((await given.implicit('--limit', '6', '--tolerate', '0.5')).code).toBe(0);
});

test('models that cut text differently are refused, and so is what no recording has', async () => {
  await using given = await prepared(pairs, { tokenizer: { name: 'letters', vocabulary: 'w' } });
  const { code, stderr, stdout } = await given.implicit();
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(
    "juror: reference model: expected the tokenizer of 'policy' (words, vvvvvvvvvvvv)",
  );
  const remote = await juror(
    ['implicit', 'x.jsonl', '--model', 'openai:gpt', '--reference-model', 'b'],
    given.path,
  );
  expect(remote.code).toBe(2);
  expect(remote.stderr).toContain('--model: expected a local model');
});
