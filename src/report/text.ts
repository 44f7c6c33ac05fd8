/** Figures as people read them. */
import type { Figure } from '../aggregate/interval.ts';

/** Enough of a figure to show it. */
export type ShownFigure = Pick<Figure, 'estimate' | 'low' | 'high' | 'n'> & {
  readonly reason?: string | undefined;
};

/** How a figure is written: as a share of a hundred, or as a number. */
export type FigureUnit = 'share' | 'number';

/** Whole numbers with thousands separators. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 verdict`, `2 verdicts`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `62.5 %`, or a dash for what is unknown. */
export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : `${decimal(value * 100, 1)}\u00a0%`;
}

/** A number with two decimals and a true minus, or a dash. */
export function decimal(value: number | null | undefined, digits = 2): string {
  if (value === null || value === undefined) return '–';
  const text = value.toFixed(digits);
  return Number(text) < 0 ? text.replace('-', '\u2212') : text.replace('-', '');
}

/** The estimate alone. */
export function estimateText({ estimate }: ShownFigure, unit: FigureUnit): string {
  return unit === 'share' ? percent(estimate) : decimal(estimate);
}

/** `51.2 to 66.0 %`; a dash where there is no interval. */
export function intervalText({ low, high }: ShownFigure, unit: FigureUnit): string {
  if (low === null || high === null) return '–';
  return unit === 'share'
    ? `${decimal(low * 100, 1)} to ${decimal(high * 100, 1)}\u00a0%`
    : `${decimal(low)} to ${decimal(high)}`;
}

/** Estimate and interval in one cell: `62.5 % (44.0 to 78.1 %)`. */
export function figureText(figure: ShownFigure, unit: FigureUnit): string {
  if (figure.estimate === null) return figure.reason === undefined ? '–' : `none: ${figure.reason}`;
  const interval =
    figure.low === null || figure.low === figure.high ? '' : ` (${intervalText(figure, unit)})`;
  return estimateText(figure, unit) + interval;
}
