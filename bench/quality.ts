/**
 * Judged accuracy: naive greedy prompting against juror's protocols, on labelled data.
 *
 *   node bench/quality.ts --data DIR --model smollm2-135m --rows 60 [--protocols naive,none,brief]
 *   node bench/quality.ts --report            write the tables of docs/quality.md
 *
 * Rows are picked by the hash of their id, so every run and every model sees the same ones. Each result is appended to
 * bench/results/quality.jsonl; what is there is not judged again.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readSamples } from '../src/dataset.ts';
import type { Engine } from '../src/engine/engine.ts';
import { openLlama } from '../src/engine/llama.ts';
import { resolveModel } from '../src/engine/models.ts';
import { createJudge } from '../src/judge/judge.ts';
import { planSample } from '../src/judge/plan.ts';
import { completeProtocol } from '../src/judge/protocol.ts';
import { type LoadedRubric, loadRubric } from '../src/rubric.ts';
import type { Sample } from '../src/schema.ts';
import { type QualityResult, writeQualityReport } from './quality-report.ts';
import { keepRow, pickByHash, readRows } from './rows.ts';
import { collect } from './support.ts';

/** The sets that defaults are chosen on. */
const sets = [
  { set: 'llmbar_natural', file: 'llmbar_natural.pairwise.jsonl', rubric: 'better-answer' },
  { set: 'pandalm', file: 'pandalm.pairwise.jsonl', rubric: 'better-answer' },
  { set: 'hhh_alignment', file: 'hhh_alignment.pairwise.jsonl', rubric: 'better-answer' },
  { set: 'gsm8k_solutions', file: 'gsm8k_solutions.pairwise.jsonl', rubric: 'better-answer' },
  { set: 'prometheus_vicuna', file: 'prometheus_vicuna.pointwise.jsonl', rubric: 'helpfulness' },
] as const;

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string' },
    model: { type: 'string', default: 'smollm2-135m' },
    rows: { type: 'string', default: '60' },
    sets: { type: 'string', default: sets.map(({ set }) => set).join(',') },
    protocols: { type: 'string', default: 'naive,none' },
    threads: { type: 'string' },
    report: { type: 'boolean', default: false },
  },
});

if (flags.report) writeQualityReport();
else await measure();

async function measure(): Promise<void> {
  if (flags.data === undefined) throw new Error('--data: expected the folder of the labelled sets');
  await using engine = await openLlama({
    model: await resolveModel(flags.model),
    ...(flags.threads === undefined ? {} : { threads: Number(flags.threads) }),
  });
  const done = new Set(readRows<QualityResult>('quality').map(keyOf));
  for (const { set, file, rubric } of sets.filter(({ set }) => flags.sets.split(',').includes(set))) {
    const loaded = await loadRubric(rubric);
    const rows = await collect(readSamples(join(flags.data, file)));
    const samples = pickByHash(rows, ({ id }) => id, Number(flags.rows));
    for (const sample of samples) {
      for (const protocol of flags.protocols.split(',')) {
        const identity = { model: flags.model, set, protocol, id: sample.id };
        if (done.has(keyOf(identity))) continue;
        const result =
          protocol === 'naive'
            ? await naive(engine, sample, loaded)
            : await judged(engine, sample, loaded, protocol);
        const base = {
          ...identity,
          label: sample.label ?? sample.metadata?.score,
          lengths: sample.responses.map(({ text }) => text.length),
        };
        keepRow('quality', { ...base, ...result });
      }
    }
    console.log(`${flags.model} ${set}: ${samples.length} rows`);
  }
}

/** What most programs do: one order, ask for JSON, decode greedily, take the first match of a pattern. */
async function naive(engine: Engine, sample: Sample, loaded: LoadedRubric) {
  const [plan] = await planSample(sample, loaded, engine, completeProtocol());
  const round = plan?.rounds[0];
  if (!round) throw new Error('no round');
  const pair = plan.mode === 'pairwise';
  const question = round.questions[0]?.text.replace(/\nReply with[^\n]*$/, '') ?? '';
  const ask = pair
    ? 'Reply with JSON only: {"winner": "A"} or {"winner": "B"}.'
    : 'Reply with JSON only, such as {"score": 3}.';
  const result = await engine.deliberate({
    prefix: round.prefix,
    critique: { instruction: `${question}\n${ask}`, maxTokens: 24, temperature: 0, topP: 1, seeds: [0] },
    questions: [],
  });
  const text = result.status === 'done' ? (result.samples[0]?.critique?.text ?? '') : '';
  if (pair) {
    const letter = /"winner"\s*:\s*"?\s*(?:answer\s*)?([AB])\b/i.exec(text)?.[1]?.toUpperCase();
    return {
      winner: letter === 'A' ? sample.responses[0]?.id : letter === 'B' ? sample.responses[1]?.id : null,
      reply: text.slice(0, 60),
    };
  }
  const score = /"score"\s*:\s*"?\s*([1-5])\b/.exec(text)?.[1];
  return { score: score === undefined ? null : (Number(score) - 1) / 4, reply: text.slice(0, 60) };
}

/** One of juror's protocols: a critique mode, or `pointwise`: each answer of a pair alone, the higher score wins. */
async function judged(engine: Engine, sample: Sample, loaded: LoadedRubric, protocol: string) {
  if (protocol === 'pointwise') {
    const judge = createJudge({ engine, rubrics: [await loadRubric('correctness')] });
    const [first, second] = await judge.judge(sample);
    const difference = (first?.score ?? 0) - (second?.score ?? 0);
    return { winner: sample.responses[difference >= 0 ? 0 : 1]?.id ?? null };
  }
  const forward: number[] = [];
  const judge = createJudge({
    engine,
    rubrics: [loaded],
    critique: protocol === 'none' || protocol === 'brief' || protocol === 'full' ? protocol : 'none',
    onEvent: (event) => {
      if (
        event.type === 'judgment-finish' &&
        event.judgment.responseIds[0] === sample.responses[0]?.id &&
        event.judgment.outcome.status === 'scored'
      )
        forward.push(event.judgment.outcome.score);
    },
  });
  const [verdict] = await judge.judge(sample);
  if (verdict === undefined) throw new Error('no verdict');
  const { winner, score, flipped, positionLean } = verdict;
  return { winner, score, flipped, lean: positionLean, forward: forward[0] ?? null };
}

function keyOf({
  model,
  set,
  protocol,
  id,
}: Pick<QualityResult, 'model' | 'set' | 'protocol' | 'id'>): string {
  return JSON.stringify([model, set, protocol, id]);
}
