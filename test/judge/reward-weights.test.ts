import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gatherAnswers } from '../../src/judge/reward-answers.ts';
import { fittingRule, readWeightRules, weightsByRules } from '../../src/judge/reward-weights.ts';
import { combineRewards } from '../../src/judge/rewards.ts';
import { reading } from './reward-support.ts';

const objectives = ['correctness', 'style'];

async function rulesOf(text: string, base?: Record<string, number>) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-weights-'));
  const file = join(folder.path, 'weights.yaml');
  await writeFile(file, text);
  return await readWeightRules(file, objectives, base).catch((error: Error) => {
    throw new Error(error.message.replaceAll(folder.path, 'FOLDER'));
  });
}

const prompt = (subsets: (string | null)[], cluster = 'p') => ({ cluster, subsets, sampleIds: ['s'] });

test('the first rule that fits changes the weights it names, and no others', async () => {
  const rules = await rulesOf(`
- when: { subset: math }
  weights: { correctness: 3 }
- when: { subset: [code, talk], cluster: p }
  weights: { style: 0 }
- when: { cluster: p }
  weights: { style: 5 }
`);
  const weights = weightsByRules(rules, { correctness: 1, style: 1 });
  expect(weights(prompt(['math']))).toEqual({ correctness: 3, style: 1 });
  expect(weights(prompt(['code', 'talk']))).toEqual({ correctness: 1, style: 0 });
  expect(weights(prompt(['code'], 'q'))).toEqual({ correctness: 1, style: 1 });
  expect(weights(prompt([null]))).toEqual({ correctness: 1, style: 5 });
  expect(fittingRule(rules, prompt(['poem'], 'q'))).toBeNull();
  expect(() => weights(prompt(['math', null]))).toThrow(
    "rule 1: expected all samples of one prompt to fit it or none, got subsets math, none of the prompt of sample 's'",
  );

  const one = (id: string, subset: string) =>
    reading('both', id, { a: { correctness: 1, style: 0 } }, { cluster: id, subset });
  const { rewards, prompts } = combineRewards(gatherAnswers([one('1', 'math'), one('2', 'talk')]), {
    weights,
  });
  expect(rewards.map(({ score }) => score)).toEqual([0.75, 0.5]);
  expect(prompts.map(({ weights }) => weights.correctness)).toEqual([3, 1]);
});

test('a rule that leaves no weight above 0 is named with its number and its line', async () => {
  const text = `
- when: { subset: math }
  weights: { style: 1 }
- when: { subset: talk }
  weights: { correctness: 0 }
`;
  const base = { correctness: 1, style: 0 };
  await expect(rulesOf(text, base)).rejects.toThrow(
    'FOLDER/weights.yaml:5: 1.weights: rule 2: expected to leave an objective a weight above 0, got correctness 0, style 0',
  );
  const rules = await rulesOf(text);
  expect(() => weightsByRules(rules, base)).toThrow(
    'weights, rule 2: expected to leave an objective a weight above 0',
  );
  expect(await rulesOf(text, { correctness: 1, style: 1 })).toEqual(rules);
});

test('faults are named with their line, their field and the nearest name', async () => {
  await expect(rulesOf('- when: { subset: math }\n  weights: { corectness: 3 }\n')).rejects.toThrow(
    "FOLDER/weights.yaml:2: 0.weights.corectness: expected one of correctness, style, got 'corectness', did you mean 'correctness'?",
  );
  await expect(rulesOf('- when: { subst: math }\n  weights: { style: 1 }\n')).rejects.toThrow(
    "FOLDER/weights.yaml:1: 0.when.subst: unknown field 'subst', did you mean 'subset'?",
  );
  await expect(rulesOf('- when: { subset: 3 }\n  weights: { style: -1 }\n')).rejects.toThrow(
    /:1: 0\.when\.subset: expected a name or a list of names, got 3\n.*:2: 0\.weights\.style: expected at least 0, got -1/s,
  );
  await expect(rulesOf('- when: {}\n  weights: {}\n')).rejects.toThrow(
    /0\.when: expected subset or cluster, got neither\n.*0\.weights: expected at least one objective, got none/s,
  );
  await expect(readWeightRules('nowhere.yaml', objectives)).rejects.toThrow(
    'nowhere.yaml: expected rules for weights, got no readable file at this path',
  );
});
