/** The local model as providers of promptfoo: one that answers, one that grades for `llm-rubric`. */
import { z } from 'zod';
import type { Engine } from '../engine/engine.ts';
import { isTextGenerator, type TextGenerator } from '../engine/generate.ts';
import { JurorError } from '../errors.ts';
import { parseRubric } from '../rubric.ts';
import { CritiqueMode } from '../schema.ts';
import { createAnswerJudge } from '../scoring/answer-judge.ts';
import { checkedConfig, withoutUndefined } from './promptfoo-assertion.ts';
import { holdEngine, type SharedChoice } from './promptfoo-engines.ts';
import { gradingOf, outputText, promptOf, tokensOf, variable } from './promptfoo-grading.ts';
import type { PromptfooCallContext, PromptfooProviderOptions, PromptfooResponse } from './promptfoo-types.ts';

const engineFields = {
  model: z.string().optional(),
  baseUrl: z.string().optional(),
  replay: z.string().optional(),
  record: z.string().optional(),
  threads: z.int().positive().optional(),
  context: z.int().positive().optional(),
};

const ProviderConfig = z.strictObject({
  ...engineFields,
  maxTokens: z.int().positive().default(512),
  temperature: z.number().nonnegative().default(0),
  topP: z.number().positive().max(1).default(1),
  seed: z.int().nonnegative().default(0),
  stop: z.array(z.string().min(1)).default([]),
  basePath: z.string().optional(),
});
/** `config` of {@link JurorProvider}: which model, and how it writes. */
export type JurorProviderConfig = z.input<typeof ProviderConfig>;

/** A provider that answers: the local model, or any that juror opens. The model is opened with the first prompt. */
export class JurorProvider {
  readonly #id: string;
  readonly #config: z.output<typeof ProviderConfig>;
  #holding: Promise<Held<Engine & TextGenerator>> | undefined;

  constructor(options: PromptfooProviderOptions<JurorProviderConfig> = {}) {
    this.#config = checkedConfig(ProviderConfig, options.config ?? {});
    this.#id = options.id ?? `juror:${this.#config.model ?? 'smollm2-135m'}`;
  }

  /** How promptfoo names it. */
  id(): string {
    return this.#id;
  }

  /** Write an answer. What the engine cannot write is an `error`, never an empty answer. */
  async callApi(prompt: string): Promise<PromptfooResponse> {
    const { maxTokens, temperature, topP, seed, stop } = this.#config;
    try {
      this.#holding ??= this.#open();
      const { engine } = await this.#holding;
      const asked = promptOf(prompt);
      const messages = typeof asked === 'string' ? [{ role: 'user' as const, content: asked }] : asked;
      const written = await engine.generate({
        messages,
        maxTokens,
        temperature,
        topP,
        seed,
        stop,
        schema: null,
      });
      const { evaluated, reused, generated } = written.usage;
      return {
        output: written.text,
        tokenUsage: tokensOf([{ prompt: evaluated + reused, generated }], 1),
        metadata: { finish: written.finish, model: engine.id.model, digest: engine.id.digest },
      };
    } catch (error) {
      return { error: messageOf(error) };
    }
  }

  /** Close the model; promptfoo calls it at the end. */
  async cleanup(): Promise<void> {
    const holding = this.#holding;
    this.#holding = undefined;
    await holding?.then(
      ({ release }) => release(),
      () => undefined,
    );
  }

