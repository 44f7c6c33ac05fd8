import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type JurorError, JurorError as JurorErrorClass } from '../../src/errors.ts';
import type { JurorEvent } from '../../src/events.ts';
import { createJudge } from '../../src/judge/judge.ts';
import { loadRubric, parseRubric } from '../../src/rubric.ts';
import type { Judgment, Sample } from '../../src/schema.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { fakeEngine } from '../support/fake-engine.ts';

const pair = (id: string, first: string, second: string, more: Partial<Sample> = {}): Sample => ({
  id,
  prompt: 'Name the capital of France.',
  responses: [
    { id: 'a', text: first },
    { id: 'b', text: second },
  ],
  ...more,
});
const betterAnswer = await loadRubric('better-answer');
const helpfulness = await loadRubric('helpfulness');
const summaryQuality = await loadRubric('summary-quality');

async function collect<Value>(stream: AsyncIterable<Value>): Promise<Value[]> {
  const values: Value[] = [];
  for await (const value of stream) values.push(value);
  return values;
}

test('a pair is judged in both orders, and the verdict averages their log-odds', async () => {
  const engine = fakeEngine();
  const store = memoryStore();
  const [verdict] = await createJudge({ engine, rubrics: [betterAnswer], store }).judge(
    pair('1', 'Paris.', 'Lyon.'),
  );
  const judgments = await collect(store.judgments());
  const logOdds = (first: string) => {
    const outcome = judgments.find(({ responseIds }) => responseIds[0] === first)?.outcome;
    if (outcome?.status !== 'scored') throw new Error('expected a score');
    return Math.log((outcome.distribution.A ?? 0) / (outcome.distribution.B ?? 0));
  };
  const [forward, backward] = [logOdds('a'), logOdds('b')];
  expect(verdict?.score).toBeCloseTo(1 / (1 + Math.exp(-(forward - backward) / 2)), 12);
  expect(verdict?.positionLean).toBeCloseTo((forward + backward) / 2, 12);
  expect(verdict?.winner).toBe((verdict?.score ?? 0) > 0.5 ? 'a' : 'b');
  expect(engine.requests).toHaveLength(2);
  const shown = engine.requests.map(({ prefix }) => prefix.at(-1)?.segments.at(-1) ?? '');
  expect(shown[0]?.indexOf('Paris')).toBeLessThan(shown[0]?.indexOf('Lyon') ?? 0);
  expect(shown[1]?.indexOf('Lyon')).toBeLessThan(shown[1]?.indexOf('Paris') ?? 0);
  expect(engine.requests[0]?.prefix.map(({ segments }) => segments[0])).toEqual(
    engine.requests[1]?.prefix.map(({ segments }) => segments[0]),
  );
});

test('P(a, b) + P(b, a) = 1 for any texts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), async (first, second) => {
      const judge = createJudge({ engine: fakeEngine(), rubrics: [betterAnswer] });
      const [forward] = await judge.judge(pair('1', first, second));
      const [backward] = await judge.judge(pair('1', second, first));
      expect((forward?.score ?? 0) + (backward?.score ?? 0)).toBeCloseTo(1, 12);
    }),
    { numRuns: 60 },
  );
});

test('judging again asks nothing; one changed word asks again; ids and the order of rows do not matter', async () => {
  const engine = fakeEngine();
  const store = memoryStore();
  const judge = createJudge({ engine, rubrics: [betterAnswer], store });
  const samples = [pair('1', 'Paris.', 'Lyon.'), pair('2', 'Paris, France.', 'Nice.')];
  const first = await collect(judge.judgeAll(samples));
  const again = await collect(judge.judgeAll(samples.toReversed().map((sample) => ({ ...sample }))));
  expect(again.toReversed()).toEqual(first);
  await judge.judge(pair('renamed', 'Paris.', 'Lyon.'));
  expect(engine.requests).toHaveLength(4);

  const changed = { ...betterAnswer.rubric, description: `${betterAnswer.rubric.description} Truly.` };
  await createJudge({ engine, rubrics: [{ rubric: changed, digest: 'changed' }], store }).judge(
    pair('1', 'Paris.', 'Lyon.'),
  );
  expect(engine.requests).toHaveLength(6);
  await createJudge({ engine, rubrics: [betterAnswer], store, seed: 1 }).judge(pair('1', 'Paris.', 'Lyon.'));
  expect(engine.requests).toHaveLength(8);
  const other = fakeEngine({ digest: 'another model' });
  await createJudge({ engine: other, rubrics: [betterAnswer], store }).judge(pair('1', 'Paris.', 'Lyon.'));
  expect(other.requests).toHaveLength(2);
});

