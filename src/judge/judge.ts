/** Judge samples: find or make every judgment, derive verdicts, keep everything in a store. */
import type { Engine } from '../engine/engine.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import type { LoadedRubric } from '../rubric.ts';
import type { Judgment, Sample, Verdict } from '../schema.ts';
import { memoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { engineIdentity } from './identity.ts';
import { nextEngine } from './panel.ts';
import { type Plan, planSample } from './plan.ts';
import { contentFreeOf, joinPlans, planRow } from './plan-row.ts';
import { completeProtocol, type Protocol } from './protocol.ts';
import { type DecisionRules, requireRules } from './rules.ts';
import { eachInOrder } from './stream.ts';
import { deriveVerdict } from './verdict.ts';
import { createWorker } from './work.ts';

/** Options of {@link createJudge}. */
export interface JudgeOptions extends Partial<Protocol>, DecisionRules {
  /** Who judges; this or `engines`. */
  readonly engine?: Engine;
  /** A panel, or with `escalate` a ladder from the smallest to the largest. */
  readonly engines?: readonly Engine[];
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
  readonly onBadSample?: (error: JurorError, sample: Sample) => void;
}

/** A judge: rubrics, a protocol, an engine and a store. Does not own engines or the store. */
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
  const { rubrics, panel, abstain, escalate, tieBand, onEvent = () => {} } = options;
  if (rubrics.length === 0) throw new JurorError('usage', 'rubrics: expected at least one, got none');
  const protocol = completeProtocol(options);
  const engines = enginesOf(options);
  requireRules(
    options,
    engines.length,
    rubrics.map(({ rubric }) => rubric),
  );
  const store = options.store ?? memoryStore();
  const worker = createWorker({ engines, protocol, store, onEvent });

  const derive = (
    plan: Plan,
    judgments: readonly Judgment[],
    { engines, ...rules }: DecisionRules & { readonly engines: readonly Engine[] },
  ): Verdict =>
    deriveVerdict({
      sampleId: plan.sampleId,
      rubric: plan.loaded.rubric,
      mode: plan.mode,
      responseIds: plan.responses.map(({ id }) => id),
      judgments,
      label: plan.label,
      ...contentFreeOf(plan),
      ...rules,
      engines: engines.map(({ id }) => id),
      ...(tieBand === undefined ? {} : { tieBand }),
    });

  const plansOf = async (sample: Sample, engine: Engine): Promise<Plan[]> =>
    (await Promise.all(rubrics.map((loaded) => planSample(sample, loaded, engine, protocol)))).flat();

  /** All engines at the same time. */
  const judgeTogether = async (sample: Sample, signal: AbortSignal | undefined): Promise<Verdict[]> => {
    const plans = joinPlans(await Promise.all(engines.map((engine) => plansOf(sample, engine))));
    await store.insertPlan(plans.map(planRow));
    const judgments = await worker.perform(plans, signal);
    return plans.map((plan, index) => derive(plan, judgments[index] ?? [], { engines, panel, abstain }));
  };

  /** One engine after another, each for what the one before left open. */
  const judgeUpwards = async (sample: Sample, signal: AbortSignal | undefined): Promise<Verdict[]> => {
    const climbs: Climb[] = [];
    for (const [rung, engine] of engines.entries()) {
      const plans = await plansOf(sample, engine);
      const open = plans.flatMap((plan, index) => {
        climbs[index] ??= { plan: { ...plan, rounds: [] }, judgments: [], verdicts: [] };
        const climb = climbs[index];
        return nextEngine(climb.verdicts, engines.length, abstain ?? {}) === rung ? [{ plan, climb }] : [];
      });
      for (const { plan, climb } of open) climb.plan = joinPlans([[climb.plan], [plan]])[0] ?? plan;
      await store.insertPlan(open.map(({ climb }) => planRow(climb.plan)));
      const made = await worker.perform(
        open.map(({ plan }) => plan),
        signal,
      );
      for (const [index, { plan, climb }] of open.entries()) {
        climb.judgments.push(...(made[index] ?? []));
        climb.verdicts.push(derive(plan, made[index] ?? [], { engines: [engine] }));
      }
    }
    return climbs.map(({ plan, judgments }) => derive(plan, judgments, { engines, abstain, escalate }));
  };

  const judge: Judge['judge'] = async (sample, { signal } = {}) => {
    const verdicts = await (escalate ? judgeUpwards : judgeTogether)(sample, signal);
    for (const verdict of verdicts) onEvent({ type: 'verdict-finish', verdict });
    return verdicts;
  };

  return {
    protocol,
    judge,
    judgeAll: (samples, streaming = {}) => {
      const { signal } = streaming;
      const work = (sample: Sample) => judge(sample, signal ? { signal } : {});
      const concurrency = Math.max(...engines.map((engine) => engine.concurrency));
      return eachInOrder(samples, work, { ...streaming, concurrency });
    },
  };
}

/** One verdict to be on a ladder: what was asked so far, and each engine's own verdict. */
interface Climb {
  plan: Plan;
  readonly judgments: Judgment[];
  readonly verdicts: Verdict[];
}

function enginesOf({ engine, engines = [] }: JudgeOptions): readonly Engine[] {
  const all = engine === undefined ? engines : [engine, ...engines];
  if (all.length === 0 || (engine !== undefined && engines.length > 0))
    throw new JurorError('usage', `expected engine or engines, got ${all.length === 0 ? 'neither' : 'both'}`);
  const identities = all.map(({ id }) => engineIdentity(id));
  const twice = all.find((_, index) => identities.indexOf(identities[index] ?? '') !== index);
  if (twice !== undefined)
    throw new JurorError('usage', `engines: expected each engine once, got '${twice.id.model}' twice`);
  return all;
}
