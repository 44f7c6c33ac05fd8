/** An agreement report as text. */
import type { AgreementReport, PairwiseReport, PointwiseReport } from '../aggregate/agree.ts';
import type { Figure } from '../aggregate/interval.ts';
import { count, percent, table } from './terminal.ts';

/** The report of one rubric, each figure beside the trivial baselines. */
export function describeAgreement(rubricId: string, report: AgreementReport): string {
  const lines = [
    heading(rubricId, report),
    report.mode === 'pairwise' ? pairwiseTables(report) : pointwiseTables(report),
  ];
  const groups = Object.entries(report.groups);
  if (groups.length > 1) {
    lines.push(
      table(
        ['subset', report.mode === 'pairwise' ? 'accuracy' : 'spearman', 'n'],
        groups.map(([name, group]) => {
          const figure =
            'accuracy' in group.figures && group.mode === 'pairwise'
              ? group.figures.accuracy
              : spearmanOf(group);
          return [name, group.mode === 'pairwise' ? share(figure) : number(figure), count(figure.n)];
        }),
      ),
    );
  }
  return lines.join('\n\n');
}

function spearmanOf(group: Omit<PairwiseReport, 'groups'> | Omit<PointwiseReport, 'groups'>): Figure {
  return group.mode === 'pointwise' ? group.figures.spearman : group.figures.accuracy;
}

function heading(rubricId: string, { counts, mode }: AgreementReport): string {
  const reasons = Object.entries(counts.reasons).map(([reason, n]) => `${reason} ${n}`);
  const unscored =
    counts.unscored === 0 ? '0 unscored' : `${count(counts.unscored)} unscored (${reasons.join(', ')})`;
  return `${rubricId} (${mode}): ${count(counts.rows)} verdicts, ${count(counts.compared)} compared with labels, ${unscored}; 95 % intervals clustered by prompt`;
}

function pairwiseTables({ figures, baselines }: PairwiseReport): string {
  const row = (
    name: string,
    {
      accuracy,
      decidedAccuracy,
      kappa,
    }: PairwiseReport['figures'] | PairwiseReport['baselines']['first']['figures'],
  ) => [name, share(accuracy), share(decidedAccuracy), number(kappa), count(accuracy.n)];
  return [
    table(
      ['', 'accuracy', 'without tied labels', 'κ', 'n'],
      [
        row('juror', figures),
        row('longer answer wins', baselines.longer.figures),
        row('first answer wins', baselines.first.figures),
        row('majority label', baselines.majority.figures),
      ],
    ),
    table(
      ['order', '', 'n'],
      [
        ['both orders agree', share(figures.orderConsistency), count(figures.orderConsistency.n)],
        [
          'first-shown answer wins (fair: 50 %)',
          share(figures.firstShownWins),
          count(figures.firstShownWins.n),
        ],
        ['position lean, nats (fair: 0)', number(figures.positionLean), count(figures.positionLean.n)],
        ['Brier score (coin: 0.25)', number(figures.brier), count(figures.brier.n)],
        ['log-loss, nats (coin: 0.69)', number(figures.logLoss), count(figures.logLoss.n)],
      ],
    ),
  ].join('\n\n');
}

function pointwiseTables({ figures, baselines, twoValued }: PointwiseReport): string {
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
  return table(
    [
      '',
      'Pearson',
      'Spearman',
      'τ-b',
      ...(twoValued ? ['accuracy', 'AUC'] : ['mean error', 'weighted κ']),
      'n',
    ],
    [
      row('juror', figures),
      row('constant', baselines.constant.figures),
      row('length', baselines.length.figures),
    ],
  );
}

/** `62.5 % [44.0, 78.1]`, or a dash. */
function share({ estimate, low, high }: Figure): string {
  if (estimate === null) return '–';
  const range =
    low === null || high === null ? '' : ` [${(low * 100).toFixed(1)}, ${(high * 100).toFixed(1)}]`;
  return percent(estimate) + range;
}

function number({ estimate, low, high }: Figure): string {
  if (estimate === null) return '–';
  return low === null || high === null
    ? estimate.toFixed(2)
    : `${estimate.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}
