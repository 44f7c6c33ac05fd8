/** Variances that know that rows of one cluster are not independent. */
import { requireSameLength } from './statistic.ts';

/** The 97.5 % point of the standard normal distribution. */
export const Z = 1.959963984540054;

/** A sum of weighted means, Σ_k w_k x̄_k, built up column by column, with its variance in both ways. */
export interface Combination {
  /** Adds `weight` times the mean of a column. */
  readonly add: (values: ArrayLike<number>, clusters: readonly string[], weight: number) => void;
  /** Σ_g (Σ_{i∈g} cᵢ)², the contributions cᵢ = w_k (xᵢ − x̄_k) / n_k times √(G_k / (G_k − 1)), G_k the clusters of column k. */
  readonly clustered: () => number;
  /** Σ_k w_k² s_k² / n_k, as if rows were independent. */
  readonly independent: () => number;
  /** How much dependence widens the variance: clustered over independent, at least 1; 1 where nothing varies. */
  readonly effect: () => number;
  readonly clusters: () => number;
}

/** An empty combination. Clusters of one name are one cluster, in whatever columns they are. */
export function createCombination(): Combination {
  const sums = new Map<string, number>();
  let independent = 0;
  const clustered = () => [...sums.values()].reduce((total, sum) => total + sum * sum, 0);
  return {
    add: (values, clusters, weight) => {
      requireSameLength(values.length, clusters.length);
      const size = values.length;
      let center = 0;
      for (let row = 0; row < size; row++) center += (values[row] ?? 0) / size;
      const groups = new Set(clusters).size;
      const scale = (weight / size) * (groups > 1 ? Math.sqrt(groups / (groups - 1)) : 1);
      let squares = 0;
      for (const [row, cluster] of clusters.entries()) {
        const deviation = (values[row] ?? 0) - center;
        squares += deviation ** 2;
        sums.set(cluster, (sums.get(cluster) ?? 0) + scale * deviation);
      }
      if (size > 1) independent += (weight ** 2 * squares) / (size * (size - 1));
    },
    clustered,
    independent: () => independent,
    effect: () => (independent > 0 ? Math.max(1, clustered() / independent) : 1),
    clusters: () => sums.size,
  };
}

/** Rows of one cluster counted as copies: n / (n² / Σ_g n_g²), the largest design effect there can be (Kish 1965). */
export function copiesEffect(clusters: readonly string[]): number {
  const sizes = new Map<string, number>();
  for (const cluster of clusters) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  return clusters.length === 0
    ? 1
    : [...sizes.values()].reduce((sum, size) => sum + size * size, 0) / clusters.length;
}

/**
 * How much fewer rows there are than it seems, for a bound of a share: the {@link Combination.effect} of the hits, or, where they are
 * all the same, {@link copiesEffect}. 1 for one row in each cluster.
 */
export function designEffect(hits: readonly boolean[], clusters: readonly string[]): number {
  const combination = createCombination();
  combination.add(
    hits.map((hit) => (hit ? 1 : 0)),
    clusters,
    1,
  );
  const varies = combination.independent() > 0 && combination.clusters() > 1;
  return varies ? combination.effect() : copiesEffect(clusters);
}
