import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bradleyTerry } from '../../src/aggregate/bradley-terry.ts';
import { rankPairs } from '../../src/aggregate/pair-ranking.ts';
import type { Deliberation, DeliberationResult } from '../../src/engine/engine.ts';
import type { JurorError } from '../../src/errors.ts';
import { createJudge } from '../../src/judge/judge.ts';
import { pairBudget, type RankSettings, rankSample, rankSamples } from '../../src/judge/rank.ts';
import { loadRubric } from '../../src/rubric.ts';
import { type Judgment, Ranking, type Sample } from '../../src/schema.ts';
import { memoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/store.ts';
import { fakeEngine } from '../support/fake-engine.ts';

const rubric = await loadRubric('better-answer');
const capitals = ['Paris.', 'Lyon.', 'Marseille, I think.', 'No idea.', 'It is Paris, of course.', 'Berlin'];

function sampleOf(texts: readonly string[], more: Partial<Sample> = {}): Sample {
  const responses = texts.map((text, index) => ({ id: `r${index + 1}`, text }));
  return { id: 's', prompt: 'Name the capital of France.', responses, ...more };
}

async function collect<Value>(stream: AsyncIterable<Value>): Promise<Value[]> {
  const values: Value[] = [];
  for await (const value of stream) values.push(value);
  return values;
}

/** What a judge says of all pairs, in the numbering of the ranking: by text. */
async function allPairs(sample: Sample) {
  const judge = createJudge({ engine: fakeEngine(), rubrics: [rubric] });
  const sorted = sample.responses.toSorted((one, other) => (one.text < other.text ? -1 : 1));
  const comparisons = [];
  for (const [first, one] of sorted.entries())
    for (const [second, other] of sorted.entries()) {
      if (first >= second) continue;
      const [verdict] = await judge.judge({ ...sample, responses: [one, other] });
      comparisons.push({ first, second, probability: verdict?.score ?? Number.NaN });
    }
  return { ids: sorted.map(({ id }) => id), comparisons };
}

/** An engine that judges by length, the longer the better, sure of it by `nats` for each character. */
function byLength(nats: number) {
  const answer = (request: Deliberation): DeliberationResult => {
    const shown = request.prefix.at(-1)?.segments.join('') ?? '';
    const [a = 0, b = 0] = [...shown.matchAll(/§+/g)].map(([text]) => text.length);
    const odds = (a - b) * nats;
    const log = (value: number) => -Math.log1p(Math.exp(-value));
    return {
      status: 'done',
      samples: [
        {
          critique: null,
          usage: { evaluated: 1, reused: 0, generated: 0 },
          answers: request.questions.map(({ id }) => ({
            questionId: id,
            logProbabilities: { A: log(odds), B: log(-odds) },
            labelMass: 0,
            usage: { evaluated: 1, reused: 0, generated: 0 },
          })),
        },
      ],
    };
  };
  return fakeEngine({ answer });
}

test('all pairs: strengths are those of Bradley and Terry on the same comparisons', async () => {
  const sample = sampleOf(capitals, { label: 'r1' });
  const ranking = await rankSample({ engine: fakeEngine(), rubric }, sample, { schedule: 'all-pairs' });
  const { ids, comparisons } = await allPairs(sample);
  const { strengths } = bradleyTerry(6, comparisons);
  expect(ranking.prior).toBe(false);
  for (const { responseId, strength, low, high, elo } of ranking.places) {
    expect(strength).toBeCloseTo(strengths?.[ids.indexOf(responseId)] ?? Number.NaN, 9);
    expect(low).toBeLessThan(strength);
    expect(high - strength).toBeCloseTo(strength - low, 9);
    expect(elo).toBeCloseTo(1000 + (400 * strength) / Math.LN10, 9);
  }
  expect(ranking.places.map(({ strength }) => strength)).toEqual(
    ranking.places.map(({ strength }) => strength).toSorted((one, other) => other - one),
  );
  expect(ranking.places.every(({ rank, rankLow, rankHigh }) => rankLow <= rank && rank <= rankHigh)).toBe(
    true,
  );
  expect(ranking).toMatchObject({
    comparisons: { asked: 15, scored: 15, possible: 15 },
    stopped: 'all-pairs',
    certainty: null,
    unscored: [],
    label: 'r1',
    responseIds: ['r1', 'r2', 'r3', 'r4', 'r5', 'r6'],
  });
  expect(Ranking.parse(ranking)).toEqual(ranking);
});

test('judgments have the keys of a pair’s: what was judged as a pair is found', async () => {
  const store = memoryStore();
  const sample = sampleOf(capitals.slice(0, 3));
  const judge = createJudge({ engine: fakeEngine(), rubrics: [rubric], store });
  await judge.judge({ ...sample, id: 'another', responses: sample.responses.slice(0, 2) });
  await judge.judge({ ...sample, id: 'turned', responses: sample.responses.slice(1, 3).reverse() });
  const engine = fakeEngine();
  await rankSample({ engine, rubric, store }, sample, { schedule: 'all-pairs' });
  expect(engine.requests).toHaveLength(2);
});

test('neither the order nor the ids of the responses change the ranking', async () => {
  const settings = fc.constantFrom<RankSettings[]>(
    { schedule: 'information', budget: '60%' },
    { schedule: 'information' },
    { schedule: 'swiss' },
    { schedule: 'all-pairs', budget: 7 },
  );
  const shuffled = fc.shuffledSubarray(capitals, { minLength: 6 });
  await fc.assert(
    fc.asyncProperty(shuffled, settings, async (texts, settings) => {
      const texted = async (order: readonly string[], prefix: string) => {
        const sample = sampleOf(order);
        const responses = sample.responses.map(({ id, text }) => ({ id: prefix + id, text }));
        const renamed = { ...sample, responses };
        const { places, responseIds, ...rest } = await rankSample(
          { engine: fakeEngine(), rubric },
          renamed,
          settings,
        );
        const nameOf = (id: string) => responses.find((response) => response.id === id)?.text;
        expect(responseIds).toEqual(responses.map(({ id }) => id));
        const { reason: _names, ...same } = rest;
        return {
          same,
          places: places.map(({ responseId, ...place }) => ({ text: nameOf(responseId), ...place })),
        };
      };
      expect(await texted(texts, 'z')).toEqual(await texted(capitals, ''));
    }),
    { numRuns: 20 },
  );
});

test('the budget is kept, and a share never goes below what links all', async () => {
  for (const schedule of ['information', 'swiss', 'all-pairs'] as const)
    for (const [budget, most] of [
      [4, 4],
      ['40%', 6],
      ['5%', 5],
      [100, 15],
    ] as const) {
      const engine = fakeEngine();
      const options = { schedule, budget, settled: null };
      const { comparisons } = await rankSample({ engine, rubric }, sampleOf(capitals), options);
      expect(comparisons.asked).toBeLessThanOrEqual(most);
      expect(engine.requests).toHaveLength(2 * comparisons.asked);
      if (schedule !== 'swiss') expect(comparisons.asked).toBe(most);
    }
  expect(pairBudget('29%', 200)).toBe(5771);
  for (const wrong of [0, -1, 1.5, Number.NaN, '0%', '101%', 'x%'] as const)
    expect(() => pairBudget(wrong as number, 4)).toThrow('budget: expected');
});

test('work cut off anywhere asks the same pairs again, and ends with the same ranking and judgments', async () => {
  const sample = sampleOf(capitals);
  const whole = memoryStore();
  const engine = fakeEngine();
  const expected = await rankSample({ engine, rubric, store: whole }, sample);
  const judgments = async (store: Store) => JSON.stringify(await collect(store.plannedJudgments()));
  for (const cut of [1, 2, 3, 6, 9]) {
    const store = memoryStore();
    const controller = new AbortController();
    const stopping = fakeEngine();
    const onEvent = ({ type }: { type: string }) => {
      if (type === 'judgment-finish' && stopping.requests.length >= cut) controller.abort();
    };
    const options = { rubric, store, onEvent };
    await expect(
      rankSample({ ...options, engine: stopping }, sample, { signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'aborted' } satisfies Partial<JurorError>);
    const resumed = fakeEngine();
    const ranking = await rankSample({ rubric, store, engine: resumed }, sample);
    expect(ranking).toEqual(expected);
    expect(resumed.requests.length).toBeLessThan(engine.requests.length);
    expect(await judgments(store)).toBe(await judgments(whole));
  }
});

test('a pair that cannot be scored is told, counted as asked, and not asked for ever', async () => {
  const asked: string[] = [];
  const engine = fakeEngine({
    answer: (request) => {
      const shown = request.prefix.at(-1)?.segments.join('') ?? '';
      asked.push(shown);
      if (!shown.includes('Berlin') || !shown.includes('Lyon')) return undefined;
      return { status: 'unscored', reason: 'context', message: 'too long' };
    },
  });
  for (const schedule of ['all-pairs', 'information', 'swiss'] as const) {
    const ranking = await rankSample({ engine, rubric }, sampleOf(capitals), { schedule, settled: null });
    const { asked: pairs, scored } = ranking.comparisons;
    expect(ranking.unscored.length).toBe(pairs - scored);
    if (schedule === 'swiss') continue;
    expect(ranking.unscored).toEqual([{ responseIds: ['r6', 'r2'], reasons: ['context'] }]);
    expect(pairs).toBe(15);
    expect(ranking.places).toHaveLength(6);
  }
});

test('responses that nothing links are not ranked, and the reason says which', async () => {
  const engine = fakeEngine({
    answer: ({ prefix }) =>
      (prefix.at(-1)?.segments.join('') ?? '').includes('Berlin')
        ? { status: 'unscored', reason: 'engine', message: 'broken' }
        : undefined,
  });
  const ranking = await rankSample({ engine, rubric }, sampleOf(capitals));
  expect(ranking.places).toEqual([]);
  expect(ranking.reason).toMatch(/^no scored comparison links .*r\d with r6; a larger budget may$/);
  expect(ranking.unscored).toHaveLength(5);
  expect(ranking.stopped).toBe('all-pairs');
});

test('an information schedule finds a clear order with fewer comparisons, and says how certain it is', async () => {
  const texts = Array.from({ length: 12 }, (_, size) => '§'.repeat(2 * size + 1));
  const ranking = await rankSample({ engine: byLength(0.5), rubric }, sampleOf(texts));
  expect(ranking.places.map(({ responseId }) => responseId)).toEqual(
    texts.map((_, place) => `r${12 - place}`),
  );
  expect(ranking.stopped).toBe('settled');
  expect(ranking.certainty).toBeGreaterThanOrEqual(0.95);
  expect(ranking.comparisons.asked).toBeLessThan(66 / 2);
  expect(ranking.places.map(({ rank }) => rank)).toEqual(texts.map((_, place) => place + 1));
});

test('a judge who is always sure still ranks, by a prior', async () => {
  const texts = ['§', '§§', '§§§', '§§§§'];
  const ranking = await rankSample({ engine: byLength(1000), rubric }, sampleOf(texts), {
    schedule: 'all-pairs',
  });
  expect(ranking.prior).toBe(true);
  expect(ranking.places.map(({ responseId }) => responseId)).toEqual(['r4', 'r3', 'r2', 'r1']);
  expect(Math.max(...ranking.places.map(({ high }) => high))).toBeLessThan(12);
  expect(ranking.cyclicShare).toBe(0);
});

test('equal texts are level', async () => {
  const ranking = await rankSample({ engine: byLength(1), rubric }, sampleOf(['§§', '§', '§§']));
  expect(ranking.places.map(({ responseId, rank }) => [responseId, rank])).toEqual([
    ['r1', 1],
    ['r3', 1],
    ['r2', 3],
  ]);
});

test('what cannot be ranked is refused by name', async () => {
  const options = { engine: fakeEngine(), rubric };
  await expect(rankSample(options, sampleOf(['Paris.']))).rejects.toThrow(
    "responses: sample 's': expected two responses or more to rank, got 1",
  );
  const [one] = sampleOf(['Paris.']).responses;
  const twice = {
    ...sampleOf(['Lyon.']),
    responses: [one ?? { id: '', text: '' }, { id: 'r1', text: 'Lyon.' }],
  };
  await expect(rankSample(options, twice)).rejects.toThrow("expected each response id once, got 'r1' twice");
  const pointwise = await loadRubric('helpfulness');
  await expect(rankSample({ ...options, rubric: pointwise }, sampleOf(capitals))).rejects.toThrow(
    "rubric: expected a pairwise one, such as better-answer, got 'helpfulness', which is pointwise",
  );
});

test('a stream is ranked in its order; bad samples are told and left out', async () => {
  const samples = ['p', 'q', 'r', 's', 't', 'u', 'v', 'w'].map((id, index) => ({
    ...sampleOf(index === 2 ? ['alone'] : capitals.slice(0, 3 + (index % 3))),
    id,
  }));
  const bad: string[] = [];
  const rankings = await collect(
    rankSamples({ engine: fakeEngine(), rubric }, samples, {
      onBadSample: ({ message }) => bad.push(message),
    }),
  );
  expect(rankings.map(({ sampleId }) => sampleId)).toEqual(['p', 'q', 's', 't', 'u', 'v', 'w']);
  expect(bad).toEqual(["responses: sample 'r': expected two responses or more to rank, got 1"]);
  await expect(collect(rankSamples({ engine: fakeEngine(), rubric }, samples))).rejects.toThrow("sample 'r'");
});

test('pairs keep a label that names one of the two', async () => {
  const store = memoryStore();
  await rankSample({ engine: fakeEngine(), rubric, store }, sampleOf(capitals.slice(0, 3), { label: 'r2' }), {
    schedule: 'all-pairs',
  });
  const rows = await collect(store.plan());
  expect(rows.map(({ responseIds, label }) => [responseIds.includes('r2'), label])).toEqual(
    rows.map(({ responseIds }) => (responseIds.includes('r2') ? [true, 'r2'] : [false, undefined])),
  );
  expect(rows).toHaveLength(3);
  const judgments: Judgment[] = await collect(store.judgments());
  expect(new Set(judgments.map(({ sampleId }) => sampleId))).toEqual(new Set(['s']));
});

test('a dispersed judge has wider intervals than one of a single order, at equal odds', () => {
  const line = (twist: number) => [
    { first: 0, second: 1, probability: 0.7 },
    { first: 1, second: 2, probability: 0.7 },
    { first: 0, second: 2, probability: twist },
  ];
  const width = (twist: number) => {
    const [best] = rankPairs(3, line(twist)).table ?? [];
    return (best?.strength.high ?? 0) - (best?.strength.low ?? 0);
  };
  expect(width(0.845)).toBeLessThan(width(0.2));
});
