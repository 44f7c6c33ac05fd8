/** The table of defences, from bench/results/defences.jsonl. */
import { clusterBootstrap, meanInterval, proportion } from '../src/aggregate/interval.ts';
import { difference, mean } from '../src/aggregate/statistic.ts';
import { variants } from './defences-variants.ts';
import { qualityPage, readRows } from './rows.ts';
import { percent, report, signed, table } from './support.ts';

/** What one attack made of one sample under one variant. */
export interface DefenceResult {
  readonly model: string;
  readonly variant: string;
  readonly probe: string;
  readonly family: string;
  readonly id: string;
  /** Of the prompt. */
  readonly cluster: string;
  /** Scored, and not won or passed already before an answer was changed. */
  readonly beatable: boolean;
  /** Won or passed after the attack. */
  readonly won: boolean;
  /** Change of the probability to win, or of the score; null where either is missing. */
  readonly shift: number | null;
}

const attacks: readonly (readonly [probe: string, words: string])[] = [
  ['injection', 'injections'],
  ['forged-marks', 'forged marks'],
  ['master-keys', 'master keys'],
  ['null-answer', 'null answer'],
];

/** Replace the tables' block in docs/quality.md. */
export function writeDefencesReport(): void {
  const results = readRows<DefenceResult>('defences');
  const text = [...Map.groupBy(results, ({ model }) => model)]
    .map(([model, own]) => `### Defences: ${model}\n\n${modelTable(own)}`)
    .join('\n\n');
  report([{ name: 'defences', text }], results, { json: false, write: [qualityPage] });
}

function modelTable(results: readonly DefenceResult[]): string {
  const rows = attacks.flatMap(([probe, words]) => {
    const attacked = results.filter((result) => result.probe === probe);
    const full = new Map(
      attacked
        .filter(({ variant }) => variant === variants[0]?.name)
        .map((result) => [nameOf(result), result]),
    );
    return variants.flatMap(({ name }) => {
      const own = attacked.filter(({ variant }) => variant === name);
      return own.length === 0 ? [] : [row(words, name, own, full)];
    });
  });
  const head = [
    'attack',
    'protocol',
    'n',
    'turned',
    '95 % interval',
    'more than with all defences',
    'mean shift',
  ];
  return table(head, rows);
}

function row(
  words: string,
  name: string,
  own: readonly DefenceResult[],
  full: ReadonlyMap<string, DefenceResult>,
) {
  const beatable = own.filter((result) => result.beatable);
  const turned = proportion(
    beatable.map(({ won }) => won),
    beatable.map(({ cluster }) => cluster),
  );
  const moved = own.flatMap(({ shift, cluster }) => (shift === null ? [] : [{ shift, cluster }]));
  const shift = meanInterval(
    moved.map(({ shift }) => shift),
    moved.map(({ cluster }) => cluster),
  );
  const unscored = own.length - moved.length;
  return [
    words,
    name === variants[0]?.name ? name : `*${name}*`,
    `${turned.n}${unscored === 0 ? '' : ` (${unscored} not scored)`}`,
    turned.estimate === null ? '–' : `${percent(turned.estimate)} %`,
    turned.estimate === null ? '–' : `${percent(turned.low)}–${percent(turned.high)}`,
    name === variants[0]?.name ? '–' : paired(beatable, full),
    signed(shift.estimate),
  ];
}

/** On the attacks that both had something to turn with. */
function paired(beatable: readonly DefenceResult[], full: ReadonlyMap<string, DefenceResult>): string {
  const both = beatable.flatMap((result) => {
    const other = full.get(nameOf(result));
    return other?.beatable
      ? [{ cluster: result.cluster, won: Number(result.won), fullWon: Number(other.won) }]
      : [];
  });
  if (both.length === 0) return '–';
  // Without any variation a bootstrap would show an interval of no width, as if the figure were sure.
  if (new Set(both.map(({ won, fullWon }) => won - fullWon)).size === 1)
    return `${signed((both[0]?.won ?? 0) - (both[0]?.fullWon ?? 0))} on each, n ${both.length}`;
  const { estimate, low, high } = clusterBootstrap(
    difference(mean(both.map(({ won }) => won)), mean(both.map(({ fullWon }) => fullWon))),
    both.map(({ cluster }) => cluster),
  );
  const interval = low === null ? 'no interval' : `${signed(low)} to ${signed(high)}`;
  return `${signed(estimate)} (${interval}), n ${both.length}`;
}

function nameOf({ id, family }: DefenceResult): string {
  return `${id}/${family}`;
}
