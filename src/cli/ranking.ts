/** Rankings as text: the first samples as tables, the others in a line each, and what came of all. */
import type { RankingReport } from '../aggregate/ranking-report.ts';
import type { Ranking, Sample } from '../schema.ts';
import { number, share } from './figures.ts';
import type { RunTotals } from './meter.ts';
import { describeTotals } from './summary.ts';
import { count, excerpt, harmless, percent, plural, type Terminal, table } from './terminal.ts';

/** Collects what is to be shown. */
export interface RankingShowcase {
  add(sample: Sample, ranking: Ranking): void;
  text(terminal: Terminal): string;
}

/** Rankings listed in one line each; the rest is only counted. */
const listed = 40;
const stops = {
  'all-pairs': 'all pairs asked',
  budget: 'budget spent',
  rounds: 'rounds played',
  settled: 'order settled',
} as const;

/** Show the first `limit` samples in full. Shows nothing when it is 0. */
export function createRankingShowcase(limit: number): RankingShowcase {
  const full: { readonly sample: Sample; readonly ranking: Ranking }[] = [];
  const others: Ranking[] = [];
  let uncounted = 0;
  return {
    add(sample, ranking) {
      if (limit === 0) return;
      if (full.length < limit) full.push({ sample, ranking });
      else if (others.length < listed) others.push(ranking);
      else uncounted++;
    },
    text(terminal) {
      const tables = full.map(({ sample, ranking }) => describe(sample, ranking, terminal));
      return [...tables, ...(others.length > 0 ? [list(others, uncounted)] : [])].join('\n\n');
    },
  };
}

/** What came of the rankings, what it cost, and how well they agree with what is known of the responses. */
export function describeRankings(
  rankings: readonly Ranking[],
  { counts, askedShare, cyclicShare, figures, baselines }: RankingReport,
  totals: RunTotals,
  terminal: Terminal,
): string {
  const without = counts.rankings - counts.ranked;
  const sum = (of: (ranking: Ranking) => number) =>
    rankings.reduce((total, ranking) => total + of(ranking), 0);
  const unscored = sum((ranking) => ranking.unscored.length);
  const [asked, possible] = [
    sum(({ comparisons }) => comparisons.asked),
    sum(({ comparisons }) => comparisons.possible),
  ];
  const reasons = Object.entries(stops).flatMap(([stop, words]) => {
    const times = rankings.filter(({ stopped }) => stopped === stop).length;
    return times > 0 ? [`${words} ${count(times)}`] : [];
  });
  const head = `${plural(counts.rankings, 'sample')}, ${without === 0 ? 'all ranked' : `${count(without)} not ranked`}`;
  const lines = [
    terminal.style(without + unscored === 0 ? 'green' : 'yellow', head),
    table(
      ['', '', ''],
      [
        ['comparisons asked', `${count(asked)} of ${count(possible)}`, `mean share ${share(askedShare)}`],
        ['unscored', count(unscored), reasonsOf(rankings)],
        ['cyclic triples', share(cyclicShare), '0 % is one order in mind, 25 % are coins'],
        ['stopped', reasons.join(', '), ''],
      ],
    )
      .split('\n')
      .slice(1)
      .join('\n'),
    describeTotals(totals),
  ];
  if (counts.compared === 0) return lines.join('\n');
  const { longer, random } = baselines;
  return [
    ...lines,
    '',
    `${plural(counts.compared, 'ranking')} compared with what is known of the responses`,
    '95 % intervals in brackets, clustered by prompt',
    '',
    table(
      ['', 'Kendall τ-b', 'best one first', 'n'],
      [
        ['juror', number(figures.kendall), share(figures.bestFirst), count(figures.kendall.n)],
        [
          'longer is better',
          number(longer.figures.kendall),
          share(longer.figures.bestFirst),
          count(figures.kendall.n),
        ],
        ['random order', '0.00', percent(random.bestFirst.estimate), count(figures.kendall.n)],
      ],
      ['n'],
    ),
    `juror's τ-b less that of length: ${number(longer.gain)}`,
  ].join('\n');
}

function describe(sample: Sample, ranking: Ranking, terminal: Terminal): string {
  const { comparisons, places, reason, label, unscored, prior } = ranking;
  const head = `${harmless(ranking.sampleId)} · ${ranking.rubricId}`;
  const facts = [
    `${comparisons.asked} of ${plural(comparisons.possible, 'comparison')}, ${stops[ranking.stopped]}`,
    ...(ranking.cyclicShare === null ? [] : [`cyclic triples ${percent(ranking.cyclicShare)}`]),
    ...(label === undefined ? [] : [`label ${excerpt(labelOf(ranking), 40)}`]),
  ];
  const texts = new Map(sample.responses.map(({ id, text }) => [id, text]));
  const width = Math.max(20, terminal.width - 56);
  const rows = places.map((place) => [
    interval(place.rank, place.rankLow, place.rankHigh, String),
    excerpt(place.responseId, 16),
    interval(place.strength, place.low, place.high, (value) => value.toFixed(2)),
    String(Math.round(place.elo)),
    excerpt(texts.get(place.responseId) ?? '', width),
  ]);
  const notes = [
    ...(prior ? ['somebody only wins: a prior of 3 nats bounds the strengths'] : []),
    ...unscored.map(({ responseIds, reasons }) => {
      return `unscored: ${harmless(responseIds.join(' and '))} (${reasons.join(', ')})`;
    }),
  ];
  return [
    `${terminal.style('bold', head)} · ${facts.join(' · ')}`,
    rows.length === 0
      ? `not ranked: ${harmless(reason ?? '')}`
      : table(['rank', 'response', 'strength, nats', 'Elo', 'text'], rows),
    ...notes,
  ].join('\n');
}

function list(rankings: readonly Ranking[], uncounted: number): string {
  const rows = rankings.map((ranking) => {
    const { places, comparisons, unscored } = ranking;
    const order = places.map(({ responseId }) => responseId).join(' > ');
    return [
      excerpt(ranking.sampleId, 40),
      places.length === 0 ? 'not ranked' : excerpt(order, 40),
      `${comparisons.asked} of ${comparisons.possible}`,
      unscored.length === 0 ? '' : String(unscored.length),
      excerpt(labelOf(ranking), 20),
    ];
  });
  const more = uncounted > 0 ? `\n… and ${count(uncounted)} more` : '';
  return table(['sample', 'order', 'asked', 'unscored', 'label'], rows) + more;
}

function reasonsOf(rankings: readonly Ranking[]): string {
  const counts = new Map<string, number>();
  for (const { reasons } of rankings.flatMap(({ unscored }) => unscored))
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .sort()
    .map(([reason, times]) => `${reason} ${count(times)}`)
    .join(', ');
}

function interval(value: number, low: number, high: number, format: (value: number) => string): string {
  return low === high ? format(value) : `${format(value)} [${format(low)}, ${format(high)}]`;
}

function labelOf({ label }: Ranking): string {
  if (label === undefined) return '';
  return typeof label === 'object' ? JSON.stringify(label) : String(label);
}
