/** Rates corrected for the judge's errors, as text. */
import type { CorrectedFigures, CorrectedReport } from '../aggregate/corrected-report.ts';
import type { Figure } from '../aggregate/interval.ts';
import { reasons, share } from './figures.ts';
import { count, excerpt, percent, plural, table } from './terminal.ts';

/** Labels, and labels of the rarer outcome, below which a normal approximation is too sure. */
const [fewest, rare] = [40, 20];

/** A table for each rate, no more than `most`, and what is left out. */
export function describeCorrected(
  { rates, unscored, withoutModels }: CorrectedReport,
  most: number,
): string[] {
  if (rates.length === 0)
    return ["corrected rates: none, the range of the labels' scale is not known; give --scale"];
  const size = (rate: CorrectedFigures) => rate.labelled + rate.unlabelled;
  const shown = new Set(rates.toSorted((left, right) => size(right) - size(left)).slice(0, most));
  const more = rates.length - shown.size;
  return [
    ...rates.filter((rate) => shown.has(rate)).flatMap(describeRate),
    ...(more === 0 ? [] : [`and ${plural(more, 'pair')} of models with fewer rows, in --json`]),
    ...(unscored === 0 ? [] : [`${plural(unscored, 'labelled verdict')} without a score left out`]),
    ...(withoutModels === 0 ? [] : [`${plural(withoutModels, 'verdict')} without two known models left out`]),
  ];
}

function describeRate(rate: CorrectedReport['rates'][number] & CorrectedFigures): string[] {
  const { name, labelled, unlabelled, rarer, unclipped } = rate;
  const row = (noun: string, figure: Figure) => [noun, share(figure), count(figure.n)];
  const notes = [
    `${count(labelled)} with a label, ${count(unlabelled)} without; corrections hold where the labelled are a random sample`,
    ...(rate.sensitivity.estimate === null && rate.specificity.estimate === null
      ? []
      : [`sensitivity ${share(rate.sensitivity)}, specificity ${share(rate.specificity)}`]),
    ...(rate.roganGladen.estimate === null || unclipped === null || (unclipped >= 0 && unclipped <= 1)
      ? []
      : [`Rogan–Gladen: clipped from ${percent(unclipped)}`]),
    ...fewLabels(rarer, labelled),
    ...reasons([
      ['Rogan–Gladen', rate.roganGladen],
      ['prediction-powered', rate.predictionPowered],
    ]),
  ];
  return [
    table(
      [excerpt(name, 72), 'rate', 'n'],
      [
        row('as judged', rate.judged),
        row('labels alone', rate.labels),
        row('corrected, Rogan–Gladen', rate.roganGladen),
        row('corrected, prediction-powered', rate.predictionPowered),
      ],
      ['n'],
    ),
    notes.join('\n'),
  ];
}

/** The prediction-powered interval is a normal approximation. */
function fewLabels(rarer: number | null, labelled: number): string[] {
  if (rarer === null)
    return labelled >= fewest
      ? []
      : [`${plural(labelled, 'label')}: below ${fewest} the prediction-powered interval is too narrow`];
  return rarer >= rare
    ? []
    : [
        `${plural(rarer, 'label')} of the rarer outcome: below ${rare} the prediction-powered interval is too narrow`,
      ];
}
