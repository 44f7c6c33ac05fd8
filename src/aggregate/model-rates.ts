/** How often one model's answers beat another's: as judged, at equal length, and by the labels. */
import type { AgreementRow } from './agree.ts';
import type { BootstrapOptions, Figure } from './interval.ts';
import type { Winner } from './pairs.ts';
import { lengthControl, winPoints, winRate } from './win-rate.ts';

/** Two models on the same prompts. */
export interface ModelRates {
  /** Whose win rate it is; of the two names the one that sorts first. */
  readonly model: string;
  readonly against: string;
  /** Over scored rows, a tie counting half. */
  readonly judged: Figure;
  /** As judged, were all answers of one length; undefined, with its reason, where lengths alone tell wins from losses. */
  readonly lengthControlled: Figure;
  /** What length adds to the log-odds of a win, in nats; above 0 longer answers win. */
  readonly lengthCoefficient: Figure;
  /** Over labelled rows, scored or not. */
  readonly labels: Figure;
}

/** A row from the side of one model. */
export interface Meeting {
  readonly cluster: string;
  readonly winner: Winner | null;
  readonly label: Winner | null;
  /** Length of the model's answer minus that of the other. */
  readonly difference: number;
}

/** Which rates, and how. */
export interface ModelRatesOptions extends BootstrapOptions {
  /** Only the pairs of models that have most rows, this many. Default: all. */
  readonly most?: number | undefined;
}

/** The win rate of every pair of models that meet, by name. Rows of one model, or of unknown ones, say nothing here. */
export function modelRates(
  rows: readonly AgreementRow[],
  { most = Number.POSITIVE_INFINITY, ...options }: ModelRatesOptions = {},
): ModelRates[] {
  const pairs = meetingsByModels(rows);
  const chosen = new Set(
    pairs.toSorted((left, right) => right.meetings.length - left.meetings.length).slice(0, most),
  );
  return pairs
    .filter((pair) => chosen.has(pair))
    .map(({ model, against, meetings }) => {
      const judged = meetings.flatMap(({ winner, difference, cluster }) =>
        winner === null ? [] : [{ winner, difference, cluster }],
      );
      const labelled = meetings.flatMap(({ label, cluster }) => (label === null ? [] : [{ label, cluster }]));
      const winners = judged.map(({ winner }) => winner);
      const clusters = judged.map(({ cluster }) => cluster);
      const { controlled, coefficient } = lengthControl(
        winners.map(winPoints),
        judged.map(({ difference }) => difference),
        clusters,
        options,
      );
      return {
        model,
        against,
        judged: winRate(winners, clusters),
        lengthControlled: controlled,
        lengthCoefficient: coefficient,
        labels: winRate(
          labelled.map(({ label }) => label),
          labelled.map(({ cluster }) => cluster),
        ),
      };
    });
}

/** Pairs of two different known models, each row turned so that the model whose name sorts first comes first. */
export function meetingsByModels(
  rows: readonly AgreementRow[],
): { readonly model: string; readonly against: string; readonly meetings: readonly Meeting[] }[] {
  const pairs = new Map<string, { model: string; against: string; meetings: Meeting[] }>();
  for (const { models, cluster, winner, label, lengths } of rows) {
    const [left, right] = models ?? [];
    if (!left || !right || left === right) continue;
    const turned = right < left;
    const [model, against] = turned ? [right, left] : [left, right];
    const key = JSON.stringify([model, against]);
    const pair = pairs.get(key) ?? { model, against, meetings: [] };
    pairs.set(key, pair);
    const difference = (lengths[0] ?? 0) - (lengths[1] ?? 0);
    pair.meetings.push({
      cluster,
      winner: winner === null || !turned ? winner : turn(winner),
      label: label === null || typeof label === 'number' ? null : turned ? turn(label) : label,
      difference: turned ? -difference : difference,
    });
  }
  return [...pairs.entries()].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, pair]) => pair);
}

function turn(winner: Winner): Winner {
  return winner === 'tie' ? 'tie' : winner === 'first' ? 'second' : 'first';
}
