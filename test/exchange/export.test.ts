import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSamples, writeRows } from '../../src/dataset.ts';
import { exportVerdictsAs } from '../../src/exchange/export.ts';
import { arenaHardCuts, arenaLabel } from '../../src/exchange/export-pairs.ts';
import { type ExchangeFormat, importSamples } from '../../src/exchange/import.ts';
import { openSampleBook } from '../../src/preference/sample-book.ts';
import type { Sample } from '../../src/schema.ts';
import { root } from '../cli/juror.ts';
import { collect, temporaryFolder } from '../dataset/files.ts';
import { scriptedJudge } from '../support/scripted-judge.ts';
import { judgedRun } from './runs.ts';

/** The merit of an answer is the number that it says. */
const judge = scriptedJudge((answer) => Number(/-?\d+(\.\d+)?/.exec(answer)?.[0] ?? 0), {
  model: 'the-judge',
});
const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 });
const merit = fc.integer({ min: -30, max: 30 }).map((tenths) => tenths / 10);
const answer = fc.tuple(merit, word).map(([number, more]) => `${number} ${more}`);

/** Samples with answers of different models, unlike each other. */
function samplesOf(answers: number) {
  const sample = fc.record({
    prompt: word,
    texts: fc.array(answer, { minLength: answers, maxLength: answers }),
    label: fc.option(fc.nat({ max: answers - 1 }), { nil: undefined }),
    subset: fc.constantFrom('math', 'chat'),
  });
  return fc.array(sample, { minLength: 1, maxLength: 4 }).map((all) =>
    all.map(({ prompt, texts, label, subset }, index): Sample => {
      const responses = texts.map((text, place) => ({
        id: ['a', 'b'][place] ?? '',
        text,
        model: ['base', 'mine'][place] ?? '',
      }));
      return {
        id: `s${index}`,
        prompt: `${index} ${prompt}`,
        responses: answers === 1 ? responses.map((own) => ({ ...own, id: 'response' })) : responses,
        ...(label === undefined || answers === 1 ? {} : { label: ['a', 'b'][label] ?? '' }),
        ...(answers === 1 ? { reference: `ref ${prompt}` } : {}),
        metadata: { subset },
      };
    }),
  );
}

/** A run of samples, its verdicts, and a way to write it in a format. */
async function judged(samples: readonly Sample[], rubric: string) {
  const folder = await temporaryFolder();
  const data = join(folder, 'data.jsonl');
  await writeRows(data, samples);
  const run = await judgedRun(join(folder, 'run'), readSamples(data), { rubric, engine: judge });
  const verdicts = new Map((await verdictsOf(run)).map((verdict) => [verdict.sampleId, verdict]));
  return {
    run,
    verdicts,
    folder,
    async written(format: ExchangeFormat, name: string, options: { baseline?: string } = {}) {
      using book = await openSampleBook([data]);
      const told = await exportVerdictsAs(run, format, join(folder, name), { book, ...options });
      return { told, text: await readFile(join(folder, name), 'utf8'), file: join(folder, name) };
    },
    [Symbol.asyncDispose]: () => run[Symbol.asyncDispose](),
  };
}

async function verdictsOf(run: Awaited<ReturnType<typeof judgedRun>>) {
  const { verdictOf } = await import('../../src/judge/run.ts');
  const { readPlan } = await import('../../src/store/export.ts');
  const derive = verdictOf(run);
  return (await collect(readPlan(run))).flatMap(({ row, judgments }) =>
    judgments ? [derive(row, judgments)] : [],
  );
}

