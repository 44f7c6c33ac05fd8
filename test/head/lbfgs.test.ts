import { expect, test } from 'vitest';
import { type Evaluate, minimise } from '../../src/head/lbfgs.ts';

const rosenbrock: Evaluate = (parameters, gradient) => {
  const [x = 0, y = 0] = parameters;
  gradient[0] = -2 * (1 - x) - 400 * x * (y - x * x);
  gradient[1] = 200 * (y - x * x);
  return (1 - x) ** 2 + 100 * (y - x * x) ** 2;
};

test('finds the minimum of Rosenbrock’s valley', () => {
  const found = minimise(Float64Array.of(-1.2, 1), rosenbrock, { maxIterations: 200, tolerance: 1e-9 });
  expect(found.converged).toBe(true);
  expect(found.parameters[0]).toBeCloseTo(1, 8);
  expect(found.parameters[1]).toBeCloseTo(1, 8);
});

test('an exact inverse of the second derivatives ends a quadratic in one step', () => {
  const curvature = Float64Array.of(1, 1e3, 1e6);
  const quadratic: Evaluate = (parameters, gradient) => {
    let value = 0;
    for (const [place, parameter] of parameters.entries()) {
      const slope = (curvature[place] ?? 0) * (parameter - 1);
      gradient[place] = slope;
      value += (slope * (parameter - 1)) / 2;
    }
    return value;
  };
  const options = { maxIterations: 500, tolerance: 1e-6 };
  const precondition = (vector: Float64Array) => {
    for (const [place, entry] of vector.entries()) vector[place] = entry / (curvature[place] ?? 1);
  };
  expect(minimise(new Float64Array(3), quadratic, { ...options, precondition }).iterations).toBe(1);
  const plain = minimise(new Float64Array(3), quadratic, options);
  expect(plain.converged).toBe(true);
  expect(plain.iterations).toBeGreaterThan(1);
});

test('crosses kinks', () => {
  const kinked: Evaluate = (parameters, gradient) => {
    const [x = 0, y = 0] = parameters;
    gradient[0] = Math.sign(x - 3) + 0.1 * (x - 2);
    gradient[1] = 10 * Math.sign(y + 1);
    return Math.abs(x - 3) + 0.05 * (x - 2) ** 2 + 10 * Math.abs(y + 1);
  };
  const found = minimise(Float64Array.of(20, 7), kinked, { maxIterations: 500, tolerance: 1e-9 });
  expect(found.value).toBeCloseTo(0.05, 6);
});

test('a value that is no number is never a minimum', () => {
  const nowhere: Evaluate = (_, gradient) => {
    gradient.fill(1);
    return Number.NaN;
  };
  const options = { maxIterations: 5, tolerance: 1e-6 };
  expect(minimise(new Float64Array(2), nowhere, options).converged).toBe(false);
});
