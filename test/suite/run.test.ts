import { copyFile, mkdir } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { ChildFault } from '../../src/engine/llama-process.ts';
import { JurorError } from '../../src/errors.ts';
import { mergeSuite } from '../../src/suite/merge.ts';
import { readSuiteItems, readSuiteResult } from '../../src/suite/result-files.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { answersData, contents, openFake, plain, suiteFolder } from './support.ts';

test('a suite is judged data by data; its result tells runs, counts and whereabouts', async () => {
  await using at = await suiteFolder();
  const result = await at.run({
    ...plain,
    gates: [
      { id: 'help', kind: 'figure', measure: 'score', rubric: 'helpfulness', min: 0, bound: 'estimate' },
    ],
  });
  expect(result).toMatchObject({ status: 'passed', incomplete: [], tolerance: { unscored: 0, found: 0 } });
  expect(
    result.runs.map(({ folder, file, rubrics, verdicts, scored }) => [
      folder,
      file,
      rubrics,
      verdicts,
      scored,
    ]),
  ).toEqual([
    ['answers.small', '../answers.jsonl', ['helpfulness'], 8, 8],
    ['pairs.small', '../pairs.jsonl', ['better-answer'], 8, 8],
  ]);
  expect(result.checks).toMatchObject([{ gate: 'help', status: 'passed', data: 'answers' }]);
  const items = await readSuiteItems(at.at('out'));
  expect(items).toHaveLength(16);
  expect(items[1]).toMatchObject({
    sampleId: 's1',
    label: 0.5,
    slices: { language: 'en', group: 'group 1' },
  });
  expect(items[8]).toMatchObject({ sampleId: 'p0', label: 'a', responseIds: ['a', 'b'] });
});

test('the same suite again asks nothing and leaves every file as it is', async () => {
  await using at = await suiteFolder();
  await at.run(plain);
  const before = await contents(at.at('out'));
  const engine = fakeEngine({ opinion: 'small', digest: 'small' });
  await at.run(plain, { openEngine: async () => engine });
  expect(engine.requests).toEqual([]);
  expect(await contents(at.at('out'))).toEqual(before);
});

test('a judge who is recorded is asked for what is there as well, and no file changes', async () => {
  await using at = await suiteFolder();
  const first = fakeEngine({ opinion: 'small', digest: 'small' });
  await at.run(plain, { openEngine: async () => first });
  const before = await contents(at.at('out'));
  const again = fakeEngine({ opinion: 'small', digest: 'small' });
  await at.run(plain, { openEngine: async () => again, anew: ['small'] });
  expect(again.requests).toHaveLength(first.requests.length);
  expect(await contents(at.at('out'))).toEqual(before);
});

test('a suite that is aborted goes on and ends with the bytes of an undisturbed one', async () => {
  await using at = await suiteFolder();
  await at.run(plain, { out: at.at('whole') });
  const controller = new AbortController();
  let judged = 0;
  const interrupted = at.run(plain, {
    signal: controller.signal,
    onEvent: ({ type }) => {
      if (type === 'judgment-finish' && ++judged === 5) controller.abort();
    },
  });
  await expect(interrupted).rejects.toSatisfy(
    (error) => JurorError.isInstance(error) && error.code === 'aborted',
  );
  await at.run(plain);
  expect(await contents(at.at('out'))).toEqual(await contents(at.at('whole')));
});

