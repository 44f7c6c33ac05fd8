import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeRows } from '../../src/dataset.ts';
import { JurorError } from '../../src/errors.ts';
import type { Sample, Verdict } from '../../src/schema.ts';
import { ItemQuery } from '../../src/view/api.ts';
import { createSampleTable } from '../../src/view/index-columns.ts';
import { type LabelContext, openIndex, type ViewIndex } from '../../src/view/index-open.ts';
import { createSearch } from '../../src/view/index-search.ts';
import type { Texts } from '../../src/view/index-texts.ts';
import { drawnPairs, numbersRubric, temporaryFolder, writeSmallRun } from './small-run.ts';

const noLabels: LabelContext = { annotatorsDiffer: () => false, hasLabelled: () => false };
const never = new AbortController().signal;
const find = async (index: ViewIndex, query: object, labels = noLabels) => [
  ...(await index.find(ItemQuery.parse(query), labels, never)),
];

async function linesOf<Row>(file: string): Promise<Row[]> {
  return (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The same question, answered without an index. */
function naive(
  query: ItemQuery,
  items: readonly { readonly verdict: Verdict; readonly sample: Sample; readonly place: number }[],
  labels: { readonly differ: ReadonlySet<number>; readonly labelled: ReadonlySet<number> },
): number[] {
  const holds = ({ verdict, sample }: (typeof items)[number], item: number): boolean => {
    const { score, winner, responseIds, mode, flipped, abstained, panel, label } = verdict;
    const members = (panel?.members ?? []).flatMap(({ score }) => score ?? []);
    const prompt =
      typeof sample.prompt === 'string'
        ? sample.prompt
        : sample.prompt.map(({ content }) => content).join(' ');
    const text = [sample.id, prompt, ...sample.responses.map(({ text }) => text), sample.reference ?? '']
      .join('\n')
      .toLowerCase();
    const [name = '', value] = query.slice?.split('=') ?? [];
    const labelSays = (): boolean => {
      if (label === undefined || score === null) return false;
      return mode === 'pairwise' ? label !== winner : Number(label) > 2.5 !== score >= 0.5;
    };
    return [
      query.text === undefined ||
        query.text
          .toLowerCase()
          .split(' ')
          .every((word) => text.includes(word)),
      query.rubric === undefined || verdict.rubricId === query.rubric,
      query.verdict === undefined ||
        {
          pass: mode !== 'pairwise' && score !== null && score >= 0.5,
          fail: mode !== 'pairwise' && score !== null && score < 0.5,
          first: mode === 'pairwise' && winner === responseIds[0],
          second: mode === 'pairwise' && winner === responseIds[1],
          tie: mode === 'pairwise' && winner === 'tie',
          unscored: score === null,
          abstained: abstained !== undefined,
        }[query.verdict],
      query.disagreement === undefined ||
        {
          flipped: flipped === true,
          label: labelSays(),
          judges: members.length > 1 && Math.max(...members) - Math.min(...members) >= 0.2,
          annotators: labels.differ.has(item),
        }[query.disagreement],
      query.uncertain === undefined || (score !== null && Math.abs(score - 0.5) <= query.uncertain),
      query.slice === undefined || String(sample.metadata?.[name === 'group' ? 'subset' : name]) === value,
      query.labelled === undefined || labels.labelled.has(item) === (query.labelled === 'true'),
    ].every(Boolean);
  };
  const worth = (item: number): number => {
    const { verdict } = items[item] ?? { verdict: {} as Verdict };
    if (verdict.score === null) return 9;
    if (query.sort === 'contested') {
      const { label, mode, winner, responseIds } = verdict;
      // Winners of pairs are 1, 0 and ½; numbers here are on a scale from 1 to 5.
      const truth =
        mode !== 'pairwise'
          ? (Number(label) - 1) / 4
          : label === 'tie'
            ? 0.5
            : label === responseIds[0]
              ? 1
              : 0;
      const against = label === undefined || label === winner ? 0 : Math.abs(verdict.score - truth);
      return -(
        (labels.differ.has(item) ? 2 : 0) +
        (1 - Math.abs(2 * verdict.score - 1)) +
        (verdict.flipped ? 1 : 0) +
        Math.min(1, verdict.disagreement ?? 0) +
        against
      );
    }
    return query.sort === 'score' ? verdict.score : Math.abs(verdict.score - 0.5);
  };
  return [...items.keys()]
    .filter((item) => holds(items[item] as (typeof items)[number], item))
    .sort((left, right) => (items[left]?.place ?? 0) - (items[right]?.place ?? 0) || left - right)
    .sort((left, right) => (query.sort === 'data' ? 0 : worth(left) - worth(right)));
}

test('every query gives the items that a walk over all verdicts and texts gives, in its order', async () => {
  await using folder = await temporaryFolder();
  const samples = drawnPairs(40);
  const { run } = await writeSmallRun(folder.path, 'run', {
    samples,
    judges: 2,
    unscored: 0.15,
    abstain: { flipped: true },
  });
  const single = await temporaryFolder();
  await using _single = single;
  const answers = samples.map(
    ({ annotations: _, label: __, responses, ...sample }, number): Sample => ({
      ...sample,
      responses: responses.slice(0, 1),
      label: (number % 5) + 1,
    }),
  );
  const other = await writeSmallRun(single.path, 'run', { samples: answers, rubrics: [numbersRubric] });
  for (const [path, judged] of [
    [run, samples],
    [other.run, answers],
  ] as const) {
    await using index = await openIndex(path);
    const verdicts = await linesOf<Verdict>(join(path, 'verdicts.jsonl'));
    const items = verdicts.map((verdict) => {
      const place = judged.findIndex(({ id }) => id === verdict.sampleId);
      return { verdict, sample: judged[place] as Sample, place };
    });
    expect(items.length).toBe(40);
    const labelled = new Set([1, 5, 6]);
    const differ = new Set([2, 6]);
    const labels = {
      annotatorsDiffer: (item: number) => differ.has(item),
      hasLabelled: (item: number) => labelled.has(item),
    };
    const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          text: maybe(
            fc.constantFrom('river', 'STRASSE', 'straße DATA', 's7', 'zürich quick', 'nothing', '日本'),
          ),
          rubric: maybe(fc.constantFrom('better-answer', 'numbers', 'absent')),
          verdict: maybe(
            fc.constantFrom('pass', 'fail', 'first', 'second', 'tie', 'unscored', 'abstained' as const),
          ),
          disagreement: maybe(fc.constantFrom('flipped', 'label', 'annotators', 'judges' as const)),
          uncertain: maybe(fc.constantFrom(0, 0.1, 0.3, 0.5)),
          slice: maybe(
            fc.constantFrom('subset=part-1', 'group=part-2', 'level=3', 'level=9', 'hint=secret-hint'),
          ),
          labelled: maybe(fc.constantFrom('true', 'false' as const)),
          sort: fc.constantFrom('data', 'uncertain', 'score', 'contested' as const),
        }),
        async (given) => {
          const query = ItemQuery.parse({
            annotator: 'ann',
            ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
          });
          expect(await find(index, query, labels)).toEqual(naive(query, items, { differ, labelled }));
        },
      ),
      { numRuns: 150 },
    );
  }
});

