/** A loop of self-training as text: a line for each round, and a table. */
import type { Round, SelfTrainResult } from '../loop/self-train-parts.ts';
import { number, share } from './figures.ts';
import { count, plural, table } from './terminal.ts';

/** One round in a line. */
export function describeRound({ card, decision }: Round): string {
  const { synthetic, judged } = card.comparisons;
  const accuracy = card.anchors ? ` · anchors ${share(card.anchors.accuracy)}` : '';
  return `round ${card.round}: ${plural(synthetic, 'edit')}, ${count(judged)} judged${accuracy} · ${decision.outcome}: ${decision.reasons.join('; ')}`;
}

/** The loop's rounds, what was left out, and what the figures are not. */
export function describeLoop(result: SelfTrainResult, out: string): string {
  const { rounds, removed, pool, probes, anchors, stopped } = result;
  const right = ['round', 'edits', 'judged', 'anchors', 'difference', 'ρ length', 'entropy'];
  const rows = rounds.map(({ card, decision }) => [
    String(card.round),
    count(card.comparisons.synthetic),
    count(card.comparisons.judged),
    card.anchors ? share(card.anchors.accuracy) : '–',
    card.anchors?.test
      ? `${number(figureOf(card.anchors.test.difference))} at ${(100 * card.anchors.test.level).toFixed(2)} %`
      : '–',
    card.length?.anchors.estimate?.toFixed(2) ?? '–',
    card.labels.entropy.estimate?.toFixed(2) ?? '–',
    decision.outcome,
  ]);
  const last = rounds.at(-1);
  const current = last?.decision.current ?? null;
  const dropped = rounds.flatMap(({ card }) => droppedOf(card.comparisons.dropped));
  const totals = new Map<string, number>();
  for (const [reason, n] of dropped) totals.set(reason, (totals.get(reason) ?? 0) + n);
  const longer = rounds.find(({ card }) => card.anchors !== null)?.card.anchors?.longer;
  return [
    `${plural(pool, 'sample')} to draw from, ${count(probes)} for probes, ${count(removed)} left out because an anchor has their prompt`,
    `${plural(anchors.pairs, 'anchor')}${anchors.ties > 0 ? `, ${plural(anchors.ties, 'tie')} among them` : ''}${anchors.unread > 0 ? `, ${count(anchors.unread)} more that the backbone cannot read` : ''}${longer ? ` · the longer answer is right in ${share(longer)}` : ''}`,
    '',
    table([...right, 'decision'], rows, right),
    '',
    ...rounds.map(
      ({ card, decision }) => `round ${card.round}, ${decision.outcome}: ${decision.reasons.join('; ')}`,
    ),
    ...(totals.size > 0
      ? [`left out: ${[...totals].map(([reason, n]) => `${reason} ${count(n)}`).join(', ')}`]
      : []),
    ...(stopped === null ? [] : [`stopped: ${stopped}`]),
    '',
    current === null
      ? 'no head counts: every round was refused'
      : `the head of round ${current} counts; the labels of the anchors have decided ${last?.decision.looks === 1 ? 'once' : `${last?.decision.looks ?? 0} times`}`,
    current === null ? out : `${out}/current`,
  ].join('\n');
}

type Dropped = Round['card']['comparisons']['dropped'];

function droppedOf({ inconsistent, unscored, unread, repeated }: Dropped): [string, number][] {
  const named = (what: string, reasons: Readonly<Record<string, number>>) =>
    Object.entries(reasons).map(([reason, n]): [string, number] => [`${what} (${reason})`, n]);
  const found: [string, number][] = [
    ['orders disagree', inconsistent],
    ...named('unscored', unscored),
    ...named('unread', unread),
    ['had already', repeated],
  ];
  return found.filter(([, n]) => n > 0);
}

/** A record's figure as the statistics have it. */
function figureOf({
  reason,
  ...figure
}: NonNullable<NonNullable<Round['card']['anchors']>['test']>['difference']) {
  return { ...figure, ...(reason === undefined ? {} : { reason }) };
}
