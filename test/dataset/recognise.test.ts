import { expect, test } from 'vitest';
import { recogniseRow } from '../../src/dataset/recognise.ts';
import { JurorError } from '../../src/errors.ts';
import { Sample } from '../../src/schema.ts';

function recognise(row: Record<string, unknown>) {
  const draft = recogniseRow(row, { file: 'data.jsonl', line: 7 });
  Sample.parse({ ...draft, id: draft.id ?? 'made' });
  return draft;
}

function failure(row: Record<string, unknown>): JurorError {
  try {
    recognise(row);
  } catch (error) {
    if (JurorError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('expected an error');
}

test('one answer, under every alias', () => {
  for (const prompt of ['prompt', 'instruction', 'question', 'input', 'query', 'problem', 'Prompt']) {
    for (const response of ['response', 'output', 'completion', 'answer', 'solution', 'Response']) {
      expect(recognise({ [prompt]: 'P', [response]: 'R' })).toEqual({
        id: undefined,
        prompt: 'P',
        responses: [{ id: 'response', text: 'R' }],
      });
    }
  }
  for (const reference of ['reference', 'reference_answer', 'expected', 'target']) {
    expect(recognise({ prompt: 'P', response: 'R', [reference]: 'T' }).reference).toBe('T');
  }
  for (const label of ['label', 'preference', 'score']) {
    expect(recognise({ prompt: 'P', response: 'R', [label]: 0.25 }).label).toBe(0.25);
  }
});

test('two answers, under every alias', () => {
  const pairs = [
    ['a', 'b'],
    ['response_a', 'response_b'],
    ['response_A', 'response_B'],
    ['output_1', 'output_2'],
    ['response1', 'response2'],
    ['completion_a', 'completion_b'],
  ] as const;
  for (const [first, second] of pairs) {
    expect(recognise({ prompt: 'P', [first]: 'F', [second]: 'S', label: 'b' })).toEqual({
      id: undefined,
      prompt: 'P',
      responses: [
        { id: 'a', text: 'F' },
        { id: 'b', text: 'S' },
      ],
      label: 'b',
    });
  }
});

test('several answers: texts, objects, ids and models of their own', () => {
  expect(recognise({ prompt: 'P', responses: ['x', 'y', 'z'] }).responses.map(({ id }) => id)).toEqual([
    'r1',
    'r2',
    'r3',
  ]);
  expect(recognise({ prompt: 'P', generations: ['x'] }).responses).toEqual([{ id: 'response', text: 'x' }]);
  const draft = recognise({
    prompt: 'P',
    responses: [
      { id: 'left', text: 'x', model: 'm', steps: ['s'], temperature: 0.7, metadata: { seed: 1 } },
      { id: 2, output: 'y' },
    ],
    label: 'm',
  });
  expect(draft.responses).toEqual([
    { id: 'left', text: 'x', model: 'm', steps: ['s'], metadata: { seed: 1, temperature: 0.7 } },
    { id: '2', text: 'y' },
  ]);
  expect(draft.label).toBe('left');
});

test('AlpacaEval outputs and annotations', () => {
  const output = recognise({ instruction: 'I', output: 'O', generator: 'gpt4', dataset: 'helpful_base' });
  expect(output).toEqual({
    id: undefined,
    prompt: 'I',
    responses: [{ id: 'response', text: 'O', model: 'gpt4' }],
    metadata: { dataset: 'helpful_base' },
  });
  const annotation = {
    instruction: 'I',
    output_1: 'x',
    generator_1: 'base',
    output_2: 'y',
    generator_2: 'new',
    annotator: 'weighted',
  };
  expect(recognise({ ...annotation, preference: 2.0 })).toMatchObject({
    responses: [
      { id: 'a', text: 'x', model: 'base' },
      { id: 'b', text: 'y', model: 'new' },
    ],
    label: 'b',
    metadata: { annotator: 'weighted' },
  });
  expect(recognise({ ...annotation, preference: 1.5 }).label).toBe('tie');
  const weighted = recognise({ ...annotation, preference: 1.0002 });
  expect(weighted.label).toBe('a');
  expect(weighted.metadata?.preference).toBe(1.0002);
  expect(recognise({ ...annotation, preference: null }).label).toBeUndefined();
  expect(failure({ ...annotation, preference: 3 }).place.field).toBe('preference');
  expect(recognise({ instruction: 'Translate', input: 'cat', output: 'Katze' }).prompt).toBe(
    'Translate\n\ncat',
  );
  expect(recognise({ instruction: 'Write', input: '', output: 'x' })).toMatchObject({ prompt: 'Write' });
});

test('JudgeBench', () => {
  const row = {
    pair_id: 'd1e2',
    original_id: 9,
    source: 'mmlu-pro',
    question: 'Q',
    response_model: 'gpt-4o',
    response_A: 'x',
    response_B: 'y',
  };
  expect(recognise({ ...row, label: 'B>A' })).toEqual({
    id: 'd1e2',
    prompt: 'Q',
    responses: [
      { id: 'a', text: 'x' },
      { id: 'b', text: 'y' },
    ],
    label: 'b',
    metadata: { original_id: 9, source: 'mmlu-pro', response_model: 'gpt-4o' },
  });
  expect(recognise({ ...row, label: 'A>B' }).label).toBe('a');
  expect(recognise({ ...row, label: 'A=B' }).label).toBe('tie');
});

test('RewardBench 1 and 2', () => {
  const row = {
    prompt: 'P',
    chosen: 'good',
    chosen_model: 'm1',
    rejected: 'bad',
    rejected_model: 'm2',
    subset: 'alpacaeval-easy',
    id: 0,
  };
  expect(recognise(row)).toEqual({
    id: '0',
    prompt: 'P',
    responses: [
      { id: 'chosen', text: 'good' },
      { id: 'rejected', text: 'bad' },
    ],
    label: 'chosen',
    metadata: { chosen_model: 'm1', rejected_model: 'm2', subset: 'alpacaeval-easy' },
  });
  const second = recognise({
    prompt: 'P',
    chosen: ['good'],
    rejected: ['bad', 'worse', 'worst'],
    num_correct: 1,
  });
  expect(second.responses.map(({ id }) => id)).toEqual(['chosen', 'rejected1', 'rejected2', 'rejected3']);
  expect(second.label).toBe('chosen');
  expect(recognise({ prompt: 'P', chosen: ['x', 'y'], rejected: ['z'] }).label).toBeUndefined();
});

test('preferences as conversations: the last turn is the response, the rest the prompt', () => {
  const user = { role: 'user', content: 'Q' };
  const good = { role: 'assistant', content: 'good' };
  const bad = { role: 'assistant', content: 'bad' };
  const draft = recognise({ prompt: 'Q', chosen: [user, good], rejected: [user, bad], score_chosen: 8 });
  expect(draft).toEqual({
    id: undefined,
    prompt: 'Q',
    responses: [
      { id: 'chosen', text: 'good' },
      { id: 'rejected', text: 'bad' },
    ],
    label: 'chosen',
    metadata: { score_chosen: 8 },
  });
  expect(recognise({ chosen: [user, good], rejected: [user, bad] }).prompt).toEqual([user]);
  expect(recognise({ prompt: [user], chosen: [good], rejected: [bad] }).prompt).toEqual([user]);
  const other = recognise({ prompt: 'else', chosen: [user, good], rejected: [user, good] });
  expect(other.prompt).toEqual([user]);
  expect(other.metadata).toEqual({ prompt: 'else' });
  const error = failure({ chosen: [user], rejected: [user, bad] });
  expect(error.message).toBe(
    'data.jsonl:7: chosen: expected the assistant to have the last turn, got "user"',
  );
});

test('conversations that part early become transcripts after what they share', () => {
  const turn = (role: string, content: string) => ({ role, content });
  const draft = recognise({
    question_id: 81,
    model_a: 'x',
    model_b: 'y',
    winner: 'model_b',
    judge: 'author_1',
    conversation_a: [
      turn('user', 'Q1'),
      turn('assistant', 'A1'),
      turn('user', 'Q2'),
      turn('assistant', 'A2'),
    ],
    conversation_b: [
      turn('user', 'Q1'),
      turn('assistant', 'B1'),
      turn('user', 'Q2'),
      turn('assistant', 'B2'),
    ],
    turn: 2,
  });
  expect(draft.prompt).toEqual([{ role: 'user', content: 'Q1' }]);
  expect(draft.label).toBe('b');
  expect(draft.responses[0]).toEqual({
    id: 'a',
    model: 'x',
    text: '### Assistant:\nA1\n\n### User:\nQ2\n\n### Assistant:\nA2',
  });
  expect(draft.metadata).toEqual({ question_id: 81, judge: 'author_1', turn: 2 });
});

test('the first turn of an MT-Bench judgment leaves the second in the metadata', () => {
  const turn = (role: string, content: string) => ({ role, content });
  const a = [turn('user', 'Q1'), turn('assistant', 'A1'), turn('user', 'Q2'), turn('assistant', 'A2')];
  const b = [turn('user', 'Q1'), turn('assistant', 'B1'), turn('user', 'Q2'), turn('assistant', 'B2')];
  const draft = recognise({ conversation_a: a, conversation_b: b, winner: 'tie', turn: 1 });
  expect(draft.responses.map(({ text }) => text)).toEqual(['A1', 'B1']);
  expect(draft.label).toBe('tie');
  expect(draft.metadata).toEqual({ conversation_a: a, conversation_b: b, turn: 1 });
});

test('UltraFeedback and distilabel', () => {
  const completion = (model: string, response: string, overall_score: number) => ({
    model,
    response,
    overall_score,
    critique: 'c',
    annotations: { honesty: { Rating: '5' } },
  });
  const draft = recognise({
    source: 'evol_instruct',
    instruction: 'I',
    models: ['m1', 'm2'],
    completions: [completion('m1', 'x', 6), completion('m2', 'y', 8.5)],
    correct_answers: ['None'],
  });
  expect(draft.responses[1]).toEqual({
    id: 'r2',
    text: 'y',
    model: 'm2',
    metadata: { overall_score: 8.5, critique: 'c', annotations: { honesty: { Rating: '5' } } },
  });
  expect(draft.label).toBe('r2');
  expect(draft.metadata).toEqual({
    source: 'evol_instruct',
    models: ['m1', 'm2'],
    correct_answers: ['None'],
  });
  const rated = recognise({
    instruction: 'I',
    generations: ['x', 'y', 'z'],
    ratings: [5, 5, 1],
    rationales: ['', '', ''],
  });
  expect(rated.label).toBeUndefined();
  expect(rated.responses.map(({ metadata }) => metadata)).toEqual([
    { rating: 5 },
    { rating: 5 },
    { rating: 1 },
  ]);
  expect(recognise({ instruction: 'I', generations: ['x', 'y'], ratings: [3, 3] }).label).toBe('tie');
  expect(failure({ instruction: 'I', generations: ['x', 'y'], ratings: [3] }).place.field).toBe('ratings');
});

test('solutions in steps, with a verdict on the whole where there is one', () => {
  expect(recognise({ problem: 'P', steps: ['s1', 's2'], firstError: 1 })).toEqual({
    id: undefined,
    prompt: 'P',
    responses: [{ id: 'response', text: 's1\ns2', steps: ['s1', 's2'] }],
    label: { steps: [1, 0] },
  });
  const trl = recognise({ prompt: 'P', completions: ['s1', 's2'], labels: [true, false] });
  expect(trl.responses[0]?.steps).toEqual(['s1', 's2']);
  expect(trl.label).toEqual({ steps: [1, 0] });
  expect(trl.metadata).toBeUndefined();
  const marked = recognise({ problem: 'P', steps: [{ text: 's1', rating: 1 }], correct: false });
  expect(marked.responses[0]?.steps).toEqual(['s1']);
  expect(marked.label).toBe(0);
  expect(marked.metadata).toEqual({ steps: [{ text: 's1', rating: 1 }] });
});

test('outcomes, scores by criterion, conversations and attacks', () => {
  expect(recognise({ problem: 'P', solution: 'S', reference: 'T', correct: true })).toMatchObject({
    label: 1,
    reference: 'T',
  });
  expect(
    recognise({ prompt: 'P', response: 'R', scores: { overall: 26.3, selection: 4 }, min: 0, max: 100 }),
  ).toMatchObject({
    label: { overall: 26.3, selection: 4 },
    metadata: { min: 0, max: 100 },
  });
  const messages = [
    { role: 'system', content: 'S' },
    { role: 'human', content: 'Q' },
    { role: 'assistant', content: 'A' },
  ];
  expect(recognise({ messages, label: true })).toMatchObject({
    prompt: [
      { role: 'system', content: 'S' },
      { role: 'user', content: 'Q' },
    ],
    responses: [{ id: 'response', text: 'A' }],
    label: 1,
  });
  expect(recognise({ family: 'master-key', target: 'pointwise', placement: 'replace', text: ':' })).toEqual({
    id: undefined,
    prompt: '',
    responses: [{ id: 'response', text: ':' }],
    metadata: { family: 'master-key', target: 'pointwise', placement: 'replace' },
  });
});

test('nothing is lost: what has no place in a sample is metadata', () => {
  const draft = recognise({
    id: 12,
    prompt: 'P',
    question: 'second prompt',
    response: 'R',
    rubric: 'text',
    meta: { a: 1 },
    metadata: { own: true },
    nothing: null,
  });
  expect(draft.id).toBe('12');
  expect(draft.metadata).toEqual({
    own: true,
    question: 'second prompt',
    rubric: 'text',
    meta: { a: 1 },
    nothing: null,
  });
  expect(recognise({ prompt: 'P', response: 'R', x: 1, metadata: { x: 2 } }).metadata).toEqual({
    x: 1,
    metadata: { x: 2 },
  });
  expect(recognise({ prompt: 'P', response: '', reference: '' })).toEqual({
    id: undefined,
    prompt: 'P',
    responses: [{ id: 'response', text: '' }],
  });
});

test('a __proto__ field is data, and pollutes nothing', () => {
  const row = JSON.parse(
    '{"prompt":"P","response":"R","__proto__":{"polluted":1},"meta":{"__proto__":{"polluted":2}}}',
  );
  const draft = recognise(row);
  expect(Object.keys(draft.metadata ?? {})).toEqual(['__proto__', 'meta']);
  expect(JSON.stringify(draft.metadata)).toBe(
    '{"__proto__":{"polluted":1},"meta":{"__proto__":{"polluted":2}}}',
  );
  expect(Object.getPrototypeOf(draft.metadata)).toBe(Object.prototype);
  expect('polluted' in {}).toBe(false);
  expect(failure(JSON.parse('{"prompt":"P","response":"R","scores":{"__proto__":1}}')).place.field).toBe(
    'scores.__proto__',
  );
  expect(failure(JSON.parse('{"__proto__":{"prompt":"P","response":"R"}}')).code).toBe('data');
});

test.each<[string, Record<string, unknown>, string]>([
  [
    'no fields',
    {},
    'data.jsonl:7: prompt: expected a prompt (prompt, instruction, question, input, query) and a response',
  ],
  ['a slip', { promt: 'P', response: 'R' }, 'prompt: expected one of prompt, instruction'],
  [
    'a slip in the response',
    { prompt: 'P', respnse: 'R' },
    'got prompt, respnse; did you mean "response" by "respnse"?',
  ],
  ['half a pair', { prompt: 'P', chosen: 'x' }, 'rejected: expected a second response beside "chosen"'],
  ['a question alone', { question_id: 1, turns: ['q'] }, 'got an MT-Bench question without model_answer/'],
  [
    'a number for a prompt list',
    { prompt: [1], response: 'R' },
    'prompt: expected text or a list of {role, content}, got a list',
  ],
  [
    'an unknown role',
    { prompt: [{ role: 'usr', content: 'x' }], response: 'R' },
    'prompt.0.role: expected system, user or assistant, got "usr"; did you mean "user"?',
  ],
  [
    'content that is no text',
    { prompt: [{ role: 'user', content: 5 }], response: 'R' },
    'prompt.0.content: expected text, got number 5',
  ],
  ['an object for a response', { prompt: 'P', response: { x: 1 } }, 'response: expected text, got an object'],
  [
    'no responses in a list',
    { prompt: 'P', responses: [] },
    'responses: expected a list of responses, got an empty list',
  ],
  [
    'a response without text',
    { prompt: 'P', responses: [{ id: 'x' }] },
    'responses.0.text: expected text, got none',
  ],
  [
    'an id twice',
    {
      prompt: 'P',
      responses: [
        { id: 'x', text: '' },
        { id: 'x', text: '' },
      ],
    },
    'responses.1.id: expected an id of its own, got "x" again',
  ],
  [
    'a response named tie',
    { prompt: 'P', responses: [{ id: 'tie', text: '' }] },
    'expected another id than "tie"',
  ],
  [
    'a word for a score',
    { prompt: 'P', response: 'R', score: 'high' },
    'score: expected a number, got "high"',
  ],
  [
    'a word in scores',
    { prompt: 'P', response: 'R', scores: { x: 'high' } },
    'scores.x: expected a number, got "high"',
  ],
  [
    'a word for correct',
    { prompt: 'P', response: 'R', correct: 'maybe' },
    'correct: expected true or false, got "maybe"',
  ],
  [
    'a list for a label',
    { prompt: 'P', response: 'R', label: [1] },
    'label: expected a number, true, false, a choice',
  ],
  [
    'an object for a reference',
    { prompt: 'P', response: 'R', reference: {} },
    'reference: expected text, got an object',
  ],
  [
    'an id that JSON rounds',
    { id: 2 ** 60, prompt: 'P', response: 'R' },
    'id: expected text of 1 to 256 characters or an integer',
  ],
  [
    'a long id',
    { id: 'x'.repeat(257), prompt: 'P', response: 'R' },
    'id: expected text of 1 to 256 characters',
  ],
  ['steps that are no list', { prompt: 'P', steps: 'one' }, 'steps: expected a list of steps, got "one"'],
])('refuses %s, naming the place', (_, row, message) => {
  const error = failure(row);
  expect(error.code).toBe('data');
  expect(error.place).toMatchObject({ file: 'data.jsonl', line: 7 });
  expect(error.message).toContain(message);
});

test('a line that is not cut at its separators says so', () => {
  for (const row of [{ 'id;prompt;response': 'a;b;c' }, { 'id\tprompt': 'a\tb' }])
    expect(failure(row).message).toContain('columns are separated by commas');
});
