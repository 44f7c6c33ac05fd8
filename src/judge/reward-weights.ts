/** Weights that depend on the prompt, as rules in a file. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type ObjectiveWeights, weightedObjectives } from '../aggregate/scalarization.ts';
import { JurorError } from '../errors.ts';
import type { Problem } from '../problems.ts';
import { WeightRule } from '../schema.ts';
import { parseYaml } from '../yaml.ts';
import { type RewardPrompt, unknownObjective } from './rewards.ts';

/**
 * Read the rules of a YAML or JSON file: a list of WeightRules. Throws JurorError `usage` with file, line and field for
 * rules that are none, that name another objective than these, or that over `base`, where it is given, leave no weight above 0.
 */
export async function readWeightRules(
  path: string,
  objectives: readonly string[],
  base?: ObjectiveWeights,
): Promise<WeightRule[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const message = 'expected rules for weights, got no readable file at this path';
    throw new JurorError('usage', message, { place: { file: path }, cause });
  });
  return parseYaml(text, z.array(WeightRule).min(1), {
    file: path,
    code: 'usage',
    check: (rules) =>
      rules.flatMap((rule, index) => [
        ...problemsOf(rule, index, objectives),
        ...(base === undefined ? [] : weightless(rule, index, base)),
      ]),
  });
}

/**
 * The weights of the first rule that fits a prompt over `base`: an objective that the rule does not name keeps its weight. Throws
 * JurorError `usage`, naming the rule, where one leaves no weight above 0.
 */
export function weightsByRules(
  rules: readonly WeightRule[],
  base: ObjectiveWeights,
): (prompt: RewardPrompt) => ObjectiveWeights {
  const [problem] = rules.flatMap((rule, index) => weightless(rule, index, base));
  if (problem) throw new JurorError('usage', `weights, ${problem.message}`);
  return (prompt) => {
    const place = fittingRule(rules, prompt);
    return place === null ? base : { ...base, ...rules[place]?.weights };
  };
}

/**
 * The place of the first rule that fits a prompt, from 0; null for none. A rule for a subset fits where all samples of the prompt are
 * of it; where only some are, their answers could not be compared, which is a JurorError `data`.
 */
export function fittingRule(rules: readonly WeightRule[], prompt: RewardPrompt): number | null {
  const found = rules.findIndex((rule, place) => fits(rule, place, prompt));
  return found < 0 ? null : found;
}

function fits({ when }: WeightRule, place: number, { cluster, subsets, sampleIds }: RewardPrompt): boolean {
  if (when.cluster !== undefined && ![when.cluster].flat().includes(cluster)) return false;
  if (when.subset === undefined) return true;
  const wanted = [when.subset].flat();
  const own = subsets.filter((subset) => subset !== null && wanted.includes(subset));
  if (own.length === 0 || own.length === subsets.length) return own.length > 0;
  const named = subsets.map((subset) => subset ?? 'none').join(', ');
  throw new JurorError(
    'data',
    `weights, rule ${place + 1}: expected all samples of one prompt to fit it or none, got subsets ${named} of the prompt of sample '${sampleIds[0]}'`,
  );
}

/** What is wrong with a rule that leaves nothing to combine. */
function weightless({ weights }: WeightRule, index: number, base: ObjectiveWeights): Problem[] {
  const merged = { ...base, ...weights };
  if (weightedObjectives(merged).length > 0 || Object.keys(weights).length === 0) return [];
  const got = Object.entries(merged).map(([name, weight]) => `${name} ${weight}`);
  const message = `rule ${index + 1}: expected to leave an objective a weight above 0, got ${got.join(', ')}`;
  return [{ path: [index, 'weights'], message }];
}

function problemsOf({ when, weights }: WeightRule, index: number, objectives: readonly string[]): Problem[] {
  const strangers = Object.keys(weights).filter((name) => !objectives.includes(name));
  return [
    ...(Object.keys(when).length > 0
      ? []
      : [{ path: [index, 'when'], message: 'expected subset or cluster, got neither' }]),
    ...(Object.keys(weights).length > 0
      ? []
      : [{ path: [index, 'weights'], message: 'expected at least one objective, got none' }]),
    ...strangers.map((name) => ({
      path: [index, 'weights', name],
      message: unknownObjective(name, objectives),
    })),
  ];
}
