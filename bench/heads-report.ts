/** The tables of bench/heads.ts: accuracy beside trivial rules and the generative judge, calibration, risk and coverage, cascades. */
import { calibrationEstimators } from '../src/aggregate/calibration-error.ts';
import { clusterBootstrap, type Figure } from '../src/aggregate/interval.ts';
import { logisticRegression } from '../src/aggregate/logistic-regression.ts';
import { seedFrom } from '../src/aggregate/random.ts';
import { difference, mean } from '../src/aggregate/statistic.ts';
import { cascadeLines } from './heads-cascade.ts';
import { qualityPage, readRows } from './rows.ts';
import { report, table } from './support.ts';

/** One pair under a head that did not see its prompt. */
export interface HeadRow {
  readonly model: string;
  /** On the set's own other prompts, or on those of all sets. */
  readonly trained: 'own' | 'together';
  readonly set: string;
  readonly id: string;
  /** Digest of the prompt. */
  readonly prompt: string;
  /** 1: the first answer is better; ½: a tie; null: unknown. */
  readonly label: number | null;
  /** UTF-16 code units of both answers. */
  readonly lengths: readonly number[];
  /** Digests of both answers. */
  readonly texts: readonly string[];
  /** What the head reads of each answer, its prompt included. */
  readonly tokens: readonly (number | null)[];
  /** What the judge reads in both orders, without a critique. */
  readonly judgeTokens: number;
  readonly difference: number | null;
  readonly probability: number | null;
  readonly abstain: boolean | null;
  readonly l2: number;
}

/** A row whose better answer is known and which the head has scored. */
export interface DecidedRow extends HeadRow {
  readonly label: 0 | 1;
  readonly difference: number;
  readonly probability: number;
}

/** Write the tables. */
export function reportHeads(): void {
  const rows = readRows<HeadRow>('heads');
  const judged = judgedRows();
  const decided = rows.filter(
    (row): row is DecidedRow =>
      (row.label === 0 || row.label === 1) && row.difference !== null && row.probability !== null,
  );
  const groups = [
    ...Map.groupBy(decided, ({ model, trained, set }) => `${model} ${trained} ${set}`).values(),
  ];
  const head = ['backbone', 'set', 'pairs (prompts)', 'head', 'longer answer', 'regression on length'];
  const accuracy = groups.map((group) => accuracyLine(group, judged));
  const worth = groups.map(worthLine);
  const judgeHead = ['its generative judge', 'head on the same pairs', 'head less judge'];
  const worthHead = [
    'backbone',
    'set',
    'log-loss',
    'Brier',
    'calibration error',
    '… at 50 % coverage',
    '… at 80 %',
    'accuracy at 100 %',
    'decided by the conformal rule',
    '… of all pairs wrongly',
  ];
  report(
    [
      { name: 'heads', text: table([...head, ...judgeHead], accuracy) },
      { name: 'heads-worth', text: table(worthHead, worth) },
      { name: 'heads-cascade', text: cascadeLines(decided, judged) },
    ],
    rows,
    { json: false, write: [qualityPage] },
  );
}

/** Log-odds side of each judged pair: model, set and id → probability that the first answer is better. */
export type Judged = ReadonlyMap<string, number>;

function judgedRows(): Judged {
  const found = new Map<string, number>();
  interface Kept {
    readonly model: string;
    readonly set: string;
    readonly id: string;
    readonly protocol?: string;
    readonly score?: number | null;
  }
  for (const { model, set, id, protocol = 'none', score } of [
    ...readRows<Kept>('quality'),
    ...readRows<Kept>('calibration'),
  ])
    if (protocol === 'none' && typeof score === 'number') found.set(`${model} ${set} ${id}`, score);
  return found;
}

/** Name of a row among the judged ones, by a model. */
export function nameOf({ set, id }: Pick<HeadRow, 'set' | 'id'>, model: string): string {
  return `${model} ${set} ${id}`;
}

