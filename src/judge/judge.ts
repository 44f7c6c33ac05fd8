/** Judge samples: find or make every judgment, derive verdicts, keep everything in a store. */
import PQueue from 'p-queue';
import type { Engine } from '../engine/engine.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import type { LoadedRubric } from '../rubric.ts';
import type { Judgment, Sample, Verdict } from '../schema.ts';
import { memoryStore } from '../store/memory.ts';
import { bindJudgment, type PlanRow, type Store } from '../store/store.ts';
import { noUsage, performRound } from './perform.ts';
import {
  completeProtocol,
  type Plan,
  type PlannedJudgment,
  type Protocol,
  planSample,
  type Round,
} from './plan.ts';
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

  const judgeRound = async (work: RoundWork, signal: AbortSignal | undefined): Promise<Judgment[]> => {
    const { plan, row, round, found, missing } = work;
    // Equal content has one key: a judgment found may have been made for another sample.
    const responseIds = [...round.responseIds];
    const bound = found.map((judgment) =>
      bindJudgment(judgment, row, { key: judgment.key, criterionId: judgment.criterionId, responseIds }),
    );
    for (const judgment of bound)
      onEvent({ type: 'judgment-finish', judgment, cached: true, spent: noUsage });
    if (missing.length === 0) return bound;
    const made = await performRound(plan, round, missing, engine, protocol, {
      onEvent,
      ...(signal ? { signal } : {}),
    });
    await store.insert(made.map(({ judgment }) => judgment));
    for (const { judgment, spent } of made)
      onEvent({ type: 'judgment-finish', judgment, cached: false, spent });
    return [...bound, ...made.map(({ judgment }) => judgment)];
  };

  const conclude = (plan: Plan, judgments: readonly Judgment[]): Verdict => {
    const verdict = deriveVerdict({
      sampleId: plan.sampleId,
      rubric: plan.loaded.rubric,
      mode: plan.mode,
      responseIds: plan.responses.map(({ id }) => id),
      judgments,
      label: plan.label,
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
    const judged = work.map((round) => judgeRound(round, signal));
    const judgments = await Promise.all(judged);
    return plans.map((plan) =>
      conclude(plan, judgments.filter((_, index) => work[index]?.plan === plan).flat()),
    );
  };

  return {
    protocol,
    judge,
    async *judgeAll(samples, { signal, onBadSample } = {}) {
      // A sample's requests are submitted together, so that its shared prefix is in the cache when they come up.
      const queue = new PQueue({ concurrency: Math.max(2, engine.concurrency) });
      const finished: Promise<Verdict[]>[] = [];
      for await (const sample of samples) {
        if (signal?.aborted) break;
        const verdicts = queue
          .add(() => judge(sample, signal ? { signal } : {}))
          .catch((error: unknown) => {
            if (onBadSample && JurorError.isInstance(error) && error.code === 'data') {
              onBadSample(error);
              return [];
            }
            throw error;
          });
        verdicts.catch(() => queue.clear());
        finished.push(verdicts);
        if (finished.length > queue.concurrency * 2) yield* (await finished.shift()) ?? [];
      }
      for (const verdicts of finished) yield* await verdicts;
      if (signal?.aborted) throw new JurorError('aborted', 'judging was aborted');
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

/** The journal row that the verdict is derived from again at export. */
function planRow(plan: Plan): PlanRow {
  const { rubric, digest } = plan.loaded;
  return {
    sampleId: plan.sampleId,
    rubric: { id: rubric.id, version: rubric.version, digest },
    mode: plan.mode,
    responseIds: plan.responses.map(({ id }) => id),
    judgments: plan.rounds.flatMap(({ judgments, responseIds }) =>
      judgments.map(({ key, criterionId }) => ({ key, criterionId, responseIds: [...responseIds] })),
    ),
    characters: plan.responses.map(({ text }) => text.length),
    cluster: plan.cluster,
    ...(plan.label === undefined ? {} : { label: plan.label }),
    ...(plan.group === undefined ? {} : { group: plan.group }),
  };
}
