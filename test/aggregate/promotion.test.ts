import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anchorGains, levelOfLook, testPromotion } from '../../src/aggregate/promotion.ts';
import { createRandom } from '../../src/aggregate/random.ts';

const anchorsOf = (target: readonly number[]) => ({
  target,
  cluster: target.map((_, row) => `prompt ${row}`),
});

test('the shares of alpha that looks spend add up to it, however many there are', () => {
  const spent = (looks: number) =>
    Array.from({ length: looks }, (_, look) => 1 - levelOfLook(look + 1)).reduce(
      (sum, part) => sum + part,
      0,
    );
  expect(levelOfLook(1)).toBeCloseTo(0.975, 15);
  for (const looks of [1, 2, 10, 1000]) {
    expect(spent(looks)).toBeCloseTo((0.05 * looks) / (looks + 1), 12);
    expect(spent(looks)).toBeLessThan(0.05);
  }
  expect(levelOfLook(7, 0.05, false)).toBe(0.95);
  expect(() => levelOfLook(0)).toThrow('expected a look of 1 or more, got 0');
});

test('gains of accuracy: right 1, wrong 0, no difference ½, ties left out; of likelihood: log σ in nats', () => {
  const anchors = anchorsOf([1, 0, 1, 0.5]);
  expect(anchorGains([2, 3, 0, 1], anchors)).toEqual({
    gains: [1, 0, 0.5],
    cluster: ['prompt 0', 'prompt 1', 'prompt 2'],
  });
  const { gains } = anchorGains([2, 3, 0, 800], anchors, 'log-likelihood');
  for (const [row, gain] of [
    -Math.log1p(Math.exp(-2)),
    -3 - Math.log1p(Math.exp(-3)),
    -Math.LN2,
    -400,
  ].entries())
    expect(gains[row]).toBeCloseTo(gain, 12);
});

test('turning every anchor and every difference round changes no gain', () => {
  const row = fc.record({
    difference: fc.double({ min: -50, max: 50, noNaN: true }),
    target: fc.constantFrom(0, 0.25, 0.5, 1),
  });
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1 }),
      fc.constantFrom('accuracy' as const, 'log-likelihood' as const),
      (rows, measure) => {
        const straight = anchorGains(
          rows.map(({ difference }) => difference),
          anchorsOf(rows.map(({ target }) => target)),
          measure,
        );
        const turned = anchorGains(
          rows.map(({ difference }) => -difference),
          anchorsOf(rows.map(({ target }) => 1 - target)),
          measure,
        );
        for (const [place, gain] of straight.gains.entries())
          expect(turned.gains[place]).toBeCloseTo(gain, 9);
      },
    ),
  );
});

test('a better head is better, a worse one is worse, the same one is neither', () => {
  const random = createRandom(3);
  const target = Array.from({ length: 100 }, () => random.below(2));
  const right = target.map((side) => 2 * side - 1);
  const coin = right.map(() => random.normal());
  const anchors = anchorsOf(target);
  const options = { look: 3, resamples: 2000 };
  expect(testPromotion(right, coin, anchors, options)).toMatchObject({ better: true, worse: false });
  expect(testPromotion(coin, right, anchors, options)).toMatchObject({ better: false, worse: true });
  expect(testPromotion(coin, coin, anchors, options)).toMatchObject({
    better: false,
    worse: false,
    pValue: 1,
  });
  expect(testPromotion(right, coin, anchors, options).level).toBeCloseTo(1 - 0.05 / 12, 12);
});

test('few prompts promote nothing, although the bootstrap has no doubt', () => {
  const anchors = anchorsOf([1, 1, 1, 1]);
  const { difference, better, pValue } = testPromotion([1, 1, 1, 1], [-1, -1, -1, -1], anchors, { look: 1 });
  expect(difference).toMatchObject({ estimate: 1, low: 1, high: 1 });
  expect(pValue).toBe(0.125);
  expect(better).toBe(false);
});

test('heads that are coins are promoted more seldom than alpha says over five looks', () => {
  const random = createRandom(11);
  let promoted = 0;
  const loops = 15;
  for (let loop = 0; loop < loops; loop++) {
    const anchors = anchorsOf(Array.from({ length: 40 }, () => random.below(2)));
    let best = anchors.target.map(() => random.normal());
    for (let look = 1; look <= 5; look++) {
      const next = anchors.target.map(() => random.normal());
      const { better } = testPromotion(next, best, anchors, { look, resamples: 200, alpha: 0.2 });
      if (better) {
        promoted++;
        best = next;
        break;
      }
    }
  }
  // At most α / 2 = 10 % of loops are wrong; 15 of them have more than 5 with a chance of 2 in 1,000.
  expect(promoted).toBeLessThanOrEqual(5);
});
