/** Find or make the judgments of plans. */
import type { Engine, EngineOptions } from '../engine/engine.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import type { Judgment } from '../schema.ts';
import { bindJudgment, type PlanRow, type Store } from '../store/store.ts';
import { engineIdentity } from './identity.ts';
import { explain, type MadeJudgment, noUsage, performRound } from './perform.ts';
import type { Plan, PlannedJudgment, Round } from './plan.ts';
import { planRow } from './plan-row.ts';
import type { Protocol } from './protocol.ts';
import { readSteps } from './stepwise.ts';

/** Performs plans. */
export interface Worker {
  /** The judgments of each plan of one sample: those that the store has, and new ones, which are then in it. */
  perform(plans: readonly Plan[], signal: AbortSignal | undefined): Promise<Judgment[][]>;
}

/** What a worker works with. */
export interface WorkerOptions {
  /** Every engine that a round may name. */
  readonly engines: readonly Engine[];
  readonly protocol: Protocol;
  readonly store: Store;
  readonly onEvent: Listener;
}

/** Make a worker. */
export function createWorker({ engines, protocol, store, onEvent }: WorkerOptions): Worker {
  const byIdentity = new Map(engines.map((engine) => [engineIdentity(engine.id), engine]));

  /** What the store has of a round, and what it lacks. */
  const lookUp = async (plan: Plan, row: PlanRow, round: Round): Promise<RoundWork> => {
    const found: Judgment[] = [];
    for (const { key } of round.judgments) {
      const judgment = await store.get(key);
      if (judgment) found.push(judgment);
    }
    const missing = round.judgments.filter(({ key }) => !found.some((judgment) => judgment.key === key));
    const engine = byIdentity.get(engineIdentity(round.engine));
    if (engine === undefined)
      throw new JurorError('usage', `expected an engine of the judge, got '${round.engine.model}'`);
    return { plan, row, round, engine, found, missing };
  };

  const makeRound = async (work: RoundWork, signal: AbortSignal | undefined): Promise<MadeRound> => {
    const { plan, row, round, engine, found, missing } = work;
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
    return { round, engine, bound, made };
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

  /** All rounds of a plan. A solution is kept at once where its first wrong step is explained, once an engine knows it. */
  const judgePlan = async (
    plan: Plan,
    work: readonly RoundWork[],
    signal: AbortSignal | undefined,
  ): Promise<Judgment[]> => {
    const making = work.map((round) => makeRound(round, signal));
    if (plan.mode !== 'stepwise' || protocol.critique !== 'after')
      return (await Promise.all(making.map(async (made) => keepRound(await made)))).flat();
    const rounds = await Promise.all(making);
    const perEngine = [...Map.groupBy(rounds, ({ engine }) => engine).values()];
    return (await Promise.all(perEngine.map((own) => keepSolution(plan, own, signal)))).flat();
  };

  const keepSolution = async (
    plan: Plan,
    rounds: readonly MadeRound[],
    signal: AbortSignal | undefined,
  ): Promise<Judgment[]> => {
    const judgments = rounds.flatMap(({ bound, made }) => [
      ...bound,
      ...made.map(({ judgment }) => judgment),
    ]);
    const { firstError } = readSteps(plan.loaded.rubric, judgments);
    const kept: Judgment[] = [];
    for (const { round, engine, bound, made } of rounds) {
      const wrong = round.step === firstError && made.length > 0;
      const options = callOptions(plan, signal);
      const whole = wrong ? await explain(plan, round, made, engine, protocol, options) : made;
      kept.push(...(await keepRound({ round, engine, bound, made: whole })));
    }
    return kept;
  };

  return {
    async perform(plans, signal) {
      const work: RoundWork[][] = [];
      for (const plan of plans) {
        const row = planRow(plan);
        const rounds: RoundWork[] = [];
        for (const round of plan.rounds) rounds.push(await lookUp(plan, row, round));
        work.push(rounds);
      }
      // All requests go out in one go and in prefix order: what they share is then still in the cache.
      return Promise.all(plans.map((plan, index) => judgePlan(plan, work[index] ?? [], signal)));
    },
  };
}

/** One round of one verdict: judgments there are, and judgments to make. */
interface RoundWork {
  readonly plan: Plan;
  readonly row: PlanRow;
  readonly round: Round;
  readonly engine: Engine;
  readonly found: readonly Judgment[];
  readonly missing: readonly PlannedJudgment[];
}

/** What there was of a round and what was made of it. */
interface MadeRound {
  readonly round: Round;
  readonly engine: Engine;
  readonly bound: readonly Judgment[];
  readonly made: readonly MadeJudgment[];
}
