import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Judgment } from '../../src/schema.ts';
import { exportRun, readPlan, type Summary } from '../../src/store/export.ts';
import type { RunConfiguration } from '../../src/store/manifest.ts';
import { openRun, readRun, runFiles } from '../../src/store/run.ts';
import type { PlanRow } from '../../src/store/store.ts';
import { startInserter } from './processes.ts';
import {
  collect,
  configuration,
  exportsOf,
  hashesOf,
  judgmentOf,
  planRowOf,
  sha256,
  temporaryFolder,
  verdictOf,
} from './records.ts';

/** Lists what it is told, so that an order would show. */
function listing(): Summary {
  const samples: string[] = [];
  return { add: ({ sampleId }) => void samples.push(sampleId), finish: (counts) => ({ ...counts, samples }) };
}

async function finish(folder: string, rows: readonly PlanRow[], judgments: readonly Judgment[]) {
  await using run = await openRun(folder, configuration);
  await run.store.insertPlan(rows);
  await run.store.insert(judgments);
  return await exportRun(run, { derive: verdictOf, summary: listing() });
}

const linesOf = (folder: string, name: keyof typeof runFiles) =>
  readFileSync(join(folder, runFiles[name]), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

test('a run ends as manifest, journal and sorted exports; the same again changes no byte of any file', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'new', 'run');
  const names = ['b', 'a', 'c'];
  const counts = await finish(
    path,
    names.map((name) => planRowOf(name)),
    names.map((name) => judgmentOf(name)),
  );
  expect(counts).toEqual({ judgments: 3, verdicts: 3, pending: 0 });
  expect(linesOf(path, 'judgments').map(({ key }) => key)).toEqual(names.map(sha256).sort());
  expect(linesOf(path, 'verdicts').map(({ sampleId }) => sampleId)).toEqual([
    'sample-a',
    'sample-b',
    'sample-c',
  ]);
  const manifest = JSON.parse(readFileSync(join(path, runFiles.manifest), 'utf8'));
  expect(manifest).toMatchObject({ schemaVersion: 1, configuration, counts });
  expect(manifest.juror).toMatch(/^\d+\.\d+\.\d+/);

  const before = hashesOf(path);
  await finish(
    path,
    names.toReversed().map((name) => planRowOf(name)),
    names.map((name) => judgmentOf(name)),
  );
  await (await openRun(path))[Symbol.asyncDispose]();
  await (await readRun(path))[Symbol.asyncDispose]();
  expect(hashesOf(path)).toEqual(before);
});

test('exports depend on the plan and the judgments, not on the order or the interruptions of the work', async () => {
  await using folder = await temporaryFolder();
  // Samples 0 to 3 share one judgment: whoever makes it first must not show.
  const rows = Array.from({ length: 12 }, (_, index) =>
    index < 4
      ? planRowOf(index, {
          responseIds: [`x${index}`, `y${index}`],
          judgments: [
            { key: sha256('shared'), criterionId: 'overall', responseIds: [`y${index}`, `x${index}`] },
          ],
        })
      : planRowOf(index),
  );
  const made = (row: PlanRow): Judgment => {
    const [use] = row.judgments;
    return judgmentOf('', { ...use, sampleId: row.sampleId });
  };
  const reference = join(folder.path, 'reference');
  expect(await finish(reference, rows, rows.map(made))).toEqual({ judgments: 9, verdicts: 12, pending: 0 });
  let count = 0;
  const order = fc.shuffledSubarray(rows, { minLength: rows.length, maxLength: rows.length });
  await fc.assert(
    fc.asyncProperty(order, fc.integer({ min: 1, max: 12 }), async (shuffled, step) => {
      const path = join(folder.path, `order-${count++}`);
      for (let start = 0; start < shuffled.length; start += step) {
        await using run = await openRun(path, configuration);
        for (const row of shuffled.slice(start, start + step)) {
          await run.store.insertPlan([row]);
          await run.store.insert([made(row)]);
        }
        if (step % 3 === 0) await exportRun(run, { derive: verdictOf });
      }
      await finish(path, shuffled, []);
      expect(exportsOf(path)).toEqual(exportsOf(reference));
    }),
    { numRuns: 12 },
  );
});

test('a verdict is derived under the names of its own sample, in the order of its row', async () => {
  await using folder = await temporaryFolder();
  const key = sha256('same text twice');
  const row = planRowOf('twin', {
    judgments: [
      { key, criterionId: 'overall', responseIds: ['a', 'b'] },
      { key, criterionId: 'overall', responseIds: ['b', 'a'] },
    ],
  });
  await finish(
    folder.path,
    [row],
    [judgmentOf('same text twice', { sampleId: 'other', responseIds: ['p', 'q'] })],
  );
  expect(linesOf(folder.path, 'verdicts')[0]).toMatchObject({
    winner: 'sample-twin:a>b sample-twin:b>a',
    judgments: [key, key],
  });
  expect(linesOf(folder.path, 'judgments')).toHaveLength(1);
});

