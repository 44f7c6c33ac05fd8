/** What a cascade is worth: who decided what, how rightly, and for how many tokens. */
import {
  type BootstrapOptions,
  clusterBootstrap,
  type Figure,
  proportion,
  undefinedFigure,
} from './interval.ts';
import { type RiskCoveragePoint, riskCoverage, riskCoverageArea } from './risk-coverage.ts';
import { mean } from './statistic.ts';

/** Tokens read and written. */
export interface CascadeTokens {
  readonly prompt: number;
  readonly generated: number;
}

/** One verdict of a cascade beside its label. */
export interface CascadeReportRow {
  /** Rows of one prompt are dependent. */
  readonly cluster: string;
  /** The stage that decided; null: nobody. */
  readonly decided: string | null;
  /** Probability of what was decided; null where nobody did. */
  readonly confidence: number | null;
  readonly labelled: boolean;
  /** Whether the decision is the label's; null without one of the two. */
  readonly right: boolean | null;
  /** Whether the longer answer is; null where that says nothing. */
  readonly longer: boolean | null;
  /** Who was asked. */
  readonly stages: readonly {
    readonly stage: string;
    /** What it would have decided alone; null where that is not known. */
    readonly right: boolean | null;
    readonly tokens: CascadeTokens;
    /** It was asked about the whole row, so that its tokens tell what it would cost alone. */
    readonly whole: boolean;
  }[];
  /** Spent up to the decision. */
  readonly tokens: CascadeTokens;
}

/** One stage. */
export interface CascadeStageReport {
  readonly stage: string;
  readonly asked: number;
  readonly decided: number;
  /** Share of all rows that it decided. */
  readonly share: Figure;
  /** Of the rows that it decided. */
  readonly agreement: Figure;
  /** Of all labelled rows that it was asked about, whoever decided them: for later stages these are the hard ones. */
  readonly alone: Figure;
  /** By the rows it was asked about up to their decision. */
  readonly tokens: CascadeTokens;
}

/** What one stage alone would have spent on all rows. */
export interface AloneCost {
  readonly stage: string;
  /** Rows on which it was asked as a whole, and what that took. */
  readonly measured: { readonly rows: number; readonly tokens: CascadeTokens };
  /** Rows on which it was not: the mean of the measured ones is taken, which is an estimate. */
  readonly estimated: { readonly rows: number; readonly tokens: CascadeTokens };
  /** Both; null where nothing was measured. */
  readonly total: number | null;
  /** 1 − spent / total: what the cascade saved; negative where it cost more. Null where there is no total. */
  readonly saved: number | null;
}

/** What a cascade is worth. */
export interface CascadeReport {
  readonly rows: number;
  readonly labelled: number;
  readonly stages: readonly CascadeStageReport[];
  readonly people: { readonly rows: number; readonly share: Figure };
  readonly tokens: CascadeTokens & { readonly perRow: number | null; readonly perDecided: number | null };
  /** The judge's stages, each alone. */
  readonly alone: readonly AloneCost[];
  /** Of the labelled rows that it decided. */
  readonly agreement: Figure;
  readonly longer: Figure;
  /** Of the cascade less that of the last stage, on labelled rows of which both are known. */
  readonly againstJudge: { readonly cascade: Figure; readonly judge: Figure; readonly difference: Figure };
  /** Of decided and labelled rows, the surest first. */
  readonly riskCoverage: readonly RiskCoveragePoint[];
  readonly riskCoverageArea: Figure;
}

