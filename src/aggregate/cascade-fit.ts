/** Thresholds of a cascade, fitted on labels: as few tokens as a stated error allows, certified on rows that did not choose them. */
import { JurorError } from '../errors.ts';
import { regularizedBeta, upperBound } from './beta.ts';
import {
  type CascadePolicy,
  type StageLine,
  type StageReading,
  type StageStand,
  standOf,
} from './cascade.ts';
import { designEffect } from './clustering.ts';
import { logisticRegression } from './logistic-regression.ts';
import { createRandom } from './random.ts';

/** A labelled row of which every stage was asked. */
export interface CascadeFitRow {
  /** Rows of one prompt are dependent, and are held out together. */
  readonly cluster: string;
  /** What the label says. */
  readonly yes: boolean;
  /** One for each stage. */
  readonly readings: readonly StageReading[];
  /** What each stage cost, in tokens. */
  readonly tokens: readonly number[];
}

/**
 * What is promised, each with probability `confidence`. `error`: of the rows that the cascade decides, at most this share is wrong.
 * `judge`: of all rows, the share that it gets right is at most this far below that of the last stage asked about each.
 */
export type CascadeTarget =
  | { readonly kind: 'error'; readonly most: number }
  | { readonly kind: 'judge'; readonly margin: number };

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

/** A row with everything that does not depend on thresholds worked out. */
interface Settled {
  readonly cluster: string;
  /** Of each stage; null where it can decide nothing. */
  readonly confidences: readonly (number | null)[];
  /** Whether each stage would be wrong; a tie is, and so is silence. */
  readonly wrong: readonly boolean[];
  /** What has been spent once each stage was asked. */
  readonly tokens: readonly number[];
  /** Whether the last stage alone decides, and rightly. */
  readonly judgeRight: boolean;
}

function settle(row: CascadeFitRow, lines: readonly StageLine[] | undefined): Settled {
  const stands = row.readings.map((_, stage) => standOf(row.readings, stage, lines?.[stage]));
  const judge = standOf(row.readings, row.readings.length - 1, undefined);
  let spent = 0;
  return {
    cluster: row.cluster,
    confidences: stands.map(({ confidence }) => confidence),
    wrong: stands.map((stand) => isWrong(stand, row.yes)),
    judgeRight: judge.confidence !== null && !isWrong(judge, row.yes),
    tokens: row.tokens.map((own) => {
      spent += own;
      return spent;
    }),
  };
}

interface Tally {
  rows: number;
  decided: number;
  wrong: number;
  tokens: number;
  /** The last stage is right where the cascade is not, and the other way round. */
  lost: number;
  won: number;
}

function stageOf(row: Settled, thresholds: readonly (number | null)[]): number | null {
  for (let stage = 0; stage < thresholds.length; stage++) {
    const [threshold, confidence] = [thresholds[stage] ?? null, row.confidences[stage] ?? null];
    if (threshold !== null && confidence !== null && confidence >= threshold) return stage;
  }
  return null;
}

function isWrong({ logOdds, tie }: StageStand, yes: boolean): boolean {
  return tie || logOdds === null || logOdds === 0 || logOdds > 0 !== yes;
}

function tallyOf(rows: readonly Settled[], thresholds: readonly (number | null)[]): Tally {
  const tally: Tally = { rows: rows.length, decided: 0, wrong: 0, tokens: 0, lost: 0, won: 0 };
  for (const row of rows) {
    const stage = stageOf(row, thresholds);
    tally.tokens += row.tokens[stage ?? row.tokens.length - 1] ?? 0;
    if (stage !== null) tally.decided++;
    const wrong = stage === null || row.wrong[stage] === true;
    if (stage !== null && wrong) tally.wrong++;
    if (wrong && row.judgeRight) tally.lost++;
    if (!wrong && !row.judgeRight) tally.won++;
  }
  return tally;
}

