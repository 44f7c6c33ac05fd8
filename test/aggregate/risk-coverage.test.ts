import fc from 'fast-check';
import { expect, test } from 'vitest';
import { upperBound } from '../../src/aggregate/beta.ts';
import { clusterBootstrap } from '../../src/aggregate/interval.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { coverageAtRisk, riskCoverage, riskCoverageArea } from '../../src/aggregate/risk-coverage.ts';
import { estimate, mean } from '../../src/aggregate/statistic.ts';
import { ownClusters } from './agreement-golden.ts';
import { expectNear, expectStatistic } from './golden.ts';

const row = fc.record({ confidence: fc.integer({ min: 0, max: 4 }), wrong: fc.boolean(), count: fc.nat(3) });
const rows = fc.array(row, { minLength: 1, maxLength: 20 });
type Rows = { confidence: number; wrong: boolean; count: number }[];
const columns = (of: Rows) => [of.map(({ confidence }) => confidence), of.map(({ wrong }) => wrong)] as const;

test('rows of one confidence are answered together', () => {
  expect(riskCoverage([0.9, 0.5, 0.9, 0.7, 0.5], [false, true, true, false, true])).toEqual([
    { threshold: 0.9, coverage: 0.4, risk: 0.5, answered: 2, wrong: 1 },
    { threshold: 0.7, coverage: 0.6, risk: 1 / 3, answered: 3, wrong: 1 },
    { threshold: 0.5, coverage: 1, risk: 0.6, answered: 5, wrong: 3 },
  ]);
  expect(riskCoverage([], [])).toEqual([]);
});

test('without ties the area is the mean risk of the k surest rows', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), (wrong) => {
      const confidences = wrong.map((_, place) => -place);
      const risks = wrong.map((_, place) => wrong.slice(0, place + 1).filter(Boolean).length / (place + 1));
      expectStatistic(estimate(riskCoverageArea(confidences, wrong)), estimate(mean(risks)).value);
      const curve = riskCoverage(confidences, wrong);
      for (const [place, { risk }] of curve.entries()) expectNear(risk, risks[place] ?? Number.NaN);
    }),
  );
});

test('with ties it is the mean of the area over the orders of the tied rows', () => {
  const [confidences, wrong] = [
    [3, 2, 2, 2, 1],
    [false, true, false, true, false],
  ];
  const orders = [
    [1, 2, 3],
    [1, 3, 2],
    [2, 1, 3],
    [2, 3, 1],
    [3, 1, 2],
    [3, 2, 1],
  ];
  const areas = orders.map((order) => {
    const broken = confidences.map((value, place) => value - order.indexOf(place) / 10);
    return estimate(riskCoverageArea(broken, wrong)).value ?? Number.NaN;
  });
  expectStatistic(estimate(riskCoverageArea(confidences, wrong)), estimate(mean(areas)).value);
});

test('the area is within [0, 1], knows no order of rows and no scale, and is the error rate where all is equally sure', () => {
  fc.assert(
    fc.property(rows, (sample) => {
      const [confidences, wrong] = columns(sample);
      const { value } = estimate(riskCoverageArea(confidences, wrong));
      expect(value !== null && value >= 0 && value <= 1).toBe(true);
      expectStatistic(estimate(riskCoverageArea(...columns(sample.toReversed()))), value);
      expectStatistic(estimate(riskCoverageArea(confidences.map(Math.exp), wrong)), value);
      const rate = wrong.filter(Boolean).length / wrong.length;
      expectStatistic(
        estimate(
          riskCoverageArea(
            confidences.map(() => 1),
            wrong,
          ),
        ),
        rate,
      );
      // The surest rows first is the best that this number of errors allows.
      const best = estimate(
        riskCoverageArea(
          wrong.map((miss) => (miss ? 0 : 1)),
          wrong,
        ),
      ).value;
      expect(value ?? 0).toBeGreaterThanOrEqual((best ?? 1) - 1e-12);
    }),
  );
});

