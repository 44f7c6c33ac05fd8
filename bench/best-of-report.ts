/** The table of best of four, from bench/results/best-of.jsonl. */
import { clusterBootstrap, meanInterval } from '../src/aggregate/interval.ts';
import { difference, mean } from '../src/aggregate/statistic.ts';
import { qualityPage, readRows } from './rows.ts';
import { percent, report, signed, sum, table } from './support.ts';

/** What one way of judging made of one problem's solutions; columns are in the solutions' order. */
export interface BestOfResult {
  readonly model: string;
  readonly way: string;
  readonly id: string;
  readonly correct: readonly boolean[];
  /** Characters. */
  readonly lengths: readonly number[];
  /** The final answers; null where none is marked. */
  readonly answers: readonly (string | null)[];
  /** Name of a score → one for each solution; null where unscored. */
  readonly scores: Readonly<Record<string, readonly (number | null)[]>>;
}

type Column = readonly (number | null)[];

const exchangeable: ReadonlySet<string> = new Set(['implicit: sum', 'implicit: per token']);

/** Rules that need no judge. */
const rules: Readonly<Record<string, (result: BestOfResult) => Column>> = {
  '*any of the four, at random*': ({ correct }) => correct.map(() => 0),
  '*the most frequent final answer*': ({ answers }) =>
    answers.map((answer) => answers.filter((other) => answer !== null && other === answer).length),
  '*the longest solution*': ({ lengths }) => lengths,
  '*the shortest solution*': ({ lengths }) => lengths.map((length) => -length),
};

/** Replace the table's block in docs/quality.md. */
export function writeBestOfReport(): void {
  const results = readRows<BestOfResult>('best-of');
  const text = [...Map.groupBy(results, ({ model }) => model)]
    .map(([model, own]) => `### Best of four: ${model}\n\n${modelTable(own)}`)
    .join('\n\n');
  report([{ name: 'best-of', text }], results, { json: false, write: [qualityPage] });
}

function modelTable(results: readonly BestOfResult[]): string {
  const names = [...new Set(results.flatMap(({ scores }) => Object.keys(scores)))].sort();
  const judged = names.flatMap((name) => {
    const own = results.filter(({ scores }) => name in scores);
    const picked = row(name, own, ({ scores }) => scores[name] ?? []);
    // Exchanging the two models turns the sign of every log-ratio.
    return exchangeable.has(name)
      ? [picked, row(`${name}, models exchanged`, own, ({ scores }) => negated(scores[name]))]
      : [picked];
  });
  const problems = [...new Map(results.map((result) => [result.id, result])).values()];
  const ruled = Object.entries(rules).map(([name, rule]) => row(name, problems, rule));
  const head = ['picked by', 'problems', 'picked one is right', '95 % interval', 'more than at random'];
  return table(head, [...judged, ...ruled]);
}

function row(name: string, results: readonly BestOfResult[], column: (result: BestOfResult) => Column) {
  const decided = results.flatMap((result) => {
    const share = pickedShare(column(result), result.correct);
    return share === null
      ? []
      : [{ id: result.id, share, chance: pickedShare([0, 0, 0, 0], result.correct) ?? 0 }];
  });
  const ids = decided.map(({ id }) => id);
  const shares = decided.map(({ share }) => share);
  const figure = meanInterval(shares, ids);
  const gain = clusterBootstrap(difference(mean(shares), mean(decided.map(({ chance }) => chance))), ids);
  const open = results.length - decided.length;
  return [
    name,
    `${decided.length}${open === 0 ? '' : ` (${open} not scored)`}`,
    `${percent(figure.estimate)} %`,
    `${percent(figure.low)}–${percent(figure.high)}`,
    name === Object.keys(rules)[0]
      ? '–'
      : `${signed(gain.estimate)} (${signed(gain.low)} to ${signed(gain.high)})`,
  ];
}

/** The share of right ones among the highest; null where nothing has a score. */
function pickedShare(scores: Column, correct: readonly boolean[]): number | null {
  const highest = Math.max(...scores.map((score) => score ?? Number.NEGATIVE_INFINITY));
  const picked = correct.filter((_, index) => scores[index] === highest);
  return picked.length === 0 ? null : sum(picked.map(Number)) / picked.length;
}

const negated = (column: Column = []): Column => column.map((score) => (score === null ? null : -score));
