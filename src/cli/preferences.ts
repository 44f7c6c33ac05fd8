/** What came of `juror prefs`, as text. */
import { describeTooLong, type PreferenceCard } from '../preference/card.ts';
import type { PreferenceFigures } from '../preference/figures.ts';
import { share } from './figures.ts';
import { count, harmless, plural, type Terminal, table } from './terminal.ts';

/** Counts, filters, balance and agreement; then the files. */
export function describePreferences(
  card: PreferenceCard,
  files: readonly string[],
  terminal: Terminal,
): string {
  const { figures, rows, format, tooLong } = card;
  const head = figures
    ? `${plural(figures.preferences, 'preference')} of ${plural(figures.prompts, 'prompt')}, ${plural(figures.ties, 'tie')}${figures.ties > 0 && card.tiesIn === null ? ' left out' : ''}; ${plural(rows, 'row')} as ${format}`
    : `${plural(rows, 'solution')} as ${format}`;
  return [
    [terminal.style('green', head), ...describeLeftOut(card)].join('\n'),
    ...(card.filters.length === 0
      ? []
      : [
          table(
            ['filter', 'does not pass', 'passes all others'],
            card.filters.map(({ filter, dropped, alone }) => [filter, count(dropped), count(alone)]),
            ['does not pass', 'passes all others'],
          ),
        ]),
    ...(figures ? [describeFigures(figures)] : []),
    ...(tooLong ? [describeTooLong(tooLong)] : []),
    files.map(harmless).join(' · '),
  ].join('\n\n');
}

function describeLeftOut({ leftOut }: PreferenceCard): string[] {
  const reasons = Object.entries(leftOut).sort(([left], [right]) => (left < right ? -1 : 1));
  return reasons.length === 0
    ? []
    : [`left out: ${reasons.map(([reason, n]) => `${count(n)} ${reason}`).join(', ')}`];
}

function describeFigures(figures: PreferenceFigures): string {
  const { labels, duplicates, lengthDifference, meanProbability } = figures;
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;
  return [
    `chosen longer ${share(figures.chosenLonger)}${lengthDifference === null ? '' : `, by ${signed(lengthDifference)} characters on average`} · first in the data ${share(figures.chosenFirst)}`,
    ...(meanProbability === null
      ? []
      : [
          `mean probability ${meanProbability.toFixed(3)} · margins in ${Object.keys(figures.margins).sort().join(' and in ')}`,
        ]),
    ...(figures.orderConsistent.n > 0
      ? [`both orders name one winner ${share(figures.orderConsistent)}, before filters`]
      : []),
    labels.labelled === 0
      ? 'no labels to compare with'
      : `labels agree ${share(labels.agreement)}, n ${count(labels.labelled)} · the longer one ${share(labels.longer)} · the first one ${share(labels.first)}`,
    `duplicates ${count(duplicates.exact)} exact, ${count(duplicates.contradicting)} contradicting`,
  ].join('\n');
}