const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('pairs: what AlpacaEval and JudgeBench can hold comes back, and FastChat and Arena-Hard agree about who is ahead', async () => {
  await fc.assert(
    fc.asyncProperty(samplesOf(2), async (samples) => {
      await using run = await judged(samples, 'better-answer');
      const of = (id: string) => run.verdicts.get(id);

      const alpaca = await run.written('alpaca-eval', 'a.json');
      const back = await collect(importSamples('alpaca-eval', alpaca.file));
      expect(
        back.map((sample) => ({
          prompt: sample.prompt,
          responses: 'responses' in sample && sample.responses,
        })),
      ).toEqual(samples.map(({ prompt, responses }) => ({ prompt, responses })));
      expect(back.map(({ metadata }) => 2 - Number(metadata?.preference ?? 1.5))).toEqual(
        samples.map(({ id }) => expect.closeTo(of(id)?.score ?? -1, 12)),
      );
      const turned = JSON.parse((await run.written('alpaca-eval', 'turned.json', { baseline: 'mine' })).text);
      expect(
        turned.map((row: { preference: number; generator_1: string }) => [row.generator_1, row.preference]),
      ).toEqual(
        JSON.parse(alpaca.text).map((row: { preference: number }) => [
          'mine',
          expect.closeTo(3 - row.preference, 12),
        ]),
      );

      const bench = await run.written('judgebench', 'j.jsonl');
      const judgeBack = await collect(importSamples('judgebench', bench.file));
      const winner = (id: string) => {
        const { score } = of(id) ?? {};
        return score === 0.5 ? 'tie' : (score ?? 0) > 0.5 ? 'a' : 'b';
      };
      for (const [index, sample] of judgeBack.entries()) {
        const { id, prompt, label } = samples[index] ?? { id: '', prompt: '', label: '' };
        expect(sample).toMatchObject({
          id,
          prompt,
          annotations: [{ annotator: 'better-answer', label: winner(id) }],
        });
        // Without a label, a row has that of its votes (docs/data.md).
        expect('label' in sample ? sample.label : undefined).toBe(label ?? winner(id));
      }

      const fastChat = lines((await run.written('mt-bench', 'm.jsonl')).text);
      const sides = { a: 'model_1', b: 'model_2', tie: 'tie' } as const;
      expect(fastChat).toMatchObject(
        samples.map(({ id }) => ({
          question_id: id,
          model_1: 'base',
          model_2: 'mine',
          g1_winner: sides[winner(id)],
          g2_winner: sides[winner(id)],
          judge: ['the-judge', 'better-answer'],
          turn: 1,
        })),
      );

      const arena = lines((await run.written('arena-hard', 'h.jsonl')).text);
      expect(arena.map(({ games: [first, second] }) => [first.score, second.score])).toEqual(
        samples.map(({ id }) => {
          const score = of(id)?.score ?? 0;
          return [
            arenaLabel({ first: score, second: 1 - score, tie: 0 }),
            arenaLabel({ first: 1 - score, second: score, tie: 0 }),
          ];
        }),
      );
      // RewardBench: the labelled answer above the other.
      const accuracy = JSON.parse((await run.written('rewardbench', 'r.json')).text);
      for (const subset of ['math', 'chat']) {
        const own = samples.filter(
          ({ metadata, label }) => metadata?.subset === subset && label !== undefined,
        );
        const right = own.map(({ id, label }) => (winner(id) === 'tie' ? 0.5 : Number(winner(id) === label)));
        const mean = right.reduce((sum, one) => sum + one, 0) / right.length;
        expect(accuracy[subset]).toEqual(own.length === 0 ? undefined : expect.closeTo(mean, 12));
      }
    }),
    { numRuns: 8 },
  );
});

test('single answers: UltraFeedback, promptfoo and Inspect give back answers, prompts and scores', async () => {
  await fc.assert(
    fc.asyncProperty(samplesOf(1), async (samples) => {
      await using run = await judged(samples, 'answer-correctness');
      const scores = samples.map(({ id }) => expect.closeTo(run.verdicts.get(id)?.score ?? -1, 12));
      const shown = (all: readonly unknown[]) =>
        (all as Sample[]).map(({ prompt, responses }) => [prompt, responses[0]?.text, responses[0]?.model]);
      const wanted = shown(samples);

      const ultra = await collect(
        importSamples('ultrafeedback', (await run.written('ultrafeedback', 'u.jsonl')).file),
      );
      expect(shown(ultra)).toEqual(wanted);
      expect((ultra as Sample[]).map(({ label }) => (Number(label) - 1) / 4)).toEqual(scores);

      const foo = await collect(importSamples('promptfoo', (await run.written('promptfoo', 'p.json')).file));
      expect(shown(foo)).toEqual(wanted);
      expect((foo as Sample[]).map(({ label, reference }) => [label, reference])).toEqual(
        samples.map(({ reference }, index) => [scores[index], reference]),
      );

      const inspect = await collect(importSamples('inspect', (await run.written('inspect', 'i.json')).file));
      expect(shown(inspect)).toEqual(wanted);
      expect((inspect as Sample[]).map(({ id, label, metadata }) => [id, label, metadata?.subset])).toEqual(
        samples.map(({ id, metadata }, index) => [id, scores[index], metadata?.subset]),
      );
      expect(
        lines((await run.written('inspect', 'i.jsonl')).text).map(({ id, value }) => [id, value]),
      ).toEqual(samples.map(({ id }, index) => [id, scores[index]]));
    }),
    { numRuns: 8 },
  );
});

