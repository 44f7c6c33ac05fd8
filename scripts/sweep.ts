/**
 * Judge many real answers and count what has no score, by reason.
 *
 *   node scripts/sweep.ts --pointwise 500 --pairwise 200 DATA...
 *
 * Rows are taken evenly from the files, one answer of a row for the pointwise rubric, two for the pairwise one. Every distribution must sum
 * to 1 within 1e-6. Ends with 0 when nothing is unscored but for a context that is too small, and enough was judged.
 */
import { parseArgs } from 'node:util';
import { readSamples } from '../src/dataset.ts';
import { openLlama } from '../src/engine/llama.ts';
import { DEFAULT_MODEL, resolveModel } from '../src/engine/models.ts';
import type { JurorEvent } from '../src/events.ts';
import { createJudge } from '../src/judge/judge.ts';
import { loadRubric } from '../src/rubric.ts';
import type { Judgment, Sample } from '../src/schema.ts';

const { values: flags, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    pointwise: { type: 'string', default: '500' },
    pairwise: { type: 'string', default: '200' },
    'pointwise-rubric': { type: 'string', default: 'helpfulness' },
    'pairwise-rubric': { type: 'string', default: 'better-answer' },
    model: { type: 'string', default: DEFAULT_MODEL },
    threads: { type: 'string' },
    context: { type: 'string' },
  },
});
if (files.length === 0) throw new Error('expected data files');

/** Rows of every file, round by round, so that each file has its share. */
async function* roundRobin(): AsyncGenerator<Sample> {
  const readers = files.map((file) => readSamples(file, { onBadRow: () => {} }));
  while (readers.length > 0)
    for (const reader of [...readers]) {
      const { value, done } = await reader.next();
      if (done) readers.splice(readers.indexOf(reader), 1);
      else yield value;
    }
}

/** The first `count` samples with this many answers, whose others are left out. */
async function* taken(count: number, answers: number): AsyncGenerator<Sample> {
  const seen = new Set<string>();
  for await (const sample of roundRobin()) {
    const id = `${sample.id}/${seen.size}`;
    if (seen.size >= count) return;
    if (sample.responses.length < answers) continue;
    seen.add(id);
    const { label: _label, ...rest } = sample;
    yield { ...rest, id, responses: sample.responses.slice(0, answers) };
  }
}

const model = await resolveModel(flags.model);
await using engine = await openLlama({
  model,
  ...(flags.threads === undefined ? {} : { threads: Number(flags.threads) }),
  ...(flags.context === undefined ? {} : { contextSize: Number(flags.context) }),
  onEvent: (event) => {
    if (event.type === 'engine-restart') console.log(`the engine was started again: ${event.reason}`);
  },
});

let failures = 0;
for (const [mode, count, answers] of [
  ['pointwise', Number(flags.pointwise), 1],
  ['pairwise', Number(flags.pairwise), 2],
] as const) {
  const rubric = await loadRubric(flags[`${mode}-rubric`]);
  const judgments: Judgment[] = [];
  const onEvent = (event: JurorEvent) => {
    if (event.type === 'judgment-finish') judgments.push(event.judgment);
  };
  const since = performance.now();
  let verdicts = 0;
  let scored = 0;
  for await (const { score } of createJudge({ engine, rubrics: [rubric], onEvent }).judgeAll(
    taken(count, answers),
  )) {
    verdicts++;
    if (score !== null) scored++;
    if (verdicts % 50 === 0) console.log(`${mode}: ${verdicts} of ${count}`);
  }
  const reasons: Record<string, number> = {};
  let worst = 0;
  for (const { outcome } of judgments) {
    if (outcome.status === 'unscored') reasons[outcome.reason] = (reasons[outcome.reason] ?? 0) + 1;
    else
      worst = Math.max(
        worst,
        Math.abs(Object.values(outcome.distribution).reduce((sum, p) => sum + p, 0) - 1),
      );
  }
  const { context: _context, ...others } = reasons;
  console.log(
    `${mode}, ${rubric.rubric.id}: ${scored} of ${verdicts} verdicts scored, ${judgments.length} judgments, unscored ${JSON.stringify(reasons)}, worst sum of a distribution 1 ± ${worst.toExponential(1)}, ${((performance.now() - since) / 1000).toFixed(0)} s`,
  );
  if (verdicts < count || Object.keys(others).length > 0 || worst > 1e-6) failures++;
}
process.exitCode = failures === 0 ? 0 : 1;
