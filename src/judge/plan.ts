/** From a sample and a rubric to the deliberations to make, each judgment under its key. */
import { seedFrom } from '../aggregate/random.ts';
import { canonicalJson, contentHash, promptCluster } from '../canonical.ts';
import type { CritiqueRequest, Engine, Question, Turn } from '../engine/engine.ts';
import { JurorError } from '../errors.ts';
import { renderSolution } from '../prompt/solution.ts';
import { loadPrompt, type RenderedPrompt, renderPrompt } from '../prompt.ts';
import type { LoadedRubric } from '../rubric.ts';
import type { Annotation, Criterion, EngineId, Label, Response, Sample, Verdict } from '../schema.ts';
import { nameless } from './identity.ts';
import { PROTOCOL_VERSION, type Protocol } from './protocol.ts';
import { stepsOf } from './stepwise.ts';

/** One judgment to make or to find. */
export interface PlannedJudgment {
  readonly key: string;
  readonly criterionId: string;
  readonly sampleIndex: number;
}

/** The answers in one order, or a solution up to a step: everything that branches off one prefix. */
export interface Round {
  /** Who is asked. */
  readonly engine: EngineId;
  readonly responseIds: readonly string[];
  /** Stepwise: index of the last step shown, which is asked about. */
  readonly step?: number;
  readonly prefix: readonly Turn[];
  readonly questions: readonly Question[];
  /** Before the verdict; null for `none` and `after`. */
  readonly critique: Omit<CritiqueRequest, 'seeds'> | null;
  readonly rendered: RenderedPrompt;
  readonly judgments: readonly PlannedJudgment[];
  /** Seed of a sample's critique. */
  seedOf(sampleIndex: number): number;
}

/** One verdict to be: which answers, and the rounds that judge them. */
export interface Plan {
  readonly sampleId: string;
  readonly loaded: LoadedRubric;
  readonly mode: Verdict['mode'];
  readonly responses: readonly Response[];
  /** Stepwise: one for each step, in order, each with the prefix of the one before and a segment more. */
  readonly rounds: readonly Round[];
  readonly label: Label | undefined;
  readonly annotations: readonly Annotation[] | undefined;
  /** Same for all samples with the same prompt. */
  readonly cluster: string;
  readonly group: string | undefined;
}

/** Verdicts that one sample has under one rubric: one for a pair, one for each answer where answers are judged alone. */
export async function planSample(
  sample: Sample,
  loaded: LoadedRubric,
  engine: Pick<Engine, 'id'>,
  protocol: Protocol,
): Promise<Plan[]> {
  const { rubric } = loaded;
  const base = {
    sampleId: sample.id,
    loaded,
    label: sample.label,
    annotations: sample.annotations,
    cluster: promptCluster(sample.prompt),
    group: groupOf(sample),
  };
  const roundsOf = (orders: readonly (readonly Response[])[]) =>
    Promise.all(orders.map((order) => planRound(sample, order, loaded, engine.id, protocol)));
  if (rubric.mode === 'pointwise')
    return Promise.all(
      sample.responses.map(async (response) => ({
        ...base,
        mode: 'pointwise' as const,
        responses: [response],
        rounds: await roundsOf([[response]]),
      })),
    );
  if (rubric.mode === 'pairwise') {
    const [first, second, ...others] = sample.responses;
    if (first === undefined || second === undefined || others.length > 0)
      throw new JurorError(
        'data',
        `sample '${sample.id}': expected two responses for the pairwise rubric '${rubric.id}', got ${sample.responses.length}`,
        {
          place: { field: 'responses' },
        },
      );
    return [
      {
        ...base,
        mode: 'pairwise',
        responses: [first, second],
        rounds: await roundsOf([
          [first, second],
          [second, first],
        ]),
      },
    ];
  }
  if (rubric.mode === 'stepwise')
    return Promise.all(
      sample.responses.map(async (response) => ({
        ...base,
        mode: 'stepwise' as const,
        responses: [response],
        rounds: await planSteps(sample, response, loaded, engine.id, protocol),
      })),
    );
  throw new JurorError(
    'rubric',
    `expected a pointwise, pairwise or stepwise rubric, got '${rubric.id}' of mode ${rubric.mode}`,
  );
}

