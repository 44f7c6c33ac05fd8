/** Thresholds of a cascade, fitted on labels: as few tokens as a stated error allows, certified on rows that did not choose them. */
import { JurorError } from '../errors.ts';
import type { CascadePolicy, StageLine } from './cascade.ts';
import { front, grid } from './cascade-candidates.ts';
import {
  boundOf,
  type CascadeFitRow,
  type CascadeTarget,
  evidenceOf,
  type Settled,
  settle,
  tallyOf,
} from './cascade-tally.ts';
import { logisticRegression } from './logistic-regression.ts';
import { createRandom, shuffled } from './random.ts';

/** How thresholds are fitted. */
export interface CascadeFitOptions {
  /** Default 0.95. */
  readonly confidence?: number;
  /** What later stages say replaces what earlier ones said, or is added to it with fitted weights. Default `replace`. */
  readonly combine?: 'replace' | 'sum';
  /** Yes and no can be exchanged, as the answers of a pair: lines have no intercept. Default true. */
  readonly pairs?: boolean;
  /** Share of the prompts kept out of the fit altogether, for figures that it cannot have moved. Default 0.2. */
  readonly holdout?: number;
  /** What a row that nobody decides costs, in tokens. Default: as much as asking every stage costs on average. */
  readonly person?: number;
  /** Thresholds tried for each stage. Default 16. */
  readonly levels?: number;
  /** Of the split. Default 0. */
  readonly seed?: number;
}

/** What a part of the rows says of a policy. */
export interface CascadeMeasure {
  readonly rows: number;
  readonly decided: number;
  /** Of the decided. */
  readonly wrong: number;
  /** Mean of a row, in tokens. */
  readonly tokens: number;
}

/** Thresholds that keep a promise, or why there are none. Clusters are those of the rows that took part. */
export type CascadeFit = {
  readonly clusters: {
    readonly learn: readonly string[];
    readonly test: readonly string[];
    readonly held: readonly string[];
  };
} & (
  | {
      readonly policy: CascadePolicy;
      /** Upper bound of what was promised: the error of the decided, or the loss against the judge. */
      readonly bound: number;
      /** Policies in the sequence, and how many of them were tested. */
      readonly candidates: number;
      readonly tested: number;
      readonly learn: CascadeMeasure;
      readonly test: CascadeMeasure;
    }
  | { readonly policy: null; readonly reason: string }
);

const fewest = 10;

/**
 * Pareto testing (Laufer-Goldshtein et al., ICLR 2023; Learn then Test, Angelopoulos et al. 2021). Prompts are dealt into three
 * parts. On the first the lines of `sum` are fitted, and of all combinations of thresholds (quantiles of each stage's
 * confidence, always, and never) those are kept that no other beats in both the evidence for the promise and the
 * cost; they are put into the order of that evidence. On the second they are tested in this order, each at the whole
 * `confidence`, until one fails: the probability that any passes without keeping the promise is at most 1 − confidence. The
 * cheapest that passed is taken. Tests are exact for one row of each prompt (Clopper and Pearson 1934); with several, sizes are
 * divided by the design effect.
 */
export function fitCascade(
  rows: readonly CascadeFitRow[],
  target: CascadeTarget,
  options: CascadeFitOptions = {},
): CascadeFit {
  const { confidence = 0.95, combine = 'replace', pairs = true, levels = 16 } = options;
  requireOptions(target, options);
  const stages = requireRows(rows);
  const parts = deal(inOrder(rows), options);
  const clusters = {
    learn: namesOf(parts.learn),
    test: namesOf(parts.test),
    held: namesOf(parts.held),
  };
  const lines = combine === 'sum' ? fitLines(parts.learn, stages, pairs) : undefined;
  const learn = parts.learn.map((row) => settle(row, lines));
  const test = parts.test.map((row) => settle(row, lines));
  const person =
    options.person ?? learn.reduce((sum, { tokens }) => sum + (tokens.at(-1) ?? 0), 0) / learn.length;

  const sequence = front(
    grid(learn, stages, levels, target).map((thresholds) => {
      const tally = tallyOf(learn, thresholds);
      return {
        thresholds,
        evidence: evidenceOf(tally, target),
        cost: (tally.tokens + person * (tally.rows - tally.decided)) / tally.rows,
      };
    }),
  );
  let best: { readonly thresholds: readonly (number | null)[]; readonly bound: number } | undefined;
  let tested = 0;
  for (const { thresholds } of sequence) {
    tested++;
    const bound = boundOf(test, thresholds, target, confidence);
    if (bound > (target.kind === 'error' ? target.most : target.margin)) break;
    best = { thresholds, bound };
  }
  if (best === undefined) {
    const promise =
      target.kind === 'error'
        ? `an error of ${target.most} or less among the rows decided`
        : `agreement at most ${target.margin} below the judge's`;
    return {
      clusters,
      policy: null,
      reason: `no thresholds are known to keep ${promise} with probability ${confidence}, from ${test.length} rows to test on`,
    };
  }
  const measure = (
    settled: readonly Settled[],
    { thresholds }: { thresholds: readonly (number | null)[] },
  ) => {
    const { rows: size, decided, wrong, tokens } = tallyOf(settled, thresholds);
    return { rows: size, decided, wrong, tokens: tokens / size };
  };
  return {
    clusters,
    policy: { thresholds: best.thresholds, ...(lines === undefined ? {} : { lines }) },
    bound: best.bound,
    candidates: sequence.length,
    tested,
    learn: measure(learn, best),
    test: measure(test, best),
  };
}