test('rows that lack a judgment are counted as pending and have no verdict', async () => {
  await using folder = await temporaryFolder();
  const counts = await finish(
    folder.path,
    [planRowOf(1), planRowOf(2)],
    [judgmentOf(2), judgmentOf('unplanned')],
  );
  expect(counts).toEqual({ judgments: 1, verdicts: 1, pending: 1 });
  await using run = await readRun(folder.path);
  const plan = await collect(readPlan(run));
  expect(plan.map(({ judgments }) => judgments?.length ?? null)).toEqual([null, 1]);
  expect(await run.store.pending()).toBe(1);
});

test('other data joins a folder; another configuration begins its plan anew, names the field and keeps every judgment', async () => {
  await using folder = await temporaryFolder();
  await finish(folder.path, [planRowOf(1)], [judgmentOf(1)]);
  expect(await finish(folder.path, [planRowOf(2)], [judgmentOf(2)])).toEqual({
    judgments: 2,
    verdicts: 2,
    pending: 0,
  });
  const [engine] = configuration.engines;
  const [rubric] = configuration.rubrics;
  if (!engine || !rubric) throw new Error('expected an engine and a rubric');
  const others: [string, Partial<RunConfiguration>][] = [
    ['seed', { seed: 2 }],
    ['critique', { critique: 'full' }],
    ['engines.0.digest', { engines: [{ ...engine, digest: sha256('other') }] }],
    ['engines.0.settings.numerics', { engines: [{ ...engine, settings: { numerics: 'fast' } }] }],
    ['rubrics.1', { rubrics: [rubric, rubric] }],
    [
      'rubrics.0.rubric.description',
      { rubrics: [{ ...rubric, rubric: { ...rubric.rubric, description: 'Else.' } }] },
    ],
    ['settings.temperature', { settings: {} }],
    ['prompts.pointwise', { prompts: { ...configuration.prompts, pointwise: sha256('p') } }],
  ];
  for (const [field, changes] of others) {
    await using run = await openRun(folder.path, { ...configuration, ...changes });
    expect(run.changedField).toBe(field);
    expect(await collect(run.store.plan())).toEqual([]);
    expect(await run.store.count()).toBe(2);
    await run[Symbol.asyncDispose]();
    await using back = await openRun(folder.path, configuration);
    expect(back.changedField).toBe(field);
  }
  expect(await finish(folder.path, [planRowOf(1)], [])).toEqual({ judgments: 1, verdicts: 1, pending: 0 });
});

test('a folder has one writer; the error names the process that holds it', async () => {
  await using folder = await temporaryFolder();
  const inUse = (id: number | undefined) => ({
    code: 'store',
    message: expect.stringContaining(`in use by process ${id} on `),
  });
  {
    await using _run = await openRun(folder.path, configuration);
    await expect(openRun(folder.path)).rejects.toMatchObject(inUse(process.pid));
    await using reader = await readRun(folder.path);
    await expect(exportRun(reader, { derive: verdictOf })).rejects.toMatchObject(inUse(process.pid));
  }
  await (await openRun(folder.path))[Symbol.asyncDispose]();

  const holder = startInserter(folder.path, 0, 0, 'hold');
  await holder.opened;
  expect(holder.lines).toEqual(['open']);
  await expect(openRun(folder.path, configuration)).rejects.toMatchObject(inUse(holder.child.pid));
  holder.child.kill('SIGKILL');
  await using run = await openRun(folder.path, configuration);
  await holder.ended;
  expect(await run.store.count()).toBe(0);
  expect(readFileSync(join(folder.path, '.lock.pid'), 'utf8')).toContain(`process ${process.pid} `);
});

test('reading a run shows what is there while another process writes, and exports when none does', async () => {
  await using folder = await temporaryFolder();
  const run = await openRun(folder.path, configuration);
  await run.store.insertPlan([planRowOf(1)]);
  await run.store.insert([judgmentOf(1)]);
  await using reader = await readRun(folder.path);
  expect(reader.manifest.configuration).toEqual(configuration);
  expect(await collect(reader.store.judgments())).toEqual([judgmentOf(1)]);
  await expect(reader.store.insert([judgmentOf(2)])).rejects.toMatchObject({ code: 'store' });
  await run[Symbol.asyncDispose]();
  expect(await exportRun(reader, { derive: verdictOf })).toEqual({ judgments: 1, verdicts: 1, pending: 0 });
  expect(readdirSync(folder.path)).not.toContain('.lock.pid');
});

