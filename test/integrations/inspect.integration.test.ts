import { copyFile, mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readSamples } from '../../src/dataset.ts';
import { exportVerdictsAs } from '../../src/exchange/export.ts';
import { importSamples } from '../../src/exchange/import.ts';
import { openSampleBook } from '../../src/preference/sample-book.ts';
import { root } from '../cli/juror.ts';
import { collect } from '../dataset/files.ts';
import { judgedRun } from '../exchange/runs.ts';
import { inInspect, installInspect } from '../support/inspect.ts';

let installed: string;
beforeAll(async () => {
  installed = await installInspect();
});

test('Inspect scores the example by what juror said, and juror reads its log', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-inspect-'));
  const at = (name: string) => join(folder.path, name);
  for (const name of ['task.py', 'questions.jsonl'])
    await copyFile(join(root, 'examples/inspect', name), at(name));
  const data = at('questions.jsonl');
  await using run = await judgedRun(at('run'), readSamples(data), {
    rubric: 'answer-correctness',
    recording: 'examples/inspect/recording.jsonl',
  });
  await exportVerdictsAs(run, 'inspect', at('scores.jsonl'));
  const parameters = [
    '-T',
    `answers=${data}`,
    '-T',
    `scores=${at('scores.jsonl')}`,
    '--model',
    'none',
    '--display',
    'none',
  ];
  await inInspect(installed, 'inspect', ['eval', 'task.py', ...parameters, '--log-dir', 'logs'], folder.path);
  const [log = ''] = await readdir(at('logs'));
  expect(log).toMatch(/\.eval$/);
  const samples = await collect(importSamples('inspect', join(at('logs'), log)));
  const said = new Map(
    (await collect(importSamples('inspect', join(at('logs'), log)))).map((sample) => [sample.id, sample]),
  );
  expect([...said.keys()].sort()).toEqual(['capital', 'opposite', 'sum']);
  expect(
    samples.map((sample) => ('label' in sample ? [sample.id, sample.label, sample.reference] : [])),
  ).toMatchInlineSnapshot(`
    [
      [
        "capital",
        {
          "juror": 0.17759514745698035,
          "match": 1,
        },
        "Paris",
      ],
      [
        "sum",
        {
          "juror": 0.2146885249325327,
          "match": 0,
        },
        "56",
      ],
      [
        "opposite",
        {
          "juror": 0.2059197385822806,
          "match": 1,
        },
        "cold",
      ],
    ]
  `);

  // And the log that juror writes whole, which Inspect reads, packs and gives back.
  using book = await openSampleBook([data]);
  await exportVerdictsAs(run, 'inspect', at('log.json'), { book });
  const script = [
    'from inspect_ai.log import read_eval_log, write_eval_log',
    "log = read_eval_log('log.json')",
    "write_eval_log(log, 'log.eval')",
    "print(log.status, log.results.scores[0].metrics['mean'].value, log.results.scores[0].scored_samples)",
  ].join('\n');
  const printed = await inInspect(installed, 'python', ['-c', script], folder.path);
  expect(printed).toMatchInlineSnapshot(`
    "success 0.19940113699059792 3
    "
  `);
  const plain = await collect(importSamples('inspect', at('log.json')));
  const packed = await collect(importSamples('inspect', at('log.eval')));
  const known = (all: typeof plain) => all.map(({ metadata: _, ...rest }) => rest);
  expect(known(packed)).toEqual(known(plain));
  expect(plain.map((sample) => ('label' in sample ? sample.label : null))).toEqual(
    plain.map((sample) => (said.get(sample.id) as unknown as { label: { juror: number } }).label.juror),
  );
});
