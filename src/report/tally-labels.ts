/** A rubric's verdicts beside labels. */
import { agreementReport } from '../aggregate/agree.ts';
import { type AnnotatorsReport, annotatorsReport } from '../aggregate/annotators-report.ts';
import { confidenceReport } from '../aggregate/confidence-report.ts';
import type { BootstrapOptions } from '../aggregate/interval.ts';
import type { Winner } from '../aggregate/pairs.ts';
import { processReport } from '../aggregate/process-report.ts';
import type { LabelRange } from '../aggregate/score-agreement.ts';
import type { Confusion, LabelsReport } from './report.ts';
import type { Tally } from './tally.ts';

/** The judge beside labels; null where there are none. */
export function labelsOf(
  { mode, rows, solutions, unread }: Tally,
  options: BootstrapOptions,
  labelRange: LabelRange | undefined,
): LabelsReport | null {
  if (mode === 'stepwise') {
    const labelled = solutions.some(({ label, outcome }) => label !== null || outcome !== null);
    if (!labelled) return null;
    const report = processReport(solutions, options);
    return { report, confusion: null, confidence: null, annotators: null, unread };
  }
  const several = rows.some(({ votes }) => votes !== undefined);
  if (!several && !rows.some(({ label }) => label !== null)) return null;
  const range = labelRange === undefined ? {} : { labelRange };
  const report = agreementReport(rows, { mode, ...options, ...range });
  const annotators: AnnotatorsReport | null = several
    ? annotatorsReport(rows, { mode, ...options, ...range })
    : null;
  return {
    report,
    confusion: mode === 'pairwise' ? pairConfusion(rows) : scoreConfusion(rows, report),
    confidence: confidenceReport(rows, { mode, ...options, ...range }),
    annotators,
    unread,
  };
}

const winnerKinds: readonly Winner[] = ['first', 'second', 'tie'];

function pairConfusion(rows: Tally['rows']): Confusion {
  return confusion(
    winnerKinds,
    rows.flatMap(({ winner, label }) =>
      winner === null || label === null || typeof label === 'number' ? [] : [[winner, label] as const],
    ),
  );
}

function scoreConfusion(rows: Tally['rows'], report: LabelsReport['report']): Confusion | null {
  if (report.mode !== 'pointwise' || !report.twoValued || !report.labelRange) return null;
  const { max } = report.labelRange;
  return confusion(
    ['pass', 'fail'],
    rows.flatMap(({ score, label }) =>
      score === null || typeof label !== 'number'
        ? []
        : [[score >= 0.5 ? 'pass' : 'fail', label === max ? 'pass' : 'fail'] as const],
    ),
  );
}

function confusion(kinds: readonly string[], pairs: readonly (readonly [string, string])[]): Confusion {
  const counts = kinds.map(() => kinds.map(() => 0));
  for (const [judge, label] of pairs) {
    const row = counts[kinds.indexOf(judge)] ?? [];
    const column = kinds.indexOf(label);
    row[column] = (row[column] ?? 0) + 1;
  }
  // A kind that nobody used, such as a tie, is no row.
  const used = kinds.flatMap((kind, place) =>
    pairs.some((pair) => pair.includes(kind)) ? [{ kind, place }] : [],
  );
  return {
    kinds: used.map(({ kind }) => kind),
    counts: used.map(({ place }) => used.map((other) => counts[place]?.[other.place] ?? 0)),
  };
}
