/** The judge beside labels, and what trivial rules get on the same rows. */
import type { PairwiseReport, PointwiseReport } from '../aggregate/agree.ts';
import type { ProcessReport } from '../aggregate/process-report.ts';
import { type Markup, type MarkupValue, markup } from './markup.ts';
import { reliabilityFigure } from './plots.ts';
import type { Confusion, LabelsReport, RubricReport } from './report.ts';
import { type Column, dataTable } from './table.ts';
import { count, figureText, plural, type ShownFigure } from './text.ts';

/** Nothing where there are no labels. */
export async function labelsPart({ labels, mode }: RubricReport): Promise<Markup> {
  if (labels === null) return markup``;
  const { report, confusion, confidence, annotators, unread } = labels;
  const { compared, rows } = report.counts;
  const reliability =
    confidence === null || mode === 'stepwise'
      ? markup``
      : await reliabilityFigure(confidence, mode, { title: 'What probabilities are worth' });
  return markup`<h3>Against labels</h3>
<p class="soft">${count(compared)} of ${plural(rows, 'verdict')} can be compared with a label${unread > 0 && `; ${plural(unread, 'label')} in words that the scale lacks`}. A judge is worth what it has above the rules that read nothing. Intervals are of 95\u00a0%, clustered by prompt.</p>
${agreementTable(report)}
<div class="figures">${reliability}${confusion !== null && confusionFigure(confusion)}${confidence !== null && surestFigure(confidence)}</div>
${annotators !== null && annotatorsTable(annotators)}`;
}

function agreementTable(report: LabelsReport['report']): Markup {
  if (report.mode === 'stepwise') return processTable(report);
  return report.mode === 'pairwise' ? pairTable(report) : scoreTable(report);
}

function pairTable({ figures, baselines }: PairwiseReport): Markup {
  const rows = [
    ['the judge', figures],
    ['longer answer wins', baselines.longer.figures],
    ['first answer wins', baselines.first.figures],
    ['majority label', baselines.majority.figures],
  ] as const;
  const columns: Column[] = [
    { name: 'Rule' },
    { name: 'accuracy', number: true },
    { name: 'Cohen’s κ', number: true },
    { name: 'n', number: true },
  ];
  return markup`${dataTable(
    'Agreement with labels',
    columns,
    rows.map(([rule, { accuracy, kappa }]) => [
      rule,
      figureText(accuracy, 'share'),
      figureText(kappa, 'number'),
      count(accuracy.n),
    ]),
  )}${gains([
    ['longer answer wins', baselines.longer.gain],
    ['first answer wins', baselines.first.gain],
    ['majority label', baselines.majority.gain],
  ])}`;
}

/** By how much the judge is ahead, from the same rows. */
function gains(rules: readonly (readonly [string, ShownFigure])[]): Markup {
  return markup`<p class="small soft">Accuracy of the judge less that of the rule, on the same rows: ${rules.map(([rule, gain], place) => `${place > 0 ? '; ' : ''}${rule} ${figureText(gain, 'share')}`)}.</p>`;
}

function scoreTable({ figures, baselines, twoValued }: PointwiseReport): Markup {
  const columns: Column[] = [
    { name: 'Rule' },
    ...(twoValued
      ? ['accuracy', 'Cohen’s κ', 'area under the curve']
      : ['mean error', 'weighted κ', 'Pearson']
    ).map((heading) => ({ name: heading, number: true })),
    { name: 'Spearman’s ρ', number: true },
    { name: 'n', number: true },
  ];
  const row = (rule: string, own: PointwiseReport['figures']): MarkupValue[] => [
    rule,
    ...(twoValued
      ? [short(own.accuracy, 'share'), short(own.kappa), short(own.areaUnderCurve)]
      : [short(own.absoluteError), short(own.quadraticKappa), short(own.pearson)]),
    short(own.spearman),
    count(own.spearman.n),
  ];
  return dataTable('Agreement with labels', columns, [
    row('the judge', figures),
    row('one score for all', baselines.constant.figures),
    row('length as the score', baselines.length.figures),
  ]);
}

function processTable({ figures, baselines, outcome }: ProcessReport): Markup {
  const rows = [
    ['the judge', figures],
    ['no step is ever wrong', baselines.none.figures],
    ['the first step is always wrong', baselines.first.figures],
    ['a step or none, at random', baselines.random.figures],
  ] as const;
  const columns: Column[] = ['Rule', 'first error, F1', 'exact place', 'error or none', 'n'].map(
    (heading, place) => ({
      name: heading,
      number: place > 0,
    }),
  );
  return markup`${dataTable(
    'First wrong steps against labels',
    columns,
    rows.map(([rule, own]) => [
      rule,
      short(own.f1, 'share'),
      short(own.location, 'share'),
      short(own.detection, 'share'),
      count(own.location.n),
    ]),
  )}${
    outcome !== null &&
    dataTable(
      'Right final answers, area under the curve',
      [{ name: 'Solution as' }, { name: 'area under the curve', number: true }, { name: 'n', number: true }],
      (
        [
          ['last step', outcome.last],
          ['lowest step', outcome.min],
          ['mean', outcome.mean],
          ['product', outcome.product],
          ['fewer steps are better', outcome.fewerSteps],
        ] as const
      ).map(([how, figure]) => [how, short(figure), count(figure.n)]),
    )
  }`;
}

function confusionFigure({ kinds, counts }: Confusion): Markup {
  const columns: Column[] = [
    { name: 'Judge says' },
    ...kinds.map((kind) => ({ name: `label ${kind}`, number: true })),
  ];
  const rows = kinds.map((kind, place) => [
    kind,
    ...(counts[place] ?? []).map((n, other) =>
      other === place ? markup`<strong>${count(n)}</strong>` : count(n),
    ),
  ]);
  return markup`<div><h4>Judge and label</h4>${dataTable('Judge and label', columns, rows)}</div>`;
}

function surestFigure({ surest }: NonNullable<LabelsReport['confidence']>): Markup {
  const columns: Column[] = [
    { name: 'Only the surest' },
    { name: 'accuracy', number: true },
    { name: 'n', number: true },
  ];
  return markup`<div><h4>Answering only where it is sure</h4>${dataTable(
    'Accuracy over the surest verdicts',
    columns,
    surest.map(({ share, accuracy, kept }) => [
      `${Math.round(share * 100)} %`,
      figureText(accuracy, 'share'),
      count(kept),
    ]),
  )}</div>`;
}

function annotatorsTable(annotators: NonNullable<LabelsReport['annotators']>): Markup {
  const { several, ceiling, judge, gap, alpha, majority } = annotators;
  const rows: MarkupValue[][] = [
    ['one annotator with the majority of the others', short(ceiling, 'share'), count(ceiling.n)],
    ['the judge with the same majorities', short(judge, 'share'), count(judge.n)],
    ['the judge less an annotator', short(gap, 'share'), count(gap.n)],
    ['the judge with what most say', short(majority, 'share'), count(majority.n)],
    ['Krippendorff’s α of the votes', short(alpha), count(alpha.n)],
  ];
  return markup`<h4>Among annotators</h4><p class="soft small">${plural(several, 'verdict')} with two votes or more.</p>${dataTable(
    'The judge among annotators',
    [{ name: 'Who' }, { name: 'agreement', number: true }, { name: 'n', number: true }],
    rows,
  )}`;
}

/** In a cell a missing figure is a dash: its reason would fill the table. */
function short(figure: ShownFigure, unit: 'share' | 'number' = 'number'): string {
  return figure.estimate === null ? '–' : figureText(figure, unit);
}
