/** Records for the tests of the store. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Judgment, Verdict } from '../../src/schema.ts';
import type { RunConfiguration } from '../../src/store/manifest.ts';
import type { PlanRow } from '../../src/store/store.ts';

export const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

const engine = {
  kind: 'replay',
  model: 'recorded',
  digest: sha256('model'),
  template: sha256('template'),
  settings: {},
} as const;
const rubric = { id: 'better-answer', version: '1', digest: sha256('rubric') };

export function judgmentOf(name: string | number, changes: Partial<Judgment> = {}): Judgment {
  return {
    key: sha256(String(name)),
    sampleId: `sample-${name}`,
    responseIds: ['a', 'b'],
    rubric,
    criterionId: 'overall',
    engine,
    seed: 1,
    sampleIndex: 0,
    critique: { text: `The critique of ${name}.`, finish: 'stop' },
    outcome: {
      status: 'scored',
      label: 'A',
      score: 0.1 + 0.2,
      distribution: { A: 0.30000000000000004, B: 0.7 },
    },
    usage: { prompt: 120, generated: 12 },
    protocol: 'logits',
    ...changes,
  };
}

export function planRowOf(name: string | number, changes: Partial<PlanRow> = {}): PlanRow {
  return {
    sampleId: `sample-${name}`,
    rubric,
    mode: 'pairwise',
    responseIds: ['a', 'b'],
    judgments: [{ key: sha256(String(name)), criterionId: 'overall', responseIds: ['a', 'b'] }],
    characters: [10, 20],
    cluster: 'cluster',
    ...changes,
  };
}

/** A verdict that shows which judgments it came from. */
export function verdictOf(row: PlanRow, judgments: readonly Judgment[]): Verdict {
  return {
    sampleId: row.sampleId,
    rubricId: row.rubric.id,
    mode: row.mode,
    responseIds: row.responseIds,
    score: 0.5,
    winner: judgments.map(({ sampleId, responseIds }) => `${sampleId}:${responseIds.join('>')}`).join(' '),
    probability: 0.5,
    standardError: null,
    perCriterion: {},
    perObjective: {},
    flipped: false,
    positionLean: 0,
    disagreement: null,
    unscored: [],
    ...(row.label === undefined ? {} : { label: row.label }),
    judgments: judgments.map(({ key }) => key),
  };
}

export const configuration: RunConfiguration = {
  engines: [{ ...engine }],
  rubrics: [
    {
      digest: rubric.digest,
      rubric: {
        id: rubric.id,
        version: rubric.version,
        mode: 'pairwise',
        description: 'Which answer is better.',
        prompt: 'pairwise',
        criteria: [
          {
            id: 'overall',
            description: 'The better answer.',
            scale: { kind: 'choice', choices: { A: 1, B: 0 } },
            weight: 1,
            objective: 'quality',
          },
        ],
        combine: { kind: 'weighted-mean' },
        reference: 'never',
      },
    },
  ],
  prompts: { pairwise: sha256('prompt') },
  seed: 1,
  critique: 'none',
  samples: 1,
  settings: { temperature: 0 },
};

/** A folder that is removed at the end of its scope. */
export async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'juror-store-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Every file of a folder, hidden ones too, with the hash of its bytes. */
export function hashesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder).sort();
  return Object.fromEntries(names.map((name) => [name, sha256(readFileSync(join(folder, name)))]));
}

/** The exports' bytes, without the journal. */
export function exportsOf(folder: string): Record<string, string> {
  const names = ['judgments.jsonl', 'manifest.json', 'summary.json', 'verdicts.jsonl'];
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
