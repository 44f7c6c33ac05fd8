import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LlamaEngine, openLlama } from '../../src/engine/llama.ts';
import type { JurorEvent } from '../../src/events.ts';
import { createJudge } from '../../src/judge/judge.ts';
import { planSample } from '../../src/judge/plan.ts';
import { completeProtocol } from '../../src/judge/protocol.ts';
import { type LoadedRubric, loadRubric } from '../../src/rubric.ts';
import type { Judgment, Sample, Usage } from '../../src/schema.ts';
import { testModel } from '../support/model.ts';

interface PairRow {
  readonly id: string;
  readonly prompt: string;
  readonly a: string;
  readonly b: string;
}

let engine: LlamaEngine;
let rows: PairRow[];

beforeAll(async () => {
  const file = fileURLToPath(new URL('../../fixtures/chaos/pairs.jsonl', import.meta.url));
  rows = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  engine = await openLlama({
    model: await testModel(),
    gpu: 'off',
    threads: 1,
    contextSize: 2048,
    home: null,
  });
});
afterAll(() => engine?.[Symbol.asyncDispose]());

/** Judge one sample from nothing: its judgments, what each cost, and the score. */
async function judge(rubric: LoadedRubric, sample: Sample) {
  const judged: { judgment: Judgment; spent: Usage }[] = [];
  const onEvent = (event: JurorEvent) => {
    if (event.type === 'judgment-finish') judged.push(event);
  };
  const [verdict] = await createJudge({ engine, rubrics: [rubric], onEvent }).judge(sample);
  return { judged, score: verdict?.score ?? Number.NaN, verdict };
}

const pair = ({ id, prompt }: PairRow, first: string, second: string): Sample => ({
  id,
  prompt,
  responses: [
    { id: 'first', text: first },
    { id: 'second', text: second },
  ],
});

const spentOn = (judged: readonly { spent: Usage }[], kind: keyof Usage) =>
  judged.reduce((sum, { spent }) => sum + spent[kind], 0);

function expectDistributions(judged: readonly { judgment: Judgment }[]): void {
  for (const { judgment } of judged) {
    if (judgment.outcome.status !== 'scored') throw new Error(judgment.outcome.message);
    const values = Object.values(judgment.outcome.distribution);
    expect(values.length).toBeGreaterThan(1);
    expect(Math.abs(values.reduce((sum, value) => sum + value, 0) - 1)).toBeLessThan(1e-6);
    expect(values.every((value) => value > 0 && value < 1)).toBe(true);
  }
}

test('P(a, b) + P(b, a) = 1 and every distribution sums to 1, on real pairs', async () => {
  const rubric = await loadRubric('better-answer');
  const scores: number[] = [];
  for (const row of rows.slice(0, 6)) {
    const forth = await judge(rubric, pair(row, row.a, row.b));
    const back = await judge(rubric, pair(row, row.b, row.a));
    expect(Math.abs(forth.score + back.score - 1)).toBeLessThan(1e-6);
    expectDistributions([...forth.judged, ...back.judged]);
    scores.push(forth.score);
  }
  expect(new Set(scores).size).toBe(scores.length);
});

test('every distribution over the levels of a scale sums to 1, on real answers', async () => {
  const rubric = await loadRubric('helpfulness');
  for (const { id, prompt, a } of rows.slice(6, 12)) {
    const { judged, score } = await judge(rubric, { id, prompt, responses: [{ id: 'a', text: a }] });
    expectDistributions(judged);
    expect(score).toBeGreaterThan(0);
    expect(score).toBeLessThan(1);
  }
});

test('the second order of a pair finds the rubric and the task in the cache, to the token', async () => {
  const rubric = await loadRubric('better-answer');
  for (const row of rows.slice(-2)) {
    const sample = pair(row, row.a, row.b);
    const [plan] = await planSample(sample, rubric, engine, completeProtocol());
    const requests =
      plan?.rounds.map(({ prefix, questions }) => ({ prefix, questions, critique: null })) ?? [];
    const segments = await Promise.all(
      requests.map(async (request) => (await engine.tokens(request))[0] ?? []),
    );
    const [forth, back] = segments.map((all) => all.map((segment) => segment.length));
    expect(forth).toHaveLength(4);
    const [system = 0, task = 0, responses = 0, question = 0] = back ?? [];
    expect(forth?.slice(0, 2)).toEqual([system, task]);

    const { judged } = await judge(rubric, sample);
    expect(judged).toHaveLength(2);
    const second = judged[1]?.spent;
    expect(second).toEqual({ reused: system + task, evaluated: responses + question, generated: 0 });
  }
});

test('eight criteria on one answer evaluate at most twice the tokens of one', async () => {
  const names = ['summary-quality', 'helpfulness', 'correctness', 'writing-quality', 'harmlessness'];
  const loaded = await Promise.all(names.map((name) => loadRubric(name)));
  const criteria = loaded.flatMap(({ rubric }) => rubric.criteria).slice(0, 8);
  expect(criteria).toHaveLength(8);
  const [base] = loaded;
  if (base === undefined) throw new Error('no rubric');
  const withCriteria = (count: number, description: string): LoadedRubric => ({
    ...base,
    rubric: { ...base.rubric, description, criteria: criteria.slice(0, count) },
  });
  const sample: Sample = {
    id: 'long',
    prompt: rows
      .slice(-2)
      .map(({ prompt }) => prompt)
      .join('\n\n'),
    responses: [
      {
        id: 'a',
        text: rows
          .slice(-2)
          .flatMap(({ a, b }) => [a, b])
          .join('\n\n'),
      },
    ],
  };
  // Different descriptions, so that neither finds the other's prefix.
  const one = await judge(withCriteria(1, 'Judge the answer as a reader would.'), sample);
  const eight = await judge(withCriteria(8, 'Judge the answer as an editor would.'), sample);
  expect(one.judged).toHaveLength(1);
  expect(eight.judged).toHaveLength(8);
  const tokens = [one, eight].map(({ judged }) => spentOn(judged, 'evaluated'));
  expect(tokens[0]).toBeGreaterThan(300);
  expect((tokens[1] ?? 0) / (tokens[0] ?? 1)).toBeLessThanOrEqual(2);
});
