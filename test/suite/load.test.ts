import { expect, test } from 'vitest';
import type { SuiteInput } from '../../src/schema.ts';
import { loadSuite } from '../../src/suite/load.ts';
import { answersData, plain, suiteFolder } from './support.ts';

const yaml = `name: plain
data:
  - id: answers
    file: answers.jsonl
    rubrics: [helpfulness]
  - id: pairs
    file: pairs.jsonl
    rubrics: [better-answer]
rubrics: [helpfulness, better-answer]
judges:
  - id: small
slices: [language, group]
gates:
  - id: help
    kind: figure
    measure: score
    rubric: helpfulness
    min: 0.5
`;

/** What is said of the suite in YAML with some text replaced, without the folder. */
async function faultsOf(replaced: string, by: string): Promise<string[]> {
  await using at = await suiteFolder({ rows: 1 });
  expect(yaml).toContain(replaced);
  await at.write('suite.yaml', yaml.replace(replaced, by));
  const message = await loadSuite(at.at('suite.yaml')).then(
    () => 'none',
    ({ message }: Error) => message,
  );
  return message.replaceAll(`${at.path}/`, '').split('\n');
}

test.for([
  ['slices:', 'slicez:', "suite.yaml:12: slicez: unknown field 'slicez', did you mean 'slices'?"],
  [
    'measure: score',
    'measure: scor',
    "suite.yaml:16: gates.0.measure: expected one of score, pass-rate, win-rate, agreement, kappa, flip-rate, got 'scor', did you mean 'score'?",
  ],
  [
    'kind: figure',
    'kind: figur',
    "suite.yaml:15: gates.0.kind: expected one of figure, comparison, regressions, card, got 'figur', did you mean 'figure'?",
  ],
  [
    'id: pairs',
    'id: answers',
    "suite.yaml:6: data.1.id: expected an id of its own, got 'answers' as in data.0",
  ],
  [
    'file: answers.jsonl',
    'file: answer.jsonl',
    "suite.yaml:4: data.0.file: expected a data file, got none at answer.jsonl, did you mean 'answers.jsonl'?",
  ],
  [
    'rubrics: [helpfulness]',
    'rubrics: [helpfulnes]',
    "suite.yaml:5: data.0.rubrics.0: expected a rubric of the suite (helpfulness, better-answer), got 'helpfulnes', did you mean 'helpfulness'?",
  ],
  [
    'rubrics: [helpfulness, better-answer]',
    'rubrics: [helpfulness, better-answer, honesty]',
    "suite.yaml:9: rubrics.2: no data are judged under 'honesty'",
  ],
  [
    'rubrics: [helpfulness, better-answer]',
    'rubrics: [helpfulness, better-answer, helpfulness]',
    "suite.yaml:9: rubrics.2: expected each rubric once, got 'helpfulness' twice",
  ],
  [
    'rubrics: [helpfulness, better-answer]',
    'rubrics: [helpfulness, better-answer, mine.yaml]',
    "suite.yaml:9: rubrics.2: expected a rubric file, got none at mine.yaml, did you mean 'suite.yaml'?",
  ],
  [
    '- id: small',
    '- { id: small, baseUrl: "http://localhost:8000" }',
    'suite.yaml:11: judges.0.baseUrl: expected a model named provider:model with it, got none',
  ],
  [
    '- id: small',
    '- { id: small, replay: said.jsonl }',
    "suite.yaml:11: judges.0.replay: expected a recording file, got none at said.jsonl, did you mean 'pairs.jsonl'?",
  ],
  ['slices:', 'panel: {}\nslices:', 'suite.yaml:12: panel: expected two engines or more, got 1'],
  [
    '- id: small',
    '- id: small\n  - id: large\npanel: { reducer: worst }',
    "suite.yaml:13: panel: expected mean, median or majority for the pairwise rubric 'better-answer', got 'worst', which would favour the answer named second",
  ],
  [
    '- id: small',
    '- id: small\n  - id: panel\npanel: {}',
    "suite.yaml:12: judges.1.id: expected another name, 'panel' is all judges together",
  ],
  ['slices:', 'escalate: true\nslices:', 'suite.yaml:12: escalate: expected two engines or more, got 1'],
  [
    'slices:',
    'abstain: [flippd]\nslices:',
    "suite.yaml:12: abstain.0: expected flipped, content-free, or band, center or disagreement with a bound from 0 to 1 such as band:0.1, got 'flippd', did you mean 'flipped'?",
  ],
  [
    'slices:',
    'protocol: { samples: 3 }\nslices:',
    "suite.yaml:12: protocol.samples: expected 1 with critique 'none', where every sample would be the same, got 3",
  ],
  [
    'slices:',
    'protocol: { critiqe: brief }\nslices:',
    "suite.yaml:12: protocol.critiqe: unknown field 'critiqe', did you mean 'critique'?",
  ],
  [
    'slices: [language, group]',
    'slices: [group, group]',
    "suite.yaml:12: slices.1: expected each once, got 'group' twice",
  ],
  [
    'rubric: helpfulness',
    'rubric: helpfulnes',
    "suite.yaml:17: gates.0.rubric: expected a rubric of the suite (helpfulness, better-answer), got 'helpfulnes', did you mean 'helpfulness'?",
  ],
  [
    'rubric: helpfulness',
    'data: answer',
    "suite.yaml:17: gates.0.data: expected data of the suite (answers, pairs), got 'answer', did you mean 'answers'?",
  ],
  [
    'rubric: helpfulness',
    'judge: smal',
    "suite.yaml:17: gates.0.judge: expected a judge of the suite (small), got 'smal', did you mean 'small'?",
  ],
  [
    'rubric: helpfulness',
    'data: pairs\n    rubric: helpfulness',
    "suite.yaml:18: gates.0.rubric: data 'pairs' are not judged under 'helpfulness'",
  ],
  [
    'rubric: helpfulness',
    'criterion: helpfulnes',
    "suite.yaml:17: gates.0.criterion: expected a criterion of the rubrics (helpfulness), got 'helpfulnes', did you mean 'helpfulness'?",
  ],
  [
    'rubric: helpfulness',
    'objective: safety',
    "suite.yaml:17: gates.0.objective: expected an objective of the rubrics (helpfulness), got 'safety'",
  ],
  [
    'rubric: helpfulness',
    'slice: { langauge: de }',
    "suite.yaml:17: gates.0.slice.langauge: expected a slice of the suite (language, group), got 'langauge', did you mean 'language'?",
  ],
  [
    'rubric: helpfulness',
    'each: languages',
    "suite.yaml:17: gates.0.each: expected a slice of the suite (language, group), got 'languages', did you mean 'language'?",
  ],
  [
    'rubric: helpfulness',
    'each: group\n    slice: { group: a }',
    "suite.yaml:17: gates.0.each: expected another slice than 'slice' has, got 'group' in both",
  ],
  ['    min: 0.5\n', '', 'suite.yaml:14: gates.0: expected min or max, got neither'],
  [
    'min: 0.5',
    'min: 80',
    'suite.yaml:18: gates.0.min: expected a number from 0 to 1 for score, got 80; write 0.8 for 80 %',
  ],
  ['min: 0.5', 'min: 0.5\n    max: 0.4', 'suite.yaml:18: gates.0.min: expected at most max, 0.4, got 0.5'],
  [
    'min: 0.5',
    'min: 0.5\n    pass: 0.5',
    'suite.yaml:19: gates.0.pass: expected it with measure pass-rate, agreement, kappa only, got score',
  ],
  [
    'min: 0.5',
    'min: 0.5\n    model: mine',
    'suite.yaml:19: gates.0.model: expected it with measure win-rate only, got score',
  ],
  [
    'measure: score',
    'measure: win-rate',
    "suite.yaml:16: gates.0.measure: win-rate: expected a pairwise rubric, got 'helpfulness' of mode pointwise",
  ],
  [
    'kind: figure',
    'kind: comparison\n    against: main',
    "suite.yaml:16: gates.0.against: expected one of the suite's 'baselines', or 'baseline' for the folder of --baseline (baseline), got 'main'",
  ],
  [
    '- id: help',
    '- { id: card, kind: card, judge: larg, file: answers.jsonl }\n  - id: help',
    "suite.yaml:14: gates.0.judge: expected a judge of the suite (small), got 'larg'",
  ],
] as const)('%s → %s', async ([replaced, by, expected]) => {
  expect(await faultsOf(replaced, by)).toEqual([expected]);
});

