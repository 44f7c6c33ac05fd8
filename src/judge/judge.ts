/** Judge samples: find or make every judgment, derive verdicts, keep everything in a store. */
import type { Engine, EngineOptions } from '../engine/engine.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import type { LoadedRubric } from '../rubric.ts';
import type { Judgment, Sample, Verdict } from '../schema.ts';
import { memoryStore } from '../store/memory.ts';
import { bindJudgment, type PlanRow, type Store } from '../store/store.ts';
import { contentFreeIds } from './content-free-answer.ts';
import { explain, type MadeJudgment, noUsage, performRound } from './perform.ts';
import {
  completeProtocol,
  type Plan,
  type PlannedJudgment,
  type Protocol,
  planSample,
  type Round,
} from './plan.ts';
import { readSteps } from './stepwise.ts';
import { eachInOrder } from './stream.ts';
import { deriveVerdict } from './verdict.ts';

/** Options of {@link createJudge}. */
export interface JudgeOptions extends Partial<Protocol> {
  readonly engine: Engine;
  /** Every sample is judged under each of them. */
  readonly rubrics: readonly LoadedRubric[];
  /** Default: a store in memory. */
  readonly store?: Store;
  /** Orders that disagree are a tie when the mean |log-odds| is at most this, in nats. Default 0. */
  readonly tieBand?: number;
  readonly onEvent?: Listener;
}

/** Options of one call. */
export interface JudgeCallOptions {
  readonly signal?: AbortSignal;
}

/** Options of {@link Judge.judgeAll}. */
export interface JudgeAllOptions extends JudgeCallOptions {
  /** Told of a sample that does not fit its rubric; judging goes on. Without it the error is thrown. */
  readonly onBadSample?: (error: JurorError) => void;
}

/** A judge: rubrics, a protocol, an engine and a store. Does not own the engine or the store. */
export interface Judge {
  readonly protocol: Protocol;
  /** Verdicts of one sample, by rubric and then by response. */
  judge(sample: Sample, options?: JudgeCallOptions): Promise<Verdict[]>;
  /** Verdicts of a stream, in its order; memory does not grow with it. */
  judgeAll(
    samples: Iterable<Sample> | AsyncIterable<Sample>,
    options?: JudgeAllOptions,
  ): AsyncGenerator<Verdict>;
}

/**
 * Make a judge. The same sample, rubric, engine and seed give the same judgments: those that the store has are not made again.
 * Throws JurorError `usage` for options that mean nothing together.
 */