test('an item is fetched by its place: the verdict of its line, the texts of its data, its judgments under its names', async () => {
  await using folder = await temporaryFolder();
  const samples = drawnPairs(30);
  const texts = samples.map(
    ({ id, prompt, responses }): Sample => ({
      id,
      prompt: typeof prompt === 'string' ? prompt : (prompt[0]?.content ?? ''),
      responses: responses.map(({ text }, place) => ({ id: 'ab'[place] ?? '', text })),
    }),
  );
  const cells = texts.map(({ id, prompt, responses: [one, other] }) => ({
    id,
    prompt,
    a: one?.text,
    b: other?.text,
  }));
  for (const [name, judged, rows] of [
    ['data.jsonl', samples, samples],
    ['data.csv', texts, cells],
  ] as const) {
    const { run } = await writeSmallRun(folder.path, `run ${name}`, { samples: judged, pointer: false });
    const data = join(folder.path, name);
    await writeRows(data, rows);
    await using index = await openIndex(run, { data: [data] });
    expect(index.texts).toBe(true);
    const verdicts = await linesOf<Verdict>(join(run, 'verdicts.jsonl'));
    const fetched = await index.fetch([...verdicts.keys()], { judgments: true });
    expect(fetched.map(({ verdict }) => verdict)).toEqual(verdicts);
    for (const { sample, verdict, judgments } of fetched) {
      const own = samples.find(({ id }) => id === verdict.sampleId);
      expect(sample?.responses.map(({ text }) => text)).toEqual(own?.responses.map(({ text }) => text));
      expect(judgments.map(({ key }) => key).sort()).toEqual(verdict.judgments.toSorted());
      expect(new Set(judgments.map(({ sampleId }) => sampleId))).toEqual(new Set([verdict.sampleId]));
    }
  }
});

