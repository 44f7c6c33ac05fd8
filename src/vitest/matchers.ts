/** The matchers: a judge is asked, and the assertion stands on what it says. No verdict is an error, never a failed assertion. */
import { JurorError } from '../errors.ts';
import type { LoadedRubric } from '../rubric.ts';
import type { Sample } from '../schema.ts';
import type { AnswerScore, AnswerToScore } from '../scoring/answer-judge.ts';
import { currentJudge, type FileJudge, noteTested } from './file-judge.ts';
import { beatMessage, passMessage, scoreMessage } from './message.ts';

/** What a matcher judges by; prompt and reference stand in for what the answer does not bring. */
export interface AnswerMatcherOptions {
  /** A ready rubric by id, a file, or one that is loaded. Default: the judge's. */
  readonly rubric?: string | LoadedRubric | undefined;
  readonly prompt?: Sample['prompt'] | undefined;
  readonly reference?: string | undefined;
  /** Default: the test file's. */
  readonly judge?: FileJudge | undefined;
}

/** When an answer beats another. */
export interface BeatOptions extends AnswerMatcherOptions {
  /** Probability that it is better, at least. Default: it is the winner. */
  readonly probability?: number | undefined;
  /** Whether it has to win in both orders. Default true: a verdict that the order decides is a coin. */
  readonly bothOrders?: boolean | undefined;
}

/** When an answer passes a rubric. */
export interface PassOptions extends Omit<AnswerMatcherOptions, 'rubric'> {
  /** What every criterion has to reach. Default 0.5. */
  readonly threshold?: number | undefined;
  /** Criteria that have to reach something else, by id. */
  readonly criteria?: Readonly<Record<string, number>> | undefined;
}

/** What importing `juror/vitest` adds to `expect(...)`. Each has to be awaited, and throws a JurorError where there is no verdict. */
export interface AnswerMatchers {
  /** That the answer's score, over all criteria, is at least `threshold`, in [0, 1]. */
  toScoreAtLeast(threshold: number, options?: AnswerMatcherOptions): Promise<void>;
  /** That a judge finds the answer better than `other`. A tie is no win. */
  toBeatAnswer(other: string, options?: BeatOptions): Promise<void>;
  /** That every criterion of the rubric is met: its score is at least 0.5, or what the options say. */
  toPassRubric(rubric: string | LoadedRubric, options?: PassOptions): Promise<void>;
}

/** What vitest gives a matcher; no more than what all its versions have. */
interface MatcherState {
  readonly isNot?: boolean;
  readonly task?: { promises?: Promise<unknown>[]; readonly file?: unknown } | undefined;
}

interface Matched {
  readonly pass: boolean;
  readonly message: () => string;
  readonly actual: unknown;
  readonly expected: unknown;
}

