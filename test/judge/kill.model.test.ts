import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRandom } from '../../src/aggregate/random.ts';
import {
  countJudgments,
  type Ending,
  exportNames,
  hashExports,
  hashFiles,
  startJuror,
  tokensOf,
} from '../support/command.ts';
import { testModel } from '../support/model.ts';
import { childrenOf, until } from '../support/processes.ts';

const inRepository = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const pairs = 4;

let folder: string;
let data: string;
let model: string;
let quiet: string;

const at = (name: string) => join(folder, name);

function start(out: string, { data: input = data, rubric = 'better-answer' } = {}) {
  const args = [
    'judge',
    input,
    '--rubric',
    rubric,
    '--out',
    out,
    '--model',
    model,
    '--threads',
    '1',
    '--gpu',
    'off',
  ];
  return startJuror([...args, '--context', '2048', '--no-cache', '--json', '--pin'], {
    JUROR_HOME: at('home'),
  });
}

async function finish(out: string, options: Parameters<typeof start>[1] = {}): Promise<Ending> {
  const ending = await start(out, options).ended;
  expect(ending.code, ending.stderr).toBe(0);
  return ending;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'juror-kill-'));
  data = at('pairs.jsonl');
  const rows = readFileSync(inRepository('fixtures/chaos/pairs.jsonl'), 'utf8').split('\n').slice(0, pairs);
  writeFileSync(data, `${rows.join('\n')}\n`);
  model = (await testModel()).path;
  quiet = at('quiet');
  expect(tokensOf(await finish(quiet))).toMatchObject({ made: 2 * pairs, found: 0 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('killed at random moments and continued each time, a run exports the same bytes', async () => {
  const out = at('killed');
  const random = createRandom(1);
  let hits = 0;
  for (let kills = 0; kills < 4; kills++) {
    const running = start(out);
    // The first kill falls into the loading, the others somewhere in the next judgment or two.
    const wanted = kills === 0 ? 0 : (await countJudgments(out)) + 1;
    while (running.child.exitCode === null && (await countJudgments(out)) < wanted) await pause(20);
    await pause(random.uniform() * 400);
    // One of them is Ctrl-C.
    running.child.kill(kills === 2 ? 'SIGINT' : 'SIGKILL');
    const { signal, code } = await running.ended;
    if (signal === 'SIGKILL' || code === 130) hits++;
    else expect(code).toBe(0);
  }
  expect(hits).toBeGreaterThan(1);
  const before = await countJudgments(out);
  expect(before).toBeGreaterThan(0);
  expect(tokensOf(await finish(out))).toMatchObject({ made: 2 * pairs - before, found: before });
  expect(hashExports(out)).toEqual(hashExports(quiet));
});

test('killing only the child delays the run and changes nothing', async () => {
  const out = at('orphaned');
  const running = start(out);
  for (const wanted of [1, 3]) {
    await until(async () => (await countJudgments(out)) >= wanted);
    const [victim = 0] = childrenOf(running.child.pid ?? 0);
    process.kill(victim, 'SIGKILL');
  }
  const ending = await running.ended;
  expect(ending.code, ending.stderr).toBe(0);
  expect(ending.stderr.match(/was killed/g)).toHaveLength(2);
  expect(hashExports(out)).toEqual(hashExports(quiet));
});

test('the same command again evaluates no token and leaves every file as it is', async () => {
  const before = hashFiles(quiet);
  expect(Object.keys(before)).toEqual(expect.arrayContaining([...exportNames, 'journal.sqlite']));
  expect(tokensOf(await finish(quiet))).toMatchObject({ made: 0, found: 2 * pairs, evaluated: 0 });
  expect(hashFiles(quiet)).toEqual(before);
});

test('renamed data in another order is not judged again; one changed word of a rubric is', async () => {
  const rubric = at('better.yaml');
  const text = readFileSync(inRepository('rubrics/better-answer.yaml'), 'utf8');
  writeFileSync(rubric, text);
  const shuffled = at('other-name.jsonl');
  writeFileSync(shuffled, `${readFileSync(data, 'utf8').trim().split('\n').reverse().join('\n')}\n`);
  const out = at('moved');
  cpSync(quiet, out, { recursive: true });
  expect(tokensOf(await finish(out, { data: shuffled, rubric }))).toMatchObject({ made: 0, evaluated: 0 });
  expect(hashExports(out)).toEqual(hashExports(quiet));

  writeFileSync(rubric, text.replace('more exactly', 'more closely'));
  const one = at('one.jsonl');
  writeFileSync(one, readFileSync(data, 'utf8').split('\n')[0] ?? '');
  expect(tokensOf(await finish(out, { data: one, rubric }))).toMatchObject({ made: 2, found: 0 });
});
