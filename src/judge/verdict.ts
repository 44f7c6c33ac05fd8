/** From the judgments of one sample under one rubric to its verdict. */

import { averageDistributions } from '../aggregate/ensemble.ts';
import { exactMean, extremes, standardError } from '../aggregate/moments.ts';
import { type CriterionScore, combineCriteria, scoreObjectives } from '../aggregate/objectives.ts';
import { combineOrders, type PairReading, readOrder } from '../aggregate/pairs.ts';
import { JurorError } from '../errors.ts';
import { scaleLabels } from '../rubric.ts';
import type { Criterion, EngineId, Judgment, Label, Outcome, Rubric, Verdict } from '../schema.ts';
import { engineIdentity, engineLabels } from './identity.ts';
import { ladderVerdict, panelVerdict, withAbstention } from './panel.ts';
import { type DecisionRules, defaultPanel } from './rules.ts';
import { stepwiseVerdict } from './stepwise.ts';

/** What a verdict is derived from, besides its judgments. */
export interface VerdictInput extends DecisionRules {
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
  /** Who was to be asked, for a ladder in its order. Default: who made the judgments. */
  readonly engines?: readonly EngineId[];
}

/** One criterion in one sample: a score in [0, 1], and for a pair what both orders said. */
interface Reading {
  readonly criterionId: string;
  readonly score: number | null;
  readonly pair: PairReading | null;
  readonly certainty: number | null;
}

/**
 * Derive a verdict. The order of the judgments does not matter, nor, but for a ladder, that of the engines. The samples of one
 * engine are averaged, distribution by distribution and order by order of a pair, before criteria are combined; what several
 * engines say is reduced by the panel's rules, or the first one on a ladder that does not abstain decides.
 */
export function deriveVerdict(input: VerdictInput): Verdict {
  const judgments = [...input.judgments].sort((left, right) => (left.key < right.key ? -1 : 1));
  const verdict = decide(input, judgments);
  // A ladder has said it already.
  return input.abstain === undefined || input.escalate ? verdict : withAbstention(verdict, input.abstain);
}

function decide(input: VerdictInput, judgments: readonly Judgment[]): Verdict {
  const made = Map.groupBy(judgments, ({ engine }) => engineIdentity(engine));
  const engines = new Map<string, EngineId>();
  // Equal engines may have other names in judgments that were found; those of this run count.
  for (const engine of [...(input.engines ?? []), ...judgments.map(({ engine }) => engine)]) {
    const identity = engineIdentity(engine);
    if (!engines.has(identity)) engines.set(identity, engine);
  }
  if (engines.size < 2) return verdictOfOne(input, judgments);
  const labels = engineLabels([...engines.values()]);
  const memberOf = (identity: string) => ({
    engine: labels.get(identity) ?? identity,
    verdict: verdictOfOne(input, made.get(identity) ?? []),
  });
  const identities = [...engines.keys()];
  if (!input.escalate)
    return panelVerdict(input.rubric, identities.map(memberOf), input.panel ?? defaultPanel);
  const asked = identities.filter((identity) => made.has(identity));
  return ladderVerdict(asked.map(memberOf), input.abstain ?? {});
}

/** The verdict of one engine, its samples averaged. `judgments` are by key. */
function verdictOfOne(input: VerdictInput, judgments: readonly Judgment[]): Verdict {
  const { rubric, mode } = input;
  if (mode === 'stepwise') {
    const { sampleId, responseIds } = input;
    return { ...stepwiseVerdict({ sampleId, rubric, responseIds, judgments }), ...carried(input) };
  }
  const samples = [...Map.groupBy(judgments, ({ sampleIndex }) => sampleIndex).values()];
  const perSample = samples.map((group) => readSample(input, group));
  const readings = samples.length === 1 ? (perSample[0] ?? []) : readAverage(input, samples);
  const combined = perSample.map((sample) =>
    combineCriteria(criterionScores(rubric, sample), rubric.combine),
  );
  const scores = combined.flatMap((score) => (score === null ? [] : [score]));
  const score = combineCriteria(criterionScores(rubric, readings), rubric.combine);
  const perCriterion = Object.fromEntries(
    rubric.criteria.map(({ id }) => {
      const decided = perSample.filter((sample) => scoreIn(sample, id) !== null).length;
      return [id, { score: scoreIn(readings, id), decided, total: Math.max(1, samples.length) }];
    }),
  );
  const pairs = readings.flatMap(({ pair }) => (pair ? [pair] : []));
  const certainty = readings.flatMap(({ certainty }) => (certainty === null ? [] : [certainty]));
  return {
    sampleId: input.sampleId,
    rubricId: rubric.id,
    mode,
    responseIds: [...input.responseIds],
    score,
    winner: mode === 'pairwise' ? winnerOf(score, pairs, input) : null,
    probability: score === null ? null : mode === 'pairwise' ? Math.max(score, 1 - score) : mean(certainty),
    standardError: standardError(scores),
    perCriterion,
    perObjective: scoreObjectives(criterionScores(rubric, readings)),
    flipped: mode === 'pairwise' && pairs.length > 0 ? pairs.some(({ flipped }) => flipped) : null,
    positionLean: mode === 'pairwise' && pairs.length > 0 ? mean(pairs.map(({ lean }) => lean)) : null,
    disagreement: scores.length > 1 ? Math.max(...scores) - Math.min(...scores) : null,
    unscored: judgments.flatMap(({ outcome }) => (outcome.status === 'unscored' ? [outcome.reason] : [])),
    ...carried(input),
    judgments: judgments.map(({ key }) => key),
  };
}