/** The smaller, the surer the promise is kept: a p-value, or the loss against the judge in its standard errors. */
function evidenceOf(tally: Tally, target: CascadeTarget): number {
  const { decided, wrong, lost, won, rows } = tally;
  if (target.kind === 'error') {
    if (wrong >= decided) return 1;
    // P(at most so many wrong) were the error exactly what is allowed.
    return regularizedBeta(1 - target.most, decided - wrong, wrong + 1);
  }
  const loss = (lost - won) / rows;
  // One row of doubt on each side keeps a difference of nothing from being certain.
  return (loss - target.margin) / Math.sqrt((lost + won + 2) / rows ** 2);
}

function boundOf(
  rows: readonly Settled[],
  thresholds: readonly (number | null)[],
  target: CascadeTarget,
  confidence: number,
): number {
  const stages = rows.map((row) => stageOf(row, thresholds));
  const wrong = rows.map((row, index) => {
    const stage = stages[index] ?? null;
    return stage === null || row.wrong[stage] === true;
  });
  const upper = (places: readonly number[], hit: (place: number) => boolean, level: number) => {
    if (places.length === 0) return 1;
    const hits = places.map(hit);
    const effect = designEffect(
      hits,
      places.map((place) => rows[place]?.cluster ?? ''),
    );
    return upperBound(hits.filter(Boolean).length / effect, places.length / effect, level);
  };
  const all = [...rows.keys()];
  if (target.kind === 'error')
    return upper(
      all.filter((row) => stages[row] !== null),
      (row) => wrong[row] === true,
      confidence,
    );
  // Two bounds at half the level each: what is lost, less what is won at least.
  const half = 1 - (1 - confidence) / 2;
  const judge = rows.map(({ judgeRight }) => judgeRight);
  const lost = upper(all, (row) => wrong[row] === true && judge[row] === true, half);
  const notWon = upper(all, (row) => wrong[row] === true || judge[row] === true, half);
  return lost - (1 - notWon);
}

/** Every combination of each stage's levels. */
function grid(
  rows: readonly Settled[],
  stages: number,
  levels: number,
  target: CascadeTarget,
): (number | null)[][] {
  let combinations: (number | null)[][] = [[]];
  for (let stage = 0; stage < stages; stage++) {
    // Against the judge nothing is left to people that it would decide.
    const last = target.kind === 'judge' && stage === stages - 1;
    const own = last ? [0] : levelsOf(rows, stage, levels);
    combinations = combinations.flatMap((before) => own.map((threshold) => [...before, threshold]));
  }
  return combinations;
}

function levelsOf(rows: readonly Settled[], stage: number, levels: number): (number | null)[] {
  const values = rows
    .flatMap(({ confidences }) => confidences[stage] ?? [])
    .sort((left, right) => left - right);
  const quantiles = Array.from(
    { length: Math.min(levels, values.length) },
    (_, place) => values[Math.floor((place * values.length) / Math.min(levels, values.length))] ?? 0,
  );
  return [null, ...new Set([0, ...quantiles.slice(1)])];
}

interface Candidate {
  readonly thresholds: readonly (number | null)[];
  readonly evidence: number;
  readonly cost: number;
}

/** Those that no other beats in both evidence and cost, from the most evidence to the least, each cheaper than the one before. */
function front(candidates: readonly Candidate[]): Candidate[] {
  const sorted = candidates.toSorted((one, other) => one.evidence - other.evidence || one.cost - other.cost);
  let cheapest = Number.POSITIVE_INFINITY;
  return sorted.filter(({ cost }) => {
    const kept = cost < cheapest;
    if (kept) cheapest = cost;
    return kept;
  });
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
  const names = namesOf(rows);
  const random = createRandom(seed);
  for (let place = names.length - 1; place > 0; place--) {
    const other = random.below(place + 1);
    [names[place], names[other]] = [names[other] ?? '', names[place] ?? ''];
  }
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
