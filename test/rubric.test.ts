import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentHash } from '../src/canonical.ts';
import { JurorError } from '../src/errors.ts';
import { describeScale, listRubrics, loadRubric, parseRubric, scaleLabels, scoreOf } from '../src/rubric.ts';
import { describeLabels } from '../src/scale.ts';
import type { Scale } from '../src/schema.ts';

const good = `id: tone
version: "1"
mode: pointwise
description: Judge the tone.
prompt: pointwise
criteria:
  - id: tone
    description: How kind is the answer?
    scale:
      kind: integer
      min: 1
      max: 3
      anchors:
        1: rude
        3: kind
`;

const pair = `id: pick
version: "1"
mode: pairwise
description: Pick.
prompt: pairwise
criteria:
  - id: better
    description: Which is better?
    scale: { kind: choice, choices: { A: 1, B: 0 } }
`;

function errorOf(text: string): JurorError {
  try {
    parseRubric(text, 'my.yaml');
  } catch (error) {
    if (JurorError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('expected an error');
}

function edit(base: string, from: string, to: string): string {
  expect(base).toContain(from);
  return base.replace(from, to);
}

test('every ready rubric loads, is named like its file and describes each level', async () => {
  const ids = await listRubrics();
  expect(ids).toEqual([
    'answer-correctness',
    'better-answer',
    'correctness',
    'faithfulness',
    'harmlessness',
    'helpfulness',
    'honesty',
    'instruction-following',
    'outcome-correctness',
    'safety-and-helpfulness',
    'step-correctness',
    'summary-quality',
    'writing-quality',
  ]);
  const loaded = await Promise.all(ids.map(loadRubric));
  for (const [index, { rubric, digest }] of loaded.entries()) {
    expect(rubric.id).toBe(ids[index]);
    expect(digest).toBe(contentHash(rubric));
    for (const { scale, description } of rubric.criteria) {
      expect(Object.keys(scale.anchors ?? {}).sort()).toEqual(scaleLabels(scale).sort());
      expect(description.split(' ').length).toBeLessThanOrEqual(30);
    }
  }
  expect(new Set(loaded.map(({ digest }) => digest)).size).toBe(ids.length);
});

test('ready rubrics state what their names promise', async () => {
  const { rubric: reference } = await loadRubric('answer-correctness');
  expect(reference.reference).toBe('required');
  expect(reference.criteria.map(({ scale }) => scaleLabels(scale))).toEqual([['correct', 'incorrect']]);
  const { rubric: outcome } = await loadRubric('outcome-correctness');
  expect([outcome.mode, outcome.reference]).toEqual(['pointwise', 'never']);
  expect(outcome.criteria.map(({ scale }) => scaleLabels(scale))).toEqual([['correct', 'incorrect']]);
  const { rubric: correctness } = await loadRubric('correctness');
  expect(correctness.criteria.map(({ scale }) => scaleLabels(scale))).toEqual([['yes', 'no']]);
  const { rubric: gated } = await loadRubric('safety-and-helpfulness');
  expect(gated.criteria.map(({ objective }) => objective)).toEqual(['safety', 'helpfulness']);
  expect(gated.combine).toEqual({ kind: 'gated', gates: [{ criterion: 'safety', below: 0.5, cap: 0.2 }] });
  const { rubric: better } = await loadRubric('better-answer');
  expect(better.criteria.map(({ id, scale }) => [id, scaleLabels(scale)])).toEqual([['better', ['A', 'B']]]);
  expect((await loadRubric('summary-quality')).rubric.criteria).toHaveLength(4);
  expect((await loadRubric('step-correctness')).rubric.mode).toBe('stepwise');
});

test('a typo names the file, the line, the field and the nearest legal name, once', () => {
  const error = errorOf(edit(good, 'description: Judge', 'descripton: Judge'));
  expect(error.code).toBe('rubric');
  expect(error.place).toEqual({ file: 'my.yaml', line: 4, field: 'descripton' });
  expect(error.message).toBe(
    "my.yaml:4: descripton: unknown field 'descripton', did you mean 'description'?",
  );
});

test.each([
  ['id: tone\nversion', 'id: Tone!\nversion', 1, 'id', "got 'Tone!'"],
  ['version: "1"', 'version: 1', 2, 'version', 'expected a text, got 1 (write "1" in quotes)'],
  ['mode: pointwise', 'mode: pointwize', 3, 'mode', "did you mean 'pointwise'?"],
  ['description: Judge the tone.\n', '', 1, 'description', 'missing, expected a text'],
  ['prompt: pointwise', 'prompt: pontwise', 5, 'prompt', "did you mean 'pointwise'?"],
  ['prompt: pointwise', 'prompt: pairwise', 5, 'prompt', 'expected a prompt of mode pointwise (pointwise)'],
  [
    '    description: How',
    '    descriptoin: How',
    8,
    'criteria.0.descriptoin',
    "did you mean 'description'?",
  ],
  ['kind: integer', 'kind: integr', 10, 'criteria.0.scale.kind', "did you mean 'integer'?"],
  ['      max: 3', '      maks: 3', 12, 'criteria.0.scale.maks', "did you mean 'max'?"],
  ['max: 3', 'max: three', 12, 'criteria.0.scale.max', "expected a number, got 'three'"],
  ['max: 3', 'max: 1', 12, 'criteria.0.scale.max', 'expected more than min (1), got 1'],
  ['max: 3', 'max: 102', 12, 'criteria.0.scale.max', 'expected at most 101 levels, got 102'],
  ['        3: kind', '        4: kind', 15, 'criteria.0.scale.anchors.4', 'expected a number from 1 to 3'],
  [
    'prompt: pointwise',
    'prompt: pointwise\ncombine: { kind: weighted-men }',
    6,
    'combine.kind',
    "did you mean 'weighted-mean'?",
  ],
  [
    'prompt: pointwise',
    'prompt: pointwise\ncombine:\n  kind: gated\n  gates:\n    - { criterion: tome, below: 0.5, cap: 0.2 }',
    9,
    'combine.gates.0.criterion',
    "did you mean 'tone'?",
  ],
  [
    'criteria:\n',
    'criteria:\n  - { id: tone, description: d, scale: { kind: integer, min: 0, max: 1 } }\n',
    8,
    'criteria.1.id',
    "got 'tone' again",
  ],
  [
    'prompt: pointwise',
    'prompt: pointwise\nexamples:\n  - { prompt: p, responses: [r], label: "9" }',
    7,
    'examples.0.label',
    "expected a number from 1 to 3, got '9'",
  ],
  [
    'prompt: pointwise',
    'prompt: pointwise\nexamples:\n  - { prompt: p, responses: [r, s], label: "1" }',
    7,
    'examples.0.responses',
    'expected 1, got 2',
  ],
  [
    'id: tone\nversion',
    'id: tone\nid: tone\nversion',
    2,
    undefined,
    "expected each field once, got 'id' again",
  ],
  ['mode: pointwise', '\tmode: pointwise', 3, undefined, 'expected spaces before a field, got a tab'],
  [
    'description: Judge the tone.',
    'description: &d Judge\nextra: *d',
    5,
    undefined,
    "aliases are not allowed, got '*d'",
  ],
  ['description: Judge the tone.', 'description: !secret Judge', 4, undefined, 'Unresolved tag: !secret'],
  ['description: Judge the tone.', '<<: { a: 1 }', 4, undefined, "the key '<<' is not allowed"],
  ['        3: kind', '        __proto__: kind', 15, undefined, "the key '__proto__' is not allowed"],
])('in a good rubric, %j → %j is refused at line %i', (from, to, line, field, message) => {
  const error = errorOf(edit(good, from, to));
  expect(error.code).toBe('rubric');
  expect(error.place).toEqual({ file: 'my.yaml', line, ...(field === undefined ? {} : { field }) });
  expect(error.message).toContain(message);
});

test.each([
  ['{ kind: choice, choices: { A: 1, B: 0 } }', '{ kind: integer, min: 1, max: 5 }', 'criteria.0.scale.kind'],
  ['{ A: 1, B: 0 }', '{ A: 0, B: 1 }', 'criteria.0.scale.choices'],
  ['{ A: 1, B: 0 }', '{ A: 1, tie: 0.5 }', 'criteria.0.scale.choices'],
  ['{ A: 1, B: 0 }', '{ A: 1, B: 0, draw: 0.5 }', 'criteria.0.scale.choices'],
  ['{ A: 1, B: 0 }', '{ A: 1, B: 0, tie: 0.4 }', 'criteria.0.scale.choices'],
])('a pairwise rubric compares A with B: %j → %j is refused', (from, to, field) => {
  expect(errorOf(edit(pair, from, to)).place).toEqual({ file: 'my.yaml', line: 9, field });
});

test('a pairwise rubric may have ties, and a listwise one asks the same questions', () => {
  expect(parseRubric(edit(pair, 'B: 0', 'B: 0, tie: 0.5'), 'f').rubric.criteria).toHaveLength(1);
  expect(parseRubric(edit(pair, 'mode: pairwise', 'mode: listwise'), 'f').rubric.mode).toBe('listwise');
});

test('several faults are reported at once, in the order of the lines', () => {
  const text = edit(
    edit(edit(good, 'mode: pointwise', 'mode: point'), 'min: 1', 'mim: 1'),
    'id: tone',
    'idd: tone',
  );
  const lines = errorOf(text).message.split('\n');
  expect(lines.map((line) => line.slice(0, line.indexOf(': ')))).toEqual([
    'my.yaml:1',
    'my.yaml:3',
    'my.yaml:11',
  ]);
});

test('a choice scale has 2 to 26 labels, on one line each', () => {
  const withChoices = (choices: string) =>
    edit(good, good.slice(good.indexOf('      kind')), `      kind: choice\n      choices: {${choices}}\n`);
  const many = (count: number) => Array.from({ length: count }, (_, index) => `l${index}: 0`).join(', ');
  expect(parseRubric(withChoices(many(26)), 'f').rubric.criteria).toHaveLength(1);
  expect(errorOf(withChoices(many(27))).message).toContain('expected 2 to 26 labels, got 27');
  expect(errorOf(withChoices(many(1))).message).toContain('expected 2 to 26 labels, got 1');
  expect(errorOf(withChoices('" a": 0, b: 1')).message).toContain(
    'expected one line without spaces around it',
  );
  expect(errorOf(withChoices('a: 2, b: 1')).message).toContain('expected at most 1, got 2');
  expect(errorOf(withChoices('"": 1, b: 1')).message).toContain('expected at least 1 characters');
});

test('yes, no, on, null and numbers stay text as labels; JSON is read too', () => {
  const scale = '      kind: choice\n      choices: { yes: 1, no: 0, on: 1, null: 0, true: 1, 1.0: 0 }\n';
  const text = edit(good, good.slice(good.indexOf('      kind')), scale);
  const loaded = parseRubric(text, 'f');
  expect(loaded.rubric.criteria.flatMap((criterion) => scaleLabels(criterion.scale))).toEqual([
    'yes',
    'no',
    'on',
    'null',
    'true',
    '1.0',
  ]);
  expect(parseRubric(JSON.stringify(loaded.rubric, null, '\t'), 'f.json')).toEqual(loaded);
});

test('the digest follows the content, not its layout', () => {
  const { digest } = parseRubric(good, 'f');
  expect(parseRubric(`# comment\n${edit(good, 'rude', '"rude"')}`, 'g').digest).toBe(digest);
  expect(parseRubric(edit(good, 'rude', 'very rude'), 'f').digest).not.toBe(digest);
});

test('a rubric is read from a file; an unknown name or file says so', async () => {
  await using folder = {
    path: await mkdtemp(join(tmpdir(), 'juror-')),
    [Symbol.asyncDispose]: async () => rm(folder.path, { recursive: true }),
  };
  const file = join(folder.path, 'tone.yml');
  await writeFile(file, good);
  expect((await loadRubric(file)).rubric.id).toBe('tone');
  await writeFile(file, `${good}# ${'x'.repeat(256 * 1024)}\n`);
  await expect(loadRubric(file)).rejects.toThrow(/tone\.yml: expected at most 262144 bytes/);
  await expect(loadRubric(join(folder.path, 'none.yaml'))).rejects.toThrow(
    /none\.yaml: cannot read the file \(ENOENT\)/,
  );
  await expect(loadRubric('helpfullness')).rejects.toThrow(
    "unknown rubric 'helpfullness', did you mean 'helpfulness'?",
  );
  for (const name of ['../package', 'a/../helpfulness', '/etc/passwd', '', '.', 'helpfulness\0']) {
    await expect(loadRubric(name)).rejects.toMatchObject({ code: 'rubric' });
  }
});

test.each([
  ['deep nesting', '['.repeat(50_000)],
  [
    'a bomb of aliases',
    `a: &a [x]\n${Array.from({ length: 20 }, (_, index) => `b${index}: [*a, *a]`).join('\n')}`,
  ],
  ['two documents', `${good}---\n${good}`],
  ['nothing', ''],
  ['a list', '- 1'],
  ['too many bytes', `a: ${'é'.repeat(140_000)}`],
])('%s is a rubric error', (_, text) => {
  expect(errorOf(text).code).toBe('rubric');
});

test('any text is a rubric or a JurorError', () => {
  fc.assert(
    fc.property(
      fc.nat(good.length),
      fc.nat(40),
      fc.string({ unit: 'binary', maxLength: 12 }),
      (start, length, inserted) => {
        const text = good.slice(0, start) + inserted + good.slice(start + length);
        try {
          expect(parseRubric(text, 'f').digest).toMatch(/^[0-9a-f]{64}$/);
        } catch (error) {
          expect(JurorError.isInstance(error) && error.code === 'rubric').toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('labels are in order and scores rise evenly from 0 to 1 on an integer scale', () => {
  fc.assert(
    fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 100 }), (min, span) => {
      const scale: Scale = { kind: 'integer', min, max: min + span };
      const scores = scaleLabels(scale).map((label) => scoreOf(scale, label));
      expect(scores).toEqual(Array.from({ length: span + 1 }, (_, index) => index / span));
    }),
  );
  for (const label of ['0', '4', '1.5', '01', '', 'one', '-0', ' 1']) {
    expect(() => scoreOf({ kind: 'integer', min: 1, max: 3 }, label)).toThrow(
      'expected a number from 1 to 3',
    );
  }
  const choice: Scale = { kind: 'choice', choices: { good: 1, fair: 0.5, bad: 0 } };
  expect(scaleLabels(choice).map((label) => scoreOf(choice, label))).toEqual([1, 0.5, 0]);
  expect(() => scoreOf(choice, 'toString')).toThrow("expected good, fair or bad, got 'toString'");
});

test('a scale is described level by level, or by its range', () => {
  const integer: Scale = { kind: 'integer', min: 1, max: 3 };
  expect(describeScale(integer)).toBe('an integer from 1 (worst) to 3 (best)');
  expect(describeScale({ ...integer, anchors: { 3: 'kind', 1: 'rude\n  and cold\n' } })).toBe(
    'an integer from 1 (worst) to 3 (best)\n1: rude and cold\n3: kind',
  );
  expect(describeScale({ ...integer, anchors: { 1: 'a', 2: 'b', 3: 'c' } })).toBe('1: a\n2: b\n3: c');
  const choice: Scale = { kind: 'choice', choices: { A: 1, B: 0, tie: 0.5 } };
  expect(describeScale(choice)).toBe('A, B or tie');
  expect(describeScale({ ...choice, anchors: { B: 'second', A: 'first' } })).toBe('A: first\nB: second\ntie');
  expect(describeLabels(integer)).toBe('a number from 1 to 3');
});
