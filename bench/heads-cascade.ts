/** Cascades of a head and a generative judge, from what both have said of the same pairs. */
import { clusterBootstrap } from '../src/aggregate/interval.ts';
import { seedFrom } from '../src/aggregate/random.ts';
import { difference, mean } from '../src/aggregate/statistic.ts';
import type { DecidedRow, Judged } from './heads-report.ts';
import { table } from './support.ts';

/** Pairs below which thresholds say nothing. */
const fewest = 100;

/**
 * For every set that a judge has judged: the judge alone, the head alone, and the head with the judge where it is unsure. Thresholds are chosen on one half of
 * the prompts, as the one that spends least while it agrees with the labels as often as the judge, and counted on the other half.
 * The head reads each answer once, however many pairs it stands in; the judge reads every pair in both orders.
 */
export function cascadeLines(rows: readonly DecidedRow[], judged: Judged): string {
  const judges = [...new Set([...judged.keys()].map((name) => name.split(' ')[0] ?? ''))];
  const lines = [
    ...Map.groupBy(rows, ({ model, trained, set }) => `${model} ${trained} ${set}`).values(),
  ].flatMap((group) =>
    judges.flatMap((judge) => {
      const both = group.flatMap((row) => {
        const score = judged.get(`${judge} ${row.set} ${row.id}`);
        return score === undefined ? [] : [{ ...row, score }];
      });
      return both.length < fewest ? [] : linesOf(judge, both);
    }),
  );
  const head = [
    'head',
    'set',
    'judge',
    'pairs',
    'who',
    'agreement',
    'less the judge',
    'pairs judged',
    'tokens, of the judge’s',
  ];
  return table(head, lines);
}

type Both = DecidedRow & { readonly score: number };

function linesOf(judge: string, rows: readonly Both[]): string[][] {
  const half = ({ prompt }: Both) => seedFrom('half', prompt) % 2;
  const thresholds = [0, 1].map((side) => chosen(rows.filter((row) => half(row) !== side)));
  const asked = (row: Both) => Math.abs(row.difference) < (thresholds[half(row)] ?? 0);
  const [{ model, trained, set }] = rows as [Both];
  const line = (who: string, ask: (row: Both) => boolean, reads: boolean): string[] => {
    const clusters = rows.map(({ prompt }) => prompt);
    const hits = rows.map((row) => right(row, ask(row)));
    const alone = rows.map((row) => right(row, true));
    const text = (estimator: ReturnType<typeof mean>) => {
      const { estimate, low, high } = clusterBootstrap(estimator, clusters);
      const percent = (value: number | null) => (value === null ? '–' : (100 * value).toFixed(1));
      return `${percent(estimate)} % (${percent(low)} to ${percent(high)})`;
    };
    const spent =
      total(rows.filter(ask).map(({ judgeTokens }) => judgeTokens)) + (reads ? headTokens(rows) : 0);
    return [
      model,
      trained === 'own' ? set : `${set}, trained on all sets`,
      judge,
      `${rows.length}`,
      who,
      text(mean(hits)),
      who === 'judge alone' ? '–' : text(difference(mean(hits), mean(alone))),
      `${((100 * rows.filter(ask).length) / rows.length).toFixed(0)} %`,
      `${((100 * spent) / total(rows.map(({ judgeTokens }) => judgeTokens))).toFixed(1)} %`,
    ];
  };
  return [
    line('judge alone', () => true, false),
    line('head alone', () => false, true),
    line('cascade', asked, true),
  ];
}

/** The least threshold at which head and judge together are right as often as the judge alone. */
function chosen(rows: readonly Both[]): number {
  const goal = total(rows.map((row) => right(row, true)));
  const candidates = [
    0,
    ...rows.map((row) => Math.abs(row.difference) + 1e-12).sort((left, right) => left - right),
  ];
  return (
    candidates.find(
      (threshold) => total(rows.map((row) => right(row, Math.abs(row.difference) < threshold))) >= goal,
    ) ?? Number.POSITIVE_INFINITY
  );
}

function right({ difference: ahead, score, label }: Both, ask: boolean): number {
  const side = ask ? score - 0.5 : ahead;
  if (side === 0) return 0.5;
  return side > 0 === label > 0.5 ? 1 : 0;
}

/** Every answer once. */
function headTokens(rows: readonly Both[]): number {
  const read = new Map<string, number>();
  for (const { prompt, texts, tokens } of rows)
    for (const [place, text] of texts.entries()) read.set(`${prompt} ${text}`, tokens[place] ?? 0);
  return total([...read.values()]);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
