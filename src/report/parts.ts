/** Small pieces of the page. */
import { judged, type Markup, type MarkupValue, markup } from './markup.ts';
import type { ReportFigure } from './report.ts';
import { type FigureUnit, percent, type ShownFigure } from './text.ts';

/** Characters shown at once, and at most, of one text. */
const [shownAtOnce, shownAtMost] = [900, 20_000];

/** Text that was judged: as it is, its end folded, and what nobody would read left out and told. */
export function judgedText(text: string): Markup {
  if (text.length <= shownAtOnce * 1.2) return block(text);
  const cut = cutAt(text, shownAtOnce);
  const end = text.length <= shownAtMost ? text.length : cutAt(text, shownAtMost);
  const left = text.length - end;
  const more = (text.length - cut).toLocaleString('en-US');
  return markup`${block(text.slice(0, cut))}<details><summary>${more} more characters</summary>${block(text.slice(cut, end))}${
    left > 0 &&
    markup`<p class="soft small">${left.toLocaleString('en-US')} characters are left out here.</p>`
  }</details>`;
}

function block(text: string): Markup {
  return text.trim() === ''
    ? markup`<div class="judged soft">nothing${text === '' ? '' : ' but white space'}</div>`
    : markup`<div class="judged" dir="auto">${judged(text)}</div>`;
}

/** Between words where there is a space near, and never within a character. */
function cutAt(text: string, length: number): number {
  const space = text.lastIndexOf(' ', length);
  const cut = space > length * 0.8 ? space : length;
  const low = text.charCodeAt(cut) & 0xfc00;
  return low === 0xdc00 ? cut + 1 : cut;
}

/** A name of the data's, kept apart from the words around it, whatever its direction. */
export function name(text: string): Markup {
  const short = text.length > 120 ? `${text.slice(0, 119)}…` : text;
  return markup`<bdi>${judged(short)}</bdi>`;
}

/** A share as a bar beside its number. */
export function shareRow(label: MarkupValue, share: number): Markup {
  return markup`<span>${label}</span><svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="rail" y="3" width="100" height="2"/><rect class="part" width="${round(share * 100)}" height="8"/></svg><span class="number">${percent(share)}</span>`;
}

/** Where an estimate and its interval lie between `low` and `high`; the numbers stand beside it. */
export function band({ estimate, low, high }: ShownFigure): Markup {
  if (estimate === null) return markup``;
  const x = (value: number) => round(Math.max(0, Math.min(1, value)) * 100);
  const range =
    low === null || high === null
      ? markup``
      : markup`<line class="range" x1="${x(low)}" x2="${x(high)}" y1="7" y2="7"/>`;
  return markup`<svg class="band" viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true"><line class="rail" x1="0" x2="100" y1="7" y2="7"/>${range}<rect class="dot" x="${round(x(estimate) - 0.75)}" y="1" width="1.5" height="12"/></svg>`;
}

/** How measures are called and written. */
export const measures: Readonly<Record<string, { readonly name: string; readonly unit: FigureUnit }>> = {
  score: { name: 'mean score', unit: 'number' },
  'pass-rate': { name: 'pass rate', unit: 'share' },
  'win-rate': { name: 'win rate', unit: 'share' },
  agreement: { name: 'agreement with labels', unit: 'share' },
  kappa: { name: 'κ with labels', unit: 'number' },
  'flip-rate': { name: 'orders disagree', unit: 'share' },
};

/** A measure's name and unit. */
export function measureOf(measure: string): { readonly name: string; readonly unit: FigureUnit } {
  return measures[measure] ?? { name: measure, unit: 'number' };
}

/** What a figure measures: `win rate of assistant-2`, where it is one model's. */
export function figureName({ measure, model }: Pick<ReportFigure, 'measure' | 'model'>): Markup {
  const words = measureOf(measure).name;
  return model === undefined ? markup`${words}` : markup`${words} of ${name(model)}`;
}

/** Data values as text. */
export function dataText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.length > 1000 ? `${text.slice(0, 999)}…` : text;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
