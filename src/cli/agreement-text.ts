/** The parts below an agreement's tables as text. */
import type { AnnotatorsReport } from '../aggregate/annotators-report.ts';
import type { ConfidenceReport } from '../aggregate/confidence-report.ts';
import type { Figure } from '../aggregate/interval.ts';
import { describeViewerRaters } from './agreement-labels.ts';
import type { AgreementParts } from './agreement-parts.ts';
import { reliabilityTable } from './calibration.ts';
import { describeCorrected } from './corrected-text.ts';
import { number, reasons, share } from './figures.ts';
import { count, excerpt, percent, plural, table } from './terminal.ts';

/** Rows below which a reliability table and a risk-coverage curve would be noise. */
const enough = 20;
/** Annotators that are shown; all are in the JSON. */
const mostAnnotators = 12;
/** Pairs of models that are shown; all are in the JSON. */
export const mostModels = 12;

/** The parts that were asked for by a flag, and no others. */
export function describeAsked(
  { corrected, against, unread }: AgreementParts,
  flags: { readonly corrected?: boolean | undefined },
): string[] {
  return [
    ...describeUnread(unread),
    ...(corrected && flags.corrected ? describeCorrected(corrected, mostModels) : []),
    ...(against ? describeAgainst(against) : []),
  ];
}

/** A text for each part there is. */
export function describeParts(parts: AgreementParts, mode: 'pairwise' | 'pointwise' | 'stepwise'): string[] {
  const { annotators, corrected, confidence, raters, unread } = parts;
  return [
    ...describeUnread(unread),
    ...(raters ? describeViewerRaters(raters) : []),
    ...(annotators ? describeAnnotators(annotators) : []),
    ...describeModels(parts),
    ...(corrected ? describeCorrected(corrected, mostModels) : []),
    ...(confidence && mode !== 'stepwise' && confidence.rows >= enough
      ? describeConfidence(confidence, mode)
      : []),
  ];
}

function describeUnread(unread: AgreementParts['unread']): string[] {
  if (unread === undefined) return [];
  const left = [
    ...(unread.labels === 0 ? [] : [plural(unread.labels, 'label')]),
    ...(unread.votes === 0 ? [] : [plural(unread.votes, 'vote')]),
  ];
  return [`left out: ${left.join(' and ')} in words that the scale lacks`];
}

function describeAnnotators(report: AnnotatorsReport): string[] {
  const { rows, several, votes, split, logLoss, brier } = report;
  const line = (noun: string, figure: Figure, format: (figure: Figure) => string = share) => [
    noun,
    format(figure),
    count(figure.n),
  ];
  const loss = (noun: string, { judge, coin, least }: AnnotatorsReport['brier']) => [
    noun,
    number(judge),
    ...[coin, least].map((value) => (value === null ? '–' : value.toFixed(2))),
    count(judge.n),
  ];
  const named = Object.entries(report.annotators).sort(([, left], [, right]) => right.votes - left.votes);
  return [
    `annotators: ${plural(votes, 'vote')} on ${plural(rows, 'row')}, ${count(several)} with two or more${split === 0 ? '' : `, ${count(split)} split`}`,
    table(
      ['', 'agreement', 'n'],
      [
        line('among annotators, α', report.alpha, number),
        line('one annotator with the majority of the others', report.ceiling),
        line('juror with the same majorities', report.judge),
        line('juror minus one annotator', report.gap),
        line('juror with what most say', report.majority),
        line('juror with the Dawid–Skene label', report.dawidSkene),
      ],
      ['n'],
    ),
    table(
      ['against the shares of the votes', 'juror', 'a coin', 'at best', 'n'],
      [loss('log-loss, nats', logLoss), loss('Brier score', brier)],
      ['n'],
    ),
    ...(named.length === 0
      ? []
      : [
          table(
            ['annotator', 'with the others', 'right by Dawid–Skene', 'votes'],
            named
              .slice(0, mostAnnotators)
              .map(([name, figures]) => [
                excerpt(name, 32),
                share(figures.withOthers),
                percent(figures.reliability),
                count(figures.votes),
              ]),
            ['votes'],
          ),
        ]),
    ...(report.converged === false ? ['the Dawid–Skene fit did not converge'] : []),
    ...(named.length > mostAnnotators ? [`and ${named.length - mostAnnotators} more, in --json`] : []),
    ...reasons([
      ['α', report.alpha],
      ['annotators', report.ceiling],
    ]),
  ];
}