test('a run that does not end leaves no result of an earlier one', async () => {
  await using at = await suiteFolder({ rows: 2 });
  await at.run(plain);
  await expect(readSuiteResult(at.at('out'))).resolves.toMatchObject({ status: 'passed' });
  await expect(at.run(plain, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
  await expect(readSuiteResult(at.at('out'))).rejects.toThrow('expected a result of juror suite');
  await expect(at.run(plain, { filter: ['data=none'] })).rejects.toMatchObject({ code: 'usage' });
});

test('an engine that cannot be brought back ends the suite as lost, not as a model that nobody has', async () => {
  await using at = await suiteFolder({ rows: 2 });
  const answer = () => {
    throw new JurorError('model', 'could not be loaded');
  };
  await expect(at.run(plain, { openEngine: async () => fakeEngine({ answer }) })).rejects.toMatchObject({
    code: 'engine',
  });
  const open = (error: Error) => at.run(plain, { openEngine: () => Promise.reject(error) });
  await expect(open(new ChildFault('model', 'killed', 'killed'))).rejects.toMatchObject({ code: 'engine' });
  await expect(open(new JurorError('model', 'no such file'))).rejects.toMatchObject({ code: 'model' });
});

test('a folder into which somebody else judges is refused', async () => {
  await using at = await suiteFolder({ rows: 4 });
  let others = 0;
  const run = at.run(plain, {
    onEvent({ type }) {
      if (type !== 'verdict-finish' || others++ !== 3) return;
      // What another process would do: it forgets what it does not judge.
      const journal = new DatabaseSync(at.at('out/answers.small/journal.sqlite'));
      journal.exec('DELETE FROM plan_keys; DELETE FROM plan');
      journal.close();
    },
  });
  await expect(run).rejects.toThrow('does another suite run in this folder?');
});

test('a filter that leaves no sample is incomplete, with and without gates; a part may be empty', async () => {
  await using at = await suiteFolder({ rows: 2 });
  const gates = [{ id: 'help', kind: 'figure' as const, measure: 'score' as const, min: 0 }];
  for (const suite of [plain, { ...plain, gates }])
    expect(await at.run(suite, { filter: ['sample=none'] })).toMatchObject({
      status: 'incomplete',
      incomplete: expect.arrayContaining(['no sample is left by the filter']),
    });
  expect(await at.run(plain, { filter: ['sample=s0'] })).toMatchObject({ status: 'passed' });
  const part = { filter: ['sample=none'], shard: { index: 1, count: 2 } };
  expect(await at.run(plain, part)).toMatchObject({ status: 'passed' });
});

test('rows that left the data leave the result, though their judgments stay', async () => {
  await using at = await suiteFolder();
  await at.run(plain);
  const limited = { ...plain, data: plain.data.map((data) => ({ ...data, limit: 3 })) };
  const engine = fakeEngine({ opinion: 'small', digest: 'small' });
  const result = await at.run(limited, { openEngine: async () => engine });
  expect(result.runs.map(({ verdicts }) => verdicts)).toEqual([3, 3]);
  expect(engine.requests).toEqual([]);
  await at.run(limited, { out: at.at('fresh') });
  expect(await contents(at.at('out'))).toEqual(await contents(at.at('fresh')));
});

test('where comes before limit; both come before filters', async () => {
  await using at = await suiteFolder({ rows: 12 });
  const german = {
    ...plain,
    rubrics: ['helpfulness'],
    data: [{ ...answersData, where: { language: 'de', level: 0 }, limit: 2 }],
  };
  const ids = async () => (await readSuiteItems(at.at('out'))).map(({ sampleId }) => sampleId);
  await at.run(german);
  expect(await ids()).toEqual(['s0', 's6']);
  await at.run(german, { filter: ['slice:group=group 2'] });
  expect(await ids()).toEqual(['s6']);
  await at.run({ ...plain, gates: [] }, { filter: ['data=answers', 'sample=s1*'] });
  expect(await ids()).toEqual(['s1', 's10', 's11']);
});

test('labels mean the same whatever a filter, a limit of the shard or a merge leaves of them', async () => {
  await using at = await suiteFolder();
  const rows = [1, 5, 1, 3].map((label, row) => ({ id: `s${row}`, prompt: `p${row}`, response: 'r', label }));
  await at.write('answers.jsonl', rows);
  const levelled = { ...plain, data: [answersData], rubrics: ['helpfulness'] };
  const labels = async () => (await readSuiteItems(at.at('out'))).map(({ label }) => label);
  await at.run(levelled);
  expect(await labels()).toEqual([0, 1, 0, 0.5]);
  await at.run(levelled, { filter: ['sample=s0'] });
  expect(await labels()).toEqual([0]);
  const filter = ['sample=s0', 'sample=s2'];
  const parts = [at.at('1'), at.at('2')];
  for (const [place, out] of parts.entries())
    await at.run(levelled, { filter, out, shard: { index: place + 1, count: 2 } });
  await mergeSuite(parts, { out: at.at('out') });
  expect(await labels()).toEqual([0, 0]);
});

test('gates that cannot be about what a filter leaves are left out, and what a gate cannot be about is not run', async () => {
  await using at = await suiteFolder({ rows: 2 });
  const bound = 'estimate' as const;
  const gates = [
    { id: 'wins', kind: 'figure' as const, measure: 'win-rate' as const, min: 0, bound },
    { id: 'help', kind: 'figure' as const, measure: 'score' as const, min: 0, bound },
    { id: 'fell', kind: 'figure' as const, measure: 'kappa' as const, criterion: 'better', min: -1, bound },
  ];
  const gated = { ...plain, gates };
  const answered = await at.run(gated, { filter: ['data=answers'] });
  expect(answered).toMatchObject({ status: 'passed', checks: [{ gate: 'help' }] });
  const won = await at.run(gated, { filter: ['gate=wins'] });
  expect(won.runs.map(({ folder }) => folder)).toEqual(['pairs.small']);
  const paired = await at.run(gated, { filter: ['rubric=better-answer'] });
  expect([...new Set(paired.checks.map(({ gate }) => gate))]).toEqual(['wins', 'fell']);
});

test('a filter on a gate runs what the gate looks at', async () => {
  await using at = await suiteFolder();
  const gated = {
    ...plain,
    judges: [{ id: 'small' }, { id: 'large' }],
    gates: [
      {
        id: 'wins',
        kind: 'figure' as const,
        measure: 'win-rate' as const,
        data: 'pairs',
        judge: 'large',
        min: 0,
      },
      { id: 'help', kind: 'figure' as const, measure: 'score' as const, rubric: 'helpfulness', min: 0 },
    ],
  };
  const result = await at.run(gated, { filter: ['gate=wins'] });
  expect(result.runs.map(({ folder }) => folder)).toEqual(['pairs.large']);
  expect(result.checks.map(({ gate }) => gate)).toEqual(['wins']);
  expect(result.filter).toEqual(['gate=wins']);
  const other = await at.run(gated, { filter: ['judge=small'] });
  expect(other.checks.map(({ gate }) => gate)).toEqual(['help']);
});

test('one engine is open at a time where judges are no panel, all of them where they are', async () => {
  await using at = await suiteFolder({ rows: 2 });
  const judges = [{ id: 'small' }, { id: 'large' }];
  const open = new Set<string>();
  const most: number[] = [];
  const counted: typeof openFake = async (judge, options) => {
    open.add(judge.id);
    most.push(open.size);
    const engine = await openFake(judge, options);
    return {
      ...engine,
      async [Symbol.asyncDispose]() {
        open.delete(judge.id);
      },
    };
  };
  const apart = await at.run({ ...plain, judges }, { openEngine: counted });
  expect(most).toEqual([1, 1]);
  expect(apart.runs.map(({ folder }) => folder)).toEqual([
    'answers.small',
    'answers.large',
    'pairs.small',
    'pairs.large',
  ]);
  most.length = 0;
  const panel = await at.run({ ...plain, judges, panel: {} }, { openEngine: counted });
  expect(most).toEqual([1, 2]);
  expect(panel.runs.map(({ folder, models }) => [folder, models.length])).toEqual([
    ['answers.panel', 2],
    ['pairs.panel', 2],
  ]);
  expect(open.size).toBe(0);
});

test('incomplete outranks failed: silent judges, refused rows, gates without a figure', async () => {
  await using at = await suiteFolder({ rows: 4 });
  const gate = { id: 'high', kind: 'figure' as const, measure: 'score' as const, min: 1 };
  const failing = { ...plain, gates: [gate] };
  expect(await at.run(failing)).toMatchObject({ status: 'failed', incomplete: [] });

  // Throws as a replay that lacks a recording does.
  const crashes: typeof openFake = async () =>
    fakeEngine({
      answer: ({ prefix }) => {
        if (JSON.stringify(prefix).includes('answer 3')) throw new JurorError('engine', 'killed');
        return undefined;
      },
    });
  const silent = await at.run(failing, { openEngine: crashes });
  expect(silent.status).toBe('incomplete');
  expect(silent.tolerance).toEqual({ unscored: 0, found: 0.25 });
  expect(silent.incomplete).toEqual([
    'answers.small: 1 of 4 verdicts have no score, tolerated 0 % (engine 1)',
  ]);
  expect((await at.run({ ...failing, unscored: 0.07 }, { openEngine: crashes })).incomplete[0]).toContain(
    'tolerated 7 % (',
  );
  expect(await at.run({ ...failing, unscored: 0.25 }, { openEngine: crashes })).toMatchObject({
    status: 'failed',
  });
  // The failure stands until it is asked for again.
  expect(await at.run(failing, { openEngine: async () => fakeEngine() })).toMatchObject({
    status: 'incomplete',
  });
  expect(await at.run(failing, { openEngine: async () => fakeEngine(), retry: true })).toMatchObject({
    status: 'failed',
  });

  await at.write('answers.jsonl', '{"prompt": "p", "response": "r"}\nno JSON\n');
  const told: string[] = [];
  const refused = await at.run(plain, { onRefused: ({ message }) => told.push(message) });
  expect(refused).toMatchObject({ status: 'incomplete', runs: [{ refused: 1 }, { refused: 0 }] });
  expect(told).toHaveLength(1);
  expect(told[0]).toContain('answers.jsonl:2: ');
});

test('data without a sample and gates without a baseline are incomplete, and told', async () => {
  await using at = await suiteFolder({ rows: 2 });
  const none = await at.run({
    ...plain,
    rubrics: ['helpfulness'],
    data: [{ ...answersData, where: { language: 'fr' } }],
  });
  expect(none.incomplete).toEqual(['answers.small: no sample was judged']);
  const warnings: string[] = [];
  const compared = await at.run(
    {
      ...plain,
      baselines: { main: 'kept' },
      gates: [{ id: 'kept', kind: 'regressions', rubric: 'helpfulness', against: 'main', drop: 0.1 }],
    },
    { onEvent: (event) => event.type === 'warning' && warnings.push(event.message) },
  );
  expect(compared.status).toBe('incomplete');
  expect(warnings).toEqual([expect.stringContaining("baseline 'main': nothing at")]);
});

test('a baseline is one file of an earlier result, without data, models or runs', async () => {
  await using at = await suiteFolder({ rows: 4 });
  await at.run(plain, { out: at.at('earlier') });
  await mkdir(at.at('kept'));
  await copyFile(at.at('earlier/items.jsonl'), at.at('kept/items.jsonl'));
  const gates = [
    { id: 'kept', kind: 'regressions' as const, rubric: 'helpfulness', against: 'baseline', drop: 0.01 },
  ];
  const same = await at.run({ ...plain, gates }, { baseline: at.at('kept') });
  expect(same).toMatchObject({ status: 'passed', checks: [{ gate: 'kept', status: 'passed', fell: 0 }] });
  const other: typeof openFake = async () => fakeEngine({ opinion: 'other', digest: 'small' });
  const fallen = await at.run(
    { ...plain, gates },
    { baseline: at.at('kept'), openEngine: other, out: at.at('new') },
  );
  expect(fallen.status).toBe('failed');
});
