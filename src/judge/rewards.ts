/** Rewards: the objectives of answers combined prompt by prompt. */
import { combineGroup, type GroupOptions } from '../aggregate/multi-objective.ts';
import { paretoFront } from '../aggregate/pareto.ts';
import { countedObjectives, type ObjectiveWeights, type Scalarization } from '../aggregate/scalarization.ts';
import { JurorError, nearestName } from '../errors.ts';
import { Reward } from '../schema.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { recordText } from '../store/store.ts';
import { byPrompt, type RewardAnswer } from './reward-answers.ts';

/** A prompt as weights may depend on it. */
export interface RewardPrompt {
  /** As in the rewards. */
  readonly cluster: string;
  /** Of its samples, by name; null where a sample is of none. */
  readonly subsets: readonly (string | null)[];
  /** By name. */
  readonly sampleIds: readonly string[];
}

/** How answers become rewards. */
export interface RewardOptions extends Omit<GroupOptions<RewardPrompt>, 'kind' | 'weights'> {
  /** Default `weighted-mean`. */
  readonly kind?: Scalarization['kind'];
  /** The same for all prompts, or a function of the prompt. Default 1 for every objective there is. */
  readonly weights?: ObjectiveWeights | ((prompt: RewardPrompt) => ObjectiveWeights);
}

/** The rewards of answers, and how each prompt was weighted. */
export interface CombinedRewards {
  /** By prompt, sample and response. */
  readonly rewards: readonly Reward[];
  readonly prompts: readonly { readonly prompt: RewardPrompt; readonly weights: ObjectiveWeights }[];
}

/**
 * One reward for each answer, normalised and ranked among the answers of its prompt, whatever sample they are of. The order of
 * the answers changes nothing. Throws JurorError `usage` for an objective that no answer has, naming the nearest.
 */
export function combineRewards(
  answers: readonly RewardAnswer[],
  { kind = 'weighted-mean', weights, ...options }: RewardOptions = {},
): CombinedRewards {
  const objectives = objectivesOf(answers);
  const known = (names: readonly string[], what: string) => requireObjectives(names, objectives, what);
  known(
    (options.gates ?? []).map(({ objective }) => objective),
    'gate',
  );
  known(Object.keys(options.ideal ?? {}), 'ideal');
  const base = weights ?? Object.fromEntries(objectives.map((name) => [name, 1]));
  if (typeof base !== 'function') known(Object.keys(base), 'weight');

  const groups = [...Map.groupBy(answers.toSorted(byPrompt), ({ cluster }) => cluster).values()];
  const combined = groups.map((group) => {
    const prompt = promptOf(group);
    const own = typeof base === 'function' ? base(prompt) : base;
    known(Object.keys(own), 'weight');
    return { prompt, weights: own, rewards: rewardsOf(group, { ...options, kind, weights: own }) };
  });
  return {
    rewards: combined.flatMap(({ rewards }) => rewards),
    prompts: combined.map(({ prompt, weights }) => ({ prompt, weights })),
  };
}

/** Write rewards as JSON Lines, in their order; equal rewards give equal bytes. The file is old or new, never a mix. */
export async function writeRewards(path: string, rewards: readonly Reward[]): Promise<void> {
  await writeAtomically(
    path,
    rewards.map((reward) => `${recordText(Reward, reward)}\n`),
  );
}

/** The objectives of answers, by name; all answers have the same. */
export function objectivesOf(answers: readonly Pick<Reward, 'objectives'>[]): string[] {
  return [...new Set(answers.flatMap(({ objectives }) => Object.keys(objectives)))].sort();
}

/** Throws JurorError `usage` for a name that is no objective, with the nearest one. */
export function requireObjectives(
  names: readonly string[],
  objectives: readonly string[],
  what: string,
): void {
  const wrong = names.find((name) => !objectives.includes(name));
  if (wrong !== undefined) throw new JurorError('usage', `${what}: ${unknownObjective(wrong, objectives)}`);
}

/** What is said of a name that is no objective. */
export function unknownObjective(name: string, objectives: readonly string[]): string {
  const near = nearestName(name, objectives);
  return `expected one of ${objectives.join(', ')}, got '${name}'${near ? `, did you mean '${near}'?` : ''}`;
}

function promptOf(group: readonly RewardAnswer[]): RewardPrompt {
  const subsets = new Set(group.map(({ subset }) => subset ?? null));
  return {
    cluster: group[0]?.cluster ?? '',
    subsets: [...subsets].sort((left, right) => ((left ?? '') < (right ?? '') ? -1 : 1)),
    sampleIds: [...new Set(group.map(({ sampleId }) => sampleId))],
  };
}

/** The rewards of one prompt's answers. */
function rewardsOf(
  group: readonly RewardAnswer[],
  options: GroupOptions<null> & { readonly weights: ObjectiveWeights },
): Reward[] {
  const columns = group.map(({ objectives }) => objectives);
  const { answers, flags } = combineGroup(null, columns, options);
  const { dominatedBy } = paretoFront(columns, countedObjectives(options));
  const scores = answers.flatMap(({ score }) => (score === null ? [] : [score]));
  return group.map(({ sampleId, responseId, cluster, subset, objectives, panels, reasons }, row): Reward => {
    const { score = null, reason = null, missing = [], capped = [] } = answers[row] ?? {};
    const dominating = dominatedBy[row] ?? null;
    return {
      sampleId,
      responseId,
      cluster,
      ...(subset === undefined ? {} : { subset }),
      objectives,
      ...(panels ? { panels } : {}),
      score,
      reason: missing.length === 0 ? reason : describeMissing(missing, reasons),
      capped: [...capped],
      rank: score === null ? null : 1 + scores.filter((other) => other > score).length,
      pareto: dominating === null ? null : dominating === 0,
      flags: flags.map(({ objective, flag }) => ({ objective, flag })),
    };
  });
}

function describeMissing(missing: readonly string[], reasons: RewardAnswer['reasons']): string {
  const named = missing.map((name) => (reasons[name] ? `${name} (${reasons[name]})` : name));
  return `missing ${named.join(', ')}`;
}
