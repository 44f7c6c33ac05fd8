import { expect, test } from 'vitest';
import { fitTemperature } from '../../src/aggregate/calibration.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { calibrateHead } from '../../src/head/calibrate.ts';

/** A head whose log-odds are `times` too large. */
function boastful(times: number, size = 600) {
  const random = createRandom(8);
  const truth = Array.from({ length: size }, () => 1.5 * random.normal());
  return {
    logOdds: truth.map((value) => times * value),
    targets: truth.map((value) => (random.uniform() < 1 / (1 + Math.exp(-value)) ? 1 : 0)),
    clusters: truth.map((_, row) => `prompt ${Math.floor(row / 3)}`),
  };
}

test('the slope is that of the aggregate on pairs, and undoes the boast on prompts it was not fitted on', () => {
  const { logOdds, targets, clusters } = boastful(3);
  const found = calibrateHead(logOdds, targets, clusters, { resamples: 200 });
  expect(found.line).toEqual(fitTemperature(logOdds, targets, { pairs: true }));
  expect(found.line.slope).toBeGreaterThan(0.25);
  expect(found.line.slope).toBeLessThan(0.45);
  expect(found.change?.logLoss.high).toBeLessThan(0);
  expect(found.after?.calibrationError.estimate).toBeLessThan(found.before.calibrationError.estimate ?? 0);
  expect(found.before.logLoss.clusters).toBe(200);
});

test('which answer is left changes nothing', () => {
  const { logOdds, targets, clusters } = boastful(2, 90);
  const turned = calibrateHead(
    logOdds.map((value, row) => (row % 2 ? -value : value)),
    targets.map((value, row) => (row % 2 ? 1 - value : value)),
    clusters,
    { resamples: 10 },
  );
  const plain = calibrateHead(logOdds, targets, clusters, { resamples: 10 });
  expect(turned.line.slope).toBeCloseTo(plain.line.slope, 10);
  expect(turned.after?.logLoss.estimate).toBeCloseTo(plain.after?.logLoss.estimate ?? Number.NaN, 10);
});

test('a head that is worse than chance gets no confidence, and one prompt no figures but a line', () => {
  const { logOdds, targets, clusters } = boastful(-1, 300);
  expect(calibrateHead(logOdds, targets, clusters, { resamples: 10 }).line.slope).toBe(0);
  const alone = calibrateHead([1, 2, -1], [1, 1, 0], ['a', 'a', 'a'], { resamples: 10 });
  expect(alone.after).toBeNull();
  expect(alone.reason).toContain('without one of 5 folds of prompts');
  expect(() => calibrateHead([1, 2], [0.5, 0.5], ['a', 'b'])).toThrow('ties alone');
});
