/** What a report shows, as data: everything the page is made from. */
import type { AgreementReport } from '../aggregate/agree.ts';
import type { AnnotatorsReport } from '../aggregate/annotators-report.ts';
import type { ConfidenceReport } from '../aggregate/confidence-report.ts';
import type { Figure } from '../aggregate/interval.ts';
import type { ModelRates } from '../aggregate/model-rates.ts';
import type { ProcessReport } from '../aggregate/process-report.ts';
import type { SuiteFigure, SuiteResult } from '../schema/suite-result.ts';
import type { CritiqueMode, EngineId, Message, Rubric, Verdict } from '../schema.ts';
import type { Contest } from './contested.ts';

/** A report. Nothing of time, place or host is in it. */
export interface Report {
  readonly title: string;
  /** A suite's result; null for a run. */
  readonly suite: SuiteResult | null;
  readonly runs: readonly RunReport[];
}

/** One run folder. */
export interface RunReport {
  /** Data and judge of a suite's run; null for a run of its own. */
  readonly name: { readonly data: string; readonly judge: string } | null;
  /** Why there is nothing of the run itself, such as a folder that is gone; null where it was read. */
  readonly missing: string | null;
  readonly texts: TextsAtHand;
  readonly setup: SetUp | null;
  readonly tokens: TokenCounts | null;
  readonly rubrics: readonly RubricReport[];
}

/** Whether prompts and answers are shown, and if not, why. */
export type TextsAtHand =
  | { readonly state: 'shown' }
  | { readonly state: 'redacted' }
  | { readonly state: 'missing'; readonly reason: string };

/** How a run was made. */
export interface SetUp {
  readonly juror: string;
  readonly engines: readonly EngineId[];
  readonly rubrics: readonly { readonly digest: string; readonly rubric: Rubric }[];
  readonly prompts: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly critique: CritiqueMode;
  readonly samples: number;
  readonly settings: Readonly<Record<string, string | number | boolean | null>>;
}

/** What the verdicts stand on. */
export interface TokenCounts {
  /** Judgments, each once. */
  readonly judgments: number;
  /** Prompt tokens that they stand on, each judgment as if it were read alone. */
  readonly prompt: number;
  readonly generated: number;
  /** Places in verdicts at which a judgment stands that another place has as well. */
  readonly repeated: number;
  /** Prompt tokens that these places would have taken. */
  readonly repeatedPrompt: number;
}

/** One rubric of a run. */
export interface RubricReport {
  readonly rubric: Rubric;
  readonly mode: Verdict['mode'];
  readonly counts: RubricCounts;
  readonly figures: readonly ReportFigure[];
  /** Groups without figures, as there are too many. */
  readonly groupsLeftOut: number;
  /** Of the whole, and of each criterion where there are several. */
  readonly distributions: readonly ScoreDistribution[];
  readonly pairs: PairsReport | null;
  /** Against labels; null where there are none. */
  readonly labels: LabelsReport | null;
  readonly panel: PanelReport | null;
  /** Engine → verdicts that it decided, on a ladder; null without one. */
  readonly ladder: Readonly<Record<string, number>> | null;
  readonly contested: readonly ShownSample[];
  /** The first verdicts without a score. */
  readonly unscored: readonly UnscoredSample[];
}

/** How many verdicts there are of which kind. */
export interface RubricCounts {
  /** Judged and pending. */
  readonly planned: number;
  readonly scored: number;
  readonly unscored: number;
  /** Verdicts that lack a judgment. */
  readonly pending: number;
  /** Scored, and had better not decide. */
  readonly abstained: number;
  /** About an answer that says nothing. */
  readonly contentFree: number;
  /** Reason → judgments without a score. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** A figure under one rubric of one run. */
export type ReportFigure = Pick<SuiteFigure, 'measure' | 'part' | 'model' | 'slice' | 'figure' | 'unscored'>;

/** Counts of scores in bins of equal width from 0 to 1; the last one holds 1. */
export interface ScoreDistribution {
  /** A criterion's id; null for the whole. */
  readonly criterion: string | null;
  readonly counts: readonly number[];
}

/** What pairs have beyond scores. */
export interface PairsReport {
  readonly winners: { readonly first: number; readonly second: number; readonly tie: number };
  readonly flipped: number;
  /** Pairs judged in both orders. */
  readonly bothOrders: number;
  readonly orderConsistency: Figure;
  readonly firstShownWins: Figure;
  /** Mean log-odds given to the answer shown first, in nats. */
  readonly positionLean: Figure;
  /** Win rates of models, those that meet most often; empty where nobody knows who wrote the answers. */
  readonly models: readonly ModelRates[];
  /** Pairs of models without rates, as there are too many. */
  readonly modelsLeftOut: number;
}

/** The judge beside labels. */
export interface LabelsReport {
  readonly report: AgreementReport | ProcessReport;
  /** Rows of what the judge said, columns of what the label says; null where labels have no kinds. */
  readonly confusion: Confusion | null;
  readonly confidence: ConfidenceReport | null;
  readonly annotators: AnnotatorsReport | null;
  /** Labels and votes in words that the scale lacks. */
  readonly unread: number;
}

/** A table of counts. */
export interface Confusion {
  readonly kinds: readonly string[];
  /** Judge, then label. */
  readonly counts: readonly (readonly number[])[];
}

/** Who says what in a panel. */
export interface PanelReport {
  readonly reducer: string;
  readonly quorum: string;
  readonly members: readonly {
    readonly name: string;
    readonly meanScore: Figure;
    /** Share of verdicts on whose side of ½ the member is, where both have one. */
    readonly withPanel: Figure;
    readonly silent: number;
  }[];
  /** Largest less smallest score over the members. */
  readonly disagreement: { readonly mean: Figure; readonly counts: readonly number[] };
  readonly undecided: number;
}

/** A sample in full. */
export interface ShownSample {
  readonly sampleId: string;
  readonly contest: Contest;
  readonly verdict: Verdict;
  /** In words; null where nobody said. */
  readonly label: string | null;
  readonly group: string | null;
  /** Null where texts are not shown. */
  readonly text: SampleText | null;
  readonly responses: readonly {
    readonly id: string;
    readonly model: string | null;
    readonly text: string | null;
  }[];
  readonly readings: readonly Reading[];
}

/** What was judged. */
export interface SampleText {
  readonly prompt: string | readonly Message[];
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** One judgment of a sample. */
export interface Reading {
  /** In the order shown. */
  readonly responseIds: readonly string[];
  readonly criterionId: string;
  readonly engine: string;
  readonly sampleIndex: number;
  readonly step: number | null;
  readonly outcome:
    | { readonly status: 'scored'; readonly distribution: Readonly<Record<string, number>> }
    | { readonly status: 'unscored'; readonly reason: string; readonly message: string | null };
  /** Null where there is none, or it is not to be shown. */
  readonly critique: { readonly text: string; readonly finish: string } | null;
}

/** A verdict without a score. */
export interface UnscoredSample {
  readonly sampleId: string;
  readonly responseIds: readonly string[];
  readonly reasons: readonly string[];
  /** Null where texts are not shown. */
  readonly message: string | null;
}
