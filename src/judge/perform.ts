/** Make the judgments of a round that are not there yet. */
import type {
  Answer,
  DeliberationResult,
  DeliberationSample,
  Engine,
  EngineOptions,
} from '../engine/engine.ts';
import { JurorError } from '../errors.ts';
import { scoreOf } from '../rubric.ts';
import type { Criterion, Judgment, JudgmentUsage, Outcome, Usage } from '../schema.ts';
import type { Plan, PlannedJudgment, Round } from './plan.ts';
import type { Protocol } from './protocol.ts';

/** A new judgment, and what the engine did for it. */
export interface MadeJudgment {
  readonly judgment: Judgment;
  readonly spent: Usage;
}

/** Nothing spent. */
export const noUsage: Usage = { evaluated: 0, reused: 0, generated: 0 };

/**
 * Deliberate once for all missing judgments of a round; a step's critique from the verdict is left to {@link explain}, since
 * only a whole solution tells which step wants one. Throws JurorError `aborted` or `engine`; nothing is made up.
 */
export async function performRound(
  plan: Plan,
  round: Round,
  missing: readonly PlannedJudgment[],
  engine: Engine,
  protocol: Protocol,
  options: EngineOptions,
): Promise<MadeJudgment[]> {
  const questions = round.questions.filter((question) =>
    missing.some(({ criterionId }) => criterionId === question.id),
  );
  const sampleIndexes = [...new Set(missing.map(({ sampleIndex }) => sampleIndex))].sort(
    (left, right) => left - right,
  );
  const result = await engine.deliberate(
    {
      prefix: round.prefix,
      critique: round.critique && { ...round.critique, seeds: sampleIndexes.map(round.seedOf) },
      questions,
    },
    options,
  );
  const made = missing.map((planned): MadeJudgment => {
    const base = baseOf(plan, round, planned, engine, protocol);
    if (result.status === 'unscored')
      return {
        judgment: { ...base, critique: null, outcome: unscored(result), usage: { prompt: 0, generated: 0 } },
        spent: noUsage,
      };
    const sample = result.samples[sampleIndexes.indexOf(planned.sampleIndex)];
    const answer = sample?.answers.find(({ questionId }) => questionId === planned.criterionId);
    if (sample === undefined || answer === undefined)
      throw new JurorError('engine', `expected an answer to '${planned.criterionId}', got none`);
    const outcome = outcomeOf(answer, criterionOf(plan, planned.criterionId));
    return {
      judgment: { ...base, critique: sample.critique, outcome, usage: usageOf(sample, answer) },
      spent: spentOn(sample, answer),
    };
  });
  if (protocol.critique !== 'after' || result.status === 'unscored' || round.step !== undefined) return made;
  return explain(plan, round, made, engine, protocol, options);
}

/** Write the critique from the verdict. A critique that does not fit is left out; the verdict stands. */
export async function explain(
  plan: Plan,
  round: Round,
  made: readonly MadeJudgment[],
  engine: Engine,
  protocol: Protocol,
  options: EngineOptions,
): Promise<MadeJudgment[]> {
  const verdicts = made.flatMap(({ judgment: { criterionId, outcome } }) =>
    outcome.status === 'scored' ? [{ criterion: criterionOf(plan, criterionId), label: outcome.label }] : [],
  );
  const result = await engine.deliberate(
    {
      prefix: round.prefix,
      critique: {
        instruction: await round.rendered.critiqueAfter(verdicts),
        maxTokens: protocol.critiqueTokens,
        temperature: protocol.temperature,
        topP: 0.95,
        seeds: [round.seedOf(0)],
      },
      questions: [],
    },
    options,
  );
  // The engine failed: without its critique the judgment is not what was asked for, and may be made again.
  if (result.status === 'unscored' && result.reason === 'engine')
    return made.map(({ judgment, spent }) => ({
      judgment: { ...judgment, outcome: unscored(result) },
      spent,
    }));
  const written = result.status === 'done' ? result.samples[0] : undefined;
  return made.map(({ judgment, spent }, index) => {
    if (written === undefined) return { judgment, spent };
    const { evaluated, reused, generated } = written.usage;
    const usage = {
      prompt: judgment.usage.prompt + evaluated + reused,
      generated: judgment.usage.generated + generated,
    };
    return {
      judgment: { ...judgment, critique: written.critique, usage },
      spent: index === 0 ? add(spent, written.usage) : spent,
    };
  });
}

function baseOf(plan: Plan, round: Round, planned: PlannedJudgment, engine: Engine, protocol: Protocol) {
  const { rubric, digest } = plan.loaded;
  return {
    key: planned.key,
    sampleId: plan.sampleId,
    responseIds: [...round.responseIds],
    rubric: { id: rubric.id, version: rubric.version, digest },
    criterionId: planned.criterionId,
    ...(round.step === undefined ? {} : { step: round.step }),
    engine: engine.id,
    seed: protocol.seed,
    sampleIndex: planned.sampleIndex,
    protocol: engine.protocol,
  };
}

function criterionOf(plan: Plan, id: string): Criterion {
  const criterion = plan.loaded.rubric.criteria.find((candidate) => candidate.id === id);
  if (criterion === undefined)
    throw new JurorError('rubric', `expected a criterion of '${plan.loaded.rubric.id}', got '${id}'`);
  return criterion;
}

/** Probabilities sum to 1; the score is their expectation over the scale. */
function outcomeOf(answer: Answer, { scale }: Criterion): Outcome {
  const entries = Object.entries(answer.logProbabilities);
  const sum = entries.reduce((total, [, value]) => total + Math.exp(value), 0);
  const distribution = Object.fromEntries(
    entries.map(([label, value]) => [label, Math.min(1, Math.exp(value) / sum)]),
  );
  const score = Object.entries(distribution).reduce(
    (total, [label, p]) => total + p * scoreOf(scale, label),
    0,
  );
  const best = Object.entries(distribution).reduce((left, right) => (right[1] > left[1] ? right : left));
  return { status: 'scored', label: best[0], score: Math.min(1, Math.max(0, score)), distribution };
}

function unscored(result: Extract<DeliberationResult, { status: 'unscored' }>): Outcome {
  return { status: 'unscored', reason: result.reason, message: result.message };
}

/** The prefix is counted once, with the first answer. */
function spentOn(sample: DeliberationSample, answer: Answer): Usage {
  return answer === sample.answers[0] ? add(sample.usage, answer.usage) : answer.usage;
}

/** What one judgment stands on: prefix, critique and its own question, the same whether or not the others of its round were made along. */
function usageOf(sample: DeliberationSample, answer: Answer): JudgmentUsage {
  const { evaluated, reused, generated } = sample.usage;
  const read = answer.usage.evaluated + answer.usage.reused;
  // From the second question on an answer counts what it branches off from.
  const prompt = answer === sample.answers[0] ? evaluated + reused + read : read - generated;
  return { prompt, generated };
}

/** Sum of two usages. */
export function add(left: Usage, right: Usage): Usage {
  return {
    evaluated: left.evaluated + right.evaluated,
    reused: left.reused + right.reused,
    generated: left.generated + right.generated,
  };
}