test('a run in progress is shown as far as it has come, and exports that lag behind are not believed', async () => {
  await using folder = await temporaryFolder();
  const samples = drawnPairs(12);
  const { run } = await writeSmallRun(folder.path, 'run', { samples, exported: false, missing: 3 });
  await using begun = await openIndex(run);
  expect(begun.columns.size).toBe(10);
  const [first] = await begun.fetch([0]);
  expect(first?.verdict.score).not.toBeNull();
  // The first half is exported, then more is judged.
  const half = await writeSmallRun(folder.path, 'half', { samples: samples.slice(0, 6) });
  await writeSmallRun(folder.path, 'half', { samples, exported: false });
  expect(await linesOf(join(half.run, 'verdicts.jsonl'))).toHaveLength(6);
  await using whole = await openIndex(half.run);
  expect(whole.columns.size).toBe(12);
  expect((await whole.fetch([11]))[0]?.verdict.sampleId).toBe(
    whole.samples.idOf(whole.columns.sample[11] ?? -1),
  );
});

test('without data there are verdicts and groups, and it is told what is missing', async () => {
  await using folder = await temporaryFolder();
  const samples = drawnPairs(6);
  const { run, data } = await writeSmallRun(folder.path, 'run', { samples });
  await rm(data);
  await using index = await openIndex(run);
  expect(index.texts).toMatch(/there is no such file; give the judged file with --data FILE/);
  expect(index.columns.size).toBe(6);
  expect(Object.keys(index.slices.list())).toEqual(['subset']);
  expect((await index.fetch([0]))[0]?.sample).toBeUndefined();
  const part = join(folder.path, 'part.jsonl');
  await writeFile(part, `${JSON.stringify(samples[0])}\n`);
  await using some = await openIndex(run, { data: [part] });
  expect(some.texts).toMatch(/5 of the judged samples are not in there/);
});