test('equal runs give equal bytes, and a verdict without a score is told and never a number', async () => {
  const samples: Sample[] = ['1 x', 'silent', '2 y'].map((text, index) => ({
    id: `s${index}`,
    prompt: 'P',
    reference: 'R',
    responses: [{ id: 'response', text }],
  }));
  const mute = scriptedJudge((text) => Number(text[0]), {
    before: (request) =>
      JSON.stringify(request).includes('silent')
        ? { status: 'unscored', reason: 'context', message: 'too long' }
        : undefined,
  });
  const folder = await temporaryFolder();
  const data = join(folder, 'data.jsonl');
  await writeRows(data, samples);
  using book = await openSampleBook([data]);
  await using run = await judgedRun(join(folder, 'run'), samples, {
    rubric: 'answer-correctness',
    engine: mute,
  });
  await using again = await judgedRun(join(folder, 'again'), samples.toReversed(), {
    rubric: 'answer-correctness',
    engine: mute,
  });
  const written = async (of: typeof run, format: ExchangeFormat, name: string) => {
    const told = await exportVerdictsAs(of, format, join(folder, name), { book });
    return { ...told, text: await readFile(join(folder, name), 'utf8') };
  };
  for (const [format, name] of [
    ['mt-bench', 'm.jsonl'],
    ['ultrafeedback', 'u.jsonl'],
    ['promptfoo', 'p.json'],
    ['inspect', 'i.json'],
    ['inspect', 'i.jsonl'],
  ] as const) {
    const one = await written(run, format, name);
    expect(await written(again, format, `again-${name}`)).toEqual(one);
    expect(one).toMatchObject({ verdicts: 3, pending: 0 });
    expect(Object.values(one.lost)).toEqual([1]);
    expect(one.text).not.toMatch(/\d{4}-\d\d-\d\dT(?!00:00:00)/);
  }
  expect(lines((await written(run, 'mt-bench', 'm.jsonl')).text).map(({ score }) => score)).toEqual([
    expect.any(Number),
    -1,
    expect.any(Number),
  ]);
  expect(
    lines((await written(run, 'ultrafeedback', 'u.jsonl')).text).map(({ ratings }) => ratings[0]),
  ).toEqual([expect.any(Number), null, expect.any(Number)]);
  expect(lines((await written(run, 'inspect', 'i.jsonl')).text).map(({ id }) => id)).toEqual(['s0', 's2']);
  const { results } = JSON.parse((await written(run, 'promptfoo', 'p.json')).text);
  expect(results.results[1]).toMatchObject({ success: false, failureReason: 2, error: 'no score (context)' });
  expect(results.stats).toMatchObject({ successes: 2, failures: 0, errors: 1 });
});

test('labels of Arena-Hard: mirrored with the sides, never lower for a higher probability', () => {
  const order = ['B>>A', 'B>A', 'A=B', 'A>B', 'A>>B'];
  const level = (first: number, second: number, tie: number) =>
    order.indexOf(arenaLabel({ first, second, tie }));
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(share, share, share, (left, right, tie) => {
      expect(
        level(left * (1 - tie), (1 - left) * (1 - tie), tie) +
          level((1 - left) * (1 - tie), left * (1 - tie), tie),
      ).toBe(4);
      const [low, high] = [Math.min(left, right), Math.max(left, right)];
      expect(level(high, 1 - high, 0)).toBeGreaterThanOrEqual(level(low, 1 - low, 0));
    }),
  );
  const { better, muchBetter } = arenaHardCuts;
  expect(
    [
      [muchBetter, 0.1],
      [0.89, 0.11],
      [better, 0.45],
      [0.5, 0.5],
      [0.54, 0.46],
      [0.1, muchBetter],
    ].map(([first = 0, second = 0]) => arenaLabel({ first, second, tie: 0 })),
  ).toEqual(['A>>B', 'A>B', 'A>B', 'A=B', 'A=B', 'B>>A']);
});

test('what a format does not have is refused before anything is written', async () => {
  const folder = await temporaryFolder();
  await using run = await judgedRun(
    join(folder, 'run'),
    readSamples(join(root, 'fixtures/demo/answers.jsonl'), { limit: 1 }),
    { rubric: 'answer-correctness' },
  );
  const refused = (format: ExchangeFormat, name: string, options = {}) =>
    expect(exportVerdictsAs(run, format, join(folder, name), options)).rejects;
  await refused('mt-bench', 'x.json').toThrow("--out: expected a name ending in .jsonl for mt-bench, got '");
  await refused('judgebench', 'x.jsonl').toThrow(
    "judgebench: expected pairwise verdicts, got pointwise ones of 'answer-correctness'",
  );
  await refused('promptfoo', 'x.json').toThrow(
    '--data: expected the data that were judged, whose texts promptfoo holds, got none',
  );
  await refused('inspect', 'x.json').toThrow('--data: expected the data');
  await refused('inspect', 'x.jsonl', { rubric: 'answer-corectness' }).toThrow(
    "did you mean 'answer-correctness'",
  );
});

test('RewardBench: a chosen answer that shares the top counts its share', async () => {
  const responses = ['1 x', '1 y'].map((text, place) => ({ id: ['chosen', 'rejected'][place] ?? '', text }));
  await using run = await judged([{ id: 's', prompt: 'Q', responses, label: 'chosen' }], 'helpfulness');
  const { text } = await run.written('rewardbench', 'results.json');
  expect(JSON.parse(text)).toMatchObject({ all: 0.5 });
});
