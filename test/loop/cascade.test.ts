import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSamples } from '../../src/dataset.ts';
import { openReplay } from '../../src/engine/replay.ts';
import { createJudge } from '../../src/judge/judge.ts';
import { type CascadeOptions, createCascade } from '../../src/loop/cascade.ts';
import { loadRubric } from '../../src/rubric.ts';
import { CascadeVerdict, type Sample } from '../../src/schema.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { recordText } from '../../src/store/store.ts';
import { scriptedJudge } from '../support/scripted-judge.ts';
import { stubHead } from './stub-head.ts';

const betterAnswer = await loadRubric('better-answer');
const helpfulness = await loadRubric('helpfulness');

/** A sample whose answers say their merit: `2 0.5` is 2 for the judge and 0.5 for the head. */
const sampleOf = (id: string, texts: readonly string[], more: Partial<Sample> = {}): Sample => ({
  id,
  prompt: `Question ${id}?`,
  responses: texts.map((text, place) => ({ id: 'abcdef'[place] ?? '', text })),
  ...more,
});
const judgeMerit = (text: string) => Number(text.split(' ')[0]);
const headMerit = (text: string) => Number(text.split(' ')[1] ?? 0);

function cascadeOf(
  more: Partial<Omit<CascadeOptions, 'judge'>> & { judge?: Partial<CascadeOptions['judge']> } = {},
) {
  const engine = scriptedJudge(judgeMerit);
  const head = stubHead(headMerit);
  const { judge, ...rest } = more;
  const cascade = createCascade({
    head,
    thresholds: { head: 2, direct: 1.5, critique: 1 },
    ...rest,
    judge: { engine, rubric: betterAnswer, ...judge },
  });
  return { cascade, engine, head };
}

test('a sure head decides alone, and nobody asks the judge', async () => {
  const { cascade, engine } = cascadeOf();
  const [verdict] = await cascade.decide(sampleOf('1', ['0 3', '5 0']));
  expect(verdict).toMatchObject({ winner: 'a', decided: 'head', tokens: { prompt: 6, generated: 0 } });
  expect(verdict?.probability).toBeCloseTo(1 / (1 + Math.exp(-3)), 12);
  expect(engine.requests).toHaveLength(0);
  expect(recordText(CascadeVerdict, verdict)).toContain('"decided":"head"');
});

test('a threshold taken from an opinion decides that opinion, however many decimals it has', async () => {
  for (const lead of [1 / 3, 2 / 3, 0.989541234567891]) {
    const { cascade } = cascadeOf({ thresholds: { head: lead, direct: 0, critique: 0 } });
    const [verdict] = await cascade.decide(sampleOf('1', ['0 0', `0 ${lead}`]));
    expect(verdict?.decided).toBe('head');
  }
});

test('each stage passes on what it is not sure of, and every opinion is kept with its judgments and tokens', async () => {
  const { cascade, engine } = cascadeOf();
  const [direct] = await cascade.decide(sampleOf('1', ['0 1', '2 0']));
  expect(direct).toMatchObject({ winner: 'b', decided: 'direct' });
  expect(direct?.asked.map(({ stage }) => stage)).toEqual(['head', 'direct']);
  expect(direct?.asked[1]?.judgments).toHaveLength(2);
  // Two orders of one question: 10 read with the prefix and 10 with the question.
  expect(direct?.tokens).toEqual({ prompt: 6 + 40, generated: 0 });
  expect(engine.requests).toHaveLength(2);

  const [critique] = await cascade.decide(sampleOf('2', ['1.2 1', '0 0']));
  expect(critique).toMatchObject({ winner: 'a', decided: 'critique' });
  expect(engine.requests.slice(2).map((request) => request.critique !== null)).toEqual([
    false,
    false,
    true,
    true,
  ]);

  const [people] = await cascade.decide(sampleOf('3', ['0.3 1', '0 0']));
  expect(people).toMatchObject({ winner: null, score: null, probability: null, decided: null });
  expect(people?.asked.map(({ confidence }) => Number(confidence?.toFixed(6)))).toEqual([1, 0.3, 0.3]);
});

