import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recordEngine } from '../../src/engine/replay.ts';
import { sampleAnswers } from '../../src/preference/sample-answers.ts';
import { chatServer, completes } from '../support/chat-server.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { fakeWriter } from '../support/fake-writer.ts';
import { juror, without } from './juror.ts';

const prompts = [
  { id: 'one', prompt: 'Say one.', subset: 'words' },
  { id: 'two', prompt: 'Say two.' },
];

/** A folder with prompts, and a recording of what was written to them. */
async function prepared() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'juror-sample-'));
  const at = (name: string) => join(folder.path, name);
  await writeFile(at('prompts.jsonl'), prompts.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await writeFile(at('system.txt'), 'Be kind.\n');
  {
    const writer = fakeWriter(({ seed, temperature }) => (temperature === 0 ? 'calm' : `wild ${seed % 2}`));
    await using engine = await recordEngine({ ...fakeEngine(), ...writer }, at('recording.jsonl'));
    const options = { temperatures: [0, 1], samples: 3, maxTokens: 9, system: 'Be kind.' };
    for await (const _ of sampleAnswers([engine], prompts, options));
  }
  return {
    at,
    path: folder.path,
    sample: (...flags: string[]) =>
      juror(
        [
          ...['sample', at('prompts.jsonl'), '--replay', at('recording.jsonl'), '--out', at('out.jsonl')],
          ...['--temperature', '0,1', '--max-tokens', '9', '--system', at('system.txt'), ...flags],
        ],
        folder.path,
      ),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test('a row for each prompt; the same command again writes nothing; more samples find the first', async () => {
  await using given = await prepared();
  const few = await given.sample('--samples', '2');
  expect({ code: few.code, stderr: few.stderr }).toEqual({
    code: 0,
    stderr: expect.stringContaining('replayed'),
  });
  expect(without(given.path, few.stdout).replace(/in \d+ s/, 'in N s')).toMatchSnapshot();
  const file = await readFile(given.at('out.jsonl'), 'utf8');
  expect((await given.sample('--samples', '2')).stdout).toContain('0 answers made in 0 s · 6 found');
  expect(await readFile(given.at('out.jsonl'), 'utf8')).toBe(file);
  const more = await given.sample('--samples', '3', '--json', '--unique');
  expect(JSON.parse(more.stdout)).toMatchObject({
    prompts: 2,
    written: 2,
    found: 6,
    failed: 0,
    otherRows: 0,
  });
  const one = await given.sample('--samples', '3', '--limit', '1', '--quiet');
  expect(one.stdout).toContain('1 row of other prompts kept');
});

test('what was not written is told, and by the exit code; bad flags and files are told first', async () => {
  await using given = await prepared();
  const missing = await given.sample('--samples', '3', '--seed', '9');
  expect(missing.code).toBe(3);
  expect(missing.stderr).toContain('juror: one: writer: ');
  expect(missing.stdout).toContain('8 answers not written');
  expect((await given.sample('--samples', '4', '--tolerate', '0.3')).code).toBe(0);
  expect(await given.sample('--out', given.at('x.csv'))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--out: expected a .jsonl file'),
  });
  expect(await given.sample('--temperature', '0,-1')).toMatchObject({ code: 2 });
  expect(await given.sample('--system', given.at('none'))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--system: '),
  });
  await writeFile(given.at('diary.jsonl'), 'today\n');
  expect(await given.sample('--out', given.at('diary.jsonl'))).toMatchObject({ code: 2 });
  expect(await readFile(given.at('diary.jsonl'), 'utf8')).toBe('today\n');
  // A recording of a judge writes nothing.
  const judge = await juror(
    [
      'sample',
      given.at('prompts.jsonl'),
      '--replay',
      'fixtures/recordings/small-context.jsonl',
      '--out',
      given.at('y.jsonl'),
    ],
    given.path,
  );
  expect(judge).toMatchObject({ code: 2, stderr: expect.stringContaining('expected a model that writes') });
});

test('a remote model writes, and what it refuses is told', async () => {
  await using given = await prepared();
  await using server = await chatServer(
    completes('yes'),
    completes('Hello.'),
    completes('', { finish: 'content_filter' }),
  );
  const { code, stdout, stderr } = await juror(
    [
      ...['sample', given.at('prompts.jsonl'), '--model', 'openai:writer', '--base-url', server.baseUrl],
      ...['--out', given.at('remote.jsonl'), '--json'],
    ],
    given.path,
    { OPENAI_API_KEY: 'sk-test-0123456789' },
  );
  expect({ code, stderr }).toMatchObject({ stderr: expect.stringContaining('openai:writer') });
  expect([code, JSON.parse(stdout || '{}')]).toEqual([3, expect.objectContaining({ written: 1, failed: 1 })]);
});
