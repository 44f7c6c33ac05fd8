import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSamples, writeRows } from '../../src/dataset.ts';
import type { JurorError } from '../../src/errors.ts';
import { type ExchangeFormat, exchangeFormat, importSamples } from '../../src/exchange/import.ts';
import { collect, jsonLines, temporaryFile, temporaryFolder } from '../dataset/files.ts';

/** A folder with these files, rows as JSON Lines. */
async function tree(files: Readonly<Record<string, readonly unknown[]>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, rows] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), jsonLines(rows));
  }
  return folder;
}

async function imported(format: ExchangeFormat, path: string, baseline?: string) {
  const errors: JurorError[] = [];
  const samples = await collect(
    importSamples(format, path, { baseline, onBadRow: (error) => errors.push(error) }),
  );
  return { samples, errors: errors.map(({ message }) => message.replace(/^.*\//, '')) };
}

const mtBench = {
  'question.jsonl': [
    { question_id: 81, category: 'writing', turns: ['Q1', 'Q2'] },
    { question_id: 111, category: 'math', turns: ['M1', 'M2'] },
  ],
  'model_answer/gpt.jsonl': [
    { question_id: 81, model_id: 'gpt', choices: [{ turns: ['g1', 'g2'] }] },
    { question_id: 111, model_id: 'gpt', choices: [{ turns: ['n1', 'n2'] }] },
  ],
  'model_answer/vicuna.jsonl': [{ question_id: 81, model_id: 'vicuna', choices: [{ turns: ['v1', 'v2'] }] }],
  'reference_answer/gpt-4.jsonl': [
    { question_id: 111, model_id: 'gpt-4', choices: [{ turns: ['r1', 'r2'] }] },
  ],
  'model_judgment/gpt-4_pair.jsonl': [
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
      g1_winner: 'model_1',
      g2_winner: 'model_2',
      judge: ['gpt-4', 'pair-v2'],
      turn: 2,
    },
    {
      question_id: 81,
      model_1: 'gpt',
      model_2: 'vicuna',
      g1_winner: 'error',
      g2_winner: 'tie',
      judge: ['gpt-4', 'pair-v2'],
      turn: 1,
    },
    {
      question_id: 81,
      model_1: 'gpt',
      model_2: 'llama',
      g1_winner: 'tie',
      g2_winner: 'tie',
      judge: ['gpt-4', 'pair-v2'],
      turn: 1,
    },
  ],
  'model_judgment/gpt-4_single.jsonl': [
    { question_id: 111, model: 'gpt', judge: ['gpt-4', 'single-math-v1-multi-turn'], score: 7, turn: 2 },
    { question_id: 81, model: 'gpt', judge: ['gpt-4', 'single-v1'], score: -1, turn: 1 },
  ],
};

test('MT-Bench: a sample for each turn, conversations as messages where one model answers', async () => {
  const { samples, errors } = await imported('mt-bench', await tree(mtBench));
  expect(errors).toEqual([]);
  expect(samples).toMatchInlineSnapshot(`
    [
      {
        "id": "mt-bench-81-turn-1",
        "metadata": {
          "category": "writing",
          "question_id": 81,
          "turn": 1,
        },
        "prompt": [
          {
            "content": "Q1",
            "role": "user",
          },
        ],
        "responses": [
          {
            "id": "gpt",
            "model": "gpt",
            "text": "g1",
          },
          {
            "id": "vicuna",
            "model": "vicuna",
            "text": "v1",
          },
        ],
      },
      {
        "id": "mt-bench-81-turn-2",
        "metadata": {
          "category": "writing",
          "question_id": 81,
          "turn": 2,
        },
        "prompt": [
          {
            "content": "Q1",
            "role": "user",
          },
        ],
        "responses": [
          {
            "id": "gpt",
            "model": "gpt",
            "text": "### Assistant:
    g1

    ### User:
    Q2

    ### Assistant:
    g2",
          },
          {
            "id": "vicuna",
            "model": "vicuna",
            "text": "### Assistant:
    v1

    ### User:
    Q2

    ### Assistant:
    v2",
          },
        ],
      },
      {
        "id": "mt-bench-111-turn-1",
        "metadata": {
          "category": "math",
          "question_id": 111,
          "turn": 1,
        },
        "prompt": [
          {
            "content": "M1",
            "role": "user",
          },
        ],
        "reference": "r1",
        "responses": [
          {
            "id": "gpt",
            "model": "gpt",
            "text": "n1",
          },
        ],
      },
      {
        "id": "mt-bench-111-turn-2",
        "metadata": {
          "category": "math",
          "question_id": 111,
          "turn": 2,
        },
        "prompt": [
          {
            "content": "M1",
            "role": "user",
          },
          {
            "content": "n1",
            "role": "assistant",
          },
          {
            "content": "M2",
            "role": "user",
          },
        ],
        "reference": "r2",
        "responses": [
          {
            "id": "gpt",
            "model": "gpt",
            "text": "n2",
          },
        ],
      },
    ]
  `);
});

test('MT-Bench: judgments with their labels and votes', async () => {
  const folder = await tree(mtBench);
  const pairs = await imported('mt-bench', join(folder, 'model_judgment/gpt-4_pair.jsonl'));
  const told = (sample: object) => {
    const { label, annotations } = sample as { label?: unknown; annotations?: unknown };
    return { label, annotations };
  };
  expect(pairs.samples.map(told)).toEqual([
    { label: 'b', annotations: [{ annotator: 'gpt-4 pair-v2', label: 'b' }] },
    { label: 'tie', annotations: [{ annotator: 'gpt-4 pair-v2', label: 'tie' }] },
    { label: undefined, annotations: undefined },
  ]);
  expect(pairs.errors).toEqual([
    'gpt-4_pair.jsonl:4: model_2: expected an answer to turn 1 of question 81 by one of gpt, vicuna, got "llama"',
  ]);
  const singles = await imported('mt-bench', join(folder, 'model_judgment/gpt-4_single.jsonl'));
  expect(singles.samples.map(told)).toEqual([
    { label: 7, annotations: [{ annotator: 'gpt-4 single-math-v1-multi-turn', label: 7 }] },
    { label: undefined, annotations: undefined },
  ]);
  expect(singles.samples[0]).toMatchObject({
    prompt: [
      { role: 'user', content: 'M1' },
      { role: 'assistant', content: 'n1' },
      { role: 'user', content: 'M2' },
    ],
    responses: [{ id: 'response', text: 'n2', model: 'gpt' }],
    reference: 'r2',
  });
});

test('MT-Bench: questions alone are prompts, and a person’s judgment is a vote', async () => {
  const questions = await imported('mt-bench', await tree({ 'question.jsonl': mtBench['question.jsonl'] }));
  expect(questions.samples[0]).toEqual({
    id: 'mt-bench-81',
    prompt: 'Q1',
    metadata: { question_id: 81, category: 'writing', turns: ['Q1', 'Q2'] },
  });
  const turns = (text: string) => [
    { role: 'user', content: 'Q' },
    { role: 'assistant', content: text },
  ];
  const human = await imported(
    'mt-bench',
    await temporaryFile(
      'human.jsonl',
      jsonLines([
        {
          question_id: 81,
          model_a: 'x',
          model_b: 'y',
          winner: 'model_b',
          judge: 'expert_1',
          turn: 1,
          conversation_a: turns('1'),
          conversation_b: turns('2'),
        },
      ]),
    ),
  );
  expect(human.samples).toMatchObject([{ label: 'b', annotations: [{ annotator: 'expert_1', label: 'b' }] }]);
  const both = (text: string) => [...turns(`${text}1`), ...turns(`${text}2`)];
  const [first, second] = await Promise.all(
    [1, 2].map(async (turn) => {
      const row = { model_a: 'x', model_b: 'y', winner: 'tie', judge: 'expert_1', turn };
      const text = jsonLines([{ ...row, conversation_a: both('a'), conversation_b: both('b') }]);
      return (await imported('mt-bench', await temporaryFile('turns.jsonl', text))).samples[0];
    }),
  );
  // A judgment of the first turn is about the first turn, though its row holds both.
  expect(JSON.stringify(first)).not.toContain('a2');
  expect(JSON.stringify(second)).toContain('a2');
});

const games = (first: string | null, second: string | null) =>
  [first, second].map((score) => ({ score, judgment: { answer: '' } }));

test('Arena-Hard: both games of a judgment, baseline first, in its two versions', async () => {
  const two = await tree({
    'question.jsonl': [
      { uid: 'u1', category: 'hard_prompt', prompt: 'P1' },
      { uid: 'u2', category: 'creative_writing', prompt: 'P2' },
    ],
    'model_answer/mine.jsonl': [
      {
        uid: 'u1',
        model: 'mine',
        messages: [
          { role: 'user', content: 'P1' },
          { role: 'assistant', content: { answer: 'm' } },
        ],
      },
    ],
    'model_answer/o3.jsonl': [
      { uid: 'u1', model: 'o3-mini-2025-01-31', messages: [{ role: 'assistant', content: { answer: 'o' } }] },
    ],
    'model_judgment/judge/mine.jsonl': [
      { uid: 'u1', category: 'hard_prompt', judge: 'judge', model: 'mine', games: games('B>A', 'A>>B') },
      { uid: 'u1', category: 'hard_prompt', judge: 'judge', model: 'mine', games: games('A>B', 'A>B') },
      { uid: 'u1', category: 'hard_prompt', judge: 'judge', model: 'mine', games: games('A>>B', 'A>B') },
      { uid: 'u1', category: 'hard_prompt', judge: 'judge', model: 'mine', games: games('A>B', null) },
      { uid: 'u1', category: 'hard_prompt', judge: 'judge', model: 'mine', games: games('A>B', 'C') },
    ],
  });
  const judged = await imported('arena-hard', join(two, 'model_judgment/judge'));
  expect(judged.samples.map((sample) => (sample as { label?: string }).label)).toEqual([
    'b',
    'tie',
    'a',
    undefined,
  ]);
  expect(judged.errors).toEqual([
    'mine.jsonl:5: games.1.score: expected one of A>>B, A>B, A=B, B>A, B>>A, got "C"',
  ]);
  expect(judged.samples[0]).toMatchObject({
    prompt: 'P1',
    responses: [
      { id: 'a', text: 'o', model: 'o3-mini-2025-01-31' },
      { id: 'b', text: 'm', model: 'mine' },
    ],
    annotations: [{ annotator: 'judge', label: 'b' }],
  });
  const asked = await imported('arena-hard', two);
  expect(asked.samples).toMatchObject([
    {
      id: 'u1',
      responses: [
        { id: 'mine', text: 'm' },
        { id: 'o3-mini-2025-01-31', text: 'o' },
      ],
    },
    { id: 'u2', prompt: 'P2', metadata: { category: 'creative_writing' } },
  ]);

  const one = await tree({
    'question.jsonl': [{ question_id: 'q', category: 'arena-hard-v0.1', turns: [{ content: 'P' }] }],
    'model_answer/a.jsonl': [{ question_id: 'q', model_id: 'a', choices: [{ turns: [{ content: 'x' }] }] }],
    'model_answer/b.jsonl': [{ question_id: 'q', model_id: 'b', choices: [{ turns: [{ content: 'y' }] }] }],
    'model_judgment/j/b.jsonl': [{ question_id: 'q', model: 'b', judge: 'j', games: games('A=B', 'A>B') }],
  });
  const old = await imported('arena-hard', join(one, 'model_judgment/j/b.jsonl'), 'a');
  expect(old).toMatchObject({
    samples: [{ label: 'b', responses: [{ model: 'a' }, { model: 'b' }] }],
    errors: [],
  });
  expect((await imported('arena-hard', join(one, 'model_judgment/j/b.jsonl'))).errors[0]).toMatch(
    /got "gpt-4-0314"/,
  );
});

test('AlpacaEval, JudgeBench, RewardBench and UltraFeedback', async () => {
  const rows = async (format: ExchangeFormat, ...all: object[]) =>
    imported(format, await temporaryFile('rows.jsonl', jsonLines(all)));
  const pair = {
    instruction: 'I',
    output_1: 'x',
    output_2: 'y',
    generator_1: 'base',
    generator_2: 'mine',
    annotator: 'gpt',
  };
  const alpaca = await rows(
    'alpaca-eval',
    { ...pair, preference: 1.75 },
    { ...pair, preference: null },
    { instruction: 'I', output: 'z', generator: 'mine' },
    { instruction: 'I' },
  );
  expect(alpaca.samples).toMatchObject([
    {
      label: 'b',
      annotations: [{ annotator: 'gpt', label: 'b' }],
      metadata: { preference: 1.75 },
      responses: [{ model: 'base' }, { model: 'mine' }],
    },
    { responses: [{ text: 'x' }, { text: 'y' }] },
    { responses: [{ text: 'z', model: 'mine' }] },
  ]);
  expect(alpaca.samples[1]).not.toHaveProperty('label');
  expect(alpaca.errors).toEqual([
    'rows.jsonl:4: output: expected output, or output_1 and output_2, got neither',
  ]);

  const bench = {
    pair_id: 'p',
    question: 'Q',
    response_model: 'm',
    response_A: 'x',
    response_B: 'y',
    label: 'B>A',
    source: 's',
  };
  const decisions = (first: string, second: string) => [{ decision: first }, { decision: second }];
  const judge = await rows(
    'judgebench',
    bench,
    { ...bench, pair_id: 'q', judge_name: 'j', judgments: decisions('A>B', 'B>A') },
    { ...bench, pair_id: 'r', judge_name: 'j', judgments: decisions('A>B', 'A>B') },
  );
  expect(judge.samples).toMatchObject([
    { id: 'p', label: 'b', responses: [{ model: 'm' }, { model: 'm' }] },
    { id: 'q', label: 'b', annotations: [{ annotator: 'j', label: 'a' }] },
    { id: 'r', label: 'b', annotations: [{ annotator: 'j', label: 'tie' }] },
  ]);

  const reward = await rows(
    'rewardbench',
    {
      id: 1,
      prompt: 'P',
      chosen: 'x',
      rejected: 'y',
      chosen_model: 'm',
      rejected_model: 'n',
      subset: 'hep-cpp',
    },
    {
      id: '7',
      prompt: 'P',
      chosen: ['x'],
      rejected: ['y', 'z', 'w'],
      models: ['m', 'n', 'o', 'p'],
      subset: 'Math',
      num_correct: 1,
    },
    { id: 'tied:2', prompt: 'P', chosen: ['x', 'y'], rejected: ['z'], subset: 'Ties', num_correct: 2 },
    { id: '8', prompt: 'P', chosen: [], rejected: ['z'], subset: 'Math' },
  );
  expect(
    reward.samples.map(({ id, ...sample }) => [
      id,
      (sample as { label?: string }).label,
      (sample as { responses: { id: string; model?: string }[] }).responses.map(
        (own) => `${own.id} ${own.model}`,
      ),
    ]),
  ).toEqual([
    ['hep-cpp-1', 'chosen', ['chosen m', 'rejected n']],
    ['Math-7', 'chosen', ['chosen m', 'rejected1 n', 'rejected2 o', 'rejected3 p']],
    ['Ties-tied:2', undefined, ['chosen1 undefined', 'chosen2 undefined', 'rejected undefined']],
  ]);
  expect(reward.errors).toEqual(['rows.jsonl:4: chosen: expected a response, got none']);

  const ultra = await rows(
    'ultrafeedback',
    {
      source: 's',
      instruction: 'I',
      models: ['m', 'n'],
      completions: [
        {
          model: 'm',
          response: 'x',
          overall_score: 6,
          annotations: { helpfulness: { Rating: '3', Rationale: 'r' } },
        },
        { model: 'n', response: 'y', overall_score: 8 },
      ],
    },
    {
      instruction: 'I',
      generations: ['x', 'y'],
      generation_models: ['m', 'n'],
      ratings: [4, 2],
      rationales: ['good', 'bad'],
      model_name: 'judge',
    },
    { instruction: 'I', generations: ['x'], ratings: [4], model_name: 'judge' },
  );
  expect(ultra.errors).toEqual([]);
  expect(ultra.samples).toMatchObject([
    {
      label: 'r2',
      responses: [
        {
          text: 'x',
          model: 'm',
          metadata: { overall_score: 6, annotations: { helpfulness: { Rating: '3' } } },
        },
        { text: 'y', model: 'n' },
      ],
    },
    {
      label: 'r1',
      responses: [
        { model: 'm', metadata: { rating: 4, rationale: 'good' } },
        { metadata: { rating: 2, rationale: 'bad' } },
      ],
    },
    { label: 4 },
  ]);
});

test('promptfoo: results, and tests that ask', async () => {
  const result = {
    id: 'r1',
    testIdx: 0,
    promptIdx: 0,
    success: false,
    score: 0.4,
    provider: { id: 'p', label: 'mine' },
    vars: { question: 'Q', reference: 'R' },
    prompt: { raw: '[{"role":"system","content":"S"},{"role":"user","content":"Q"}]' },
    response: { output: { a: 1 } },
    namedScores: {},
    gradingResult: {
      pass: false,
      score: 0.4,
      reason: 'no',
      componentResults: [
        { pass: true, score: 1, assertion: { type: 'contains' } },
        { pass: false, score: 0, assertion: { type: 'contains' } },
        { pass: false, score: 0.2, assertion: { type: 'llm-rubric', metric: 'tone' } },
      ],
    },
  };
  const failed = {
    ...result,
    id: 'r2',
    response: { error: 'rate limit' },
    error: 'rate limit',
    gradingResult: null,
  };
  const plain = {
    ...result,
    id: 'r3',
    success: true,
    score: 1,
    gradingResult: null,
    prompt: { raw: 'Q' },
    response: { output: 'x' },
  };
  const file = await temporaryFile(
    'results.json',
    JSON.stringify(
      { evalId: 'e', results: { version: 3, prompts: [], results: [result, failed, plain], stats: {} } },
      null,
      2,
    ),
  );
  const { samples, errors } = await imported('promptfoo', file);
  expect(samples).toMatchObject([
    {
      id: 'r1',
      prompt: [
        { role: 'system', content: 'S' },
        { role: 'user', content: 'Q' },
      ],
      responses: [{ text: '{"a":1}', model: 'mine' }],
      reference: 'R',
      label: 0.4,
      annotations: [
        { annotator: 'contains', label: 1 },
        { annotator: 'contains 2', label: 0 },
        { annotator: 'tone', label: 0.2 },
      ],
    },
    { id: 'r3', prompt: 'Q' },
  ]);
  expect(samples[1]).not.toHaveProperty('label');
  expect(errors).toEqual([
    expect.stringMatching(/^results\.json:\d+: response\.output: expected an output, got rate limit$/),
  ]);

  const config = await temporaryFile(
    'promptfooconfig.yaml',
    "prompts: ['Say: {{ word }}']\ntests:\n  - vars: { word: yes and no }\n    assert: [{ type: equals, value: R }]\n  - vars: { word: given }\n    providerOutput: an answer\n  - vars: { other: x }\n",
  );
  const tests = await imported('promptfoo', config);
  expect(tests.samples).toMatchObject([
    { prompt: 'Say: yes and no', reference: 'R' },
    { prompt: 'Say: given', responses: [{ text: 'an answer' }] },
  ]);
  expect(tests.samples[0]).not.toHaveProperty('responses');
  expect(tests.errors).toEqual([
    'promptfooconfig.yaml: tests.2.vars.word: expected a value for {{word}}, got none',
  ]);
  await expect(
    collect(importSamples('promptfoo', await temporaryFile('x.json', '{"a": 1}'))),
  ).rejects.toThrow('expected results of promptfoo eval');
});

test('promptfoo: a grader that failed is neither a vote nor a label', async () => {
  const component = (score: number, type: string, metadata?: object) => ({
    pass: score > 0.5,
    score,
    assertion: { type },
    metadata,
  });
  const result = (id: string, gradingResult: object) => ({
    id,
    score: 0.5,
    success: false,
    prompt: { raw: 'Q' },
    response: { output: 'x' },
    gradingResult: { pass: false, score: 0.5, ...gradingResult },
  });
  const failing = [component(0, 'javascript', { graderError: true }), component(1, 'contains')];
  const { samples } = await imported(
    'promptfoo',
    await temporaryFile(
      'results.json',
      JSON.stringify({
        results: {
          results: [
            result('parts', { componentResults: failing }),
            result('whole', { metadata: { graderError: true } }),
            result('well', { componentResults: [component(0, 'javascript'), component(1, 'contains')] }),
          ],
        },
      }),
    ),
  );
  const [parts, whole, well] = samples;
  for (const sample of [parts, whole]) {
    expect(sample).not.toHaveProperty('label');
    expect(sample).not.toHaveProperty('annotations');
  }
  expect(parts?.metadata).toMatchObject({
    grader_error: true,
    assertions: [{ annotator: 'contains', label: 1 }],
  });
  expect(well).toMatchObject({ label: 0.5, annotations: [{ label: 0 }, { label: 1 }] });
});

test('promptfoo: tests as promptfoo reads them', async () => {
  const from = async (name: string, text: string) => {
    const { samples, errors } = await imported('promptfoo', await temporaryFile(name, text));
    return { prompts: samples.map(({ prompt }) => prompt), samples, errors };
  };
  const single = 'prompts: "Say {{a}} {{b}}"\ntests:\n  - vars: { a: [1, 2], b: [x, y] }\n';
  expect((await from('single.yaml', single)).prompts).toEqual(['Say 1 x', 'Say 1 y', 'Say 2 x', 'Say 2 y']);
  const whole = `${single}    options: { disableVarExpansion: true, prefix: 'P ' }\n`;
  expect((await from('whole.yaml', whole)).prompts).toEqual(['P Say [1,2] ["x","y"]']);
  const files = await from('files.yaml', 'prompts: [one.txt]\ntests:\n  - vars: { a: x }\n');
  expect(files.errors).toEqual([
    'files.yaml: prompts: expected the text of a prompt, got one.txt; import results instead',
  ]);
  const variable = await from('variable.yaml', 'prompts: ["{{a}}"]\ntests:\n  - vars: { a: file://a.txt }\n');
  expect(variable.errors).toEqual([
    // Messages are cut at their last slash here.
    'a.txt; import results instead',
  ]);
  const table = await from(
    'tests.csv',
    'prompt,__expected1,__expected2,__description,__suffix,__metadata:kind\nhello,contains: h,equals: hi,greets, now,easy\n',
  );
  expect(table.samples).toMatchObject([
    {
      prompt: 'hello now',
      reference: 'hi',
      metadata: { description: 'greets', vars: { prompt: 'hello' }, test_metadata: { kind: 'easy' } },
    },
  ]);
  expect(table.samples[0]?.metadata?.vars).toEqual({ prompt: 'hello' });
});

test('names of what every object has are no labels, decisions or baselines', async () => {
  const pair = {
    pair_id: 'p',
    question: 'q',
    response_A: 'x',
    response_B: 'y',
    label: 'A>B',
    judge_name: 'j',
  };
  const judgments = [{ decision: 'constructor' }, { decision: 'B>A' }];
  const decided = await imported(
    'judgebench',
    await temporaryFile('pairs.jsonl', jsonLines([{ ...pair, judgments }])),
  );
  expect(decided.samples).toMatchObject([{ label: 'a' }]);
  expect(decided.samples[0]).not.toHaveProperty('annotations');
  const answer = (model: string) => [{ uid: 'u', model, messages: [{ role: 'assistant', content: model }] }];
  const folder = await tree({
    'question.jsonl': [{ uid: 'u', prompt: 'p' }],
    'model_answer/base.jsonl': answer('base'),
    'model_answer/m.jsonl': answer('m'),
    'model_judgment/j/m.jsonl': [
      { uid: 'u', baseline: 'base', model: 'm', judge: 'j', games: games('A>B', 'constructor') },
      { uid: 'u', category: 'constructor', model: 'm', judge: 'j', games: games('A>B', 'A>B') },
      { uid: 'u', baseline: 'base', model: 'm', judge: 'j', games: games('A>B', 'B>A') },
    ],
  });
  const { samples, errors } = await imported('arena-hard', join(folder, 'model_judgment/j'));
  expect(samples).toMatchObject([{ label: 'a' }]);
  expect(errors).toEqual([
    expect.stringContaining('games.1.score: expected one of A>>B, A>B, A=B, B>A, B>>A, got "constructor"'),
    expect.stringContaining('baseline: expected the baseline\'s name, got none for category "constructor"'),
  ]);
});

test('Inspect: epochs are told wherever the configuration stands', async () => {
  const sample = (epoch: number) => ({
    id: 1,
    epoch,
    input: 'Q',
    target: ['T', 'U'],
    output: { completion: 'A' },
  });
  const log = { version: 2, samples: [sample(1), sample(2)], eval: { config: { epochs: 2 } } };
  const { samples, errors } = await imported('inspect', await temporaryFile('log.json', JSON.stringify(log)));
  expect(errors).toEqual([]);
  expect(samples.map(({ id }) => id)).toEqual(['1-epoch-1', '1-epoch-2']);
  expect(samples[0]).toMatchObject({ reference: 'T', metadata: { inspect: { targets: ['T', 'U'] } } });
});

/** An archive of members that are not compressed. */
async function archive(name: string, members: Readonly<Record<string, string>>): Promise<string> {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const [member, text] of Object.entries(members)) {
    const [path, bytes] = [Buffer.from(member), Buffer.from(text)];
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, path, bytes]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    centrals.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, rest, path]));
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(centrals.length, 8);
  end.writeUInt16LE(centrals.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  const file = join(await temporaryFolder(), name);
  await writeFile(file, Buffer.concat([...locals, central, end]));
  return file;
}

