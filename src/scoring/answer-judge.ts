/** A judge for code: an answer or two in; a score or a preference, its critique and its verdict out. */
import { contentHash } from '../canonical.ts';
import type { Engine } from '../engine/engine.ts';
import { jurorHome } from '../engine/models.ts';
import { type EngineChoice, openEngineByName } from '../engine/open.ts';
import { JurorError } from '../errors.ts';
import { createJudge, type Judge } from '../judge/judge.ts';
import type { Protocol } from '../judge/protocol.ts';
import { type LoadedRubric, loadRubric } from '../rubric.ts';
import type { Judgment, Sample, Verdict } from '../schema.ts';
import { openCache } from '../store/cache.ts';
import { memoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { openRecordedEngine, type RecordingOptions } from './recording.ts';

/** Who judges by what; nothing is opened before the first answer. */
export interface AnswerJudgeOptions extends EngineChoice {
  /** A ready rubric by id, a .yaml, .yml or .json file, or one that is loaded. */
  readonly rubric: string | LoadedRubric;
  /** An engine that is open already, or what opens it with the first answer; it stays open, and no other is named. */
  readonly engine?: Engine | (() => Promise<Engine>) | undefined;
  /**
   * A recording, by its path or with what may become of it: answers are judged without a model where it has them. The machine's cache is
   * not asked then, so that the recording is whole. See {@link openRecordedEngine}.
   */
  readonly recording?: string | RecordingOptions | undefined;
  /** How it deliberates. Default: as `juror judge` does. */
  readonly protocol?: Partial<Protocol> | undefined;
  /** Whether judgments of other runs on this machine are found. Default true. */
  readonly cache?: boolean | undefined;
}

/** One answer to be scored. */
export interface AnswerToScore {
  readonly prompt: Sample['prompt'];
  readonly response: string;
  readonly reference?: string | undefined;
}

/** Two answers to be compared. */
export interface AnswersToCompare {
  readonly prompt: Sample['prompt'];
  readonly first: string;
  readonly second: string;
  readonly reference?: string | undefined;
}

/** What a judge said. */
export interface AnswerScore {
  /** Pointwise and stepwise: in [0, 1]. Pairwise: the probability that the first answer is better. Null where there is none. */
  readonly score: number | null;
  /** Why there is no score; null where there is one. */
  readonly reason: string | null;
  /** The critiques, criterion by criterion, both orders of a pair; null where none was written. */
  readonly critique: string | null;
  readonly verdict: Verdict;
  readonly judgments: readonly Judgment[];
}

/** A judge for code. Disposing closes the engine that it opened. */
export interface AnswerJudge extends AsyncDisposable {
  /** The rubric, loaded once. */
  rubric(): Promise<LoadedRubric>;
  /** Score one answer. Throws JurorError `usage` under a rubric for pairs. */
  score(answer: AnswerToScore, options?: { readonly signal?: AbortSignal }): Promise<AnswerScore>;
  /** Compare two answers in both orders. Throws JurorError `usage` under a rubric for single answers. */
  compare(answers: AnswersToCompare, options?: { readonly signal?: AbortSignal }): Promise<AnswerScore>;
}

interface Opened {
  readonly engine: Engine;
  readonly store: Store;
  readonly judge: Judge;
}

/** Make a judge for code. The engine is opened with the first answer and once; calls may run at the same time. */
export function createAnswerJudge(options: AnswerJudgeOptions): AnswerJudge {
  const { rubric: named, engine: given, protocol, recording, ...rest } = options;
  const { cache = recording === undefined, ...choice } = rest;
  let loading: Promise<LoadedRubric> | undefined;
  let opening: Promise<Opened> | undefined;
  const rubric = () => {
    loading ??= typeof named === 'string' ? loadRubric(named) : Promise.resolve(named);
    return loading;
  };
  const openEngine = async (): Promise<Engine> => {
    const theirs = async () => (typeof given === 'function' ? given() : given);
    if (recording === undefined) return (await theirs()) ?? openEngineByName(choice);
    const open = async () => {
      const engine = await theirs();
      return engine ? staysOpen(engine) : openEngineByName(choice);
    };
    return openRecordedEngine(open, typeof recording === 'string' ? { file: recording } : recording);
  };
  const open = async (): Promise<Opened> => {
    const loaded = await rubric();
    const engine = await openEngine();
    const memory = memoryStore();
    const store = cache ? await openCache(memory, jurorHome()) : memory;
    return { engine, store, judge: createJudge({ engine, rubrics: [loaded], store, ...protocol }) };
  };
  const ask = async (sample: Sample, signal: AbortSignal | undefined): Promise<AnswerScore> => {
    opening ??= open();
    const { judge, store } = await opening;
    const [verdict] = await judge.judge(sample, signal ? { signal } : {});
    if (!verdict) throw new JurorError('usage', 'expected a verdict, got none');
    const found = await Promise.all(verdict.judgments.map((key) => store.get(key)));
    const judgments = found.filter((judgment) => judgment !== undefined);
    return {
      score: verdict.score,
      reason: verdict.score === null ? reasonOf(judgments) : null,
      critique: critiqueOf(judgments),
      verdict,
      judgments,
    };
  };
  const requireMode = async (pair: boolean): Promise<void> => {
    const { id, mode } = (await rubric()).rubric;
    if ((mode === 'pairwise') === pair) return;
    const expected = pair ? 'a pairwise rubric to compare two answers' : 'a rubric for single answers';
    throw new JurorError('usage', `rubric: expected ${expected}, got '${id}' of mode ${mode}`);
  };
  return {
    rubric,
    async score({ prompt, response, reference }, { signal } = {}) {
      await requireMode(false);
      return ask(sampleOf({ prompt, texts: [response], reference }), signal);
    },
    async compare({ prompt, first, second, reference }, { signal } = {}) {
      await requireMode(true);
      return ask(sampleOf({ prompt, texts: [first, second], reference }), signal);
    },
    async [Symbol.asyncDispose]() {
      const opened = await opening?.catch(() => undefined);
      if (!opened) return;
      await opened.store[Symbol.asyncDispose]();
      if (given === undefined || recording !== undefined) await opened.engine[Symbol.asyncDispose]();
    },
  };
}

/** The caller's engine, which outlives what is recorded of it. */
function staysOpen(engine: Engine): Engine {
  return Object.create(engine, { [Symbol.asyncDispose]: { value: async () => {} } }) as Engine;
}

interface Texts {
  readonly prompt: Sample['prompt'];
  readonly texts: readonly string[];
  readonly reference: string | undefined;
}

/** A sample whose id is of its content, so that equal questions are one. */
function sampleOf({ prompt, texts, reference }: Texts): Sample {
  const responses = texts.map((text, index) => ({ id: ['a', 'b'][index] ?? String(index), text }));
  const content = { prompt, responses, ...(reference === undefined ? {} : { reference }) };
  return { id: contentHash(content).slice(0, 16), ...content };
}

function reasonOf(judgments: readonly Judgment[]): string {
  const reasons = judgments.flatMap(({ outcome }) =>
    outcome.status === 'unscored' ? [`${outcome.reason}: ${outcome.message}`] : [],
  );
  return [...new Set(reasons)].join('; ') || 'no judgment has a score';
}

function critiqueOf(judgments: readonly Judgment[]): string | null {
  const several = new Set(judgments.map(({ criterionId }) => criterionId)).size > 1;
  const lines = judgments.flatMap(({ criterionId, critique }) =>
    critique ? [several ? `${criterionId}: ${critique.text}` : critique.text] : [],
  );
  return lines.length === 0 ? null : [...new Set(lines)].join('\n');
}
