/** Everything `juror agree` says about solutions judged step by step, as one record. */
import { JurorError } from '../errors.ts';
import type { Label, Verdict } from '../schema.ts';
import { type AgreementCounts, countRows } from './agree.ts';
import type { Baseline } from './baselines.ts';
import { areaUnderCurve } from './correlation.ts';
import { type BootstrapOptions, clusterBootstrap, type Figure } from './interval.ts';
import {
  expectedFigures,
  type FirstError,
  type FirstErrorFigures,
  firstErrorFigures,
  firstErrorOf,
  hitsOf,
  isProcessLabel,
  randomHits,
  reduceSteps,
} from './process.ts';
import { difference, mean } from './statistic.ts';

/** One solution's verdict beside its label. `processRow` makes it from a Verdict. */
export interface ProcessRow {
  /** Rows of one cluster are dependent: the prompt, or its digest. */
  readonly cluster: string;
  /** Probability that each step is good; null where unscored. */
  readonly steps: readonly (number | null)[];
  /** The same by the labels; null for a solution whose steps have none. */
  readonly label: readonly (number | null)[] | null;
  /** Probability that the final answer is right, by the labels. */
  readonly outcome: number | null;
  /** Reasons of the judgments without a score. */
  readonly unscored: readonly string[];
  /** The subset it belongs to, for a breakdown. */
  readonly group?: string;
}

/** How far each number that a solution is reduced to tells right final answers from wrong ones: area under the curve. */
export interface OutcomeFigures {
  readonly last: Figure;
  readonly min: Figure;
  readonly mean: Figure;
  readonly product: Figure;
  /** The baseline: fewer steps are better. */
  readonly fewerSteps: Figure;
}

/** Agreement of stepwise verdicts. */
export interface ProcessReport {
  readonly mode: 'stepwise';
  /** `compared` are solutions whose first wrong step is labelled and whose steps are all scored. */
  readonly counts: AgreementCounts;
  readonly figures: FirstErrorFigures & {
    /** Over labelled steps: probability that a good one scores above a wrong one. */
    readonly stepAreaUnderCurve: Figure;
  };
  /** Gains are in `location`. */
  readonly baselines: {
    readonly none: Baseline<FirstErrorFigures>;
    readonly first: Baseline<FirstErrorFigures>;
    readonly random: Baseline<FirstErrorFigures>;
    /** `stepAreaUnderCurve` of the rule that earlier steps are better: labels often end with the first error. */
    readonly earlierSteps: Figure;
  };
  /** Over solutions whose final answer is labelled; null when there is none. */
  readonly outcome: OutcomeFigures | null;
  /** Group → the same for its rows alone; empty without groups. */
  readonly groups: Readonly<Record<string, Omit<ProcessReport, 'groups'>>>;
}

/** What a verdict does not know about itself. */
export interface ProcessRowOptions {
  /** Default: the verdict's own label. */
  readonly label?: Label;
  /** Default: the sample's id. */
  readonly cluster?: string;
  readonly group?: string;
}

/**
 * The row of one stepwise verdict. A number as label is that of the final answer. Throws JurorError `data`, naming the sample,
 * for a label of another number of steps or a word.
 */
export function processRow(verdict: Verdict, options: ProcessRowOptions = {}): ProcessRow {
  const { sampleId, steps = [] } = verdict;
  const label = options.label ?? verdict.label;
  const place = { field: `label of sample "${sampleId}"` };
  const given = isProcessLabel(label) ? label : undefined;
  if (given !== undefined && given.steps.length !== steps.length)
    throw new JurorError(
      'data',
      `expected a label for each of ${steps.length} steps, got ${given.steps.length}`,
      { place },
    );
  if (typeof label === 'string')
    throw new JurorError('data', `expected labels of steps or a number, got ${JSON.stringify(label)}`, {
      place,
    });
  return {
    cluster: options.cluster ?? sampleId,
    steps: steps.map(({ probability }) => probability),
    label: given?.steps ?? null,
    outcome: typeof label === 'number' ? label : (given?.outcome ?? null),
    unscored: verdict.unscored,
    ...(options.group === undefined ? {} : { group: options.group }),
  };
}