export function createJudge(options: JudgeOptions): Judge {
  const { engine, rubrics, onEvent = () => {} } = options;
  if (rubrics.length === 0) throw new JurorError('usage', 'rubrics: expected at least one, got none');
  const protocol = completeProtocol(options);
  const store = options.store ?? memoryStore();

  /** What the store has of a round, and what it lacks. */
  const lookUp = async (plan: Plan, row: PlanRow, round: Round): Promise<RoundWork> => {
    const found: Judgment[] = [];
    for (const { key } of round.judgments) {
      const judgment = await store.get(key);
      if (judgment) found.push(judgment);
    }
    const missing = round.judgments.filter(({ key }) => !found.some((judgment) => judgment.key === key));
    return { plan, row, round, found, missing };
  };

  const makeRound = async (work: RoundWork, signal: AbortSignal | undefined): Promise<MadeRound> => {
    const { plan, row, round, found, missing } = work;
    // Equal content has one key: a judgment found may have been made for another sample.
    const { step } = round;
    const responseIds = [...round.responseIds];
    const bound = found.map((judgment) =>
      bindJudgment(judgment, row, {
        key: judgment.key,
        criterionId: judgment.criterionId,
        responseIds,
        ...(step === undefined ? {} : { step }),
      }),
    );
    for (const judgment of bound)
      onEvent({ type: 'judgment-finish', judgment, cached: true, spent: noUsage });
    const made =
      missing.length === 0
        ? []
        : await performRound(plan, round, missing, engine, protocol, callOptions(plan, signal));
    return { round, bound, made };
  };

  const keepRound = async ({ bound, made }: MadeRound): Promise<Judgment[]> => {
    await store.insert(made.map(({ judgment }) => judgment));
    for (const { judgment, spent } of made)
      onEvent({ type: 'judgment-finish', judgment, cached: false, spent });
    return [...bound, ...made.map(({ judgment }) => judgment)];
  };

  const callOptions = ({ rounds }: Plan, signal: AbortSignal | undefined): EngineOptions => {
    const lane = rounds.length > 1 ? rounds[0]?.judgments[0]?.key : undefined;
    return { onEvent, ...(signal ? { signal } : {}), ...(lane === undefined ? {} : { lane }) };
  };

  /** All rounds of a plan. A solution is kept at once where its first wrong step is explained, once it is known. */
  const judgePlan = async (
    plan: Plan,
    work: readonly RoundWork[],
    signal: AbortSignal | undefined,
  ): Promise<Judgment[]> => {
    const making = work.map((round) => makeRound(round, signal));
    if (plan.mode !== 'stepwise' || protocol.critique !== 'after')
      return (await Promise.all(making.map(async (made) => keepRound(await made)))).flat();
    const rounds = await Promise.all(making);
    const judgments = rounds.flatMap(({ bound, made }) => [
      ...bound,
      ...made.map(({ judgment }) => judgment),
    ]);
    const { firstError } = readSteps(plan.loaded.rubric, judgments);
    const kept: Judgment[] = [];
    for (const { round, bound, made } of rounds) {
      const wrong = round.step === firstError && made.length > 0;
      const options = callOptions(plan, signal);
      const whole = wrong ? await explain(plan, round, made, engine, protocol, options) : made;
      kept.push(...(await keepRound({ round, bound, made: whole })));
    }
    return kept;
  };

  const conclude = (plan: Plan, judgments: readonly Judgment[]): Verdict => {
    const verdict = deriveVerdict({
      sampleId: plan.sampleId,
      rubric: plan.loaded.rubric,
      mode: plan.mode,
      responseIds: plan.responses.map(({ id }) => id),
      judgments,
      label: plan.label,
      ...contentFreeOf(plan),
      ...(options.tieBand === undefined ? {} : { tieBand: options.tieBand }),
    });
    onEvent({ type: 'verdict-finish', verdict });
    return verdict;
  };

  const plansOf = async (sample: Sample): Promise<Plan[]> =>
    (await Promise.all(rubrics.map((loaded) => planSample(sample, loaded, engine, protocol)))).flat();

  const judge: Judge['judge'] = async (sample, { signal } = {}) => {
    const plans = await plansOf(sample);
    const rows = plans.map(planRow);
    await store.insertPlan(rows);
    const work: RoundWork[] = [];
    for (const [index, plan] of plans.entries())
      for (const round of plan.rounds) work.push(await lookUp(plan, rows[index] ?? planRow(plan), round));
    // All requests go out in one go and in prefix order: what they share is then still in the cache.
    const judged = plans.map((plan) =>
      judgePlan(
        plan,
        work.filter((round) => round.plan === plan),
        signal,
      ),
    );
    const judgments = await Promise.all(judged);
    return plans.map((plan, index) => conclude(plan, judgments[index] ?? []));
  };

  return {
    protocol,
    judge,
    judgeAll: (samples, streaming = {}) => {
      const { signal } = streaming;
      const work = (sample: Sample) => judge(sample, signal ? { signal } : {});
      return eachInOrder(samples, work, { ...streaming, concurrency: engine.concurrency });
    },
  };
}

/** One round of one verdict: judgments there are, and judgments to make. */
interface RoundWork {
  readonly plan: Plan;
  readonly row: PlanRow;
  readonly round: Round;
  readonly found: readonly Judgment[];
  readonly missing: readonly PlannedJudgment[];
}

/** What there was of a round and what was made of it. */
interface MadeRound {
  readonly round: Round;
  readonly bound: readonly Judgment[];
  readonly made: readonly MadeJudgment[];
}

/** The field that names responses without content, where there are some. */
function contentFreeOf({ responses }: Plan): { contentFree?: string[] } {
  const contentFree = contentFreeIds(responses);
  return contentFree.length > 0 ? { contentFree } : {};
}

/** The journal row that the verdict is derived from again at export. */
function planRow(plan: Plan): PlanRow {
  const { rubric, digest } = plan.loaded;
  return {
    sampleId: plan.sampleId,
    rubric: { id: rubric.id, version: rubric.version, digest },
    mode: plan.mode,
    responseIds: plan.responses.map(({ id }) => id),
    judgments: plan.rounds.flatMap(({ judgments, responseIds, step }) =>
      judgments.map(({ key, criterionId }) => ({
        key,
        criterionId,
        responseIds: [...responseIds],
        ...(step === undefined ? {} : { step }),
      })),
    ),
    characters: plan.responses.map(({ text }) => text.length),
    cluster: plan.cluster,
    ...(plan.label === undefined ? {} : { label: plan.label }),
    ...(plan.group === undefined ? {} : { group: plan.group }),
    ...contentFreeOf(plan),
  };
}