test('several criteria and rubrics branch off one prefix, answer by answer', async () => {
  const engine = fakeEngine();
  const verdicts = await createJudge({ engine, rubrics: [summaryQuality, helpfulness] }).judge(
    pair('1', 'Paris.', 'Lyon.'),
  );
  expect(verdicts.map(({ rubricId, responseIds }) => [rubricId, ...responseIds])).toEqual([
    ['summary-quality', 'a'],
    ['summary-quality', 'b'],
    ['helpfulness', 'a'],
    ['helpfulness', 'b'],
  ]);
  expect(engine.requests.map(({ questions }) => questions.length)).toEqual([4, 4, 1, 1]);
  expect(Object.keys(verdicts[0]?.perCriterion ?? {})).toEqual(
    summaryQuality.rubric.criteria.map(({ id }) => id),
  );
});

test('only the missing criteria of a grown rubric are asked', async () => {
  const engine = fakeEngine();
  const store = memoryStore();
  const grown = parseRubric(
    `id: two\nversion: "1"\nmode: pointwise\ndescription: Judge.\nprompt: pointwise\ncriteria:\n${[
      'one',
      'two',
    ]
      .map(
        (id) =>
          `  - { id: ${id}, description: Is it ${id}?, scale: { kind: choice, choices: { yes: 1, no: 0 } } }\n`,
      )
      .join('')}`,
    'two.yaml',
  );
  const [only] = grown.rubric.criteria;
  if (!only) throw new Error('expected a criterion');
  const small = { rubric: { ...grown.rubric, criteria: [only] }, digest: 'small' };
  await createJudge({ engine, rubrics: [small], store }).judge(pair('1', 'Paris.', 'Lyon.'));
  await createJudge({ engine, rubrics: [grown], store }).judge(pair('1', 'Paris.', 'Lyon.'));
  expect(engine.requests.map(({ questions }) => questions.map(({ id }) => id))).toEqual([
    ['one'],
    ['one'],
    ['two'],
    ['two'],
  ]);
});

test('samples are averaged, each with its own critique and seed', async () => {
  const engine = fakeEngine();
  const store = memoryStore();
  const judge = createJudge({ engine, rubrics: [helpfulness], store, critique: 'brief', samples: 3 });
  const [verdict] = await judge.judge(pair('1', 'Paris.', 'Lyon.'));
  const judgments = (await collect(store.judgments())).filter(({ responseIds }) => responseIds[0] === 'a');
  const scores = judgments.map(({ outcome }) => (outcome.status === 'scored' ? outcome.score : Number.NaN));
  expect(verdict?.score).toBeCloseTo(scores.reduce((sum, score) => sum + score, 0) / 3, 12);
  expect(verdict?.disagreement).toBeCloseTo(Math.max(...scores) - Math.min(...scores), 12);
  expect(verdict?.standardError).toBeGreaterThan(0);
  expect(new Set(judgments.map(({ critique }) => critique?.text)).size).toBe(3);
  expect(engine.requests[0]?.critique).toMatchObject({ temperature: 0.7, maxTokens: 96 });
});