/**
 * Agreement of stepwise verdicts with labels beside the trivial baselines on the same solutions, each figure with n and a
 * 95 % interval clustered by prompt. A solution with an unscored step is counted and left out: keeping those whose error
 * was found before it would flatter the judge.
 */
export function processReport(rows: readonly ProcessRow[], options: BootstrapOptions = {}): ProcessReport {
  const names = new Set(rows.flatMap(({ group }) => (group === undefined ? [] : [group])));
  const groups = [...names].sort().map((name) => {
    return [
      name,
      report(
        rows.filter(({ group }) => group === name),
        options,
      ),
    ] as const;
  });
  return { ...report(rows, options), groups: Object.fromEntries(groups) };
}

function report(rows: readonly ProcessRow[], options: BootstrapOptions): Omit<ProcessReport, 'groups'> {
  const scored = rows.flatMap((row) => {
    const guess = row.steps.includes(null) ? null : firstErrorOf(row.steps);
    return guess === null ? [] : [{ ...row, guess }];
  });
  const compared = scored.flatMap((row) => {
    const label = row.label === null ? null : firstErrorOf(row.label);
    return label === null ? [] : [{ ...row, label }];
  });
  const labels = compared.map(({ label }) => label);
  const guesses = compared.map(({ guess }) => guess);
  const clusters = compared.map(({ cluster }) => cluster);
  const always = (guess: FirstError) => labels.map(() => guess);
  const chance = randomHits(
    compared.map(({ steps }) => steps.length),
    labels,
  );
  const own = hitsOf(guesses, labels);
  const gain = (other: readonly number[]) =>
    clusterBootstrap(difference(mean(own.location), mean(other)), clusters, options);
  const constant = (rule: string, guess: FirstError): Baseline<FirstErrorFigures> => ({
    rule,
    figures: firstErrorFigures(always(guess), labels, clusters, options),
    gain: gain(hitsOf(always(guess), labels).location),
  });
  const steps = labelledSteps(scored);
  const stepCurve = (column: readonly number[]) =>
    clusterBootstrap(
      areaUnderCurve(
        column,
        steps.map(({ good }) => good),
      ),
      steps.map(({ cluster }) => cluster),
      options,
    );
  return {
    mode: 'stepwise',
    counts: countRows(
      rows.map(({ cluster, label, outcome, unscored, steps }) => ({
        cluster,
        unscored,
        label: label === null ? outcome : 0,
        score: reduceSteps(steps).min,
      })),
      compared.length,
    ),
    figures: {
      ...firstErrorFigures(guesses, labels, clusters, options),
      stepAreaUnderCurve: stepCurve(steps.map(({ probability }) => probability)),
    },
    baselines: {
      none: constant('no step is ever wrong', 'none'),
      first: constant('the first step is always wrong', 0),
      random: {
        rule: 'one of the steps or none, at random (in expectation)',
        figures: expectedFigures(chance, labels, clusters, options),
        gain: gain(chance.location),
      },
      earlierSteps: stepCurve(steps.map(({ place }) => -place)),
    },
    outcome: outcomeFigures(scored, options),
  };
}

function labelledSteps(rows: readonly ProcessRow[]) {
  return rows.flatMap(({ cluster, steps, label }) =>
    steps.flatMap((probability, place) => {
      const known = label?.[place] ?? null;
      return probability === null || known === null
        ? []
        : [{ cluster, probability, place, good: known >= 0.5 }];
    }),
  );
}

function outcomeFigures(rows: readonly ProcessRow[], options: BootstrapOptions): OutcomeFigures | null {
  const labelled = rows.flatMap(({ cluster, steps, outcome }) =>
    outcome === null ? [] : [{ cluster, count: steps.length, right: outcome >= 0.5, ...reduceSteps(steps) }],
  );
  if (labelled.length === 0) return null;
  const curve = (column: readonly (number | null)[]) =>
    clusterBootstrap(
      areaUnderCurve(
        column.map((value) => value ?? 0),
        labelled.map(({ right }) => right),
      ),
      labelled.map(({ cluster }) => cluster),
      options,
    );
  return {
    last: curve(labelled.map(({ last }) => last)),
    min: curve(labelled.map(({ min }) => min)),
    mean: curve(labelled.map(({ mean }) => mean)),
    product: curve(labelled.map(({ product }) => product)),
    fewerSteps: curve(labelled.map(({ count }) => -count)),
  };
}