function accuracyLine(rows: readonly DecidedRow[], judged: Judged): string[] {
  const [{ model, trained, set }] = rows as [DecidedRow];
  const both = rows.filter((row) => judged.has(nameOf(row, model)));
  const judge = (row: DecidedRow) => hit((judged.get(nameOf(row, model)) ?? 0.5) - 0.5, row.label);
  const own = ({ difference: ahead, label }: DecidedRow) => hit(ahead, label);
  const clusters = both.map(({ prompt }) => prompt);
  return [
    model,
    trained === 'own' ? set : `${set}, trained on all sets`,
    `${rows.length} (${promptsOf(rows)})`,
    share(rows, own),
    share(rows, ({ lengths: [first = 0, second = 0], label }) => hit(first - second, label)),
    share(rows, lengthRule(rows)),
    both.length > 0 ? `${share(both, judge)}, n ${both.length}` : '–',
    both.length > 0 ? share(both, own) : '–',
    both.length > 0
      ? percents(clusterBootstrap(difference(mean(both.map(own)), mean(both.map(judge))), clusters))
      : '–',
  ];
}

/** Logistic regression on the difference of log lengths, trained on the other folds of the prompts. */
function lengthRule(rows: readonly DecidedRow[]): (row: DecidedRow) => number {
  const folds = 5;
  const foldOf = ({ prompt }: DecidedRow) => seedFrom('fold', prompt) % folds;
  const longer = ({ lengths: [first = 0, second = 0] }: DecidedRow) => Math.log1p(first) - Math.log1p(second);
  const slopes = Array.from({ length: folds }, (_, fold) => {
    const others = rows.filter((row) => foldOf(row) !== fold);
    // Mirrored, so that which answer stands first cannot count.
    const columns = [others.flatMap((row) => [longer(row), -longer(row)])];
    const targets = others.flatMap(({ label }) => [label, 1 - label]);
    const counts = targets.map(() => 1);
    return logisticRegression(columns, targets, counts, 1).coefficients?.[1] ?? 0;
  });
  return (row) => hit((slopes[foldOf(row)] ?? 0) * longer(row), row.label);
}

function worthLine(rows: readonly DecidedRow[]): string[] {
  const [{ model, trained, set }] = rows as [DecidedRow];
  const probabilities = rows.map(({ probability }) => probability);
  const labels = rows.map(({ label }) => label);
  const clusters = rows.map(({ prompt }) => prompt);
  const estimators = calibrationEstimators(probabilities, labels, { bins: 10, pairs: true });
  const number = (figure: Figure) =>
    `${figure.estimate?.toFixed(3) ?? '–'} (${figure.low?.toFixed(3) ?? '–'}–${figure.high?.toFixed(3) ?? '–'})`;
  const surest = rows.toSorted(
    (left, right) => Math.abs(right.difference) - Math.abs(left.difference) || (left.id < right.id ? -1 : 1),
  );
  const at = (covered: number) =>
    share(surest.slice(0, Math.round(covered * rows.length)), ({ difference: ahead, label }) =>
      hit(ahead, label),
    );
  const wrong = ({ abstain, difference: ahead, label }: DecidedRow) => (abstain ? 0 : 1 - hit(ahead, label));
  return [
    model,
    trained === 'own' ? set : `${set}, trained on all sets`,
    number(clusterBootstrap(estimators.logLoss, clusters)),
    number(clusterBootstrap(estimators.brier, clusters)),
    number(clusterBootstrap(estimators.calibrationError, clusters)),
    at(0.5),
    at(0.8),
    at(1),
    share(rows, ({ abstain }) => (abstain ? 0 : 1)),
    share(rows, wrong),
  ];
}

/** 1 where the side that is ahead is the better one, ½ where none is ahead. */
export function hit(ahead: number, label: number): number {
  if (ahead === 0) return 0.5;
  return ahead > 0 === label > 0.5 ? 1 : 0;
}

/** A share in percent with its interval, resampled by prompt. */
export function share(rows: readonly DecidedRow[], of: (row: DecidedRow) => number): string {
  return percents(
    clusterBootstrap(
      mean(rows.map(of)),
      rows.map(({ prompt }) => prompt),
    ),
  );
}

function percents({ estimate, low, high }: Figure): string {
  const percent = (value: number | null) => (value === null ? '–' : (100 * value).toFixed(0));
  return `${percent(estimate)} (${percent(low)} to ${percent(high)})`;
}

function promptsOf(rows: readonly DecidedRow[]): number {
  return new Set(rows.map(({ prompt }) => prompt)).size;
}
