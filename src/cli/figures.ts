/** Figures with their intervals, as text. */
import type { Figure } from '../aggregate/interval.ts';
import { percent } from './terminal.ts';

/** `62.5 % [44.0, 78.1]`, or a dash. */
export function share({ estimate, low, high }: Pick<Figure, 'estimate' | 'low' | 'high'>): string {
  if (estimate === null) return '–';
  return percent(estimate) + interval(low, high, (value) => (value * 100).toFixed(1));
}

/** `0.41 [0.12, 0.66]`, or a dash. */
export function number({ estimate, low, high }: Figure): string {
  if (estimate === null) return '–';
  return estimate.toFixed(2) + interval(low, high, (value) => value.toFixed(2));
}

/** Nothing where a figure cannot vary, such as the κ of a constant answer. */
function interval(low: number | null, high: number | null, format: (value: number) => string): string {
  return low === null || high === null || low === high ? '' : ` [${format(low)}, ${format(high)}]`;
}

/** Why figures are missing, each reason once. */
export function reasons(figures: readonly (readonly [string, Figure])[]): string[] {
  const missing = figures.flatMap(([noun, { estimate, reason }]) =>
    estimate === null && reason !== undefined ? [`${noun}: none, ${reason}`] : [],
  );
  return [...new Set(missing)];
}
