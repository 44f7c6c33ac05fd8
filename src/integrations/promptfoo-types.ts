/** What crosses between promptfoo and juror, as far as juror reads or writes it; promptfoo itself is not needed to build. */

/** Tokens as promptfoo counts them. */
export interface PromptfooTokens {
  readonly total: number;
  readonly prompt: number;
  readonly completion: number;
  readonly numRequests: number;
}

/** A grade: promptfoo's `GradingResult`. */
export interface PromptfooGrading {
  readonly pass: boolean;
  /** In [0, 1]; 0 with `metadata.graderError` where there is no score. */
  readonly score: number;
  readonly reason: string;
  /** Criterion → score, where there are scores. */
  readonly namedScores?: Readonly<Record<string, number>>;
  readonly tokensUsed?: PromptfooTokens;
  readonly componentResults?: readonly PromptfooGrading[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What promptfoo tells an assertion. */
export interface PromptfooAssertionContext {
  /** The prompt as it was rendered: text, or JSON of a list of turns. */
  readonly prompt?: string | undefined;
  readonly vars: Readonly<Record<string, unknown>>;
  /** The assertion's `config`. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
}

/** What promptfoo tells a provider beside the prompt. */
export interface PromptfooCallContext {
  readonly vars?: Readonly<Record<string, unknown>> | undefined;
}

/** What a provider says: promptfoo's `ProviderResponse`. */
export interface PromptfooResponse {
  readonly output?: string | PromptfooGrading;
  readonly error?: string;
  readonly tokenUsage?: PromptfooTokens;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What promptfoo makes a provider with. */
export interface PromptfooProviderOptions<Config> {
  readonly id?: string | undefined;
  readonly config?: Config | undefined;
}
