import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSamples } from '../../src/dataset.ts';
import { collect, jsonLines, readAll, temporaryFile, temporaryFolder } from './files.ts';

/** MT-Bench as FastChat lays it out: two questions, two models. */
async function bench(): Promise<string> {
  const folder = await temporaryFolder();
  for (const name of ['model_answer', 'reference_answer', 'model_judgment']) await mkdir(join(folder, name));
  const answer = (model_id: string, question_id: number, turns: string[]) => ({
    question_id,
    answer_id: 'x',
    model_id,
    choices: [{ index: 0, turns }],
    tstamp: 1,
  });
  await writeFile(
    join(folder, 'question.jsonl'),
    jsonLines([
      { question_id: 81, category: 'writing', turns: ['Q1', 'Q2'] },
      { question_id: 101, category: 'reasoning', turns: ['R1'], reference: ['ref'] },
    ]),
  );
  await writeFile(
    join(folder, 'model_answer', 'vicuna.jsonl'),
    jsonLines([answer('vicuna', 81, ['v1', 'v2']), answer('vicuna', 101, ['v'])]),
  );
  await writeFile(join(folder, 'model_answer', 'gpt.jsonl'), jsonLines([answer('gpt', 81, ['g1', 'g2'])]));
  await writeFile(
    join(folder, 'reference_answer', 'gpt-4.jsonl'),
    jsonLines([answer('gpt-4', 81, ['ref1', 'ref2'])]),
  );
  await writeFile(
    join(folder, 'model_judgment', 'gpt-4_pair.jsonl'),
    jsonLines([
      {
        question_id: 81,
        model_1: 'gpt',
        model_2: 'vicuna',
        g1_winner: 'model_2',
        g2_winner: 'model_2',
        judge: ['gpt-4', 'pair-v2'],
        turn: 1,
      },
      {
        question_id: 81,
        model_1: 'gpt',
        model_2: 'vicuna',
        g1_winner: 'model_2',
        g2_winner: 'model_1',
        judge: ['gpt-4', 'pair-v2'],
        turn: 2,
      },
      {
        question_id: 81,
        model_1: 'gpt',
        model_2: 'llama',
        g1_winner: 'tie',
        g2_winner: 'tie',
        judge: [],
        turn: 1,
      },
    ]),
  );
  await writeFile(
    join(folder, 'model_judgment', 'gpt-4_single.jsonl'),
    jsonLines([
      {
        question_id: 101,
        model: 'vicuna',
        judge: ['gpt-4', 'single-v1'],
        judgment: 'Rating: [[7]]',
        score: 7,
        turn: 1,
      },
      {
        question_id: 81,
        model: 'gpt',
        judge: ['gpt-4', 'single-v1'],
        judgment: 'no rating',
        score: -1,
        turn: 2,
      },
    ]),
  );
  return folder;
}

test('a question becomes a sample with every answer in model_answer/', async () => {
  const samples = await collect(readSamples(join(await bench(), 'question.jsonl')));
  expect(samples).toEqual([
    {
      id: 'mt-bench-81',
      prompt: 'Q1',
      responses: [
        { id: 'gpt', model: 'gpt', text: '### Assistant:\ng1\n\n### User:\nQ2\n\n### Assistant:\ng2' },
        { id: 'vicuna', model: 'vicuna', text: '### Assistant:\nv1\n\n### User:\nQ2\n\n### Assistant:\nv2' },
      ],
      reference: 'ref1\n\nref2',
      metadata: { question_id: 81, category: 'writing', turns: ['Q1', 'Q2'], reference: ['ref1', 'ref2'] },
    },
    {
      id: 'mt-bench-101',
      prompt: 'R1',
      responses: [{ id: 'vicuna', model: 'vicuna', text: 'v' }],
      reference: 'ref',
      metadata: { question_id: 101, category: 'reasoning', turns: ['R1'] },
    },
  ]);
});

test('judgments find the answers they are about', async () => {
  const folder = await bench();
  const { samples, errors } = await readAll(join(folder, 'model_judgment', 'gpt-4_pair.jsonl'));
  expect(samples[0]).toMatchObject({
    prompt: 'Q1',
    responses: [
      { id: 'a', text: 'g1', model: 'gpt' },
      { id: 'b', text: 'v1', model: 'vicuna' },
    ],
    label: 'b',
    reference: 'ref1',
  });
  expect(samples[1]?.label).toBe('tie');
  expect(samples[1]?.responses[0]?.text).toContain('### User:\nQ2');
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringContaining(
      ':3: model_2: expected an answer to question 81 by one of gpt, vicuna, got "llama"',
    ),
  ]);
  const single = await collect(readSamples(join(folder, 'model_judgment', 'gpt-4_single.jsonl')));
  expect(single.map(({ label }) => label)).toEqual([7, undefined]);
  expect(single[0]?.responses).toEqual([{ id: 'response', text: 'v', model: 'vicuna' }]);
  expect(single[0]?.metadata).toMatchObject({ judgment: 'Rating: [[7]]', turn: 1 });
});

test('a question without its answers says where they belong', async () => {
  const path = await temporaryFile(
    'question.jsonl',
    jsonLines([{ question_id: 81, category: 'writing', turns: ['Q1', 'Q2'] }]),
  );
  await expect(collect(readSamples(path))).rejects.toThrow(
    'expected the answers to MT-Bench questions in model_answer/*.jsonl',
  );
});

test('a question that brings its answer needs no folder', async () => {
  const path = await temporaryFile(
    'rows.jsonl',
    jsonLines([{ question_id: 81, turns: ['Q1'], response: 'R' }]),
  );
  expect(await collect(readSamples(path))).toMatchObject([
    { prompt: 'Q1', responses: [{ id: 'response', text: 'R' }] },
  ]);
});
