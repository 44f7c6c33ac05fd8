/** Strengths of items with what is known of their error; the models that fit them are beside this file. */
import { Z } from './clustering.ts';
import { type Figure, undefinedFigure } from './interval.ts';
import { invertCholesky, multiply } from './matrix.ts';
import type { Maximum } from './newton.ts';
import { requireSameLength } from './statistic.ts';

/** A fit, or why these data determine none. */
export type StrengthFit = Strengths | { readonly strengths: null; readonly reason: string };

/** Fitted strengths. */
export interface Strengths {
  /** By item number, in nats, with sum 0: the log-odds that i is better than j, ties aside, are their difference. */
  readonly strengths: readonly number[];
  /**
   * ν of ties of 2, of 3, … items: the odds of a tie between equals against a win of one of them. Empty without a tie
   * model.
   */
  readonly tieOdds: readonly number[];
  /** The penalised log-likelihood at the maximum, in nats. */
  readonly logLikelihood: number;
  /** Rows (comparisons or rankings) it stands on. */
  readonly rows: number;
  /** The covariance of the strengths, row-major, items². */
  readonly covariance: (kind: CovarianceKind) => Covariance;
}

/**
 * What errors are assumed. `model`: every row is so many independent draws from the model as its weight says, which is
 * wide for a judge's probabilities. Otherwise the cluster (prompt) of each row: rows of different clusters are
 * independent, and nothing else is assumed.
 */
export type CovarianceKind = 'model' | readonly string[];

/** A covariance, or why there is none. */
export type Covariance =
  | { readonly values: Float64Array }
  | { readonly values: null; readonly reason: string };

/** How a fit hands over its parts. */
export interface StrengthParts {
  readonly items: number;
  readonly rows: number;
  readonly maximum: Maximum;
  /** The eigenvalue of the information for a shift of all strengths, which means nothing and is projected out. */
  readonly shift: number;
  /** Odds of a tie among equals, from the parameters. */
  readonly tieOdds: (parameters: Float64Array) => readonly number[];
  /** Adds the gradient of one row's log-likelihood: `add` is called with a parameter and its part. */
  readonly score: (row: number, parameters: Float64Array, add: Adder) => void;
}

type Adder = (parameter: number, part: number) => void;

/**
 * A fit from its parts. The sandwich covariance is H⁻¹ (Σ_g s_g s_gᵀ) H⁻¹ · G/(G − 1), with H the information, s_g the
 * gradient summed over the rows of cluster g, and G the number of clusters (Huber 1967; White, Econometrica 50, 1982;
 * Liang and Zeger, Biometrika 73, 1986). With fewer than about 20 clusters it is too small; bootstrap instead.
 */
export function makeStrengths(parts: StrengthParts): StrengthFit {
  const { items, rows, maximum, shift } = parts;
  if (maximum.parameters === null) return { strengths: null, reason: maximum.reason };
  const { parameters, factor } = maximum;
  const dimension = parameters.length;
  const covariance = (kind: CovarianceKind): Covariance => {
    const bread = invertCholesky(factor, dimension);
    for (let row = 0; row < items; row++) {
      for (let column = 0; column < items; column++) {
        bread[row * dimension + column] = (bread[row * dimension + column] ?? 0) - 1 / (items * shift);
      }
    }
    if (kind === 'model') return { values: corner(bread, dimension, items) };
    requireSameLength(rows, kind.length);
    const groups = rowsByCluster(kind);
    if (groups.length < 2) return { values: null, reason: 'one cluster has no interval' };
    const meat = new Float64Array(dimension * dimension);
    const sums = new Float64Array(dimension);
    for (const group of groups) {
      const touched = new Set<number>();
      for (const row of group) {
        parts.score(row, parameters, (parameter, part) => {
          touched.add(parameter);
          sums[parameter] = (sums[parameter] ?? 0) + part;
        });
      }
      for (const row of touched) {
        const start = row * dimension;
        const scale = (sums[row] ?? 0) * (groups.length / (groups.length - 1));
        for (const column of touched) {
          meat[start + column] = (meat[start + column] ?? 0) + scale * (sums[column] ?? 0);
        }
      }
      for (const parameter of touched) sums[parameter] = 0;
    }
    return { values: corner(multiply(multiply(bread, meat, dimension), bread, dimension), dimension, items) };
  };
  return {
    strengths: centered(parameters, items),
    tieOdds: parts.tieOdds(parameters),
    logLikelihood: maximum.value,
    rows,
    covariance,
  };
}

/** The first `items` parameters less their mean. */
export function centered(parameters: Float64Array, items: number): number[] {
  const strengths = parameters.subarray(0, items);
  const center = strengths.reduce((sum, strength) => sum + strength, 0) / items;
  return Array.from(strengths, (strength) => strength - center);
}

/**
 * Each item's strength with the 95 % interval strength ± 1.96 standard errors, in nats from the mean of all items.
 * `kind` says what errors are assumed; `model` counts every row as a cluster.
 */
export function strengthFigures(items: number, fit: StrengthFit, kind: CovarianceKind): Figure[] {
  const clusters = kind === 'model' ? [] : kind;
  if (fit.strengths === null)
    return Array.from({ length: items }, () => undefinedFigure(fit.reason, clusters));
  const shape = { n: fit.rows, clusters: kind === 'model' ? fit.rows : new Set(kind).size };
  const covariance = fit.covariance(kind);
  return fit.strengths.map((estimate, item) => {
    if (covariance.values === null) {
      return { estimate, low: null, high: null, ...shape, reason: covariance.reason };
    }
    const half = Z * Math.sqrt(Math.max(0, covariance.values[item * items + item] ?? 0));
    return { estimate, low: estimate - half, high: estimate + half, ...shape };
  });
}

/**
 * A strength on the scale of chess ratings (Elo 1978), 1000 + 400 θ / ln 10: 400 points are odds of ten to one. For
 * display only; the zero is the mean of the items at hand, so figures of two tables do not compare.
 */
export function eloRating(strength: number): number {
  return 1000 + (400 / Math.LN10) * strength;
}

/** Row numbers by cluster, clusters by name. */
function rowsByCluster(clusters: readonly string[]): number[][] {
  const groups = new Map<string, number[]>();
  clusters.forEach((name, row) => {
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  });
  return [...groups.keys()].sort().map((name) => groups.get(name) ?? []);
}

function corner(matrix: Float64Array, dimension: number, items: number): Float64Array {
  if (dimension === items) return matrix;
  return Float64Array.from({ length: items * items }, (_, place) => {
    return matrix[Math.floor(place / items) * dimension + (place % items)] ?? 0;
  });
}
