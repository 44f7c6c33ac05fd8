/**
 * Schedules: how near a ranking from some of the pairs comes to the ranking from all of them, on what a judge said of real answers.
 *
 *   node bench/schedules.ts --data DIR --model NAME [--words 60]   append results
 *   node bench/schedules.ts --report                               write the table
 *
 * The answers are the summaries of squality for its most frequent prompt, cut to their first words so that all pairs can be
 * judged. What the judge says of every pair is kept in bench/results/schedules.jsonl; the schedules are played on that.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bradleyTerry } from '../src/aggregate/bradley-terry.ts';
import type { Comparison, Pairing } from '../src/aggregate/comparisons.ts';
import { kendall } from '../src/aggregate/correlation.ts';
import { planComparisons, type ScheduleOptions } from '../src/aggregate/schedule.ts';
import { estimate } from '../src/aggregate/statistic.ts';
import { cyclicShare } from '../src/aggregate/tournament.ts';
import { readSamples } from '../src/dataset.ts';
import { createJudge } from '../src/judge/judge.ts';
import { loadRubric } from '../src/rubric.ts';
import type { Response, Sample } from '../src/schema.ts';
import { dataFolder, judgedFlags, keepRow, openBench, qualityPage, readRows } from './rows.ts';
import { collect, report, spread, sum, table } from './support.ts';

const { values: flags } = parseArgs({
  options: { ...judgedFlags, words: { type: 'string', default: '60' } },
});

interface Row {
  readonly model: string;
  readonly words: number;
  readonly first: number;
  readonly second: number;
  /** That the first is better; null where unscored. */
  readonly probability: number | null;
}

const budgets = [0.2, 0.3, 0.4, 0.6];
const seeds = 20;
/** Keeps strengths finite where the pairs asked do not link all answers: such a ranking counts as it comes out. */
const ridge = 1e-6;

if (flags.report) writeReport();
else await measure();

async function measure(): Promise<void> {
  const words = Number(flags.words);
  const { prompt, answers } = await readAnswers(words);
  const done = new Set(
    readRows<Row>('schedules').map((row) => `${row.model} ${row.words} ${row.first} ${row.second}`),
  );
  await using bench = await openBench(flags);
  const judge = createJudge({ ...bench, rubrics: [await loadRubric('better-answer')] });
  for (const [first, one] of answers.entries())
    for (const [second, other] of answers.entries()) {
      if (second <= first || done.has(`${flags.model} ${words} ${first} ${second}`)) continue;
      const [verdict] = await judge.judge({ id: `${first}-${second}`, prompt, responses: [one, other] });
      const probability = verdict?.score ?? null;
      keepRow('schedules', { model: flags.model, words, first, second, probability });
    }
}

/** Different answers to the most frequent prompt, each cut to its first words. */
async function readAnswers(words: number): Promise<{ prompt: Sample['prompt']; answers: Response[] }> {
  const rows = await collect(readSamples(join(dataFolder(flags), 'squality.multi.jsonl')));
  const groups = [...Map.groupBy(rows, ({ prompt }) => String(prompt)).values()];
  const own = groups.reduce((most, group) => (group.length > most.length ? group : most), []);
  const texts = own.flatMap(({ responses }) =>
    responses.map(({ text }) => text.split(/\s+/).slice(0, words).join(' ')),
  );
  const answers = [...new Set(texts)].sort().map((text, index) => ({ id: `${index}`, text }));
  return { prompt: own[0]?.prompt ?? '', answers };
}

function writeReport(): void {
  const rows = readRows<Row>('schedules');
  const groups = [...Map.groupBy(rows, ({ model, words }) => `${model}, ${words} words`)];
  const text = table(
    [
      'judge',
      'answers',
      'pairs',
      'cyclic triples',
      'schedule',
      ...budgets.map((budget) => `${100 * budget} % of the pairs`),
    ],
    groups.flatMap(([name, own]) => judgeLines(name, own)),
  );
  report([{ name: 'schedules', text }], rows, { json: false, write: [qualityPage] });
}

function judgeLines(name: string, rows: readonly Row[]): string[][] {
  const all = rows.flatMap(({ first, second, probability }): Comparison[] =>
    probability === null ? [] : [{ first, second, probability }],
  );
  const items = 1 + Math.max(...rows.map(({ second }) => second));
  const cycles = estimate(cyclicShare(items, all)).value;
  const head = [name, `${items}`, `${all.length}`, `${(100 * (cycles ?? Number.NaN)).toFixed(0)} %`];
  return (['information', 'swiss', 'all-pairs'] as const).map((schedule) => [
    ...head,
    schedule === 'all-pairs' ? 'pairs at random' : schedule,
    ...budgets.map((share) => {
      const budget = Math.floor(share * all.length);
      const taus = Array.from({ length: seeds }, (_, seed) =>
        tauOf(items, all, play(items, all, { schedule, budget, rounds: items, settled: null, seed })),
      );
      const { least, greatest } = spread(taus);
      return `${(sum(taus) / seeds).toFixed(2)} (${least.toFixed(2)}–${greatest.toFixed(2)})`;
    }),
  ]);
}

/** The comparisons that a schedule asks for. */
function play(items: number, all: readonly Comparison[], options: ScheduleOptions): Comparison[] {
  const byPair = new Map(all.map((comparison) => [`${comparison.first} ${comparison.second}`, comparison]));
  const known: Comparison[] = [];
  const unanswered: Pairing[] = [];
  for (;;) {
    const { pairs } = planComparisons(items, known, { ...options, unanswered });
    if (pairs.length === 0) return known;
    for (const pair of pairs) {
      const comparison = byPair.get(`${pair.first} ${pair.second}`);
      if (comparison === undefined) unanswered.push(pair);
      else known.push(comparison);
    }
  }
}

/** Kendall's τ-b between the rankings from some of the comparisons and from all. */
function tauOf(items: number, all: readonly Comparison[], some: readonly Comparison[]): number {
  const [whole, part] = [all, some].map((own) => bradleyTerry(items, own, { ridge }).strengths ?? []);
  return estimate(kendall(part ?? [], whole ?? [])).value ?? Number.NaN;
}
