/** A juror's rubric as an assertion of promptfoo. */
import { z } from 'zod';
import { canonicalJson } from '../canonical.ts';
import { JurorError, nearestName } from '../errors.ts';
import { CritiqueMode } from '../schema.ts';
import { type AnswerJudge, type AnswerJudgeOptions, createAnswerJudge } from '../scoring/answer-judge.ts';
import { holdEngine } from './promptfoo-engines.ts';
import { gradingOf, outputText, promptOf, variable } from './promptfoo-grading.ts';
import type { PromptfooAssertionContext, PromptfooGrading } from './promptfoo-types.ts';

/** How outputs are judged. */
export interface JurorAssertionOptions extends AnswerJudgeOptions {
  /** A file that everything asked is appended to, to be played back as `replay`. */
  readonly record?: string | undefined;
  /** Least score that passes. Default 0.5. */
  readonly threshold?: number | undefined;
  /** Variable with the reference. Default: the first of `reference`, `expected`, `reference_answer`, `target`. */
  readonly referenceVar?: string | undefined;
  /** Variable with the answer to compare with, for a pairwise rubric: the score is the probability that the output is better. */
  readonly againstVar?: string | undefined;
}

/** What an assertion's `config` may hold. */
const AssertionConfig = z.strictObject({
  rubric: z.string().min(1),
  model: z.string().optional(),
  baseUrl: z.string().optional(),
  replay: z.string().optional(),
  record: z.string().optional(),
  threads: z.int().positive().optional(),
  cache: z.boolean().optional(),
  critique: CritiqueMode.optional(),
  seed: z.int().nonnegative().optional(),
  samples: z.int().positive().optional(),
  threshold: z.number().min(0).max(1).optional(),
  referenceVar: z.string().optional(),
  againstVar: z.string().optional(),
});

const references = ['reference', 'expected', 'reference_answer', 'target'];

/**
 * An assertion for `type: javascript` that judges with juror. The model is opened with the first output, shared with the providers and
 * assertions of this process that name the same one, and closed when the process ends.
 */
export function createAssertion(
  options: JurorAssertionOptions,
): (output: unknown, context: PromptfooAssertionContext) => Promise<PromptfooGrading> {
  const { threshold = 0.5, referenceVar, againstVar, ...judging } = options;
  let opening: Promise<AnswerJudge> | undefined;
  return async (output, { prompt: rendered = '', vars }) => {
    opening ??= judgeOf(judging);
    const judge = await opening;
    const reference = variable(vars, referenceVar === undefined ? references : [referenceVar]);
    const question = { prompt: promptOf(rendered), reference };
    const { rubric } = await judge.rubric();
    if (rubric.mode !== 'pairwise')
      return gradingOf(await judge.score({ ...question, response: outputText(output) }), threshold);
    const against = againstVar === undefined ? undefined : variable(vars, [againstVar]);
    if (against === undefined)
      throw new JurorError(
        'usage',
        `againstVar: expected a variable with the answer that '${rubric.id}' compares with, got ${againstVar === undefined ? 'none' : `none named '${againstVar}'`}`,
      );
    return gradingOf(
      await judge.compare({ ...question, first: outputText(output), second: against }),
      threshold,
    );
  };
}

const made = new Map<string, ReturnType<typeof createAssertion>>();

/**
 * The assertion of a configuration alone: `value: package:juror/promptfoo:assertion` with `rubric`, `model`, `threshold` and others in its
 * `config`. Assertions with equal configurations share one model. Throws JurorError `usage`, naming the field.
 */
export async function assertion(
  output: unknown,
  context: PromptfooAssertionContext,
): Promise<PromptfooGrading> {
  const { critique, seed, samples, ...options } = checkedConfig(AssertionConfig, context.config ?? {});
  const { threshold, referenceVar, againstVar, ...judging } = options;
  const key = canonicalJson({ ...judging, critique, seed, samples, threshold, referenceVar, againstVar });
  const known =
    made.get(key) ??
    createAssertion({
      ...options,
      protocol: withoutUndefined({ critique, seed, samples }),
    });
  made.set(key, known);
  return known(output, context);
}

/** A configuration in its form. Throws JurorError `usage`, naming the field and the nearest legal one. */
export function checkedConfig<Value>(schema: z.ZodObject & z.ZodType<Value>, config: unknown): Value {
  const checked: z.ZodSafeParseResult<Value> = schema.safeParse(config);
  if (checked.success) return checked.data;
  // A misspelt field is told before the one that it leaves missing.
  const { issues } = checked.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const near = unknown === undefined ? undefined : nearestName(unknown, Object.keys(schema.shape));
  const hint = near === undefined ? '' : `; did you mean '${near}'?`;
  const field = ['config', ...(issue?.path ?? []), ...(unknown === undefined ? [] : [unknown])].join('.');
  throw new JurorError('usage', `${issue?.message ?? 'expected another configuration'}${hint}`, {
    place: { field },
  });
}

/** Without what is undefined. */
export function withoutUndefined<Options extends object>(
  options: Options,
): { [Key in keyof Options]?: NonNullable<Options[Key]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Options]?: NonNullable<Options[Key]>;
  };
}

/** promptfoo tells no assertion that it is done: what is held is let go when the process has nothing left to do. */
async function judgeOf({
  model,
  baseUrl,
  replay,
  record,
  threads,
  context,
  ...options
}: AnswerJudgeOptions & { record?: string | undefined }) {
  const { engine, release } =
    options.engine === undefined
      ? await holdEngine({ model, baseUrl, replay, record, threads, context })
      : { engine: options.engine, release: async () => {} };
  // What is found in the cache is not asked, and would be missing in a recording.
  const judge = createAnswerJudge({
    ...options,
    engine,
    cache: record === undefined ? options.cache : false,
  });
  process.once('beforeExit', () => {
    void judge[Symbol.asyncDispose]().then(release);
  });
  return judge;
}