test('a critique after the verdict is told the verdict and does not change it', async () => {
  const engine = fakeEngine();
  const sample = pair('1', 'Paris.', 'Lyon.');
  const [bare] = await createJudge({ engine, rubrics: [betterAnswer] }).judge(sample);
  const store = memoryStore();
  const [explained] = await createJudge({ engine, rubrics: [betterAnswer], critique: 'after', store }).judge(
    sample,
  );
  expect(explained?.score).toBe(bare?.score);
  const written: Judgment[] = await collect(store.judgments());
  expect(written.every(({ critique }) => critique?.finish === 'stop')).toBe(true);
  const requests = engine.requests.filter(({ questions }) => questions.length === 0);
  expect(requests).toHaveLength(2);
  for (const { critique } of requests)
    expect(critique?.instruction).toMatch(/better: [AB] \(answer [AB] carries out/);
});

test('a critique from the verdict that the engine fails on leaves the judgment to be made again', async () => {
  const failure = { status: 'unscored', reason: 'engine', message: 'crashed' } as const;
  let broken = true;
  const engine = fakeEngine({
    answer: ({ questions }) => (broken && questions.length === 0 ? failure : undefined),
  });
  const store = memoryStore();
  const judge = createJudge({ engine, rubrics: [betterAnswer], critique: 'after', store });
  const sample = pair('1', 'Paris.', 'Lyon.');
  const [failed] = await judge.judge(sample);
  expect(failed).toMatchObject({ score: null, winner: null, unscored: ['engine', 'engine'] });
  broken = false;
  expect((await judge.judge(sample))[0]?.score).toBeNull();
  expect(await store.forgetFailures()).toBe(2);
  expect((await judge.judge(sample))[0]?.score).not.toBeNull();
});

test('one changed word of a description asks again, though the question has words of its own', async () => {
  const engine = fakeEngine();
  const store = memoryStore();
  const [criterion] = betterAnswer.rubric.criteria;
  if (criterion?.question === undefined) throw new Error('expected a question of its own');
  const changed = {
    digest: 'changed',
    rubric: { ...betterAnswer.rubric, criteria: [{ ...criterion, description: 'Which is more exact?' }] },
  };
  const heavier = {
    digest: 'heavier',
    rubric: { ...betterAnswer.rubric, criteria: [{ ...criterion, weight: 7 }] },
  };
  for (const rubric of [betterAnswer, heavier, changed])
    await createJudge({ engine, rubrics: [rubric], store }).judge(pair('1', 'Paris.', 'Lyon.'));
  expect(engine.requests).toHaveLength(4);
});

test('an unscored order leaves the pair unscored, with its reason and never a number', async () => {
  let calls = 0;
  const engine = fakeEngine({
    answer: () =>
      ++calls === 1 ? { status: 'unscored', reason: 'context', message: 'needs 9, has 8' } : undefined,
  });
  const [verdict] = await createJudge({ engine, rubrics: [betterAnswer] }).judge(
    pair('1', 'Paris.', 'Lyon.'),
  );
  expect(verdict).toMatchObject({
    score: null,
    winner: null,
    probability: null,
    flipped: null,
    unscored: ['context'],
  });
});

test('a sample that does not fit its rubric is reported and the rest is judged', async () => {
  const judge = createJudge({ engine: fakeEngine(), rubrics: [betterAnswer] });
  const lone: Sample = { id: 'lone', prompt: 'p', responses: [{ id: 'r', text: 't' }] };
  const samples = [pair('1', 'Paris.', 'Lyon.'), lone, pair('2', 'Paris.', 'Nice.')];
  const bad: JurorError[] = [];
  const verdicts = await collect(judge.judgeAll(samples, { onBadSample: (error) => bad.push(error) }));
  expect(verdicts.map(({ sampleId }) => sampleId)).toEqual(['1', '2']);
  expect(bad.map(({ message }) => message)).toEqual([
    "responses: sample 'lone': expected two responses for the pairwise rubric 'better-answer', got 1",
  ]);
  await expect(collect(judge.judgeAll(samples))).rejects.toMatchObject({ code: 'data' });
  const required = await loadRubric('answer-correctness');
  await expect(createJudge({ engine: fakeEngine(), rubrics: [required] }).judge(lone)).rejects.toMatchObject({
    code: 'data',
  });
});

test('an abort ends the stream with an error, keeps what is finished, and is not stored', async () => {
  const controller = new AbortController();
  const store = memoryStore();
  let calls = 0;
  const engine = fakeEngine({
    answer: () => {
      if (++calls === 5) controller.abort();
      return undefined;
    },
  });
  const judge = createJudge({ engine, rubrics: [betterAnswer], store });
  const samples = Array.from({ length: 40 }, (_, index) => pair(String(index), `Paris ${index}.`, 'Lyon.'));
  await expect(collect(judge.judgeAll(samples, { signal: controller.signal }))).rejects.toMatchObject({
    code: 'aborted',
  });
  const kept = await store.count();
  expect(kept).toBeGreaterThanOrEqual(4);
  expect(kept).toBeLessThan(20);
  await collect(createJudge({ engine, rubrics: [betterAnswer], store }).judgeAll(samples));
  expect(await store.count()).toBe(80);
});

test('an engine that fails for good ends the stream with its error', async () => {
  const engine = fakeEngine({
    answer: () => {
      throw new JurorErrorClass('engine', 'gone');
    },
  });
  const judge = createJudge({ engine, rubrics: [betterAnswer] });
  const samples = Array.from({ length: 9 }, (_, index) => pair(String(index), `Paris ${index}.`, 'Lyon.'));
  await expect(collect(judge.judgeAll(samples))).rejects.toMatchObject({ code: 'engine' });
});

test('a stream is consumed no faster than it is judged, and verdicts come in its order', async () => {
  let read = 0;
  let finished = 0;
  let widest = 0;
  async function* endless() {
    for (;;) {
      widest = Math.max(widest, read - finished);
      yield pair(String(read++), `Paris ${read}.`, 'Lyon.');
    }
  }
  const onEvent = (event: JurorEvent) => {
    if (event.type === 'verdict-finish') finished++;
  };
  const ids: string[] = [];
  for await (const { sampleId } of createJudge({
    engine: fakeEngine(),
    rubrics: [betterAnswer],
    onEvent,
  }).judgeAll(endless())) {
    ids.push(sampleId);
    if (ids.length === 300) break;
  }
  expect(ids).toEqual(Array.from({ length: 300 }, (_, index) => String(index)));
  expect(widest).toBeLessThan(12);
});

test('events say what was found and what it cost', async () => {
  const events: JurorEvent[] = [];
  const judge = createJudge({
    engine: fakeEngine(),
    rubrics: [summaryQuality],
    onEvent: (event) => events.push(event),
  });
  const sample: Sample = { id: '1', prompt: 'Sum up.', responses: [{ id: 'r', text: 'Done.' }] };
  await judge.judge(sample);
  await judge.judge(sample);
  const judged = events.flatMap((event) => (event.type === 'judgment-finish' ? [event] : []));
  expect(judged.map(({ cached, spent }) => [cached, spent.evaluated, spent.reused])).toEqual([
    [false, 110, 0],
    [false, 10, 100],
    [false, 10, 100],
    [false, 10, 100],
    ...Array.from({ length: 4 }, () => [true, 0, 0]),
  ]);
  expect(judged.map(({ judgment }) => judgment.usage.prompt)).toEqual([
    110, 110, 110, 110, 110, 110, 110, 110,
  ]);
});

test('options that mean nothing together are refused', () => {
  const engine = fakeEngine();
  expect(() => createJudge({ engine, rubrics: [] })).toThrow('expected at least one');
  expect(() => createJudge({ engine, rubrics: [helpfulness], samples: 2 })).toThrow("critique 'none'");
  expect(() => createJudge({ engine, rubrics: [helpfulness], critique: 'brief', samples: 0 })).toThrow(
    'expected 1 or more',
  );
});