async function planRound(
  sample: Sample,
  responses: readonly Response[],
  loaded: LoadedRubric,
  engineId: EngineId,
  protocol: Protocol,
): Promise<Round> {
  const { rubric } = loaded;
  const rendered = await renderPrompt(loadPrompt(rubric.prompt), {
    rubric,
    prompt: sample.prompt,
    responses: responses.map((response) => response.text),
    reference: sample.reference,
    seed: protocol.seed,
  }).catch((error: unknown) => throwFor(sample, error));
  return roundOf(rendered, responses, loaded, engineId, protocol);
}

/** One round for each step of a solution. */
async function planSteps(
  sample: Sample,
  response: Response,
  loaded: LoadedRubric,
  engineId: EngineId,
  protocol: Protocol,
): Promise<Round[]> {
  const { rubric } = loaded;
  const rendered = await renderSolution(loadPrompt(rubric.prompt), {
    rubric,
    prompt: sample.prompt,
    steps: stepsOf(sample, response, `the stepwise rubric '${rubric.id}'`, protocol.steps),
    reference: sample.reference,
    seed: protocol.seed,
  }).catch((error: unknown) => throwFor(sample, error));
  return Promise.all(
    rendered.map(async (prompt, step) => ({
      ...(await roundOf(prompt, [response], loaded, engineId, protocol)),
      step,
    })),
  );
}

function throwFor(sample: Sample, error: unknown): never {
  throw JurorError.isInstance(error) && error.code === 'data'
    ? new JurorError('data', `sample '${sample.id}': ${error.message}`, { cause: error })
    : error;
}

async function roundOf(
  rendered: RenderedPrompt,
  responses: readonly Response[],
  { rubric }: LoadedRubric,
  engineId: EngineId,
  protocol: Protocol,
): Promise<Round> {
  const instruction = rendered.critiqueInstruction(protocol.critique);
  const settings = { maxTokens: protocol.critiqueTokens, temperature: protocol.temperature, topP: 0.95 };
  const critique = instruction === null ? null : { instruction, ...settings };
  const questions = rubric.criteria.map((criterion) => rendered.question(criterion, critique !== null));
  // A critique from the verdict is written from those of all criteria.
  const explanation = protocol.critique === 'after' ? await rendered.critiqueAfter([]) : null;
  const prefixHash = contentHash(rendered.prefix);
  const seedOf = (sampleIndex: number) => seedFrom(protocol.seed, prefixHash, sampleIndex);
  const shared = {
    protocol: PROTOCOL_VERSION,
    engine: nameless(engineId),
    prefix: rendered.prefix,
    critique:
      critique ?? (protocol.critique === 'after' ? { after: settings, questions, explanation } : null),
  };
  const judgments = questions.flatMap((question) =>
    Array.from({ length: protocol.samples }, (_, sampleIndex) => ({
      key: contentHash({
        ...shared,
        question,
        criterion: asked(rubric.criteria.find((criterion) => criterion.id === question.id)),
        sampleIndex,
        seed: protocol.critique === 'none' ? null : seedOf(sampleIndex),
      }),
      criterionId: question.id,
      sampleIndex,
    })),
  );
  return {
    engine: engineId,
    responseIds: responses.map((response) => response.id),
    prefix: rendered.prefix,
    questions,
    critique,
    rendered,
    judgments,
    seedOf,
  };
}

/** What a criterion says of its question; its weight and objective only combine what was judged. */
function asked(criterion: Criterion | undefined) {
  return criterion && { description: criterion.description, scale: canonicalJson(criterion.scale) };
}

function groupOf(sample: Sample): string | undefined {
  const subset = sample.metadata?.subset;
  return typeof subset === 'string' ? subset : undefined;
}