  async #open(): Promise<Held<Engine & TextGenerator>> {
    const { engine, release } = await holdEngine(choiceOf(this.#config));
    if (isTextGenerator(engine)) return { engine, release };
    await release();
    throw new JurorError(
      'usage',
      `model: expected one that writes, got ${engine.id.model}, which does not here`,
    );
  }
}

interface Held<Kind> {
  readonly engine: Kind;
  readonly release: () => Promise<void>;
}

function choiceOf({ model, baseUrl, replay, record, threads, context }: SharedChoice): SharedChoice {
  return { model, baseUrl, replay, record, threads, context };
}

const GraderConfig = z.strictObject({
  ...engineFields,
  cache: z.boolean().optional(),
  critique: CritiqueMode.optional(),
  seed: z.int().nonnegative().optional(),
  /** Least probability that the rubric is met for a pass. */
  threshold: z.number().min(0).max(1).default(0.5),
  /** Variable with what was asked. Default: the first of `prompt`, `question`, `input`, `query`, `instruction`. */
  promptVar: z.string().optional(),
  basePath: z.string().optional(),
});
/** `config` of {@link JurorGrader}: which model judges, how, and from where on an output passes. */
export type JurorGraderConfig = z.input<typeof GraderConfig>;

/**
 * A grader for `llm-rubric`: the rubric's text becomes a criterion, and the score is the probability, read from the model, that the output
 * meets it. Nothing is parsed out of prose, so a small model cannot fail to grade. promptfoo's own grading prompt is not used.
 */
export class JurorGrader {
  readonly #id: string;
  readonly #config: z.output<typeof GraderConfig>;
  #holding: Promise<Held<Engine>> | undefined;

  constructor(options: PromptfooProviderOptions<JurorGraderConfig> = {}) {
    this.#config = checkedConfig(GraderConfig, options.config ?? {});
    this.#id = options.id ?? `juror-grader:${this.#config.model ?? 'smollm2-135m'}`;
  }

  /** How promptfoo names it. */
  id(): string {
    return this.#id;
  }

  /** Grade what `vars.output` says by what `vars.rubric` asks, as `llm-rubric` passes them. Anything else is an `error`. */
  async callApi(_prompt: string, { vars = {} }: PromptfooCallContext = {}): Promise<PromptfooResponse> {
    const { critique, seed, cache, record, threshold, promptVar } = this.#config;
    const rubric = variable(vars, ['rubric']);
    if (rubric === undefined || vars.output === undefined)
      return {
        error: 'juror grades for llm-rubric, which passes rubric and output; got a prompt without them',
      };
    try {
      this.#holding ??= holdEngine(choiceOf(this.#config));
      await using judge = createAnswerJudge({
        rubric: rubricOf(rubric),
        engine: (await this.#holding).engine,
        cache: record === undefined ? cache : false,
        protocol: withoutUndefined({ critique, seed }),
      });
      const asked = variable(vars, promptVar === undefined ? questions : [promptVar]) ?? '';
      const grading = gradingOf(
        await judge.score({ prompt: promptOf(asked), response: outputText(vars.output) }),
        threshold,
      );
      const { tokensUsed, metadata, ...output } = grading;
      const common = { ...(tokensUsed ? { tokenUsage: tokensUsed } : {}), ...(metadata ? { metadata } : {}) };
      return metadata?.graderError === true ? { error: grading.reason, ...common } : { output, ...common };
    } catch (error) {
      return { error: messageOf(error) };
    }
  }

  /** Close the model; promptfoo calls it at the end. */
  async cleanup(): Promise<void> {
    const holding = this.#holding;
    this.#holding = undefined;
    await holding?.then(
      ({ release }) => release(),
      () => undefined,
    );
  }
}

const questions = ['prompt', 'question', 'input', 'query', 'instruction'];

/** A rubric of one criterion in the words of a test. */
function rubricOf(text: string) {
  const rubric = {
    id: 'llm-rubric',
    version: '1',
    mode: 'pointwise',
    description: 'Judge whether the answer meets the requirement.',
    prompt: 'pointwise',
    criteria: [
      {
        id: 'met',
        description: text,
        question: `Does the answer meet this requirement? ${text}`,
        scale: { kind: 'choice', choices: { yes: 1, no: 0 } },
      },
    ],
  };
  return parseRubric(JSON.stringify(rubric), 'llm-rubric');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
