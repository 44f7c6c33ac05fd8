/** What thresholds of a cascade do on labelled rows, and what is known of a promise from that. */
import { regularizedBeta, upperBound } from './beta.ts';
import { type StageLine, type StageReading, type StageStand, standOf } from './cascade.ts';
import { designEffect } from './clustering.ts';

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

/** A row with everything that does not depend on thresholds worked out. */
export interface Settled {
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

/** A row under lines. */
export function settle(row: CascadeFitRow, lines: readonly StageLine[] | undefined): Settled {
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

/** What thresholds do on rows. */
export interface Tally {
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

/** What thresholds do on rows. */
export function tallyOf(rows: readonly Settled[], thresholds: readonly (number | null)[]): Tally {
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
export function evidenceOf(tally: Tally, target: CascadeTarget): number {
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

/** The upper bound of what was promised, with this confidence. */
export function boundOf(
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
