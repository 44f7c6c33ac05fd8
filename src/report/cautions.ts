/** What speaks against relying on a judge, told only where its own figures say so. */
import type { ReportSection } from './page-sections.ts';
import type { LabelsReport, RubricReport } from './report.ts';
import { count, figureText, intervalText, percent, type ShownFigure } from './text.ts';

/** Fewer rows than this, and an interval is the news. */
const fewRows = 30;

/** In sentences, the heaviest first. */
export function cautionsOf({ report }: ReportSection): string[] {
  if (report === null) return [];
  return [...labelCautions(report.labels), ...orderCautions(report), ...sizeCautions(report)];
}

function labelCautions(labels: LabelsReport | null): string[] {
  if (labels === null || labels.report.mode === 'stepwise') return [];
  if (labels.report.mode === 'pointwise') {
    const { spearman } = labels.report.figures;
    return surelyAbove(spearman) || spearman.estimate === null
      ? []
      : [`scores do not surely rise with the labels: Spearman’s ρ ${figureText(spearman, 'number')}.`];
  }
  const { figures, baselines } = labels.report;
  const rules = [
    ['the longer answer wins', baselines.longer.gain],
    ['the first answer wins', baselines.first.gain],
    ['the most frequent label wins', baselines.majority.gain],
  ] as const;
  const [worst] = rules
    .filter(([, gain]) => gain.estimate !== null && !surelyAbove(gain))
    .toSorted(([, left], [, right]) => (left.estimate ?? 0) - (right.estimate ?? 0));
  if (!worst) return [];
  const [rule, gain] = worst;
  return [
    `agrees with ${percent(figures.accuracy.estimate)} of the labels, not surely better than the rule that ${rule} (difference ${intervalText(gain, 'share')}).`,
  ];
}

function orderCautions({ pairs }: RubricReport): string[] {
  if (pairs === null || pairs.bothOrders === 0) return [];
  const { firstShownWins, flipped, bothOrders } = pairs;
  const { estimate, low, high } = firstShownWins;
  const fair = estimate === null || (low === null ? estimate === 0.5 : low <= 0.5 && (high ?? 1) >= 0.5);
  if (fair) return [];
  return [
    `leans on the order: the answer shown ${(estimate ?? 0) > 0.5 ? 'first' : 'second'} wins ${percent(Math.max(estimate ?? 0, 1 - (estimate ?? 0)))}, and the two orders disagree on ${count(flipped)} of ${count(bothOrders)} pairs. Verdicts average both orders.`,
  ];
}

function sizeCautions({ counts }: RubricReport): string[] {
  return counts.scored > 0 && counts.scored < fewRows
    ? [`only ${count(counts.scored)} verdicts are scored; read the intervals, not the figures.`]
    : [];
}

function surelyAbove({ low, estimate }: ShownFigure): boolean {
  return low === null ? estimate !== null && estimate > 0 : low > 0;
}
