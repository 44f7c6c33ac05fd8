/** From the verdicts of several engines to one: a panel's reduction, a ladder's choice, and abstention. */
import { type AbstentionKind, type Evidence, judgeAbstention, nextStep } from '../aggregate/abstention.ts';
import { reduceScores } from '../aggregate/ensemble.ts';
import { exactMean } from '../aggregate/moments.ts';
import { type CriterionScore, scoreObjectives } from '../aggregate/objectives.ts';
import { reduceSteps } from '../aggregate/process.ts';
import type { Member } from '../aggregate/turnout.ts';
import type { Rubric, StepVerdict, Verdict } from '../schema.ts';
import { type PanelRules, readReducer, type VerdictAbstention } from './rules.ts';

/** One engine's verdict; `engine` is what it is called, unique among the engines. */
export interface MemberVerdict {
  readonly engine: string;
  readonly verdict: Verdict;
}

/** The verdict of a panel, whatever the order of its members. Members without a score are silent; what they said of parts counts there. */
export function panelVerdict(rubric: Rubric, given: readonly MemberVerdict[], rules: PanelRules): Verdict {
  const members = [...given].sort((left, right) => (left.engine < right.engine ? -1 : 1));
  const verdicts = members.map(({ verdict }) => verdict);
  const [base] = verdicts;
  if (base === undefined) throw new TypeError('expected a member');
  const reducer = readReducer(rules.reducer);
  const pairwise = base.mode === 'pairwise';
  const reduce = (scoreIn: (verdict: Verdict) => number | null) =>
    reduceScores(
      members.map(({ engine, verdict }) => member(engine, scoreIn(verdict), verdict)),
      reducer,
      rules,
    );
  const whole = reduce(({ score, winner }) =>
    // A member's vote is its winner: a tie by its label or by the tie band is one.
    score !== null && pairwise && reducer.kind === 'majority' && winner === 'tie' ? 0.5 : score,
  );
  const perStep = (base.steps ?? []).map((_, index) =>
    // Who is silent on one step is silent on all: neighbouring steps are read by the same judges.
    reduce(({ score, steps }) => (score === null ? null : (steps?.[index]?.probability ?? null))),
  );
  const steps = base.steps && reducedSteps(verdicts, perStep);
  const score = steps ? steps.min : whole.value;
  const { decided, total, status, reason } =
    perStep.find(({ value }) => value === null) ?? perStep[0] ?? whole;
  const criteria = rubric.criteria.map(({ id, weight, objective }) => {
    const { value, decided, total } = reduce(({ perCriterion }) => perCriterion[id]?.score ?? null);
    return { id, weight, objective, score: value, decided, total };
  });
  const deciding = verdicts.filter((verdict) => verdict.score !== null);
  const certainties = known(deciding.map(({ probability }) => probability));
  const leans = known(verdicts.map(({ positionLean }) => positionLean));
  const flips = known(verdicts.map(({ flipped }) => flipped));
  return {
    ...base,
    score,
    winner: pairwise ? winnerOf(score, deciding, base.responseIds) : null,
    probability:
      score === null
        ? null
        : pairwise
          ? Math.max(score, 1 - score)
          : certainties.length === 0
            ? null
            : exactMean(certainties),
    standardError: whole.standardError,
    perCriterion: Object.fromEntries(
      criteria.map(({ id, score, decided, total }) => [id, { score, decided, total }]),
    ),
    perObjective: scoreObjectives(criteria satisfies CriterionScore[]),
    flipped: flips.length === 0 ? null : flips.some(Boolean),
    positionLean: leans.length === 0 ? null : exactMean(leans),
    disagreement: whole.disagreement,
    unscored: verdicts.flatMap(({ unscored }) => unscored),
    ...steps,
    panel: {
      reducer: rules.reducer,
      quorum: rules.quorum,
      decided,
      total,
      state: status,
      reason,
      members: members.map(({ engine, verdict }) => ({
        engine,
        score: verdict.score,
        ...(verdict.score === null ? { reason: silence(verdict) } : {}),
      })),
    },
    judgments: verdicts.flatMap(({ judgments }) => judgments).sort(),
  };
}