test('counts mean repeated rows', () => {
  fc.assert(
    fc.property(rows, (sample) => {
      const repeated = sample.flatMap((one) => new Array<typeof one>(one.count).fill(one));
      const { value } = estimate(riskCoverageArea(...columns(repeated)));
      expectStatistic(riskCoverageArea(...columns(sample)).of(sample.map(({ count }) => count)), value);
    }),
  );
  const wrong = Array.from({ length: 60 }, (_, place) => place % 5 === 0);
  const area = riskCoverageArea(
    wrong.map((_, place) => place),
    wrong,
  );
  expect(clusterBootstrap(area, ownClusters(60), { resamples: 100 })).toMatchObject({ n: 60, clusters: 60 });
});

test('coverage at a risk is the largest that the search can certify, with its bound', () => {
  const wrong = Array.from({ length: 256 }, (_, place) => place >= 200);
  const confidences = wrong.map((_, place) => 1 - place / 256);
  const found = coverageAtRisk(confidences, wrong, ownClusters(256), { risk: 0.05 });
  // 256 thresholds: 9 tests at 0.05/9 each.
  const certified = (answered: number) =>
    upperBound(Math.max(0, answered - 200), answered, 1 - 0.05 / 9) <= 0.05;
  const answered = (found.coverage ?? 0) * 256;
  expect([certified(answered), certified(answered + 1)]).toEqual([true, false]);
  expect(found).toMatchObject({ answered, wrong: answered - 200, threshold: confidences[answered - 1] });
  expect(found.threshold !== null && found.bound <= 0.05).toBe(true);

  const copied = <Value>(values: Value[]) => values.flatMap((value) => [value, value, value]);
  const clustered = coverageAtRisk(copied(confidences), copied(wrong), copied(ownClusters(256)), {
    risk: 0.05,
  });
  expect(Math.abs(clustered.coverage - found.coverage)).toBeLessThan(0.02);
});

test('no promise where there is nothing to stand on', () => {
  const few = coverageAtRisk([0.9, 0.8], [false, false], ['p', 'q'], { risk: 0.05 });
  expect(few).toEqual({
    threshold: null,
    coverage: 0,
    reason: expect.stringMatching(/no threshold keeps the risk at 0.05/),
  });
  expect(coverageAtRisk([], [], [], { risk: 0.1 })).toEqual({
    threshold: null,
    coverage: 0,
    reason: 'no rows',
  });
  expect(() => coverageAtRisk([1], [true], ['p'], { risk: 1 })).toThrow(
    'expected a risk between 0 and 1, got 1',
  );
  expect(() => coverageAtRisk([1], [true], ['p'], { risk: 0.1, confidence: 0 })).toThrow(
    'expected a confidence',
  );
  expect(() => coverageAtRisk([1], [true], [], { risk: 0.1 })).toThrow('expected columns of one length');
  expect(() => riskCoverage([Number.NaN], [true])).toThrow('expected finite numbers');
});

test('the promised risk is broken in less than 5 studies of 100', () => {
  const random = createRandom(77);
  const [trials, risk] = [400, 0.15];
  // A row of confidence c is wrong with probability (1 − c)/2: the risk from t up is (1 − t)/4, at most 0.15 from 0.4 up.
  const names = ownClusters(600);
  let [broken, answering] = [0, 0];
  for (let trial = 0; trial < trials; trial++) {
    const confidences = Array.from({ length: 600 }, () => random.uniform());
    const wrong = confidences.map((confidence) => random.uniform() < (1 - confidence) / 2);
    const found = coverageAtRisk(confidences, wrong, names, { risk });
    if (found.threshold === null) continue;
    answering++;
    if ((1 - found.threshold) / 4 > risk) broken++;
  }
  expect(broken / trials).toBeLessThan(0.05);
  expect(answering / trials).toBeGreaterThan(0.6);
});
