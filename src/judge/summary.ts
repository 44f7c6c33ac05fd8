/** Counts over verdicts: what a run ends with. */
import type { UnscoredReason, Verdict } from '../schema.ts';

/** One rubric's verdicts, counted. */
export interface RubricSummary {
  readonly mode: Verdict['mode'];
  readonly verdicts: number;
  readonly scored: number;
  /** Reason → judgments. */
  readonly unscored: Readonly<Partial<Record<UnscoredReason, number>>>;
  /** Pointwise and stepwise: mean of the scores, in [0, 1]. */
  readonly meanScore: number | null;
  /** Pointwise: criterion → mean of its scores. */
  readonly criteria: Readonly<Record<string, number | null>>;
  /** Pairwise: verdicts by winner. */
  readonly winners: { readonly first: number; readonly second: number; readonly tie: number } | null;
  /** Pairwise: verdicts whose orders disagree. */
  readonly flipped: number | null;
  /** Pairwise: mean log-odds given to the response shown first, in nats. */
  readonly positionLean: number | null;
  /** A panel: verdicts by how many of its members decided, and those that stayed undecided. */
  readonly panel?: {
    readonly members: number;
    readonly decided: Readonly<Record<string, number>>;
    readonly undecided: number;
  };
  /** Verdicts that abstain, and what spoke against them, by kind; absent where none does. */
  readonly abstained?: { readonly verdicts: number; readonly reasons: Readonly<Record<string, number>> };
  /** Verdicts about a response that says nothing, told without a model; absent where there is none. */
  readonly contentFree?: number;
  /** A ladder: verdicts by the engine that decided, and those that nobody did. */
  readonly escalation?: { readonly decided: Readonly<Record<string, number>>; readonly nobody: number };
  /** Stepwise: steps, and scored solutions by whether a first error was seen. */
  readonly process?: { readonly steps: number; readonly wrong: number; readonly right: number };
}

/** Counts of a whole run, by rubric. */
export interface RunSummary {
  readonly verdicts: number;
  readonly scored: number;
  readonly rubrics: Readonly<Record<string, RubricSummary>>;
}

/** Adds verdicts up, one at a time. */
export interface Summarizer {
  add(verdict: Verdict): void;
  summary(): RunSummary;
}

/** Make a summarizer. Sums are taken in the order of `add`, so equal orders give equal bits. */
export function createSummarizer(): Summarizer {
  const rubrics = new Map<string, Tally>();
  return {
    add(verdict) {
      const tally = rubrics.get(verdict.rubricId) ?? newTally(verdict.mode);
      rubrics.set(verdict.rubricId, tally);
      count(tally, verdict);
    },
    summary() {
      const entries = [...rubrics].sort(([left], [right]) => (left < right ? -1 : 1));
      const summaries = entries.map(([id, tally]) => [id, finish(tally)] as const);
      return {
        verdicts: summaries.reduce((sum, [, { verdicts }]) => sum + verdicts, 0),
        scored: summaries.reduce((sum, [, { scored }]) => sum + scored, 0),
        rubrics: Object.fromEntries(summaries),
      };
    },
  };
}

interface Tally {
  readonly mode: Verdict['mode'];
  verdicts: number;
  scores: Mean;
  readonly unscored: Partial<Record<UnscoredReason, number>>;
  readonly criteria: Map<string, Mean>;
  readonly winners: { first: number; second: number; tie: number };
  flipped: number;
  lean: Mean;
  readonly panel: { members: number; readonly decided: Record<string, number>; undecided: number };
  readonly abstained: { verdicts: number; readonly reasons: Record<string, number> };
  contentFree: number;
  readonly escalation: { readonly decided: Record<string, number>; nobody: number; asked: boolean };
  readonly process: { steps: number; wrong: number; right: number };
}

interface Mean {
  n: number;
  sum: number;
}

function newTally(mode: Tally['mode']): Tally {
  return {
    mode,
    verdicts: 0,
    scores: { n: 0, sum: 0 },
    unscored: {},
    criteria: new Map(),
    winners: { first: 0, second: 0, tie: 0 },
    flipped: 0,
    lean: { n: 0, sum: 0 },
    panel: { members: 0, decided: {}, undecided: 0 },
    abstained: { verdicts: 0, reasons: {} },
    contentFree: 0,
    escalation: { decided: {}, nobody: 0, asked: false },
    process: { steps: 0, wrong: 0, right: 0 },
  };
}

function count(tally: Tally, verdict: Verdict): void {
  tally.verdicts++;
  take(tally.scores, verdict.score);
  for (const reason of verdict.unscored) tally.unscored[reason] = (tally.unscored[reason] ?? 0) + 1;
  for (const [id, { score }] of Object.entries(verdict.perCriterion)) {
    const mean = tally.criteria.get(id) ?? { n: 0, sum: 0 };
    tally.criteria.set(id, mean);
    take(mean, score);
  }
  if (verdict.winner !== null)
    tally.winners[
      verdict.winner === 'tie' ? 'tie' : verdict.winner === verdict.responseIds[0] ? 'first' : 'second'
    ]++;
  if (verdict.flipped) tally.flipped++;
  take(tally.lean, verdict.positionLean);
  countJudges(tally, verdict);
  tally.process.steps += verdict.steps?.length ?? 0;
  if (verdict.score !== null) tally.process[verdict.firstError === null ? 'right' : 'wrong']++;
}

function countJudges(tally: Tally, { panel, abstained, escalation, contentFree }: Verdict): void {
  if (contentFree) tally.contentFree++;
  if (panel) {
    tally.panel.members = panel.total;
    increase(tally.panel.decided, String(panel.decided));
    if (panel.state === 'undecided') tally.panel.undecided++;
  }
  if (abstained) {
    tally.abstained.verdicts++;
    for (const { kind } of abstained.reasons) increase(tally.abstained.reasons, kind);
  }
  if (escalation) {
    tally.escalation.asked = true;
    if (escalation.decided === null) tally.escalation.nobody++;
    else increase(tally.escalation.decided, escalation.decided);
  }
}

function increase(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function take(mean: Mean, value: number | null): void {
  if (value === null) return;
  mean.n++;
  mean.sum += value;
}

function finish(tally: Tally): RubricSummary {
  const pairwise = tally.mode === 'pairwise';
  const { panel, abstained, escalation, contentFree } = tally;
  const meanOf = ({ n, sum }: Mean) => (n === 0 ? null : sum / n);
  return {
    mode: tally.mode,
    verdicts: tally.verdicts,
    scored: tally.scores.n,
    unscored: tally.unscored,
    meanScore: pairwise ? null : meanOf(tally.scores),
    criteria: pairwise ? {} : Object.fromEntries([...tally.criteria].map(([id, mean]) => [id, meanOf(mean)])),
    winners: pairwise ? tally.winners : null,
    flipped: pairwise ? tally.flipped : null,
    positionLean: pairwise ? meanOf(tally.lean) : null,
    ...(panel.members > 0 ? { panel: { ...panel } } : {}),
    ...(abstained.verdicts > 0 ? { abstained: { ...abstained } } : {}),
    ...(contentFree > 0 ? { contentFree } : {}),
    ...(escalation.asked ? { escalation: { decided: escalation.decided, nobody: escalation.nobody } } : {}),
    ...(tally.mode === 'stepwise' ? { process: { ...tally.process } } : {}),
  };
}