test('exchanging the answers of a pair exchanges the verdict, at the same stage and cost', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(fc.double({ min: -4, max: 4, noNaN: true }), fc.double({ min: -4, max: 4, noNaN: true })),
      async ([judge, head]) => {
        const { cascade } = cascadeOf();
        const [one] = await cascade.decide(sampleOf('1', [`${judge} ${head}`, '0 0']));
        const [other] = await cascade.decide(sampleOf('1', ['0 0', `${judge} ${head}`]));
        expect(other?.decided).toBe(one?.decided);
        expect(other?.tokens).toEqual(one?.tokens);
        if (one?.winner !== 'tie' && one?.winner !== null)
          expect(other?.winner).toBe(one?.winner === 'a' ? 'b' : 'a');
        expect((one?.score ?? 0.5) + (other?.score ?? 0.5)).toBeCloseTo(1, 9);
      },
    ),
    { numRuns: 40 },
  );
});

test('a head that speaks against its own deciding, or has no score, leaves it to the judge', async () => {
  const far = stubHead(headMerit, { against: () => ['far from all that it was trained on'] });
  const { cascade } = cascadeOf({ head: far });
  const [verdict] = await cascade.decide(sampleOf('1', ['2 9', '0 0']));
  expect(verdict).toMatchObject({ decided: 'direct', winner: 'a' });
  expect(verdict?.asked[0]).toMatchObject({ logOdds: 9, against: ['far from all that it was trained on'] });
  const silent = cascadeOf({ head: stubHead(() => null) });
  const [other] = await silent.cascade.decide(sampleOf('1', ['2 9', '0 0']));
  expect(other?.asked[0]).toMatchObject({ probability: null, logOdds: null, confidence: null });
  expect(other?.decided).toBe('direct');
});

test("the judge's own rules of abstention send a pair on", async () => {
  const { cascade } = cascadeOf({
    judge: { abstain: { band: 0.45 } },
    thresholds: { head: 9, direct: 0, critique: 0 },
  });
  const [verdict] = await cascade.decide(sampleOf('1', ['2 0', '0 0']));
  expect(verdict?.decided).toBeNull();
  expect(verdict?.asked.map(({ against }) => against.length)).toEqual([0, 1, 1]);
});

test('added up, two half-sure stages decide what neither would alone', async () => {
  const lines = [
    { weights: [1], intercept: 0 },
    { weights: [1, 1], intercept: 0 },
    { weights: [1, 0, 1], intercept: 0 },
  ];
  const sample = sampleOf('1', ['1.2 1.2', '0 0']);
  const thresholds = { head: 2, direct: 2, critique: 2 };
  const [replaced] = await cascadeOf({ thresholds }).cascade.decide(sample);
  const [added] = await cascadeOf({ thresholds, lines }).cascade.decide(sample);
  expect(replaced?.decided).toBeNull();
  expect(added?.decided).toBe('direct');
  expect(added?.asked[1]?.combined).toBeCloseTo(2.4, 9);
  expect(added?.probability).toBeCloseTo(1 / (1 + Math.exp(-2.4)), 9);
});

test('of one answer each, some decided by the head and some by the judge; the head is read once', async () => {
  const { cascade, head, engine } = cascadeOf({
    judge: { rubric: helpfulness },
    thresholds: { head: 2, direct: 0 },
  });
  const verdicts = await cascade.decide(sampleOf('1', ['0 3', '3 0.1', '-3 -4'], { label: 1 }));
  expect(verdicts.map(({ decided }) => decided)).toEqual(['head', 'direct', 'head']);
  expect(verdicts.map(({ responseIds }) => responseIds)).toEqual([['a'], ['b'], ['c']]);
  expect(head.asked).toEqual(['1']);
  expect(engine.requests.length).toBeGreaterThan(0);
  const read = verdicts.reduce((sum, { asked }) => sum + (asked[0]?.tokens.prompt ?? 0), 0);
  expect(read).toBe('0 3'.length + '3 0.1'.length + '-3 -4'.length);
});

