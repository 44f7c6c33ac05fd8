/** From the judgments of one sample under one rubric to its verdict. */
import { type CriterionScore, combineCriteria, scoreObjectives } from '../aggregate/objectives.ts';
import { combineOrders, type PairReading, readOrder } from '../aggregate/pairs.ts';
import { JurorError } from '../errors.ts';
import type { Judgment, Label, Outcome, Rubric, Verdict } from '../schema.ts';
import { stepwiseVerdict } from './stepwise.ts';

/** What a verdict is derived from, besides its judgments. */
export interface VerdictInput {
  readonly sampleId: string;
  readonly rubric: Rubric;
  readonly mode: Verdict['mode'];
  /** In the data's order. */
  readonly responseIds: readonly string[];
  readonly judgments: readonly Judgment[];
  readonly label?: Label | undefined;
  /** Responses without content, told without the judge: carried along, never scored by. */
  readonly contentFree?: readonly string[] | undefined;
  /** See PairOptions. Default 0. */
  readonly tieBand?: number;
}

/** One criterion in one sample: a score in [0, 1], and for a pair what both orders said. */
interface Reading {
  readonly criterionId: string;
  readonly score: number | null;
  readonly pair: PairReading | null;
  readonly certainty: number | null;
}

/** Derive a verdict. The order of the judgments does not matter. */
export function deriveVerdict(input: VerdictInput): Verdict {
  const { rubric, mode } = input;
  const judgments = [...input.judgments].sort((left, right) => (left.key < right.key ? -1 : 1));
  if (mode === 'stepwise') {
    const { sampleId, responseIds } = input;
    return { ...stepwiseVerdict({ sampleId, rubric, responseIds, judgments }), ...carried(input) };
  }
  const members = Map.groupBy(judgments, ({ engine, sampleIndex }) => `${engine.digest}/${sampleIndex}`);
  const perMember = [...members.values()].map((group) => readMember(input, group));
  const combined = perMember.map((readings) =>
    combineCriteria(criterionScores(rubric, readings), rubric.combine),
  );
  const scores = combined.flatMap((score) => (score === null ? [] : [score]));
  const score = combined.length > 0 && scores.length === combined.length ? mean(scores) : null;
  const perCriterion = Object.fromEntries(
    rubric.criteria.map(({ id }) => {
      const readings = perMember.map(
        (member) => member.find(({ criterionId }) => criterionId === id)?.score ?? null,
      );
      const decided = readings.flatMap((value) => (value === null ? [] : [value]));
      const all = decided.length === readings.length ? mean(decided) : null;
      return [id, { score: all, decided: decided.length, total: Math.max(1, readings.length) }];
    }),
  );
  const overCriteria = rubric.criteria.map(({ id, weight, objective }): CriterionScore => {
    return { id, weight, objective, score: perCriterion[id]?.score ?? null };
  });
  const pairs = perMember.flatMap((readings) => readings.flatMap(({ pair }) => (pair ? [pair] : [])));
  const certainty = perMember.flatMap((readings) =>
    readings.flatMap(({ certainty }) => (certainty === null ? [] : [certainty])),
  );
  return {
    sampleId: input.sampleId,
    rubricId: rubric.id,
    mode,
    responseIds: [...input.responseIds],
    score,
    winner: mode === 'pairwise' ? winnerOf(score, pairs, input) : null,
    probability: score === null ? null : mode === 'pairwise' ? Math.max(score, 1 - score) : mean(certainty),
    standardError: scores.length > 1 ? standardError(scores) : null,
    perCriterion,
    perObjective: scoreObjectives(overCriteria),
    flipped: mode === 'pairwise' && pairs.length > 0 ? pairs.some(({ flipped }) => flipped) : null,
    positionLean: mode === 'pairwise' && pairs.length > 0 ? mean(pairs.map(({ lean }) => lean)) : null,
    disagreement: scores.length > 1 ? Math.max(...scores) - Math.min(...scores) : null,
    unscored: judgments.flatMap(({ outcome }) => (outcome.status === 'unscored' ? [outcome.reason] : [])),
    ...carried(input),
    judgments: judgments.map(({ key }) => key),
  };
}

/** All criteria of one engine and sample index. */
function readMember(input: VerdictInput, group: readonly Judgment[]): Reading[] {
  return input.rubric.criteria.map((criterion) => {
    const own = group.filter(({ criterionId }) => criterionId === criterion.id);
    const unread = { criterionId: criterion.id, score: null, pair: null, certainty: null };
    if (input.mode === 'pointwise') {
      const outcome = own[0]?.outcome;
      if (outcome?.status !== 'scored') return unread;
      return { ...unread, score: outcome.score, certainty: outcome.distribution[outcome.label] ?? null };
    }
    const pair = readPair(input, own);
    return pair === null ? unread : { ...unread, score: pair.probability, pair };
  });
}

/** Both orders of one criterion; null unless both are scored. */
function readPair(
  { responseIds, tieBand, rubric }: VerdictInput,
  judgments: readonly Judgment[],
): PairReading | null {
  const [first] = responseIds;
  const forward = judgments.find((judgment) => judgment.responseIds[0] === first)?.outcome;
  const backward = judgments.find((judgment) => judgment.responseIds[0] !== first)?.outcome;
  if (forward?.status !== 'scored' || backward?.status !== 'scored') return null;
  const criterion = rubric.criteria.find(({ id }) => id === judgments[0]?.criterionId);
  if (criterion?.scale.kind !== 'choice')
    throw new JurorError('rubric', 'expected a choice scale for a pair');
  const labels = {
    first: 'A',
    second: 'B',
    ...(Object.hasOwn(criterion.scale.choices, 'tie') ? { tie: 'tie' } : {}),
  };
  return combineOrders(
    readOrder(logs(forward), labels),
    readOrder(logs(backward), labels),
    tieBand === undefined ? {} : { tieBand },
  );
}

function logs(outcome: Extract<Outcome, { status: 'scored' }>): Record<string, number> {
  return Object.fromEntries(Object.entries(outcome.distribution).map(([label, p]) => [label, Math.log(p)]));
}

/** What a verdict is told and passes on. */
function carried({ label, contentFree = [] }: VerdictInput): Pick<Verdict, 'label' | 'contentFree'> {
  return {
    ...(contentFree.length === 0 ? {} : { contentFree: [...contentFree] }),
    ...(label === undefined ? {} : { label }),
  };
}

function criterionScores(rubric: Rubric, readings: readonly Reading[]): CriterionScore[] {
  return rubric.criteria.map(({ id, weight, objective }) => {
    return {
      id,
      weight,
      objective,
      score: readings.find(({ criterionId }) => criterionId === id)?.score ?? null,
    };
  });
}

/** With one reading its own winner, ties and tie band included; with several the mean decides. */
function winnerOf(
  score: number | null,
  pairs: readonly PairReading[],
  { responseIds }: VerdictInput,
): string | null {
  if (score === null) return null;
  const [only] = pairs;
  const [first = '', second = ''] = responseIds;
  const winner =
    pairs.length === 1 && only ? only.winner : score === 0.5 ? 'tie' : score > 0.5 ? 'first' : 'second';
  return winner === 'tie' ? 'tie' : winner === 'first' ? first : second;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** s / √n with n − 1 in the variance. */
function standardError(values: readonly number[]): number {
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}