test('all faults are told at once, in the order of their lines', async () => {
  const faults = await faultsOf(
    '    min: 0.5\n',
    '  - { id: help, kind: regressions, against: mian, drop: 0.1 }\nbaselines: { main: kept }\n',
  );
  expect(faults).toEqual([
    'suite.yaml:14: gates.0: expected min or max, got neither',
    "suite.yaml:18: gates.1.id: expected an id of its own, got 'help' as in gates.0",
    "suite.yaml:18: gates.1.against: expected one of the suite's 'baselines', or 'baseline' for the folder of --baseline (main, baseline), got 'mian', did you mean 'main'?",
  ]);
});

test('names whose run folders would meet are refused', async () => {
  await using at = await suiteFolder({ rows: 1 });
  const data = (...ids: string[]) => ids.map((id) => ({ ...answersData, id }));
  const suite = { ...plain, rubrics: ['helpfulness'] };
  await expect(
    at.load({ ...suite, data: data('a.b', 'a'), judges: [{ id: 'c' }, { id: 'b.c' }] }),
  ).rejects.toThrow('data.1.id: expected names whose run folders differ, got a.b.c twice');
  await expect(at.load({ ...suite, data: data('suite'), judges: [{ id: 'json' }] })).rejects.toThrow(
    'expected a name whose run folder is not a file of the result, got suite.json',
  );
});

