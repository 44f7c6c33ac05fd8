/** A loop told to people: a row for each round, and a page. */
import type { RoundCard, RoundDecision } from '../schema.ts';
import type { Round } from './self-train-parts.ts';

/** A round in one row. */
export interface RoundRow {
  readonly round: number;
  readonly outcome: RoundDecision['outcome'];
  readonly current: number | null;
  readonly synthetic: number;
  readonly judged: number;
  /** Accuracy on the anchors. */
  readonly accuracy: NonNullable<RoundCard['anchors']>['accuracy'] | null;
  /** Against the best head before, with the interval at `level`. */
  readonly difference: NonNullable<RoundCard['anchors']>['accuracy'] | null;
  readonly level: number | null;
  /** Correlation of score and length on the anchors and on the pool. */
  readonly lengthAnchors: number | null;
  readonly lengthPool: number | null;
  /** Mean entropy of the judged labels, in bits. */
  readonly entropy: number | null;
  readonly reasons: readonly string[];
}

/** A row for each round. */
export function roundsTable(rounds: readonly Round[]): RoundRow[] {
  return rounds.map(({ card, decision }) => ({
    round: card.round,
    outcome: decision.outcome,
    current: decision.current,
    synthetic: card.comparisons.synthetic,
    judged: card.comparisons.judged,
    accuracy: card.anchors?.accuracy ?? null,
    difference: card.anchors?.test?.difference ?? null,
    level: card.anchors?.test?.level ?? null,
    lengthAnchors: card.length?.anchors.estimate ?? null,
    lengthPool: card.length?.pool.estimate ?? null,
    entropy: card.labels.entropy.estimate,
    reasons: decision.reasons,
  }));
}

/** A page in Markdown, with nothing on it of time, place or host. */
export function roundsPage(rounds: readonly Round[]): string {
  const rows = roundsTable(rounds);
  const current = rows.at(-1)?.current ?? null;
  const looks = rounds.at(-1)?.decision.looks ?? 0;
  const head = [
    'round',
    'synthetic',
    'judged',
    'anchors',
    'against the best before',
    'ρ with length',
    'entropy',
    'decision',
  ];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    '# A loop of self-training',
    '',
    current === null
      ? 'No head counts yet.'
      : `\`current/\` is a copy of the head of round ${current}: \`rounds/${String(current).padStart(2, '0')}/head\`.`,
    '',
    line(head),
    line(head.map(() => '---')),
    ...rows.map((row) =>
      line([
        String(row.round),
        String(row.synthetic),
        String(row.judged),
        figure(row.accuracy),
        row.difference === null
          ? '–'
          : `${figure(row.difference)} at ${((row.level ?? 0) * 100).toFixed(2)} %`,
        row.lengthAnchors?.toFixed(2) ?? '–',
        row.entropy?.toFixed(3) ?? '–',
        `**${row.outcome}**: ${row.reasons.join('; ')}`,
      ]),
    ),
    '',
    `The labels of the anchors have decided ${looks === 1 ? 'once' : `${looks} times`}. The accuracy of the head that counts is that of a`,
    'winner on these anchors: what it is worth is told by labels that no round has looked at.',
    '',
  ].join('\n');
}

function figure(value: RoundRow['accuracy']): string {
  if (value?.estimate == null) return '–';
  const { estimate, low, high } = value;
  return low === null || high === null
    ? estimate.toFixed(3)
    : `${estimate.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}
