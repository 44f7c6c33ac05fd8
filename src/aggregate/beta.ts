/** The beta distribution: tails of the binomial, exact and for effective sample sizes that are not integers. */
import { JurorError } from '../errors.ts';

/** Lanczos' coefficients for g = 7 (Godfrey 2001): relative error below 1e-15. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];
const TINY = 1e-300;

/**
 * The regularised incomplete beta function Iₓ(a, b) for a, b > 0 and x in [0, 1]: the distribution function of Beta(a, b),
 * and P(X ≥ a) for X ~ Binomial(a + b − 1, x). By Lentz's continued fraction (Numerical Recipes, 3rd edition, 6.4).
 */
export function regularizedBeta(x: number, a: number, b: number): number {
  if (!(x >= 0 && x <= 1 && a > 0 && b > 0)) {
    throw new JurorError('usage', `expected x in [0, 1], a > 0 and b > 0, got ${x}, ${a} and ${b}`);
  }
  if (x === 0 || x === 1) return x;
  if (x > (a + 1) / (a + b + 2)) return 1 - regularizedBeta(1 - x, b, a);
  const front =
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x) - Math.log(a);
  return Math.min(1, Math.exp(front) / betaFraction(x, a, b));
}

/** The x with Iₓ(a, b) = `share`, by bisection to the last bit. */
export function betaQuantile(share: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let middle = 0.5; middle > low && middle < high; middle = (low + high) / 2) {
    if (regularizedBeta(middle, a, b) < share) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * The upper confidence bound of a proportion (Clopper and Pearson, Biometrika 26, 1934): the share p for which so few
 * events in `total` have probability 1 − `confidence`. Sizes need not be integers (Korn and Graubard, Survey Methodology
 * 24, 1998).
 */
export function upperBound(events: number, total: number, confidence: number): number {
  return events >= total ? 1 : betaQuantile(confidence, events + 1, total - events);
}

function logGamma(x: number): number {
  const shifted = x - 1;
  const base = shifted + 7.5;
  const sum = LANCZOS.reduce((total, term, place) => total + (place ? term / (shifted + place) : term), 0);
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(base) - base + Math.log(sum);
}

/** The continued fraction that divides xᵃ(1 − x)ᵇ / (a B(a, b)); converges fast for x below the mean. */
function betaFraction(x: number, a: number, b: number): number {
  const safe = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let [upper, lower, fraction] = [1, 0, 1];
  for (let step = 1; step < 100_000; step++) {
    const half = Math.floor(step / 2);
    const term =
      step % 2 === 0
        ? (half * (b - half) * x) / ((a + step - 1) * (a + step))
        : (-(a + half) * (a + b + half) * x) / ((a + step - 1) * (a + step));
    lower = 1 / safe(1 + term * lower);
    upper = safe(1 + term / upper);
    const change = upper * lower;
    fraction *= change;
    if (Math.abs(change - 1) <= Number.EPSILON) break;
  }
  return fraction;
}
