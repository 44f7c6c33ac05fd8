/**
 * Record what the tests and examples play back: `npm run record`, after every change of a prompt, a rubric or the engine.
 * Runs the embedded model on one thread; takes about five minutes on an idle core.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'juror-record-'));
const source = ['--import', './test/support/source.ts'];
const judge = ['src/cli/main.ts', 'judge', '--no-cache', '--threads', '1', '--gpu', 'off'];

const guide = [
  'src/cli/main.ts',
  'guide',
  'fixtures/demo/answers.jsonl',
  '--no-cache',
  '--threads',
  '1',
  '--gpu',
  'off',
];

// The files that the guide to a gate in CI has its reader write: as they are first, and as they are in the end.
const page = readFileSync(join(root, 'docs/guides/ci-gate.md'), 'utf8');
for (const { groups } of page.matchAll(/^```\w+ file=(?<file>\S+)\n(?<content>[\s\S]*?)^```$/gm)) {
  const { file = '', content = '' } = groups ?? {};
  for (const stage of ['first', 'last']) {
    const path = join(folder, stage, file);
    mkdirSync(dirname(path), { recursive: true });
    if (stage === 'last' || !existsSync(path)) writeFileSync(path, content);
  }
}

/** The judge's runs and the examples, by recording. */
const recordings = {
  'smollm2-135m': [
    [
      ...judge,
      'fixtures/demo/pairs.jsonl',
      '--rubric',
      'better-answer',
      '--critique',
      'brief',
      '--out',
      join(folder, 'pairs'),
    ],
    [
      ...judge,
      'fixtures/demo/answers.jsonl',
      '--rubric',
      'answer-correctness',
      '--out',
      join(folder, 'answers'),
    ],
    [
      'src/cli/main.ts',
      'implicit',
      'fixtures/demo/pairs.jsonl',
      '--model',
      'smollm2-135m',
      '--reference-model',
      'smollm2-135m',
      '--limit',
      '6',
      '--threads',
      '1',
      '--gpu',
      'off',
      '--out',
      join(folder, 'rewards.jsonl'),
    ],
    [...judge, 'fixtures/agree/votes.jsonl', '--rubric', 'better-answer', '--out', join(folder, 'votes')],
    [
      ...judge,
      'fixtures/agree/votes.jsonl',
      '--rubric',
      'better-answer',
      '--critique',
      'brief',
      '--out',
      join(folder, 'votes-brief'),
    ],
    [...source, 'examples/judge-pair.ts'],
    [...source, 'examples/custom-rubric.ts'],
    [
      ...judge,
      'fixtures/demo/pairs.jsonl',
      '--rubric',
      'helpfulness',
      '--rubric',
      'honesty',
      '--rubric',
      'safety-and-helpfulness',
      '--out',
      join(folder, 'objectives'),
    ],
    [
      'src/cli/main.ts',
      'synth',
      'fixtures/demo/pairs.jsonl',
      '--operators',
      'drop-sentences,swap-number,other-answer,refusal,pad',
      '--per-answer',
      '2',
      '--balance-length',
      '--limit',
      '10',
      '--out',
      join(folder, 'probe.jsonl'),
    ],
    [...judge, join(folder, 'probe.jsonl'), '--rubric', 'better-answer', '--out', join(folder, 'probe')],
    [
      'src/cli/main.ts',
      'sample',
      'fixtures/demo/pairs.jsonl',
      '--limit',
      '2',
      '--temperature',
      '0,1',
      '--samples',
      '2',
      '--max-tokens',
      '32',
      '--threads',
      '1',
      '--gpu',
      'off',
      '--out',
      join(folder, 'written.jsonl'),
    ],
    // Gates against a baseline are left out: there is none here.
    ...['first', 'last'].map((stage) => [
      'src/cli/main.ts',
      'suite',
      join(folder, stage, 'judge/suite.yaml'),
      '--filter',
      'gate=helpful',
      '--no-cache',
      '--out',
      join(folder, `gate-${stage}`),
    ]),
  ],
  // What the page about guided writing shows.
  guide: [
    [
      ...guide,
      '--rubric',
      'helpfulness',
      '--limit',
      '4',
      '--n',
      '4',
      '--max-tokens',
      '80',
      '--out',
      join(folder, 'best-of.jsonl'),
    ],
    [
      ...guide,
      '--rubric',
      'step-correctness',
      '--strategy',
      'beam',
      '--limit',
      '1',
      '--max-steps',
      '3',
      '--step-tokens',
      '48',
      '--out',
      join(folder, 'beam.jsonl'),
    ],
  ],
  // Hidden states, for the guide about preference data: a head on the verdicts of the first recording.
  train: [
    [
      'src/cli/main.ts',
      'prefs',
      join(folder, 'pairs'),
      '--data',
      'fixtures/demo/pairs.jsonl',
      '--out',
      join(folder, 'prefs.jsonl'),
    ],
    [
      'src/cli/main.ts',
      'train',
      join(folder, 'prefs.jsonl'),
      '--holdout',
      '0.3',
      '--threads',
      '1',
      '--gpu',
      'off',
      '--out',
      join(folder, 'head'),
    ],
  ],
  // The example suite.
  suite: [
    ['src/cli/main.ts', 'suite', 'examples/suite/suite.yaml', '--no-cache', '--out', join(folder, 'suite')],
  ],
  // Nothing fits 256 tokens: unscored judgments, on record.
  'small-context': [
    [
      ...judge,
      'fixtures/demo/pairs.jsonl',
      '--rubric',
      'better-answer',
      '--limit',
      '2',
      '--context',
      '256',
      '--out',
      join(folder, 'small'),
    ],
  ],
} as const;

try {
  for (const [name, programs] of Object.entries(recordings)) {
    const file = join(root, 'fixtures', 'recordings', `${name}.jsonl`);
    rmSync(file, { force: true });
    for (const program of programs) {
      console.log(`recording ${name}: ${program.filter((part) => !part.startsWith(folder)).join(' ')}`);
      const { status } = spawnSync(process.execPath, [...program], {
        cwd: root,
        stdio: 'inherit',
        env: { ...process.env, JUROR_RECORD: file },
      });
      // 3: unscored judgments are what the small context is recorded for.
      if (status !== 0 && !(name === 'small-context' && status === 3))
        throw new Error(`${program.join(' ')} ended with ${status}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