test('Inspect: true is 1 and false is 0, alone and among the parts of a score', async () => {
  const sample = (id: number, value: unknown) => ({
    id,
    input: 'Q',
    output: { completion: 'A' },
    scores: { s: { value } },
  });
  const values = [true, false, { fit: true, tone: false }];
  const text = JSON.stringify({
    version: 2,
    eval: {},
    samples: values.map((value, id) => sample(id, value)),
  });
  const { samples } = await imported('inspect', await temporaryFile('log.json', text));
  expect(samples.map((row) => ('label' in row ? row.label : null))).toEqual([1, 0, { fit: 1, tone: 0 }]);
});

test('Inspect: a damaged sample of an archive is told by its name, and the others are read', async () => {
  const sample = (id: number, input: unknown = 'Q') =>
    JSON.stringify({ id, epoch: 1, input, output: { completion: `A${id}` } });
  const { samples, errors } = await imported(
    'inspect',
    await archive('log.eval', {
      'samples/1_epoch_1.json': sample(1),
      'samples/2_epoch_1.json': '{"id"',
      'samples/3_epoch_1.json': '[]',
      'samples/4_epoch_1.json': sample(4, []),
      'samples/5_epoch_1.json': sample(5),
      'header.json': '{}',
    }),
  );
  expect(samples.map(({ id }) => id)).toEqual(['1', '5']);
  expect(errors).toEqual([
    expect.stringMatching(/^2_epoch_1\.json: expected JSON, got broken JSON/),
    '3_epoch_1.json: expected a sample, got an empty list',
    '4_epoch_1.json: input: expected text or messages, got an empty list',
  ]);
});