/** Logistic regression of the label on the log-odds of each stage and those before it, on rows where all of them speak. */
function fitLines(rows: readonly CascadeFitRow[], stages: number, pairs: boolean): StageLine[] {
  return Array.from({ length: stages }, (_, stage) => {
    const speaking = rows.filter(({ readings }) =>
      readings.slice(0, stage + 1).every(({ logOdds }) => logOdds !== null),
    );
    const value = (row: CascadeFitRow, place: number) => row.readings[place]?.logOdds ?? 0;
    const columns = Array.from({ length: stage + 1 }, (_, place) => {
      const own = speaking.map((row) => value(row, place));
      return pairs ? [...own, ...own.map((logOdds) => -logOdds)] : own;
    });
    const targets = speaking.map(({ yes }) => (yes ? 1 : 0));
    const mirrored = pairs ? [...targets, ...targets.map((own) => 1 - own)] : targets;
    // A penalty of one row's size keeps the fit finite where log-odds separate the labels.
    const fit = logisticRegression(columns, mirrored, new Float64Array(mirrored.length).fill(1), 1);
    if (fit.coefficients === null)
      throw new JurorError(
        'data',
        `stage ${stage + 1}: expected log-odds to add up, got none: ${fit.reason}`,
      );
    const [intercept = 0, ...weights] = fit.coefficients;
    return { weights, intercept: pairs ? 0 : intercept };
  });
}

function deal(rows: readonly CascadeFitRow[], { holdout = 0.2, seed = 0 }: CascadeFitOptions) {
  const names = shuffled(namesOf(rows), createRandom(seed));
  const held = Math.round(names.length * holdout);
  const learned = Math.ceil((names.length - held) / 2);
  const [learn, test] = [
    new Set(names.slice(0, learned)),
    new Set(names.slice(learned, names.length - held)),
  ];
  if (test.size < fewest)
    throw new JurorError(
      'data',
      `expected ${fewest} prompts or more to test thresholds on, got ${test.size} of ${names.length} labelled ones`,
    );
  return {
    learn: rows.filter(({ cluster }) => learn.has(cluster)),
    test: rows.filter(({ cluster }) => test.has(cluster)),
    held: rows.filter(({ cluster }) => !learn.has(cluster) && !test.has(cluster)),
  };
}

/** One order for equal rows, so that sums are the same to the last bit. */
function inOrder(rows: readonly CascadeFitRow[]): CascadeFitRow[] {
  const keyed = rows.map(
    (row) => [JSON.stringify([row.cluster, row.yes, row.readings, row.tokens]), row] as const,
  );
  return keyed.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)).map(([, row]) => row);
}

function namesOf(rows: readonly CascadeFitRow[]): string[] {
  return [...new Set(rows.map(({ cluster }) => cluster))].sort();
}

function requireRows(rows: readonly CascadeFitRow[]): number {
  const stages = rows[0]?.readings.length ?? 0;
  if (stages === 0)
    throw new JurorError('data', 'expected labelled rows that stages were asked about, got none');
  const other = rows.find(({ readings, tokens }) => readings.length !== stages || tokens.length !== stages);
  if (other !== undefined)
    throw new JurorError('usage', `expected ${stages} stages in every row, got ${other.readings.length}`);
  return stages;
}

function requireOptions(
  target: CascadeTarget,
  { confidence = 0.95, holdout = 0.2, levels = 16, person = 0 }: CascadeFitOptions,
): void {
  const refuse = (what: string, got: number) => {
    throw new JurorError('usage', `expected ${what}, got ${got}`);
  };
  if (target.kind === 'error' && !(target.most > 0 && target.most < 1))
    refuse('an error between 0 and 1', target.most);
  if (target.kind === 'judge' && !(target.margin >= 0 && target.margin < 1))
    refuse('a margin from 0 to 1', target.margin);
  if (!(confidence > 0 && confidence < 1)) refuse('a confidence between 0 and 1', confidence);
  if (!(holdout >= 0 && holdout < 1)) refuse('a share to hold out from 0 to 1', holdout);
  if (!Number.isSafeInteger(levels) || levels < 1) refuse('one level or more', levels);
  if (!(person >= 0)) refuse('tokens from 0 up for a person', person);
}
