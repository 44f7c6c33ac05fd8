import { expect, test } from 'vitest';
import { scorerHead } from '../../src/loop/cascade-head.ts';
import type { Scorer } from '../../src/reward/scorer.ts';
import type { RewardHead, Sample } from '../../src/schema.ts';

const sample: Sample = {
  id: '1',
  prompt: 'Why?',
  responses: ['2', '-1', 'long'].map((text, place) => ({ id: 'abc'[place] ?? '', text })),
};

/** A scorer whose answers say their own score; `long` does not fit. */
function scorerOf(
  more: {
    kind?: RewardHead['kind'];
    loss?: string;
    deviation?: number | null;
    quantile?: number;
    abstain?: boolean;
    comparable?: boolean;
  } = {},
): Scorer {
  const {
    kind = 'pairs',
    loss = 'bradley-terry',
    deviation = null,
    quantile,
    abstain = false,
    comparable = true,
  } = more;
  const distance = quantile === undefined ? null : { distance: 3, quantile };
  return {
    record: {
      name: 'reward',
      version: '2',
      kind,
      loss: { kind: loss, options: {} },
      training: { clusters: ['1'.repeat(16)] },
    } as unknown as RewardHead,
    digest: 'd'.repeat(64),
    comparable,
    async score(_prompt, texts) {
      const read = (place: number) => Number(texts[place]);
      return {
        answers: texts.map((text) =>
          text === 'long'
            ? { status: 'unscored', reason: 'context', message: 'too long' }
            : {
                status: 'scored',
                score: Number(text),
                cautious: Number(text),
                objectives: {},
                deviation,
                distance: distance?.quantile ?? null,
                tokens: 7,
                cached: true,
              },
        ),
        prompt: null,
        order: [0, 1],
        compare: (left, right) =>
          [left, right].some((place) => texts[place] === 'long')
            ? null
            : {
                difference: read(left) - read(right),
                probability: 1 / (1 + Math.exp(read(right) - read(left))),
                logOdds: read(left) - read(right),
                deviation,
                memberDeviation: null,
                abstain,
                distance,
              },
      };
    },
  };
}
const read = (scorer: Scorer, options = {}) => scorerHead(scorer, options).read(sample, {});

test('a head compares by its calibrated probability, and cached features cost what they cost', async () => {
  const reading = await read(scorerOf());
  expect(reading.scores).toEqual([2, -1, null]);
  expect(reading.tokens).toBe(14);
  expect(reading.compare(0, 1).logOdds).toBeCloseTo(3, 9);
  expect(reading.compare(1, 0).logOdds).toBeCloseTo(-3, 9);
  expect(reading.compare(0, 1).against).toEqual([]);
  expect(reading.compare(0, 2)).toEqual({ logOdds: null, against: ['no score: too long'] });
});

test('deviations are a confidence of their own, where the head tells them', async () => {
  const options = { confidence: 'deviations' } as const;
  const told = await read(scorerOf({ deviation: 1.5 }), options);
  expect(told.compare(0, 1)).toMatchObject({ confidence: 2, against: [] });
  const same = await read(scorerOf({ deviation: 0 }), options);
  expect(same.compare(0, 0).confidence).toBe(0);
  expect(same.compare(0, 1).confidence).toBe(1e6);
  const silent = await read(scorerOf(), options);
  expect(silent.compare(0, 1).against).toEqual(['the head tells no deviation']);
});

test("the head's own doubts speak against its deciding", async () => {
  const abstaining = scorerOf({ abstain: true });
  expect((await read(abstaining)).compare(0, 1).against).toEqual([
    'the head abstains: it cannot rule out either answer',
  ]);
  expect((await read(abstaining, { conformal: false })).compare(0, 1).against).toEqual([]);
  const far = { farthest: 0.9 };
  expect((await read(scorerOf({ quantile: 0.95 }), far)).compare(0, 1).against).toEqual([
    'an answer far from all that the head was trained on',
  ]);
  expect((await read(scorerOf({ quantile: 0.5 }), far)).compare(0, 1).against).toEqual([]);
  expect((await read(scorerOf(), far)).compare(0, 1).against).toEqual(['the head tells no distance']);
});

test('one answer alone has an opinion only from a head of scores', async () => {
  expect((await read(scorerOf())).alone(0)).toMatchObject({
    logOdds: null,
    against: [expect.stringContaining('comparisons')],
  });
  const outcome = await read(scorerOf({ kind: 'scores', loss: 'cross-entropy' }));
  expect(outcome.alone(0)).toEqual({ logOdds: 2, against: [] });
});

test.for(['regression', 'quantile', 'margin'])(
  'scores of %s are no log-odds: the head has no opinion, and says why',
  async (loss) => {
    const kind = loss === 'margin' ? 'pairs' : 'scores';
    const silent = { logOdds: null, against: [expect.stringMatching(`${loss}.* no log-odds`)] };
    for (const options of [{}, { confidence: 'deviations' }] as const) {
      const reading = await read(scorerOf({ kind, loss, comparable: false, deviation: 0.1 }), options);
      expect(reading.scores).toEqual([2, -1, null]);
      expect(reading.compare(0, 1)).toEqual(silent);
      expect(reading.compare(0, 2).against).toEqual(['no score: too long']);
    }
    if (kind === 'pairs') return;
    // What calibrates comparisons calibrates no single answer.
    const calibrated = await read(scorerOf({ kind, loss }));
    expect(calibrated.compare(0, 1).logOdds).toBeCloseTo(3, 9);
    expect(calibrated.alone(0)).toEqual(silent);
  },
);

test('a head says which prompts it was trained on', () => {
  expect([...scorerHead(scorerOf()).trainedOn]).toEqual(['1'.repeat(16)]);
});

test('thresholds are bound to what the confidence is', () => {
  const kinds = [{}, { confidence: 'deviations' }, { farthest: 0.9 }, { conformal: false }] as const;
  expect(new Set(kinds.map((options) => scorerHead(scorerOf(), options).confidence)).size).toBe(4);
});
