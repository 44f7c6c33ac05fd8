/** Weights, ideals and gates of objectives, as flags have them. */
import type { ObjectiveGate, ObjectiveWeights } from '../aggregate/scalarization.ts';
import { JurorError } from '../errors.ts';
import { requireObjectives } from '../judge/rewards.ts';
import { readNumber } from './flags.ts';

/** `--weight NAME=NUMBER`: where there are any, only those count; otherwise every objective counts 1. */
export function readWeights(
  flags: readonly string[] | undefined,
  objectives: readonly string[],
): ObjectiveWeights {
  if (flags === undefined) return Object.fromEntries(objectives.map((name) => [name, 1]));
  const weights = readNumbers(flags, '--weight', 'helpfulness=2');
  requireObjectives(Object.keys(weights), objectives, '--weight');
  for (const [name, weight] of Object.entries(weights))
    if (weight < 0) throw new JurorError('usage', `--weight: expected 0 or more, got ${name}=${weight}`);
  return weights;
}

/** `--ideal NAME=NUMBER`. */
export function readIdeal(flags: readonly string[] | undefined): Record<string, number> {
  return readNumbers(flags ?? [], '--ideal', 'helpfulness=0.9');
}

/** `--gate NAME<BOUND:CAP`. */
export function readGates(flags: readonly string[] | undefined): ObjectiveGate[] {
  return (flags ?? []).map((text) => {
    const [, objective = '', bound = '', limit = ''] = /^\s*([^<\s]+)\s*<([^:]+):(.+)$/.exec(text) ?? [];
    const [below, cap] = [readNumber(bound), readNumber(limit)];
    if (objective === '' || below === null || cap === null)
      throw new JurorError(
        'usage',
        `--gate: expected NAME<BOUND:CAP such as 'harmlessness<0.5:0.2', got '${text}'`,
      );
    return { objective, below, cap };
  });
}

function readNumbers(flags: readonly string[], name: string, example: string): Record<string, number> {
  const entries = flags.map((text) => {
    const [, objective = '', amount = ''] = /^\s*([^=\s]+)\s*=(.+)$/.exec(text) ?? [];
    const value = readNumber(amount);
    if (objective === '' || value === null)
      throw new JurorError('usage', `${name}: expected NAME=NUMBER such as ${example}, got '${text}'`);
    return [objective, value] as const;
  });
  const names = entries.map(([objective]) => objective);
  const twice = names.find((objective, place) => names.indexOf(objective) !== place);
  if (twice !== undefined)
    throw new JurorError('usage', `${name}: expected each objective once, got '${twice}' twice`);
  return Object.fromEntries(entries);
}