test('the digest is of content: notes for editors and the place of the file do not count, rubrics and the seed do', async () => {
  await using at = await suiteFolder({ rows: 1 });
  const rubric = (description: string) =>
    `id: mine\nversion: "1"\nmode: pointwise\ndescription: ${description}\nprompt: pointwise\ncriteria: [{ id: one, description: Is it?, scale: { kind: integer, min: 1, max: 5 } }]\n`;
  await at.write('mine.yaml', rubric('Judge it.'));
  const suite: SuiteInput = {
    ...plain,
    data: [{ id: 'answers', file: 'answers.jsonl' }],
    rubrics: ['mine.yaml'],
  };
  const { digest, files } = await at.load(suite);
  expect(files).toEqual(['suite.json', 'answers.jsonl', 'mine.yaml'].map(at.at));
  expect((await at.load({ $schema: './suite.schema.json', ...suite })).digest).toBe(digest);
  expect((await loadSuite(at.at('suite.json'), { seed: 1 })).digest).not.toBe(digest);
  await at.write('mine.yaml', rubric('Judge it well.'));
  expect((await at.load(suite)).digest).not.toBe(digest);
  await at.write('mine.yaml', rubric('Judge it well.').replace('version', 'verson'));
  await expect(at.load(suite)).rejects.toThrow(
    `${at.at('mine.yaml')}:2: verson: unknown field 'verson', did you mean 'version'?`,
  );
});

test('modules export a suite by default or by name, and are checked alike', async () => {
  await using at = await suiteFolder({ rows: 1 });
  const { digest } = await at.load();
  const written = JSON.stringify(plain);
  await at.write('default.ts', `const suite: object = ${written};\nexport default suite;\n`);
  await at.write('named.mjs', `export const suite = ${written};\n`);
  expect((await loadSuite(at.at('default.ts'))).digest).toBe(digest);
  expect((await loadSuite(at.at('named.mjs'))).digest).toBe(digest);
  await at.write('none.mjs', 'export const suit = 1;\n');
  await expect(loadSuite(at.at('none.mjs'))).rejects.toThrow(
    'expected an export named default or suite, got suit',
  );
  await at.write('faulty.mjs', `export default { ...${written}, slicez: [], judges: [{ id: 'S' }] };\n`);
  await expect(loadSuite(at.at('faulty.mjs'))).rejects.toThrow(
    "faulty.mjs: slicez: unknown field 'slicez', did you mean 'slices'?",
  );
  await at.write('throws.mjs', "throw new Error('no topics');\n");
  await expect(loadSuite(at.at('throws.mjs'))).rejects.toThrow('throws.mjs: cannot be imported: no topics');
});

test('files that are no suites are refused by name', async () => {
  await using at = await suiteFolder({ rows: 1 });
  await at.write('suite.yaml', yaml);
  await expect(loadSuite(at.at('suit.yaml'))).rejects.toThrow(
    `got none at ${at.at('suit.yaml')}, did you mean 'suite.yaml'?`,
  );
  await expect(loadSuite(at.at('suite.toml'))).rejects.toThrow(
    'expected a .yaml, .yml, .json, .ts, .mts, .js or .mjs file',
  );
});