test('Inspect: logs with several scorers and epochs, and rows of data sets', async () => {
  const sample = (id: string | number, epoch: number, scores: object) => ({
    id,
    epoch,
    input: [{ role: 'user', content: [{ type: 'text', text: 'Q' }] }],
    target: ['T', 'U'],
    metadata: { k: 1 },
    output: { model: 'm', choices: [{ message: { role: 'assistant', content: 'A' } }], completion: 'A' },
    scores,
  });
  const log = {
    version: 2,
    eval: { task: 't', config: { epochs: 2 } },
    samples: [
      sample(1, 1, { match: { value: 'C' }, graded: { value: { tone: 0.5, fit: true } } }),
      sample(1, 2, { match: { value: 'I' } }),
      { ...sample(2, 1, {}), output: { choices: [] }, error: { message: 'boom' } },
    ],
  };
  const { samples, errors } = await imported('inspect', await temporaryFile('log.json', JSON.stringify(log)));
  expect(samples).toMatchObject([
    {
      id: '1-epoch-1',
      prompt: [{ role: 'user', content: 'Q' }],
      responses: [{ text: 'A', model: 'm' }],
      reference: 'T',
      label: { match: 1 },
      annotations: [{ annotator: 'match', label: 1 }],
      metadata: { k: 1, inspect: { id: 1, epoch: 1 } },
    },
    { id: '1-epoch-2', label: 0 },
  ]);
  expect(errors).toEqual(['log.json:1: output: sample 2: expected a completion, got an error: boom']);
  const data = await imported(
    'inspect',
    await temporaryFile(
      'data.jsonl',
      jsonLines([
        { id: 'x', input: 'Q', target: 'T', choices: ['a', 'b'], metadata: { k: 1 } },
        { target: 'T' },
      ]),
    ),
  );
  expect(data.samples).toEqual([
    { id: 'x', prompt: 'Q', reference: 'T', metadata: { k: 1, choices: ['a', 'b'] } },
  ]);
  expect(data.errors).toEqual(['data.jsonl:2: input: expected input, got target']);
  await expect(
    collect(importSamples('inspect', await temporaryFile('x.eval', 'no archive'))),
  ).rejects.toThrow('expected a zip file');
});

test('what is imported is what every other verb reads, whole', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 });
  const row = fc.record({
    instruction: text,
    output_1: text,
    output_2: text,
    generator_1: fc.constant('a1'),
    generator_2: fc.constant('b1'),
    annotator: fc.constantFrom('x', 'y'),
    preference: fc.option(fc.double({ min: 1, max: 2, noNaN: true })),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 5 }), async (rows) => {
      const folder = await temporaryFolder();
      await writeFile(join(folder, 'annotations.json'), JSON.stringify(rows));
      const samples = await collect(importSamples('alpaca-eval', join(folder, 'annotations.json')));
      await writeRows(join(folder, 'out.jsonl'), samples);
      expect(await collect(readSamples(join(folder, 'out.jsonl')))).toEqual(samples);
    }),
    { numRuns: 25 },
  );
});

test('a format that is none names the nearest', () => {
  expect(() => exchangeFormat('mtbench')).toThrow(
    "format: expected one of mt-bench, alpaca-eval, arena-hard, judgebench, rewardbench, ultrafeedback, promptfoo, inspect, got 'mtbench'; did you mean 'mt-bench'?",
  );
});
