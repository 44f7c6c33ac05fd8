/**
 * Best of four: which of four solutions of a problem a judge picks, and whether that one is right.
 *
 *   node bench/best-of.ts --data DIR --model NAME [--problems 24] [--ways outcome,process]   append results
 *   node bench/best-of.ts --data DIR --model POLICY --reference-model NAME --ways implicit          append results
 *   node bench/best-of.ts --report                                                                 write the table
 *
 * Problems are those of gsm8k_solutions with four solutions of which one, two or three are right, picked by the hash of their
 * text: where all or none are right, there is nothing to choose. Results are kept in bench/results/best-of.jsonl, a line for
 * each problem, model and way; those of implicit rewards are kept under `POLICY over REFERENCE`.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rewardScores } from '../src/aggregate/implicit-report.ts';
import { readSamples } from '../src/dataset.ts';
import type { Engine } from '../src/engine/engine.ts';
import { implicitRewards } from '../src/judge/implicit.ts';
import { createJudge } from '../src/judge/judge.ts';
import { rankSample } from '../src/judge/rank.ts';
import { loadRubric } from '../src/rubric.ts';
import type { Sample } from '../src/schema.ts';
import { type BestOfResult, writeBestOfReport } from './best-of-report.ts';
import {
  dataFolder,
  judgedFlags,
  keepRow,
  openBench,
  openModel,
  overReference,
  pickByHash,
  readRows,
} from './rows.ts';
import { collect } from './support.ts';

const ways = 'outcome,process,pairs,outcome-reference,process-reference';
const { values: flags } = parseArgs({
  options: {
    ...judgedFlags,
    problems: { type: 'string', default: '24' },
    ways: { type: 'string', default: ways },
    'reference-model': { type: 'string' },
  },
});

/** The four solutions of one problem. */
interface Problem {
  readonly sample: Sample;
  readonly correct: readonly boolean[];
}
type Scores = Readonly<Record<string, readonly (number | null)[]>>;
type Bench = Pick<Awaited<ReturnType<typeof openBench>>, 'engine' | 'store'> & {
  readonly reference: Engine | undefined;
};

if (flags.report) writeBestOfReport();
else await measure();

async function measure(): Promise<void> {
  const problems = await readProblems(Number(flags.problems));
  const done = new Set(
    readRows<BestOfResult>('best-of').map(({ model, way, id }) => `${model} ${way} ${id}`),
  );
  const asked = flags.ways.split(',');
  const over = asked.includes('implicit') ? overReference(flags) : undefined;
  await using bench = await openBench(flags);
  await using reference = over && (await openModel(over.reference, flags.threads));
  for (const way of asked) {
    const model = way === 'implicit' && over ? over.name : flags.model;
    for (const { sample, correct } of problems) {
      if (done.has(`${model} ${way} ${sample.id}`)) continue;
      const scores = await scoresOf(way, sample, { ...bench, reference });
      const lengths = sample.responses.map(({ text }) => text.length);
      const answers = sample.responses.map(({ text }) => /\nA: (.*)\s*$/.exec(text)?.[1]?.trim() ?? null);
      keepRow('best-of', { model, way, id: sample.id, correct, lengths, answers, scores });
    }
    console.log(`${model} ${way}: ${problems.length} problems`);
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
    case 'implicit':
      return implicit(blind, bench);
  }
  throw new Error(`--ways: expected some of ${ways},implicit, got ${way}`);
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

/** Rewards of the policy over the reference, and each model's log-likelihood alone; null where unscored. */
async function implicit(sample: Sample, { engine, reference }: Bench): Promise<Scores> {
  if (reference === undefined) throw new Error('--reference-model: expected a model, got none');
  const models = { policy: engine, reference, steps: 'lines' as const };
  const [rewards] = await collect(implicitRewards(models, [sample]));
  const columns = (rewards?.responses ?? []).map((response) =>
    response.status === 'scored' ? rewardScores(response) : undefined,
  );
  const names = Object.keys(columns.find((scores) => scores !== undefined) ?? { 'implicit: sum': null });
  return Object.fromEntries(names.map((name) => [name, columns.map((scores) => scores?.[name] ?? null)]));
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
