/** `--model provider:model`, against a server on this machine. */
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chatServer, completes, fails } from '../support/chat-server.ts';
import { juror } from './juror.ts';

const key = 'sk-test-0123456789abcdefghijklmnop';
const judge = ['judge', 'fixtures/demo/pairs.jsonl', '--rubric', 'better-answer', '--limit', '2', '--quiet'];

test('a remote model judges a file, and a second run sends nothing but the first request', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-remote-'));
  await using server = await chatServer(completes([{ token: ' A', top: { ' A': 0.6, ' B': 0.2 } }]));
  const environment = { OPENAI_API_KEY: key, JUROR_BASE_URL: server.baseUrl, JUROR_MODEL: 'openai:judge-1' };
  const out = join(home.path, 'run');
  const { code, stdout, stderr } = await juror([...judge, '--out', out], home.path, environment);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toContain('4 judgments made');
  expect(server.requests).toHaveLength(1 + 4);
  expect(server.requests[1]?.authorization).toBe(`Bearer ${key}`);
  const judgments = (await readFile(join(out, 'judgments.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(judgments[0]).toMatchObject({
    protocol: 'top-logprobs',
    engine: { kind: 'langchain', model: 'openai:judge-1', settings: { baseUrl: server.baseUrl } },
    outcome: {
      status: 'scored',
      label: 'A',
      distribution: { A: expect.closeTo(0.75, 9), B: expect.closeTo(0.25, 9) },
    },
  });
  expect(JSON.stringify([stdout, stderr, judgments])).not.toContain(key);
  expect((await juror([...judge, '--out', out], home.path, environment)).code).toBe(0);
  expect(server.requests).toHaveLength(2 + 4);
});

test('a refused key, a missing key and an address without a provider end with 2 and say what is expected', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-remote-'));
  await using server = await chatServer(fails(401, { message: `Incorrect API key provided: ${key}` }));
  const refused = async (parameters: readonly string[], environment: Record<string, string>) => {
    const { code, stdout, stderr } = await juror(
      [...judge, '--out', join(home.path, 'run'), ...parameters],
      home.path,
      environment,
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toContain(key);
    return stderr;
  };
  const remote = ['--model', 'openai:judge-1'];
  expect(await refused([...remote, '--base-url', server.baseUrl], { OPENAI_API_KEY: key })).toContain(
    'the key in OPENAI_API_KEY was refused',
  );
  expect(await refused(remote, { OPENAI_API_KEY: '', OPENAI_BASE_URL: '' })).toContain(
    "expected a key for 'openai' in OPENAI_API_KEY",
  );
  expect(await refused(['--model', 'opena:judge-1', '--base-url', server.baseUrl], {})).toContain(
    '--base-url: expected a model named provider:model',
  );
});
