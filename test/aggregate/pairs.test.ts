import fc from 'fast-check';
import { expect, test } from 'vitest';
import { combineOrders, LARGEST_LOG_ODDS, type OrderReading, readOrder } from '../../src/aggregate/pairs.ts';

const odds = fc.oneof(
  fc.double({ min: -60, max: 60, noNaN: true }),
  fc.integer({ min: -2, max: 2 }),
  fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);
const band = fc.double({ min: 0, max: 5, noNaN: true });
const mirror = { first: 'second', second: 'first', tie: 'tie' } as const;

function expectMirrored(forward: OrderReading, backward: OrderReading, tieBand: number): void {
  const [ab, ba] = [
    combineOrders(forward, backward, { tieBand }),
    combineOrders(backward, forward, { tieBand }),
  ];
  expect(Math.abs(ab.probability + ba.probability - 1)).toBeLessThan(1e-12);
  expect(ab.logOdds).toBe(-ba.logOdds || 0);
  expect(ab.lean).toBe(ba.lean);
  expect(ab.tie).toBe(ba.tie);
  expect(ab.flipped).toBe(ba.flipped);
  expect(ab.winner).toBe(mirror[ba.winner]);
  expect(
    ab.probability >= 0 && ab.probability <= 1 && Number.isFinite(ab.logOdds) && Number.isFinite(ab.lean),
  ).toBe(true);
  if (ab.winner !== 'tie')
    expect(ab.winner === 'first' ? ab.probability >= 0.5 : ab.probability <= 0.5).toBe(true);
}

test('judging (a, b) and (b, a) gives mirrored verdicts and probabilities that add up to 1', () => {
  fc.assert(
    fc.property(odds, odds, band, (first, second, tieBand) => {
      expectMirrored({ logOdds: first }, { logOdds: second }, tieBand);
    }),
  );
  const share = fc.double({ min: 0, max: 0.999, noNaN: true });
  const finite = fc.double({ min: -20, max: 20, noNaN: true }).map((value) => Math.round(value * 1e6) / 1e6);
  fc.assert(
    fc.property(finite, finite, share, share, band, (first, second, tieFirst, tieSecond, tieBand) => {
      expectMirrored({ logOdds: first, tie: tieFirst }, { logOdds: second, tie: tieSecond }, tieBand);
    }),
  );
});

test('a judge that only looks at the position has no preference', () => {
  fc.assert(
    fc.property(odds, (lean) => {
      const reading = combineOrders({ logOdds: lean }, { logOdds: lean });
      expect(reading).toMatchObject({ logOdds: 0, probability: 0.5, winner: 'tie', flipped: lean !== 0 });
      expect(Math.abs(reading.lean - lean) < 1e-12 || Math.abs(reading.lean) === LARGEST_LOG_ODDS).toBe(true);
    }),
  );
});

test('a lean towards one position is taken out of the preference and reported', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -9, max: 9, noNaN: true }),
      fc.double({ min: -9, max: 9, noNaN: true }),
      (preference, lean) => {
        const reading = combineOrders({ logOdds: preference + lean }, { logOdds: lean - preference });
        expect(Math.abs(reading.logOdds - preference)).toBeLessThan(1e-12);
        expect(Math.abs(reading.lean - lean)).toBeLessThan(1e-12);
        if (Math.abs(Math.abs(preference) - Math.abs(lean)) > 1e-9) {
          expect(reading.flipped).toBe(Math.abs(lean) > Math.abs(preference));
        }
      },
    ),
  );
});

test('the tie band holds only orders that disagree', () => {
  const winner = (first: number, second: number, tieBand: number) =>
    combineOrders({ logOdds: first }, { logOdds: second }, { tieBand }).winner;
  expect(winner(1, 0.4, 0)).toBe('first');
  expect(winner(1, 0.4, 0.3)).toBe('tie');
  expect(winner(1, 0.4, 0.29)).toBe('first');
  expect(winner(0.4, 1, Number.POSITIVE_INFINITY)).toBe('tie');
  expect(winner(0.1, -0.1, 5)).toBe('first');
  expect(winner(0, 0, 0)).toBe('tie');
  expect(() => winner(0, 0, -1)).toThrow('expected a tie band of 0 or more nats, got -1');
});

test('tie mass is averaged, counts half to each side, and wins when it is the most probable', () => {
  const sure = combineOrders({ logOdds: Math.log(3), tie: 0.2 }, { logOdds: -Math.log(3), tie: 0.4 });
  expect(sure.tie).toBeCloseTo(0.3, 12);
  expect(sure.probability).toBeCloseTo(0.7 * 0.75 + 0.15, 12);
  expect(sure.winner).toBe('first');
  const tied = combineOrders({ logOdds: Math.log(3), tie: 0.5 }, { logOdds: -Math.log(3), tie: 0.4 });
  expect(tied.winner).toBe('tie');
  expect(combineOrders({ logOdds: 1 }, { logOdds: -1 }).tie).toBeNull();
  expect(() => combineOrders({ logOdds: 1, tie: 0.1 }, { logOdds: 1 })).toThrow(
    'in both orders or in neither',
  );
  expect(() => combineOrders({ logOdds: 1, tie: 2 }, { logOdds: 1, tie: 0 })).toThrow('got 2');
  expect(() => combineOrders({ logOdds: Number.NaN }, { logOdds: 1 })).toThrow('got NaN');
});

test('an order is read from its labels, with or without a tie', () => {
  expect(readOrder({ A: -1, B: -3.5 }, { first: 'A', second: 'B' })).toEqual({ logOdds: 2.5 });
  const three = readOrder(
    { A: Math.log(0.2), B: Math.log(0.3), C: Math.log(0.5) },
    { first: 'A', second: 'B', tie: 'C' },
  );
  expect(three.tie).toBeCloseTo(0.5, 12);
  expect(three.logOdds).toBeCloseTo(Math.log(2 / 3), 12);
  const none = Number.NEGATIVE_INFINITY;
  expect(readOrder({ A: 0, B: none }, { first: 'A', second: 'B' }).logOdds).toBe(Number.POSITIVE_INFINITY);
  expect(readOrder({ A: none, B: none, C: 0 }, { first: 'A', second: 'B', tie: 'C' })).toEqual({
    logOdds: 0,
    tie: 1,
  });
  expect(() => readOrder({ A: 0 }, { first: 'A', second: 'B' })).toThrow('label "B", got none');
  expect(() => readOrder({ A: none, B: none }, { first: 'A', second: 'B' })).toThrow('at least one label');
  expect(() => readOrder({ A: Number.NaN, B: 0 }, { first: 'A', second: 'B' })).toThrow('got NaN');
});
