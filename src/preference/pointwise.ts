/** Answers judged alone, and solutions judged step by step: compared with the other answers to their prompt. */
import { exactMean } from '../aggregate/moments.ts';
import {
  type CriterionDistribution,
  combinedDistribution,
  type ScoreMass,
  superiority,
} from '../aggregate/superiority.ts';
import { engineIdentity, engineLabels } from '../judge/identity.ts';
import { scoreOf } from '../scale.ts';
import type { Combine, Criterion, Judgment, Preference, Rubric } from '../schema.ts';
import type { PlanRow } from '../store/store.ts';
import { agreementOf } from './pair-verdict.ts';
import { comparePrompts, type Reading, type ReadingComparison } from './readings.ts';
import type { RunReading, UsableVerdict } from './run-reading.ts';
import { judgedTexts } from './sample-book.ts';

/** The distributions of an answer's scores under one engine: as a whole, and by objective. */
interface MemberScores {
  readonly whole: readonly ScoreMass[];
  readonly objectives: Readonly<Record<string, readonly ScoreMass[]>>;
}

interface Value {
  readonly row: PlanRow;
  /** By engine; an engine that is silent is not there. Of a solution none. */
  readonly members: ReadonlyMap<string, MemberScores>;
  /** Engines asked, silent ones among them. */
  readonly asked: number;
  readonly perObjective: Readonly<Record<string, number | null>>;
}

/**
 * Preferences of answers judged alone. The probability is P(X > Y) + ½ P(X = Y) of the two combined scores, whose distributions follow
 * exactly from those of the labels when judgments are independent; of several engines it is the mean of theirs, whatever
 * the panel's reducer is. Of two solutions, right with probabilities a and b, it is ½ + (a − b)/2: the same for right and wrong.
 */
export async function* preferencesOfAnswers(reading: RunReading): AsyncGenerator<Preference> {
  const { options, rubric, leftOut, source } = reading;
  const stepwise = rubric.mode === 'stepwise';
  const names = engineLabels(reading.run.manifest.configuration.engines);
  const readings: Reading<Value>[] = [];
  for await (const usable of reading.verdicts()) {
    const { row, verdict } = usable;
    const score = stepwise ? verdict[options.process ?? 'min'] : verdict.score;
    if (score === null || score === undefined) {
      leftOut('unscored', row.sampleId);
      continue;
    }
    const members = stepwise ? new Map() : membersOf(rubric, usable, names);
    const asked = verdict.panel?.total ?? 1;
    readings.push({
      sampleId: row.sampleId,
      responseId: row.responseIds[0] ?? '',
      cluster: row.cluster,
      score,
      keys: verdict.judgments,
      value: { row, members, asked, perObjective: verdict.perObjective },
    });
  }
  yield* comparePrompts(readings, {
    marginUnit: 'score',
    source,
    leftOut,
    answerOf({ value }) {
      const { sample, responses } = judgedTexts(options.book, value.row);
      const [response] = responses;
      if (!response) throw new TypeError('expected a response');
      return { sample, response };
    },
    compare: stepwise ? compareSolutions : compareAnswers,
  });
}

function compareSolutions(left: Reading<Value>, right: Reading<Value>): ReadingComparison {
  const better = (own: number, other: number) => 0.5 + (own - other) / 2;
  const objectives = Object.keys(left.value.perObjective).map((name) => {
    const [own, other] = [left.value.perObjective[name] ?? null, right.value.perObjective[name] ?? null];
    return [name, own === null || other === null ? null : better(own, other)] as const;
  });
  return {
    probability: better(left.score, right.score),
    margin: left.score - right.score,
    objectives: Object.fromEntries(objectives),
    agreement: null,
  };
}

function compareAnswers(left: Reading<Value>, right: Reading<Value>): ReadingComparison {
  const both = [...left.value.members].flatMap(([engine, own]) => {
    const other = right.value.members.get(engine);
    return other ? [{ own, other }] : [];
  });
  const probabilities = both.map(({ own, other }) => superiority(own.whole, other.whole));
  const [only] = probabilities;
  // Without an engine that read both there is nothing but the scores.
  const probability = only === undefined ? 0.5 + (left.score - right.score) / 2 : exactMean(probabilities);
  const objectives = Object.keys(left.value.perObjective).map((name) => {
    const said = both.flatMap(({ own, other }) => {
      const [first, second] = [own.objectives[name], other.objectives[name]];
      return first && second ? [superiority(first, second)] : [];
    });
    return [name, said.length === 0 ? null : exactMean(said)] as const;
  });
  const asked = Math.max(left.value.asked, right.value.asked);
  const silent = Array.from({ length: Math.max(0, asked - both.length) }, () => null);
  return {
    probability,
    margin: left.score - right.score,
    objectives: Object.fromEntries(objectives),
    agreement: asked < 2 ? null : agreementOf([...probabilities, ...silent], probability),
  };
}

/** What each engine that decided says; on a ladder the one that did. */
function membersOf(
  rubric: Rubric,
  { verdict, judgments }: UsableVerdict,
  names: ReadonlyMap<string, string>,
): Map<string, MemberScores> {
  const decided = verdict.escalation?.decided;
  const members = new Map<string, MemberScores>();
  for (const [identity, own] of Map.groupBy(judgments, ({ engine }) => engineIdentity(engine))) {
    if (decided && names.get(identity) !== decided) continue;
    const criteria = rubric.criteria.map((criterion) => distributionOf(criterion, own));
    if (!criteria.every((criterion) => criterion !== null)) continue;
    const combine = (combined: readonly CriterionDistribution[], how: Combine) =>
      combinedDistribution(combined, how);
    const objectives = Object.groupBy(rubric.criteria, ({ objective }) => objective);
    members.set(identity, {
      whole: combine(criteria, rubric.combine),
      objectives: Object.fromEntries(
        Object.entries(objectives).map(([name, of = []]) => [
          name,
          combine(
            criteria.filter(({ id }) => of.some((criterion) => criterion.id === id)),
            { kind: 'weighted-mean' },
          ),
        ]),
      ),
    });
  }
  return members;
}

/** A criterion's scores over the samples of one engine; null where one has none. */
function distributionOf(
  { id, weight, scale }: Criterion,
  judgments: readonly Judgment[],
): CriterionDistribution | null {
  const outcomes = judgments.flatMap(({ criterionId, outcome }) => (criterionId === id ? [outcome] : []));
  const scored = outcomes.flatMap((outcome) => (outcome.status === 'scored' ? [outcome] : []));
  if (scored.length === 0 || scored.length < outcomes.length) return null;
  const scores = scored.flatMap(({ distribution }) =>
    Object.entries(distribution).map(([label, probability]) => ({
      score: scoreOf(scale, label),
      probability: probability / scored.length,
    })),
  );
  return { id, weight, scores };
}