function describeModels({ models, moreModels = 0, withoutModels = 0 }: AgreementParts): string[] {
  if (models === undefined) return [];
  const notes = [
    ...(moreModels === 0 ? [] : [`and ${plural(moreModels, 'pair')} of models with fewer rows, in --json`]),
    ...(withoutModels === 0 ? [] : [`${plural(withoutModels, 'row')} without two known models left out`]),
  ];
  return [
    table(
      ['win rate', 'as judged', 'at equal length', 'by the labels', 'judged', 'labelled'],
      models.map(({ model, against, judged, lengthControlled, labels }) => [
        `${excerpt(model, 32)} against ${excerpt(against, 32)}`,
        share(judged),
        share(lengthControlled),
        share(labels),
        count(judged.n),
        count(labels.n),
      ]),
      ['judged', 'labelled'],
    ),
    ...(notes.length === 0 ? [] : [notes.join('\n')]),
    ...reasons(models.map(({ lengthControlled }) => ['at equal length', lengthControlled] as const)),
  ];
}

function describeAgainst({
  run,
  figure,
  comparison,
  mcNemar,
  counts,
}: NonNullable<AgreementParts['against']>) {
  const format = figure === 'accuracy' ? share : number;
  const left = [
    [counts.onlyHere, 'only in this run'],
    [counts.onlyThere, 'only in the other'],
    [counts.different, 'with another prompt or other answers'],
    [counts.unlabelled, 'without a label'],
    [counts.unscored, 'unscored'],
  ] as const;
  const leftOut = left.filter(([n]) => n > 0).map(([n, noun]) => `${count(n)} ${noun}`);
  const { difference, pValue, exact, permutations } = comparison;
  const lines = [
    ...(pValue === null
      ? []
      : [
          `p ${probability(pValue)}, by ${exact ? 'every swap' : `${count(permutations)} swaps`} of the runs prompt by prompt`,
        ]),
    ...(mcNemar
      ? [
          `right alone: this run ${count(mcNemar.onlyLeft)}, the other ${count(mcNemar.onlyRight)}; McNemar p ${probability(mcNemar.pValue)}, were all rows independent`,
        ]
      : []),
    ...reasons([['difference', difference]]),
  ];
  return [
    `against ${run}: ${plural(counts.compared, 'verdict')} compared; left out: ${leftOut.join(', ') || 'none'}`,
    table(
      ['', figure === 'accuracy' ? 'accuracy' : 'mean error', 'n'],
      [
        ['this run', format(comparison.left), count(comparison.left.n)],
        ['the other', format(comparison.right), count(comparison.right.n)],
        ['difference', format(difference), count(difference.n)],
      ],
      ['n'],
    ),
    ...(lines.length === 0 ? [] : [lines.join('\n')]),
  ];
}

function describeConfidence({ reliability, surest, rows }: ConfidenceReport, mode: 'pairwise' | 'pointwise') {
  const lines = surest
    .filter(({ kept }) => kept < rows)
    .map(
      ({ share: part, kept, accuracy }) =>
        `keeping the surest ${Math.round(part * 100)} % (${count(kept)} of ${count(rows)}): accuracy ${share(accuracy)}`,
    );
  return [
    ...reliabilityTable('reliability', reliability, mode),
    ...(lines.length === 0 ? ['every verdict is equally sure'] : [lines.join('\n')]),
  ];
}

function probability(value: number): string {
  return value < 0.001 ? '< 0.001' : value.toFixed(3);
}
