/** The plots of a report, each with the table of its values. */
import type { ConfidenceReport } from '../aggregate/confidence-report.ts';
import { type Markup, markup } from './markup.ts';
import { drawPlot, type PlotSpecification, type PlotWords } from './plot.ts';
import { type Column, dataTable } from './table.ts';
import { count, decimal, intervalText, percent, plural } from './text.ts';

/** A histogram of scores from 0 to 1. */
export interface Histogram extends PlotWords {
  readonly counts: readonly number[];
  /** What is counted: `verdict`. */
  readonly noun: string;
  /** Under the axis. */
  readonly axis: string;
}

/** The histogram as a figure. */
export async function histogramFigure({ counts, noun, axis, ...words }: Histogram): Promise<Markup> {
  const width = 1 / counts.length;
  const bins = counts.map((size, bin) => ({ low: bin * width, high: (bin + 1) * width, count: size }));
  const most = Math.max(1, ...counts);
  const specification: PlotSpecification = {
    width: 300,
    height: 120,
    data: { values: bins },
    mark: { type: 'bar', color: 'var(--mark)', binSpacing: 1.5 },
    encoding: {
      x: {
        field: 'low',
        bin: { binned: true },
        type: 'quantitative',
        scale: { domain: [0, 1], nice: false },
        axis: { title: axis, grid: false, values: [0, 0.25, 0.5, 0.75, 1], format: '.2~f' },
      },
      x2: { field: 'high' },
      y: {
        field: 'count',
        type: 'quantitative',
        scale: { domain: [0, most], nice: true },
        axis: { title: null, tickCount: 3, format: 'd', tickMinStep: 1 },
      },
    },
  };
  const columns: Column[] = [
    { name: 'From' },
    { name: 'to below', number: true },
    { name: `${noun}s`, number: true },
  ];
  const rows = bins.map(({ low, high, count: size }) => [decimal(low), decimal(high), count(size)]);
  return figure(await drawPlot(specification, words), words, dataTable(words.title, columns, rows));
}

/** How often what the judge said came true, as a figure. */
export async function reliabilityFigure(
  { reliability, rows }: ConfidenceReport,
  mode: 'pairwise' | 'pointwise',
  words: Pick<PlotWords, 'title'>,
): Promise<Markup> {
  // A preferred answer has a probability of at least one half.
  const from = mode === 'pairwise' ? 0.5 : 0;
  const [across, upwards] =
    mode === 'pairwise'
      ? ['Probability of the preferred answer', 'Labels that prefer it too']
      : ['Score', 'Mean label'];
  const bins = reliability.flatMap(({ predicted, observed, count: size }) =>
    observed.estimate === null
      ? []
      : [{ said: predicted, came: observed.estimate, low: observed.low, high: observed.high, size }],
  );
  const channel = (field: string, title: string, low: number) => ({
    field,
    type: 'quantitative' as const,
    scale: { domain: [low, 1], nice: false },
    axis: { title, grid: true, labelExpr: "round(datum.value * 100) + ' %'", values: ticks(low) },
  });
  const x = channel('said', across, from);
  const specification: PlotSpecification = {
    width: 240,
    height: 240,
    layer: [
      {
        data: {
          values: [
            { said: from, came: from },
            { said: 1, came: 1 },
          ],
        },
        mark: { type: 'line', color: 'var(--soft)', strokeDash: [4, 4], strokeWidth: 1 },
        encoding: { x, y: channel('came', upwards, 0) },
      },
      {
        data: { values: bins.filter(({ low }) => low !== null) },
        mark: { type: 'rule', color: 'var(--mark)', strokeWidth: 2 },
        encoding: { x, y: channel('low', upwards, 0), y2: { field: 'high' } },
      },
      {
        data: { values: bins },
        mark: {
          type: 'point',
          filled: true,
          color: 'var(--mark)',
          size: 80,
          opacity: 1,
          stroke: 'var(--paper)',
          strokeWidth: 1.5,
        },
        encoding: { x, y: channel('came', upwards, 0) },
      },
    ],
  };
  const description = `${across} against ${upwards.toLowerCase()}, ${plural(rows, 'verdict')} in bins of equal mass with 95\u00a0% intervals. On the dashed line probabilities are what they say.`;
  const columns: Column[] = [
    { name: across },
    { name: upwards, number: true },
    { name: '95\u00a0% interval', number: true },
    { name: 'n', number: true },
  ];
  const table = reliability.map(({ predicted, observed, count: size }) => [
    percent(predicted),
    percent(observed.estimate),
    intervalText(observed, 'share'),
    count(size),
  ]);
  return figure(
    await drawPlot(specification, { ...words, description }),
    { ...words, description },
    dataTable(words.title, columns, table),
  );
}

/** Tenths or quarters between `low` and 1. */
function ticks(low: number): number[] {
  return low === 0 ? [0, 0.25, 0.5, 0.75, 1] : [0.5, 0.6, 0.7, 0.8, 0.9, 1];
}

function figure(plot: Markup, { title, description }: PlotWords, table: Markup): Markup {
  return markup`<figure><figcaption><strong>${title}</strong> <span>${description}</span></figcaption>${plot}<details><summary>Values<span class="hidden"> of ${title}</span></summary>${table}</details></figure>`;
}