test('a failing derivation leaves the old exports whole and no temporary file', async () => {
  await using folder = await temporaryFolder();
  await finish(folder.path, [planRowOf(1)], [judgmentOf(1)]);
  const before = exportsOf(folder.path);
  await using run = await openRun(folder.path, configuration);
  await run.store.insertPlan([planRowOf(2)]);
  await run.store.insert([judgmentOf(2)]);
  const refuse = () => {
    throw new Error('no verdict');
  };
  await expect(exportRun(run, { derive: refuse })).rejects.toThrow('no verdict');
  const misnamed = (row: PlanRow, judgments: readonly Judgment[]) => ({
    ...verdictOf(row, judgments),
    sampleId: 'other',
  });
  await expect(exportRun(run, { derive: misnamed })).rejects.toMatchObject({ code: 'store' });
  const shapeless = (row: PlanRow, judgments: readonly Judgment[]) => ({
    ...verdictOf(row, judgments),
    score: Number.NaN,
  });
  await expect(exportRun(run, { derive: shapeless })).rejects.toMatchObject({
    code: 'store',
    place: { field: 'score' },
  });
  expect(exportsOf(folder.path)['verdicts.jsonl']).toBe(before['verdicts.jsonl']);
  expect(readdirSync(folder.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('what is not a run folder says so and is left as it was', async () => {
  await using folder = await temporaryFolder();
  const at = (...names: string[]) => join(folder.path, ...names);
  const notARun = {
    code: 'store',
    message: expect.stringContaining('expected a run folder, got one without manifest.json'),
  };
  await expect(readRun(at('none'))).rejects.toMatchObject(notARun);
  await expect(openRun(at('none'))).rejects.toMatchObject(notARun);
  await expect(readRun(folder.path)).rejects.toMatchObject(notARun);
  await expect(openRun(folder.path)).rejects.toMatchObject(notARun);
  expect(readdirSync(folder.path)).toEqual([]);

  mkdirSync(at('foreign'));
  writeFileSync(at('foreign', 'summary.json'), '{}');
  await expect(openRun(at('foreign'), configuration)).rejects.toMatchObject({
    message: expect.stringContaining('summary.json'),
  });
  expect(readdirSync(at('foreign'))).toEqual(['summary.json']);

  writeFileSync(at('file'), 'text');
  await expect(openRun(at('file'), configuration)).rejects.toMatchObject({
    code: 'store',
    place: { file: at('file') },
  });
  await expect(readRun(at('file'))).rejects.toMatchObject({ code: 'store' });

  for (const [name, content, message] of [
    ['text', 'not JSON', 'manifest in JSON'],
    ['package', '{"name": "left-pad"}', 'manifest of a run'],
    ['newer', '{"schemaVersion": 2}', 'schema version 1, got 2'],
  ] as const) {
    mkdirSync(at(name));
    writeFileSync(at(name, 'manifest.json'), content);
    for (const open of [() => readRun(at(name)), () => openRun(at(name), configuration)])
      await expect(open()).rejects.toMatchObject({
        code: 'store',
        message: expect.stringContaining(message),
      });
    expect(readFileSync(at(name, 'manifest.json'), 'utf8')).toBe(content);
  }
});

test('a run whose journal is gone or damaged says which file', async () => {
  await using folder = await temporaryFolder();
  await finish(folder.path, [planRowOf(1)], [judgmentOf(1)]);
  const file = join(folder.path, runFiles.journal);
  writeFileSync(file, 'x'.repeat(8192));
  for (const open of [() => readRun(folder.path), () => openRun(folder.path, configuration)])
    await expect(open()).rejects.toMatchObject({ code: 'store', place: { file } });
  expect(readFileSync(file, 'utf8')).toBe('x'.repeat(8192));
  expect(readdirSync(folder.path)).not.toContain('.lock.pid');
});

test('a configuration of another shape is refused before anything is made', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'run');
  await expect(openRun(path, { ...configuration, samples: 0 })).rejects.toMatchObject({
    code: 'store',
    place: { field: 'samples' },
  });
  expect(readdirSync(folder.path)).toEqual([]);
});

test('the folder of a suite is told from one that is no run', async () => {
  await using folder = await temporaryFolder();
  writeFileSync(join(folder.path, 'suite.json'), '{}');
  await expect(readRun(folder.path)).rejects.toMatchObject({
    code: 'store',
    message: expect.stringContaining('expected a run folder, got that of a suite'),
  });
});
