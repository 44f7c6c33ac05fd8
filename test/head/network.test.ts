import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../../src/aggregate/random.ts';
import { completeLoss, type HeadLoss } from '../../src/head/losses.ts';
import { layoutOf, objectiveOf } from '../../src/head/network.ts';
import { partOf, prepare, type TrainingData } from '../../src/head/problem.ts';
import { features, pairs, rankings, scores } from './train-cases.ts';

const [rows, columns] = [14, 3];
/** Smooth everywhere, or, for those with kinks, where no kink is near. */
const losses: readonly (HeadLoss & { readonly margins?: never })[] = [
  { kind: 'bradley-terry' },
  { kind: 'bradley-terry', labelSmoothing: 0.1, centering: 0.3 },
  { kind: 'robust', flipRate: 0.2 },
  { kind: 'robust', flipRate: 0.2, centering: 0.3 },
  { kind: 'davidson' },
  { kind: 'davidson', tieOdds: 0.7, centering: 0.3 },
  { kind: 'margin' },
  { kind: 'margin', power: 2, margin: 0.5, centering: 0.3 },
  { kind: 'plackett-luce' },
  { kind: 'cross-entropy' },
  { kind: 'regression' },
  { kind: 'quantile', quantiles: [0.1, 0.5, 0.9] },
  { kind: 'quantile', quantiles: [0.3], smoothing: 0 },
];

function dataFor(loss: HeadLoss, seed: number): TrainingData {
  const matrix = features(rows, columns, seed);
  const part = partOf(loss);
  if (part === 'rankings') return { features: matrix, rankings: rankings(rows, 6, seed) };
  if (part === 'scores') return { features: matrix, scores: scores(rows, seed) };
  return { features: matrix, pairs: pairs(rows, 12, { seed, margins: loss.kind !== 'davidson' }) };
}

test.each(losses)('finite differences agree with every gradient: %j', (loss) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.constantFrom(0, 4),
      fc.constantFrom(0, 0.3),
      (seed, hidden, l2) => {
        const { design, criterion } = prepare(dataFor(loss, seed), completeLoss(loss), hidden, undefined);
        const layout = layoutOf(columns, hidden, criterion);
        const objective = objectiveOf(design, criterion, layout, l2);
        const random = createRandom(seed);
        const point = Float64Array.from({ length: layout.length }, () => random.normal() / 2);
        const gradient = new Float64Array(layout.length);
        objective(point, gradient);
        const at = (place: number, move: number) =>
          objective(
            point.map((value, index) => (index === place ? value + move : value)),
            new Float64Array(layout.length),
          );
        const step = 1e-6;
        for (const place of point.keys()) {
          const slope = (at(place, step) - at(place, -step)) / (2 * step);
          expect(Math.abs(slope - (gradient[place] ?? Number.NaN))).toBeLessThan(
            1e-7 * Math.max(1, Math.abs(slope)),
          );
        }
      },
    ),
    { numRuns: 20 },
  );
});