/** The matchers as `expect.extend` takes them. */
export const answerMatchers = {
  toScoreAtLeast(
    this: MatcherState,
    received: unknown,
    threshold: number,
    options: AnswerMatcherOptions = {},
  ) {
    return matched(this, async () => {
      inUnit('threshold', threshold);
      const { judge = currentJudge(), rubric } = options;
      const answer = answerOf(received, options);
      const { mode } = (await judge.rubric({ rubric })).rubric;
      if (mode === 'pairwise')
        throw new JurorError(
          'usage',
          'rubric: expected one for single answers, got one for pairs; see toBeatAnswer',
        );
      const said = await judge.score(answer, { rubric });
      const score = scored(said);
      return {
        pass: score >= threshold,
        actual: score,
        expected: threshold,
        message: () => scoreMessage({ answer, said, score, threshold, isNot: this.isNot === true }),
      };
    });
  },
  toBeatAnswer(this: MatcherState, received: unknown, other: string, options: BeatOptions = {}) {
    return matched(this, async () => {
      const { judge = currentJudge(), rubric, probability, bothOrders = true } = options;
      if (probability !== undefined) inUnit('probability', probability);
      const { prompt, response, reference } = answerOf(received, options);
      const said = await judge.compare({ prompt, first: response, second: other, reference }, { rubric });
      const score = scored(said);
      const { winner, responseIds, flipped } = said.verdict;
      const wins = probability === undefined ? winner === responseIds[0] : score >= probability;
      const answer = { prompt, response, reference };
      return {
        pass: wins && !(bothOrders && flipped === true),
        actual: score,
        expected: probability ?? 'the winner',
        message: () =>
          beatMessage({ answer, other, said, score, probability, bothOrders, isNot: this.isNot === true }),
      };
    });
  },
  toPassRubric(
    this: MatcherState,
    received: unknown,
    rubric: string | LoadedRubric,
    options: PassOptions = {},
  ) {
    return matched(this, async () => {
      const { judge = currentJudge(), threshold = 0.5, criteria = {} } = options;
      inUnit('threshold', threshold);
      const answer = answerOf(received, options);
      const { rubric: loaded } = await judge.rubric({ rubric });
      const known = loaded.criteria.map(({ id }) => id);
      for (const [id, least] of Object.entries(criteria)) {
        inUnit(`criteria.${id}`, least);
        if (!known.includes(id))
          throw new JurorError('usage', `criteria: expected one of ${known.join(', ')}, got '${id}'`);
      }
      const said = await judge.score(answer, { rubric });
      const score = scored(said);
      const rows = Object.entries(said.verdict.perCriterion).map(([id, verdict]) => {
        if (verdict.score === null)
          throw unscored(`criterion '${id}'`, said.reason ?? 'no judgment has a score');
        return { id, score: verdict.score, threshold: criteria[id] ?? threshold };
      });
      return {
        pass: rows.every((row) => row.score >= row.threshold),
        actual: Object.fromEntries(rows.map((row) => [row.id, row.score])),
        expected: Object.fromEntries(rows.map((row) => [row.id, row.threshold])),
        message: () => passMessage({ answer, said, score, rows, isNot: this.isNot === true }),
      };
    });
  },
};

/**
 * The outcome for vitest. A test that forgot to await still waits for it, so that its failure is told; and a matcher inside another, which
 * vitest asks without waiting, is refused instead of passing for ever.
 */
function matched(state: MatcherState, judge: () => Promise<Matched>): Promise<Matched> {
  const site = new Error();
  const outcome = judge().catch((error: unknown) => {
    // Where the matcher stands is what helps, not where a judge gave up.
    if (JurorError.isInstance(error))
      error.stack = `${error.name}: ${error.message}\n${framesOf(site).join('\n')}`;
    throw error;
  });
  const { task } = state;
  if (task) {
    noteTested(task.file);
    task.promises ??= [];
    task.promises.push(outcome.catch(() => {}));
  }
  return Object.defineProperty(outcome, 'pass', {
    get(): never {
      // Nobody will wait for it.
      outcome.catch(() => {});
      throw new JurorError(
        'usage',
        'expected await expect(answer), got a matcher within another, which cannot wait for a judge',
      );
    },
  });
}

/** Frames of who called the matcher. */
function framesOf({ stack = '' }: Error): string[] {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(2);
}

function answerOf(received: unknown, options: AnswerMatcherOptions): AnswerToScore {
  const given: Partial<AnswerToScore> =
    typeof received === 'string'
      ? { response: received }
      : typeof received === 'object' && received !== null
        ? received
        : {};
  const prompt = given.prompt ?? options.prompt;
  const reference = given.reference ?? options.reference;
  if (typeof given.response !== 'string')
    throw new JurorError(
      'usage',
      `expected an answer: a text, or {prompt, response}, got ${describe(received)}`,
    );
  if (prompt === undefined)
    throw new JurorError('usage', 'prompt: expected one, in the answer or in the options, got none');
  return { prompt, response: given.response, ...(reference === undefined ? {} : { reference }) };
}

function describe(received: unknown): string {
  if (received === null || typeof received !== 'object') return received === null ? 'null' : typeof received;
  return `an object of ${Object.keys(received).join(', ') || 'nothing'}`;
}

function scored(said: AnswerScore): number {
  if (said.score === null) throw unscored('the answer', said.reason ?? 'no judgment has a score');
  return said.score;
}

function unscored(what: string, reason: string): JurorError {
  return new JurorError('engine', `${what} is not scored: ${reason}`);
}

function inUnit(field: string, value: number): void {
  if (!(value >= 0 && value <= 1))
    throw new JurorError('usage', `expected a number from 0 to 1, got ${value}`, { place: { field } });
}
