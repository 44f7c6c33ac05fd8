/** Who gives an objective: what its judges are called, whether they go together, and how several of them become one. */
import { reduceScores } from '../aggregate/ensemble.ts';
import type { Member } from '../aggregate/turnout.ts';
import { JurorError } from '../errors.ts';
import type { Reward } from '../schema.ts';
import type { RewardJudge, RewardReading } from './reward-readings.ts';
import { type PanelRules, readQuorum, readReducer } from './rules.ts';

/** Objective → identities of the judges that give it. */
export function judgesByObjective(readings: readonly RewardReading[]): Map<string, Set<string>> {
  const judges = new Map<string, Set<string>>();
  for (const { judge, answers } of readings)
    for (const objective of answers.flatMap(({ scores }) => Object.keys(scores)))
      judges.set(objective, (judges.get(objective) ?? new Set()).add(judge.identity));
  return judges;
}

/** What each judge is called: its rubric, with its engines or its identity where that is not enough. */
export function judgeNames(judges: readonly RewardJudge[]): Map<string, string> {
  // Equal judges may have models of other names: the first by name counts.
  const byName = judges.toSorted((left, right) => (left.engines > right.engines ? -1 : 1));
  const distinct = [...new Map(byName.map((judge) => [judge.identity, judge])).values()];
  const shared = (name: (judge: RewardJudge) => string, own: RewardJudge) =>
    distinct.filter((judge) => name(judge) === name(own)).length > 1;
  const longer = ({ name, engines }: RewardJudge) => `${name} ${engines}`;
  return new Map(
    distinct.map((judge) => [
      judge.identity,
      !shared(({ name }) => name, judge)
        ? judge.name
        : shared(longer, judge)
          ? `${longer(judge)} ${judge.identity.slice(0, 12)}`
          : longer(judge),
    ]),
  );
}

/** A probability of being better than some other answer is no measure of an answer alone: one panel cannot have both. */
export function comparativeObjectives(
  readings: readonly RewardReading[],
  judges: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  return [...judges.keys()].sort().filter((objective) => {
    const own = readings.filter(({ answers }) =>
      answers.some(({ scores }) => Object.hasOwn(scores, objective)),
    );
    const rubrics = (kind: boolean) =>
      [
        ...new Set(own.flatMap(({ comparative, judge }) => (comparative === kind ? [judge.name] : []))),
      ].sort();
    const [pairs, alone] = [rubrics(true), rubrics(false)];
    if (pairs.length > 0 && alone.length > 0)
      throw new JurorError(
        'usage',
        `objective '${objective}': expected rubrics that all judge answers alone or all compare them, got ${[...alone, ...pairs].join(' and ')}; a copy of one with another objective finds its judgments again`,
      );
    return pairs.length > 0;
  });
}

/** Throws JurorError `usage` for rules that no objective's judges can meet. */
export function requirePanel(
  { reducer, quorum }: PanelRules,
  judges: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  readReducer(reducer);
  readQuorum(String(quorum));
  const panels = [...judges].filter(([, { size }]) => size > 1).sort();
  if (panels.length === 0)
    throw new JurorError('usage', 'panel: expected an objective that two rubrics or runs give, got none');
  for (const [objective, { size }] of panels)
    if (typeof quorum === 'number' && quorum > size)
      throw new JurorError(
        'usage',
        `quorum: expected at most ${size}, the members of '${objective}', got ${quorum}`,
      );
}

interface Column {
  readonly value: number | null;
  /** Why there is no value. */
  readonly reason: string;
  readonly panel?: NonNullable<Reward['panels']>[string];
}

/** A single judge's score as it is; that of several as a panel gives it. */
export function reduceMembers(members: readonly Member[], { reducer, quorum }: PanelRules): Column {
  const [only] = members;
  if (members.length === 1 && only)
    return { value: only.value, reason: only.value === null ? only.reason : '' };
  const { value, decided, total, reason } = reduceScores(members, readReducer(reducer), { quorum });
  const scores = members.toSorted((left, right) => (left.id < right.id ? -1 : 1));
  const said = Object.fromEntries(scores.map(({ id, value }) => [id, value]));
  return { value, reason: reason ?? '', panel: { decided, total, reason, members: said } };
}

/** What is said of the columns that several judges give. */
export function panelsOf(columns: readonly (Column & { readonly objective: string })[]): {
  readonly panels?: NonNullable<Reward['panels']>;
} {
  const panels = columns.flatMap(({ objective, panel }) => (panel ? [[objective, panel] as const] : []));
  return panels.length === 0 ? {} : { panels: Object.fromEntries(panels) };
}
