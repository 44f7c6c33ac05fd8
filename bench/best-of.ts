/**
 * Best of four: which of four solutions of a problem a judge picks, and whether that one is right.
 *
 *   node bench/best-of.ts --data DIR --model NAME [--problems 24] [--ways outcome,process]   append results
 *   node bench/best-of.ts --data DIR --model POLICY --reference-model NAME --ways implicit          append results
 *   node bench/best-of.ts --report                                                                 write the table
 *
 * Problems are those of gsm8k_solutions with four solutions of which one, two or three are right, picked by the hash of their
 * text: where all or none are right, there is nothing to choose. Results are kept in bench/results/best-of.jsonl, a line for
 * each problem, model and way.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readSamples } from '../src/dataset.ts';
import { createJudge } from '../src/judge/judge.ts';
import { rankSample } from '../src/judge/rank.ts';
import { loadRubric } from '../src/rubric.ts';
import type { Sample } from '../src/schema.ts';
import { type BestOfResult, writeBestOfReport } from './best-of-report.ts';
import { dataFolder, judgedFlags, keepRow, openBench, pickByHash, readRows } from './rows.ts';
import { collect } from './support.ts';

const ways = 'outcome,process,pairs,outcome-reference,process-reference';
const { values: flags } = parseArgs({
  options: {
    ...judgedFlags,
    problems: { type: 'string', default: '24' },
    ways: { type: 'string', default: ways },
  },
});

/** The four solutions of one problem. */
interface Problem {
  readonly sample: Sample;
  readonly correct: readonly boolean[];
}
type Scores = Readonly<Record<string, readonly (number | null)[]>>;
type Bench = Awaited<ReturnType<typeof openBench>>;

if (flags.report) writeBestOfReport();
else await measure();

async function measure(): Promise<void> {
  const problems = await readProblems(Number(flags.problems));
  const done = new Set(
    readRows<BestOfResult>('best-of').map(({ model, way, id }) => `${model} ${way} ${id}`),
  );
  await using bench = await openBench(flags);
  for (const way of flags.ways.split(',')) {
    for (const { sample, correct } of problems) {
      if (done.has(`${flags.model} ${way} ${sample.id}`)) continue;
      const scores = await scoresOf(way, sample, bench);
      const lengths = sample.responses.map(({ text }) => text.length);
      const answers = sample.responses.map(({ text }) => /\nA: (.*)\s*$/.exec(text)?.[1]?.trim() ?? null);
      keepRow('best-of', { model: flags.model, way, id: sample.id, correct, lengths, answers, scores });
    }
    console.log(`${flags.model} ${way}: ${problems.length} problems`);
  }
}

/** Every solution's score in one way; a way with several reductions has several. */
async function scoresOf(way: string, sample: Sample, bench: Bench): Promise<Scores> {
  const { reference: _known, ...blind } = sample;
  switch (way) {
    case 'outcome':
      return { outcome: await alone('outcome-correctness', blind, bench) };
    case 'outcome-reference':
      return { 'outcome, reference shown': await alone('answer-correctness', sample, bench) };
    case 'process':
      return process('process', blind, bench);
    case 'process-reference':
      return process('process, reference shown', sample, bench);
    case 'pairs':
      return pairs(blind, bench);
  }
  throw new Error(`--ways: expected some of ${ways}, got ${way}`);
}

async function alone(rubric: string, sample: Sample, { engine, store }: Bench): Promise<(number | null)[]> {
  const verdicts = await createJudge({ engine, store, rubrics: [await loadRubric(rubric)] }).judge(sample);
  return verdicts.map(({ score }) => score);
}

async function process(name: string, sample: Sample, { engine, store }: Bench): Promise<Scores> {
  const rubrics = [await loadRubric('step-correctness')];
  const verdicts = await createJudge({ engine, store, rubrics, steps: 'lines' }).judge(sample);
  return Object.fromEntries(
    (['last', 'min', 'mean', 'product'] as const).map((reduction) => [
      `${name}: ${reduction}`,
      verdicts.map((verdict) => verdict[reduction] ?? null),
    ]),
  );
}

async function pairs(sample: Sample, { engine, store }: Bench): Promise<Scores> {
  const options = { engine, store, rubric: await loadRubric('better-answer') };
  const strengths = async (settings: Parameters<typeof rankSample>[2]) => {
    const { places } = await rankSample(options, sample, settings);
    const strengthOf = new Map(places.map(({ responseId, strength }) => [responseId, strength]));
    return sample.responses.map(({ id }) => strengthOf.get(id) ?? null);
  };
  return {
    'tournament: all six pairs': await strengths({ schedule: 'all-pairs' }),
    'tournament: three pairs of six': await strengths({ schedule: 'information', budget: 3, settled: null }),
  };
}

async function readProblems(count: number): Promise<Problem[]> {
  const rows = await collect(readSamples(join(dataFolder(flags), 'gsm8k_solutions.outcome.jsonl')));
  const problems = [...Map.groupBy(rows, ({ prompt }) => prompt).values()].flatMap((own): Problem[] => {
    const correct = own.map(({ label }) => label === 1);
    const right = correct.filter(Boolean).length;
    const [first] = own;
    if (!first || own.length !== 4 || right === 0 || right === 4) return [];
    const responses = own.flatMap(({ responses }, index) =>
      responses.map((response) => ({ ...response, id: `${index + 1}` })),
    );
    const { prompt, reference } = first;
    const id = first.id.split('-').slice(0, 2).join('-');
    return [{ sample: { id, prompt, responses, ...(reference ? { reference } : {}) }, correct }];
  });
  return pickByHash(problems, ({ sample }) => String(sample.prompt), count);
}