test('runs of a suite keep their samples apart where they judged different data under the same ids', async () => {
  await using folder = await temporaryFolder();
  const [one, other] = [drawnPairs(4, 1), drawnPairs(4, 2)];
  await writeSmallRun(folder.path, 'one', { samples: one, file: 'one.jsonl', pointer: false });
  await writeSmallRun(folder.path, 'other', { samples: other, file: 'other.jsonl', pointer: false });
  const runOf = (name: string) => ({
    data: name,
    judge: 'small',
    folder: name,
    file: `${name}.jsonl`,
    rubrics: ['better-answer'],
    models: ['m'],
    refused: 0,
    verdicts: 4,
    scored: 4,
    pending: 0,
    abstained: 0,
    unscored: {},
    judgments: 8,
    tokens: { prompt: 0, generated: 0 },
  });
  const writeSuite = (runs: readonly unknown[]) =>
    writeFile(
      join(folder.path, 'suite.json'),
      JSON.stringify({
        schemaVersion: 1,
        juror: '0',
        suite: { name: 'nightly', digest: 'd' },
        status: 'passed',
        incomplete: [],
        tolerance: { unscored: 0, found: 0 },
        runs,
        figures: [],
        checks: [],
      }),
    );
  await writeSuite([runOf('one'), runOf('other')]);
  await using index = await openIndex(folder.path);
  expect([index.title, index.texts, index.counts]).toEqual(['nightly', true, [4, 4]]);
  const items = await find(index, { run: 'other · small' });
  const fetched = await index.fetch(items);
  expect(fetched.map(({ sample }) => sample?.prompt)).toEqual(other.map(({ prompt }) => prompt));
  expect(await find(index, { run: 'nobody' })).toEqual([]);
  // Labels are written into run folders: a result from elsewhere must not name another one.
  await writeSuite([{ ...runOf('one'), folder: '../elsewhere' }]);
  await expect(openIndex(folder.path)).rejects.toThrow("expected a run folder within the suite's");
});

test('a search ends when its time is over or nobody waits for it, and keeps what it found', async () => {
  const samples = createSampleTable();
  const [found, other] = [samples.number(0, 'one'), samples.number(0, 'other')];
  let scans = 0;
  const texts = (ends: boolean): Texts => ({
    state: true,
    find: async () => undefined,
    async scan(visit, wanted, signal) {
      scans++;
      for (const sample of [found, other])
        if (wanted(sample)) visit(sample, { id: '', prompt: `River ${sample}`, responses: [] });
      if (ends) return;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw new JurorError('aborted', 'nobody waits for it any more');
    },
    async [Symbol.asyncDispose]() {},
  });
  const patient = createSearch([texts(true)], samples, 60_000);
  expect([...(await patient.find(' rIVER   0 ', never))]).toEqual([1, 0]);
  expect([...(await patient.find('river 0', never))]).toEqual([1, 0]);
  expect([...(await patient.find('OTHER', never))]).toEqual([0, 1]);
  expect(scans).toBe(2);
  await expect(createSearch([texts(false)], samples, 1).find('river', never)).rejects.toMatchObject({
    code: 'usage',
    place: { field: 'text' },
  });
  const left = createSearch([texts(false)], samples, 60_000).find('river', AbortSignal.timeout(1));
  await expect(left).rejects.toMatchObject({ code: 'aborted' });
});

test('a wrong query names its part', async () => {
  await using folder = await temporaryFolder();
  const { run } = await writeSmallRun(folder.path, 'run', { samples: drawnPairs(3) });
  await using index = await openIndex(run);
  const aborted = index.find(ItemQuery.parse({ text: 'river' }), noLabels, AbortSignal.abort());
  await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
  for (const query of [{ slice: 'subset' }, { slice: 'absent=1' }])
    await expect(find(index, query)).rejects.toMatchObject({ code: 'usage', place: { field: 'slice' } });
  await expect(find(index, { labelled: 'true' })).rejects.toMatchObject({ place: { field: 'labelled' } });
});

test('an export with a damaged or missing line is told, and how it is made again', async () => {
  await using folder = await temporaryFolder();
  const { run } = await writeSmallRun(folder.path, 'run', { samples: drawnPairs(3) });
  const file = join(run, 'verdicts.jsonl');
  const whole = await readFile(file, 'utf8');
  for (const text of [whole.replace('"sampleId"', '"sample"'), whole.slice(0, whole.indexOf('\n') + 1)]) {
    await writeFile(file, text);
    await expect(openIndex(run)).rejects.toThrow(/expected 3 verdicts, .* juror export writes them again/);
  }
});
