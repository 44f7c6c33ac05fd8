import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { expect, test } from 'vitest';
import { addOutputFlags, writeOutputs } from '../../src/cli/suite-outputs.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import type { SuiteResult } from '../../src/schema.ts';
import { junitXml } from '../../src/suite/output-junit.ts';
import { suiteMarkdown } from '../../src/suite/output-markdown.ts';
import { logServer } from '../support/log-server.ts';
import { suiteResult } from '../support/suite-result.ts';
import { judgedRun } from '../support/suite-run.ts';
import { juror } from './juror.ts';

/** A terminal that keeps what it is told. */
function recorded() {
  const said = { printed: [] as string[], notes: [] as string[], warnings: [] as string[] };
  const terminal: Terminal = {
    quiet: false,
    width: 100,
    print: (text) => void said.printed.push(text),
    note: (text) => void said.notes.push(text),
    warn: (text) => void said.warnings.push(text),
    progress: () => ({ update() {}, stop() {} }),
    style: (_format, text) => text,
  };
  return { said, terminal };
}

const home = () => mkdtempDisposable(join(tmpdir(), 'juror-outputs-'));

/** A suite whose one run is really there. */
async function judgedSuite(folder: string): Promise<SuiteResult> {
  await judgedRun(folder, 'answers', {
    rubrics: ['helpfulness'],
    samples: Array.from({ length: 3 }, (_, index) => ({
      id: `s${index}`,
      prompt: `Name colour ${index}.`,
      responses: [{ id: 'response', text: 'Blue.' }],
    })),
  });
  const result = suiteResult('failed');
  return { ...result, runs: result.runs.slice(0, 1).map((run) => ({ ...run, folder: 'answers' })) };
}

test('every output that the flags ask for, from one result', async () => {
  await using folder = await home();
  await using server = await logServer();
  const at = (name: string) => join(folder.path, name);
  const result = await judgedSuite(folder.path);
  const flags = addOutputFlags(new Command())
    .parse(
      [
        '--junit',
        at('j.xml'),
        '--markdown',
        at('s.md'),
        '--figures',
        at('f.csv'),
        '--csv',
        at('v.csv'),
        '--jsonl',
        at('v.jsonl'),
        '--telemetry',
        server.url,
        '--github',
      ],
      { from: 'user' },
    )
    .opts();
  const { said, terminal } = recorded();
  await writeFile(at('step'), 'before\n');
  await writeOutputs(result, folder.path, flags, terminal, {
    file: 'suite.yaml',
    environment: { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: at('step') },
  });
  const text = (name: string) => readFile(at(name), 'utf8');
  expect(await text('j.xml')).toBe(junitXml(result));
  expect(await text('s.md')).toBe(suiteMarkdown(result));
  expect(await text('step')).toBe(`before\n${suiteMarkdown(result)}\n`);
  expect((await text('f.csv')).split('\r\n')).toHaveLength(18);
  expect((await text('v.csv')).split('\r\n')).toHaveLength(5);
  expect((await text('v.jsonl')).split('\n')).toHaveLength(4);
  expect(said.printed).toHaveLength(1);
  expect(said.printed[0]).toMatch(/^suite support-bot failed/);
  expect(said.warnings.every((line) => line.startsWith('::error file=suite.yaml,'))).toBe(true);
  expect(said.warnings).toHaveLength(4);
  const names = ['j.xml', 's.md', 'f.csv', 'v.csv', 'v.jsonl'].map(at).join(', ');
  const events = server.events().length;
  expect(said.notes).toEqual([`sent ${events} events`, `wrote ${names}`]);
  expect(events % 3).toBe(0);
});

test('stdout has one thing: the summary, the result or the page', async () => {
  const printed = async (flags: Parameters<typeof writeOutputs>[2]) => {
    const { said, terminal } = recorded();
    await writeOutputs(suiteResult('passed'), '/nowhere', flags, terminal, { environment: {} });
    expect(said.warnings).toEqual([]);
    return said.printed.join('\n');
  };
  expect(JSON.parse(await printed({ json: true }))).toEqual(suiteResult('passed'));
  expect(`${await printed({ markdown: '-' })}\n`).toBe(suiteMarkdown(suiteResult('passed')));
  expect(await printed({ github: true })).toMatch(/^suite support-bot passed/);
  await expect(printed({ json: true, markdown: '-' })).rejects.toThrow('--markdown: expected a file');
  await expect(printed({ captureContent: true })).rejects.toThrow('--capture-content: expected --telemetry');
});

test('telemetry that is down or partly refused is told and changes nothing else', async () => {
  await using folder = await home();
  const result = await judgedSuite(folder.path);
  const { said, terminal } = recorded();
  await using refusing = await logServer(() => ({ status: 400 }));
  const environment = { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'yes' };
  await writeOutputs(result, folder.path, { telemetry: refusing.url }, terminal, { environment });
  expect(said.printed).toHaveLength(1);
  expect(said.warnings).toEqual([
    expect.stringContaining(
      "expected NO_CONTENT, SPAN_ONLY, EVENT_ONLY or SPAN_AND_EVENT, got 'yes'; nothing is captured",
    ),
    expect.stringMatching(/^juror: telemetry: sent 0 events, then no more: /),
  ]);

  const other = recorded();
  await using partly = await logServer(() => ({
    status: 200,
    body: '{"partialSuccess":{"rejectedLogRecords":2,"errorMessage":"too old"}}',
  }));
  await writeOutputs(result, folder.path, { telemetry: partly.url }, other.terminal, { environment: {} });
  expect(other.said.warnings).toEqual([expect.stringContaining('too old')]);
});

test('juror export writes and sends the verdicts of a plain run', async () => {
  await using folder = await home();
  await using server = await logServer();
  const at = (name: string) => join(folder.path, name);
  await judgedSuite(folder.path);
  const ended = await juror(
    ['export', at('answers'), '--csv', at('v.csv'), '--jsonl', at('v.jsonl'), '--telemetry', server.url],
    at('home'),
  );
  expect(ended).toMatchObject({ code: 0, stdout: `${at('v.csv')}\n${at('v.jsonl')}\n` });
  expect(ended.stderr).toMatch(/^sent \d+ events$/m);
  expect((await readFile(at('v.csv'), 'utf8')).split('\r\n')[1]).toMatch(
    /^,,,helpfulness,pointwise,s0,response,,0\./,
  );
  expect(JSON.parse((await readFile(at('v.jsonl'), 'utf8')).split('\n')[0] ?? '')).not.toHaveProperty(
    'suite',
  );
  expect(server.events().length % 3).toBe(0);
});
