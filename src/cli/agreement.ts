/** An agreement report as text. */
import type { AgreementReport, PairwiseReport, PointwiseReport } from '../aggregate/agree.ts';
import type { ProcessReport } from '../aggregate/process-report.ts';
import { number, share } from './figures.ts';
import { processTables } from './solution.ts';
import { count, plural, table } from './terminal.ts';

/** The report of one rubric, each figure beside the trivial baselines. */
export function describeAgreement(rubricId: string, report: AgreementReport | ProcessReport): string {
  const parts = [agreementHeading(rubricId, report), ...tablesOf(report)];
  const groups = Object.entries(report.groups);
  if (groups.length > 1) {
    const named = { pairwise: 'accuracy', pointwise: 'Spearman', stepwise: 'exact place' }[report.mode];
    const rows = groups.map(([name, { mode, figures }]) => {
      const figure =
        mode === 'pairwise' ? figures.accuracy : mode === 'stepwise' ? figures.location : figures.spearman;
      return [name, mode === 'pointwise' ? number(figure) : share(figure), count(figure.n)];
    });
    parts.push(table(['subset', named, 'n'], rows, ['n']));
  }
  return parts.join('\n\n');
}

function tablesOf(report: AgreementReport | ProcessReport): string[] {
  if (report.mode === 'stepwise') return processTables(report);
  return report.mode === 'pairwise' ? pairwiseTables(report) : [pointwiseTable(report)];
}

/** What was compared, and how intervals are made. */
export function agreementHeading(
  rubricId: string,
  { counts, mode }: AgreementReport | ProcessReport,
): string {
  const reasons = Object.entries(counts.reasons).map(([reason, n]) => `${reason} ${n}`);
  const unscored = `${count(counts.unscored)} unscored${counts.unscored === 0 ? '' : ` (${reasons.join(', ')})`}`;
  return [
    `${rubricId} · ${mode} · ${plural(counts.rows, 'verdict')}, ${count(counts.compared)} compared with labels, ${unscored}`,
    '95 % intervals in brackets, clustered by prompt',
  ].join('\n');
}

function pairwiseTables(report: PairwiseReport): string[] {
  const { figures, baselines } = report;
  const judges = [
    ['juror', figures],
    ['longer answer wins', baselines.longer.figures],
    ['first answer wins', baselines.first.figures],
    ['majority label', baselines.majority.figures],
  ] as const;
  const tied = figures.decidedAccuracy.n !== figures.accuracy.n;
  const alone = [
    ['both orders agree', share(figures.orderConsistency), '', figures.orderConsistency.n],
    ['first-shown answer wins', share(figures.firstShownWins), '50 %', figures.firstShownWins.n],
    ['position lean, nats', number(figures.positionLean), '0', figures.positionLean.n],
    ['Brier score', number(figures.brier), '0.25', figures.brier.n],
    ['log-loss, nats', number(figures.logLoss), '0.69', figures.logLoss.n],
  ] as const;
  // A head is asked in no order.
  const told =
    report.counts.scored > 0 && figures.orderConsistency.n === 0 ? alone.filter(([, , , n]) => n > 0) : alone;
  return [
    table(
      ['', 'accuracy', ...(tied ? ['without tied labels'] : []), 'κ', 'n'],
      judges.map(([name, { accuracy, decidedAccuracy, kappa }]) => [
        name,
        share(accuracy),
        ...(tied ? [share(decidedAccuracy)] : []),
        number(kappa),
        count(accuracy.n),
      ]),
      ['n'],
    ),
    ...(told.length === 0
      ? []
      : [
          table(
            ['juror alone', '', 'fair or coin', 'n'],
            told.map(([name, figure, fair, n]) => [name, figure, fair, count(n)]),
            ['n'],
          ),
        ]),
  ];
}

function pointwiseTable({ figures, baselines, twoValued }: PointwiseReport): string {
  const row = (name: string, own: PointwiseReport['figures']) => [
    name,
    number(own.pearson),
    number(own.spearman),
    number(own.kendall),
    ...(twoValued
      ? [share(own.accuracy), number(own.areaUnderCurve)]
      : [number(own.absoluteError), number(own.quadraticKappa)]),
    count(own.pearson.n),
  ];
  const last = twoValued ? ['accuracy', 'AUC'] : ['mean error', 'weighted κ'];
  return table(
    ['', 'Pearson', 'Spearman', 'τ-b', ...last, 'n'],
    [
      row('juror', figures),
      row('constant', baselines.constant.figures),
      row('length', baselines.length.figures),
    ],
    ['n'],
  );
}