test('for the best of several only contested answers reach the judge, and the best wins', async () => {
  const { cascade, engine } = cascadeOf({ thresholds: { head: 2, direct: 0 } });
  // The head is sure that c, d and e are worse; b is contested, and the judge prefers it.
  const sample = sampleOf('1', ['0 5', '3 4.5', '0 1', '0 0', '0 -1'], { label: 'b' });
  const [verdict] = await cascade.decide(sample);
  expect(verdict).toMatchObject({ mode: 'best-of', winner: 'b', decided: 'direct', label: 'b' });
  expect(engine.requests).toHaveLength(2);
  expect(verdict?.asked.filter(({ stage }) => stage === 'direct')).toHaveLength(1);
  expect(verdict?.asked.reduce((sum, { tokens }) => sum + tokens.prompt, 0)).toBe(verdict?.tokens.prompt);
  const [open] = await cascadeOf({ thresholds: { head: 2, direct: 9, critique: 9 } }).cascade.decide(sample);
  expect(open).toMatchObject({ winner: null, decided: null });
});

test('asking all stages changes no decision and no cost of it', async () => {
  const samples = Array.from({ length: 12 }, (_, place) =>
    sampleOf(String(place), [`${place / 4} ${(place * 7) % 5}`, '0 1']),
  );
  const { cascade } = cascadeOf();
  const { cascade: whole } = cascadeOf({ askAll: true });
  for (const sample of samples) {
    const [one, all] = [await cascade.decide(sample), await whole.decide(sample)];
    expect(all.map(({ asked: _asked, ...rest }) => rest)).toEqual(
      one.map(({ asked: _asked, ...rest }) => rest),
    );
    expect(all[0]?.asked).toHaveLength(3);
  }
});

test('the judge is never told the label, and says what it says outside of a cascade', async () => {
  const sample = sampleOf('1', ['1 0', '0 0'], { label: 'b' });
  const { cascade } = cascadeOf({ thresholds: { head: null, direct: 0 } });
  const [verdict] = await cascade.decide(sample);
  const [alone] = await createJudge({ engine: scriptedJudge(judgeMerit), rubrics: [betterAnswer] }).judge(
    sample,
  );
  expect(verdict?.asked[1]?.judgments).toEqual(alone?.judgments);
  expect(verdict?.score).toBe(alone?.score);
});

test('a replayed model: the same bytes again, and nothing is judged that the store has', async () => {
  await using engine = await openReplay('fixtures/recordings/smollm2-135m.jsonl');
  let deliberations = 0;
  const counted = {
    ...engine,
    deliberate: (...call: Parameters<typeof engine.deliberate>) => {
      deliberations++;
      return engine.deliberate(...call);
    },
  };
  const store = memoryStore();
  const run = async (limit: number) => {
    const cascade = createCascade({
      head: stubHead((text) => text.length / 100),
      judge: { engine: counted, rubric: betterAnswer, store, direct: false },
      thresholds: { head: 1, critique: 0 },
    });
    const lines: string[] = [];
    for await (const verdict of cascade.decideAll(readSamples('fixtures/demo/pairs.jsonl', { limit })))
      lines.push(recordText(CascadeVerdict, verdict));
    return lines;
  };
  const first = await run(5);
  const all = await run(100);
  const made = deliberations;
  expect(all.slice(0, 5)).toEqual(first);
  expect(new Set(all.map((line) => JSON.parse(line).decided)).size).toBeGreaterThan(1);
  expect(await run(100)).toEqual(all);
  expect(deliberations).toBe(made);
});

test('what means nothing is refused', async () => {
  const { cascade } = cascadeOf();
  await expect(cascade.decide(sampleOf('1', ['1 1']))).rejects.toThrow(/two responses or more/);
  await expect(cascadeOf({ askAll: true }).cascade.decide(sampleOf('1', ['1', '2', '3']))).rejects.toThrow(
    /two responses/,
  );
  expect(() => cascadeOf({ thresholds: { head: -1 } })).toThrow(/from 0 up/);
  expect(() => cascadeOf({ judge: { critique: 'none' }, thresholds: { critique: 1 } })).toThrow(
    /head, direct, got 'critique'/,
  );
});

test('an aborted cascade says so', async () => {
  const { cascade } = cascadeOf();
  const signal = AbortSignal.abort();
  const all = async () => {
    for await (const _verdict of cascade.decideAll([sampleOf('1', ['0 0', '0 0'])], { signal }));
  };
  await expect(all()).rejects.toMatchObject({ code: 'aborted' });
});