/** All criteria of one sample. */
function readSample(input: VerdictInput, group: readonly Judgment[]): Reading[] {
  return input.rubric.criteria.map((criterion) => {
    const own = group.filter(({ criterionId }) => criterionId === criterion.id);
    const unread = { criterionId: criterion.id, score: null, pair: null, certainty: null };
    if (input.mode === 'pointwise') {
      const outcome = own[0]?.outcome;
      if (outcome?.status !== 'scored') return unread;
      return { ...unread, score: outcome.score, certainty: outcome.distribution[outcome.label] ?? null };
    }
    const [forward, backward] = ordersOf(input, own);
    if (forward?.status !== 'scored' || backward?.status !== 'scored') return unread;
    return paired(input, criterion, forward.distribution, backward.distribution);
  });
}

/** All criteria from the mean of each one's distributions; without a score where any sample has none. */
function readAverage(input: VerdictInput, samples: readonly (readonly Judgment[])[]): Reading[] {
  return input.rubric.criteria.map((criterion) => {
    const unread = { criterionId: criterion.id, score: null, pair: null, certainty: null };
    const labels = scaleLabels(criterion.scale);
    const own = samples.map((group) => group.filter(({ criterionId }) => criterionId === criterion.id));
    const average = (outcomes: readonly (Outcome | undefined)[]) => {
      const scored = outcomes.flatMap((outcome) => (outcome?.status === 'scored' ? [outcome] : []));
      if (scored.length === 0 || scored.length < outcomes.length) return null;
      const members = scored.map(({ distribution }, index) => ({ id: String(index), value: distribution }));
      const { value } = averageDistributions(members, labels, { quorum: 'all' });
      return value && { distribution: value, score: exactMean(scored.map(({ score }) => score)) };
    };
    if (input.mode === 'pointwise') {
      const read = average(own.map(([judgment]) => judgment?.outcome));
      if (read === null) return unread;
      return { ...unread, score: read.score, certainty: extremes(Object.values(read.distribution))[1] };
    }
    const orders = own.map((group) => ordersOf(input, group));
    const forward = average(orders.map(([outcome]) => outcome));
    const backward = average(orders.map(([, outcome]) => outcome));
    if (forward === null || backward === null) return unread;
    return paired(input, criterion, forward.distribution, backward.distribution);
  });
}

/** What was said with each response shown first. */
function ordersOf({ responseIds: [first] }: VerdictInput, judgments: readonly Judgment[]) {
  return [
    judgments.find((judgment) => judgment.responseIds[0] === first)?.outcome,
    judgments.find((judgment) => judgment.responseIds[0] !== first)?.outcome,
  ] as const;
}

/** Both orders of one criterion. */
function paired(
  { tieBand }: VerdictInput,
  { id, scale }: Criterion,
  forward: Readonly<Record<string, number>>,
  backward: Readonly<Record<string, number>>,
): Reading {
  if (scale.kind !== 'choice') throw new JurorError('rubric', 'expected a choice scale for a pair');
  const labels = {
    first: 'A',
    second: 'B',
    ...(Object.hasOwn(scale.choices, 'tie') ? { tie: 'tie' } : {}),
  };
  const pair = combineOrders(
    readOrder(logs(forward), labels),
    readOrder(logs(backward), labels),
    tieBand === undefined ? {} : { tieBand },
  );
  return { criterionId: id, score: pair.probability, pair, certainty: null };
}

function logs(distribution: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(distribution).map(([label, p]) => [label, Math.log(p)]));
}

function scoreIn(readings: readonly Reading[], id: string): number | null {
  return readings.find(({ criterionId }) => criterionId === id)?.score ?? null;
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
    return { id, weight, objective, score: scoreIn(readings, id) };
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
