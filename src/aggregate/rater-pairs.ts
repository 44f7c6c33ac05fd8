/** Each two raters of the same rows: how often they agree, and Cohen's κ. */
import { cohenKappa, weightedKappa } from './agreement.ts';
import { type BootstrapOptions, clusterBootstrap, type Figure, proportion } from './interval.ts';

/** What raters said of one row. */
export interface RatedRow {
  /** Rows of one cluster are dependent: the prompt. */
  readonly cluster: string;
  /** Rater → a category, or a place on a scale. Who said nothing is absent. */
  readonly said: ReadonlyMap<string, string | number>;
}

/** Two raters on the rows that both rated. */
export interface RaterPair {
  readonly left: string;
  readonly right: string;
  readonly n: number;
  /** Share of rows where both say the same. */
  readonly agreement: Figure;
  /** Cohen's κ; of places on a scale weighted by the square of their distance, which for two places is the plain one. */
  readonly kappa: Figure;
}

/**
 * Each two of the raters in the order given, those with no row in common too, with an interval over clusters. Numbers and categories
 * are not compared with each other: such rows are left out.
 */
export function raterPairs(
  rows: readonly RatedRow[],
  raters: readonly string[],
  options: BootstrapOptions = {},
): RaterPair[] {
  return raters.flatMap((left, place) =>
    raters.slice(place + 1).map((right): RaterPair => {
      const both = rows.flatMap(({ cluster, said }) => {
        const [one, other] = [said.get(left), said.get(right)];
        if (one === undefined || other === undefined || typeof one !== typeof other) return [];
        return [{ cluster, one, other }];
      });
      const clusters = both.map(({ cluster }) => cluster);
      const [ones, others] = [both.map(({ one }) => one), both.map(({ other }) => other)];
      const kappa =
        areNumbers(ones) && areNumbers(others)
          ? weightedKappa(ones, others, 'quadratic')
          : cohenKappa(ones, others);
      return {
        left,
        right,
        n: both.length,
        agreement: proportion(
          both.map(({ one, other }) => one === other),
          clusters,
        ),
        kappa: clusterBootstrap(kappa, clusters, options),
      };
    }),
  );
}

function areNumbers(values: readonly (string | number)[]): values is number[] {
  return values.every((value) => typeof value === 'number');
}