/** The report. `stages` are all that there are, cheapest first. */
export function cascadeReport(
  rows: readonly CascadeReportRow[],
  stages: readonly string[],
  options: BootstrapOptions = {},
): CascadeReport {
  const clusters = rows.map(({ cluster }) => cluster);
  const spent = sum(rows.map(({ tokens }) => tokens));
  const decided = rows.filter((row) => row.decided !== null);
  const judged = decided.filter(({ right }) => right !== null);
  const confidences = judged.map(({ confidence }) => confidence ?? 0);
  const wrong = judged.map(({ right }) => right === false);
  const names = judged.map(({ cluster }) => cluster);
  const nobody = rows.length - decided.length;
  const last = stages.at(-1) ?? '';
  const both = judged.flatMap((row) => {
    const judge = row.stages.find(({ stage }) => stage === last)?.right ?? null;
    return judge === null ? [] : [{ ...row, judge }];
  });
  const total = spent.prompt + spent.generated;
  return {
    rows: rows.length,
    labelled: rows.filter(({ labelled }) => labelled).length,
    stages: stages.map((stage, place) => stageReport(rows, stage, stages.slice(0, place), clusters)),
    people: {
      rows: nobody,
      share: proportion(
        rows.map((row) => row.decided === null),
        clusters,
      ),
    },
    tokens: {
      ...spent,
      perRow: rows.length === 0 ? null : total / rows.length,
      perDecided: decided.length === 0 ? null : total / decided.length,
    },
    alone: stages.slice(1).map((stage) => aloneCost(rows, stage, total)),
    agreement: proportion(
      judged.map(({ right }) => right === true),
      names,
    ),
    longer: shareOf(rows.map(({ longer, cluster }) => ({ hit: longer, cluster }))),
    againstJudge: {
      cascade: shareOf(both.map(({ right, cluster }) => ({ hit: right, cluster }))),
      judge: shareOf(both.map(({ judge, cluster }) => ({ hit: judge, cluster }))),
      difference: differenceOf(both, options),
    },
    riskCoverage: riskCoverage(confidences, wrong),
    riskCoverageArea:
      judged.length === 0
        ? undefinedFigure('no rows')
        : clusterBootstrap(riskCoverageArea(confidences, wrong), names, options),
  };
}

function stageReport(
  rows: readonly CascadeReportRow[],
  stage: string,
  before: readonly string[],
  clusters: readonly string[],
): CascadeStageReport {
  const own = rows.flatMap((row) => {
    const found = row.stages.find((candidate) => candidate.stage === stage);
    return found ? [{ row, found }] : [];
  });
  const mine = rows.filter(({ decided }) => decided === stage);
  // Where all stages were asked for a fit, those after the decision are not the cascade's.
  const needed = own.filter(({ row }) => row.decided === null || !before.includes(row.decided));
  return {
    stage,
    asked: needed.length,
    decided: mine.length,
    share: proportion(
      rows.map(({ decided }) => decided === stage),
      clusters,
    ),
    agreement: shareOf(mine.map(({ right, cluster }) => ({ hit: right, cluster }))),
    alone: shareOf(own.map(({ row, found }) => ({ hit: found.right, cluster: row.cluster }))),
    tokens: sum(needed.map(({ found }) => found.tokens)),
  };
}

function aloneCost(rows: readonly CascadeReportRow[], stage: string, spent: number): AloneCost {
  const measured = rows.flatMap((row) =>
    row.stages.flatMap((own) => (own.stage === stage && own.whole ? [own.tokens] : [])),
  );
  const tokens = sum(measured);
  const left = rows.length - measured.length;
  const share = (of: number) => (measured.length === 0 ? 0 : Math.round((of / measured.length) * left));
  const estimated = { prompt: share(tokens.prompt), generated: share(tokens.generated) };
  const total =
    measured.length === 0 ? null : tokens.prompt + tokens.generated + estimated.prompt + estimated.generated;
  return {
    stage,
    measured: { rows: measured.length, tokens },
    estimated: { rows: left, tokens: estimated },
    total,
    saved: total === null || total === 0 ? null : 1 - spent / total,
  };
}

function differenceOf(
  rows: readonly { readonly right: boolean | null; readonly judge: boolean; readonly cluster: string }[],
  options: BootstrapOptions,
): Figure {
  const values = rows.map(({ right, judge }) => (right ? 1 : 0) - (judge ? 1 : 0));
  const clusters = rows.map(({ cluster }) => cluster);
  if (values.length === 0) return undefinedFigure('no rows');
  return clusterBootstrap(mean(values), clusters, options);
}

/** The share of hits among rows of which it is known. */
function shareOf(rows: readonly { readonly hit: boolean | null; readonly cluster: string }[]): Figure {
  const known = rows.filter(({ hit }) => hit !== null);
  return proportion(
    known.map(({ hit }) => hit === true),
    known.map(({ cluster }) => cluster),
  );
}

function sum(all: readonly CascadeTokens[]): CascadeTokens {
  return {
    prompt: all.reduce((total, { prompt }) => total + prompt, 0),
    generated: all.reduce((total, { generated }) => total + generated, 0),
  };
}
