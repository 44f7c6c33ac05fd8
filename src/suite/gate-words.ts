/** What gates ask and what they find, in words. */
import type { Figure } from '../aggregate/interval.ts';
import type { SuiteGate } from '../schema.ts';
import type { JudgedItem } from './item.ts';
import type { Measured } from './measure.ts';

type BoundedGate = Extract<SuiteGate, { kind: 'figure' | 'comparison' }>;
type MeasuredGate = Exclude<SuiteGate, { kind: 'card' }>;

const nouns = {
  pointwise: ['answer', 'answers'],
  stepwise: ['solution', 'solutions'],
  pairwise: ['pair', 'pairs'],
} as const;

/** `1 pair`, `40 answers`; `verdicts` where nobody knows of what. */
export function countOf(count: number, mode: JudgedItem['mode'] | undefined): string {
  const [one, many] = mode === undefined ? (['verdict', 'verdicts'] as const) : nouns[mode];
  return `${count} ${count === 1 ? one : many}`;
}

/** `mean score of helpfulness`, with what the gate picks. */
export function describeMeasure(
  { measure, part, pass, model }: Measured,
  gate: MeasuredGate,
  rubric: string | null,
): string {
  const subject = part.kind === 'whole' ? rubric : part.id;
  const of = subject === null ? '' : ` of ${subject}`;
  const under = subject === null ? '' : ` under ${subject}`;
  const words = {
    score: `mean score${of}`,
    'pass-rate': `pass rate${of} (score ≥ ${pass})`,
    'win-rate': `win rate of ${model === undefined ? 'first answers' : `model ${model}`}${under}`,
    agreement: `agreement with labels${under}`,
    kappa: `kappa with labels${under}`,
    'flip-rate': `flip rate${under}`,
  } as const;
  return words[measure] + describeSlice(gate);
}

/** `, language de` for what the gate is confined to; nothing without. */
export function describeSlice({ slice = {} }: MeasuredGate): string {
  return Object.entries(slice)
    .map(([name, value]) => `, ${name} ${value}`)
    .join('');
}

/** `≥ 0.6 (worst bound)`. */
export function describeThreshold({ min, max, bound }: BoundedGate): string {
  const limits = [...(min === undefined ? [] : [`≥ ${min}`]), ...(max === undefined ? [] : [`≤ ${max}`])];
  return `${limits.join(' and ')} (${bound === 'estimate' ? 'estimate' : `${bound} bound`})`;
}

/** `0.58 (0.51–0.66)`, with as many digits as it takes to see on which side of the thresholds it lies. */
export function describeFigure(
  { estimate, low, high, reason }: Figure,
  thresholds: readonly (number | undefined)[] = [],
): string {
  if (estimate === null) return reason ?? 'no figure';
  const digits = digitsFor([estimate, low, high], thresholds);
  const text = (value: number) => plain(value, digits);
  if (low === null || high === null)
    return `${text(estimate)} without an interval${reason === undefined ? '' : ` (${reason})`}`;
  const to = low < 0 ? ' to ' : '–';
  return `${text(estimate)} (${text(low)}${to}${text(high)})`;
}

/** `40 answers of 12 prompts`. */
export function describeSize({ n, clusters }: Figure, mode: JudgedItem['mode'] | undefined): string {
  const rows = countOf(n, mode);
  return clusters === n ? rows : `${rows} of ${clusters} ${clusters === 1 ? 'prompt' : 'prompts'}`;
}

/** Parts of a sentence that say something. */
export function sentence(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part !== false && part !== undefined && part !== '').join(', ');
}

/** `3 unscored`, or nothing. */
export function some(count: number, words: string): string | undefined {
  return count > 0 ? `${count} ${words}` : undefined;
}

function digitsFor(values: readonly (number | null)[], thresholds: readonly (number | undefined)[]): number {
  const close = (digits: number) =>
    values.some((value) =>
      thresholds.some(
        (threshold) =>
          value !== null &&
          threshold !== undefined &&
          Math.abs(value - threshold) > 1e-9 &&
          Math.sign(Number(value.toFixed(digits)) - threshold) !== Math.sign(value - threshold),
      ),
    );
  let digits = 2;
  while (digits < 9 && close(digits)) digits++;
  return digits;
}

function plain(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace('-', '') : text;
}