/** A verdict with what speaks against it under the rules; as it is where nothing does. */
export function withAbstention(verdict: Verdict, rules: VerdictAbstention): Verdict {
  const { abstain, reasons } = judgeAbstention(evidenceOf(verdict), rules);
  return abstain ? { ...verdict, abstained: { reasons: reasons.map((reason) => ({ ...reason })) } } : verdict;
}

/** A larger engine reads no more in an answer that says nothing. */
const escalateOn: readonly AbstentionKind[] = ['unscored', 'band', 'disagreement', 'flipped'];

/** Which engine of a ladder is to be asked after these verdicts, counted from 0; null when nobody is. */
export function nextEngine(
  asked: readonly Verdict[],
  engines: number,
  rules: VerdictAbstention,
): number | null {
  const judges = Array.from({ length: engines }, () => rules);
  const step = nextStep(asked.map(evidenceOf), { judges, escalateOn });
  return step.action === 'ask' ? step.judge : null;
}

/**
 * The verdict of a ladder: that of the first engine that did not abstain, or where nobody decides that of the last one asked, which
 * then abstains. `asked` are the engines in the ladder's order; it may be longer than needed.
 */
export function ladderVerdict(asked: readonly MemberVerdict[], rules: VerdictAbstention): Verdict {
  const judged = asked.map(({ engine, verdict }) => ({ engine, verdict: withAbstention(verdict, rules) }));
  const first = judged.findIndex(({ verdict }) => verdict.abstained === undefined);
  const needed = first < 0 ? judged : judged.slice(0, first + 1);
  const last = needed.at(-1);
  if (last === undefined) throw new TypeError('expected an engine');
  return {
    ...last.verdict,
    escalation: {
      decided: first < 0 ? null : last.engine,
      asked: needed.map(({ engine, verdict: { score, abstained } }) => ({
        engine,
        score,
        reasons: (abstained?.reasons ?? []).map(({ message }) => message),
      })),
    },
    judgments: judged.flatMap(({ verdict }) => verdict.judgments).sort(),
  };
}

function evidenceOf(verdict: Verdict): Evidence {
  const { score, disagreement, flipped, contentFree = [] } = verdict;
  return {
    score,
    disagreement,
    flipped,
    contentFree,
    ...(score === null ? { unscored: silence(verdict) } : {}),
  };
}

/** Why a verdict, or a part of it, has no score. */
export function silence({ panel, unscored }: Verdict): string {
  return panel?.reason ?? ([...new Set(unscored)].sort().join(', ') || 'not every judgment is there');
}

function member(id: string, value: number | null, verdict: Verdict): Member {
  return value === null ? { id, value, reason: silence(verdict) } : { id, value };
}

/** Each step is reduced by itself, so that the lowest is below ½ exactly where there is a first error. */
function reducedSteps(verdicts: readonly Verdict[], perStep: readonly { readonly value: number | null }[]) {
  const steps = perStep.map(({ value: probability }, index): StepVerdict => {
    if (probability !== null) return { probability };
    const reason = verdicts.flatMap((verdict) => verdict.steps?.[index]?.reason ?? [])[0];
    return { probability, ...(reason === undefined ? {} : { reason }) };
  });
  return { steps, ...reduceSteps(steps.map(({ probability }) => probability)) };
}

/** One deciding member's own winner; otherwise the score's side, a tie at ½ or where more than half of those that decide say so. */
function winnerOf(
  score: number | null,
  deciding: readonly Verdict[],
  [first = '', second = '']: readonly string[],
): string | null {
  if (score === null) return null;
  const ties = deciding.filter(({ winner }) => winner === 'tie').length;
  return score === 0.5 || 2 * ties > deciding.length ? 'tie' : score > 0.5 ? first : second;
}

function known<Value>(values: readonly (Value | null)[]): Value[] {
  return values.flatMap((value) => (value === null ? [] : [value]));
}
