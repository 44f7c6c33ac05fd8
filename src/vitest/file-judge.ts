/** The judge of a test file: opened with its first answer, closed after its last test, recorded beside it. */
import { basename, dirname, join, relative } from 'node:path';
import { afterAll, expect, vi } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { type EngineChoice, openEngineByName } from '../engine/open.ts';
import { JurorError } from '../errors.ts';
import type { LoadedRubric } from '../rubric.ts';
import {
  type AnswerJudge,
  type AnswerJudgeOptions,
  type AnswerScore,
  type AnswersToCompare,
  type AnswerToScore,
  createAnswerJudge,
} from '../scoring/answer-judge.ts';
import {
  openRecordedEngine,
  type RecordedEngine,
  type RecordingUpdate,
  recordingUpdate,
} from '../scoring/recording.ts';

/** Who judges the answers of a test file, and where that is recorded. */
export interface FileJudgeOptions extends EngineChoice, Pick<AnswerJudgeOptions, 'engine' | 'protocol'> {
  /** The rubric of matchers that name none. Default `helpfulness`; for comparisons always `better-answer`. */
  readonly rubric?: string | LoadedRubric | undefined;
  /**
   * The recording: a path, relative to the test file; `false` for none, so that the model is always asked, in CI as well. Default
   * `__recordings__/<test file>.jsonl` beside the test file. An `engine` or a `replay` that is given is not recorded unless this is set.
   */
  readonly recording?: string | false | undefined;
  /**
   * What may become of the recording. Default: JUROR_RECORDINGS where it is set; else as vitest does with snapshots: `all` with `--update`,
   * `none` in CI, `new` otherwise.
   */
  readonly update?: RecordingUpdate | undefined;
  /** Milliseconds that a test may take where a model may be asked. Default 600,000. */
  readonly timeout?: number | undefined;
}

/** Which rubric one question is judged by. */
export interface FileJudgeCall {
  /** A ready rubric by id, a file, or one that is loaded. Default: the judge's. */
  readonly rubric?: string | LoadedRubric | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The judge of a test file, for what the matchers do not say. */
export interface FileJudge {
  /** Score one answer, as {@link AnswerJudge} does. */
  score(answer: AnswerToScore, call?: FileJudgeCall): Promise<AnswerScore>;
  /** Compare two answers in both orders, as {@link AnswerJudge} does. */
  compare(answers: AnswersToCompare, call?: FileJudgeCall): Promise<AnswerScore>;
  /** The rubric that a question is judged by. */
  rubric(call?: FileJudgeCall): Promise<LoadedRubric>;
  /** Close the engine now; the next answer opens it again. */
  close(options?: { readonly keepUnasked?: boolean }): Promise<void>;
}

const longest = 600_000;
let current: FileJudge | undefined;
let tested: unknown;
const claimed = new Map<string, FileJudge>();

/**
 * Make the judge of this test file, for the matchers and for calls of your own. Call it at the top of the file, or in a set-up file. The
 * engine is opened with the first answer and closed after the last test of the file.
 */
export function useJudge(options: FileJudgeOptions = {}): FileJudge {
  const judge = createFileJudge(options);
  current = judge;
  if (mayAskModel(options)) vi.setConfig({ testTimeout: options.timeout ?? longest });
  afterAll(async () => {
    if (current === judge) current = undefined;
    await judge.close({ keepUnasked: hasUnfinished(tested as Task | undefined) });
  }, longest);
  return judge;
}

/** The judge of the file that is being tested: the last one made by {@link useJudge}, or one that the environment describes. */
export function currentJudge(): FileJudge {
  current ??= createFileJudge({});
  return current;
}

/** Close the judge that no `useJudge` has made. */
export async function closeCurrentJudge(): Promise<void> {
  const judge = current;
  current = undefined;
  await judge?.close({ keepUnasked: hasUnfinished(tested as Task | undefined) });
}

/** Tell which file's tests ask, as vitest keeps it: whether all of them ran decides what a recording made anew may drop. */
export function noteTested(file: unknown): void {
  tested = file;
}

function createFileJudge(options: FileJudgeOptions): FileJudge {
  const { rubric: own, engine: given, protocol, recording, update, timeout: _, ...choice } = options;
  const judges = new Map<string | LoadedRubric, AnswerJudge>();
  let opening: Promise<Engine> | undefined;
  let recorded: RecordedEngine | undefined;
  const model = choice.model ?? process.env.JUROR_MODEL;
  const named = { ...choice, ...(model === undefined ? {} : { model }) };
  const open = async (): Promise<Engine> => {
    const opened = async () => (typeof given === 'function' ? given() : (given ?? openEngineByName(named)));
    if (!isRecorded(options)) return opened();
    const { testPath, snapshotState } = expect.getState();
    if (testPath === undefined)
      throw new JurorError('usage', 'expected a judge to be asked within a test, where its file is known');
    const file =
      typeof recording === 'string'
        ? join(dirname(testPath), recording)
        : join(dirname(testPath), '__recordings__', `${basename(testPath)}.jsonl`);
    claim(file, judge);
    recorded = await openRecordedEngine(opened, {
      file: relative('.', file),
      update: update ?? wanted((snapshotState as SnapshotState | undefined)?.snapshotUpdateState),
      command: `JUROR_RECORDINGS=1 npx vitest run ${relative('.', testPath)}`,
    });
    return recorded;
  };
  const engine = () => {
    opening ??= open();
    return opening;
  };
  const judgeOf = (rubric: string | LoadedRubric): AnswerJudge => {
    const known = judges.get(rubric);
    if (known) return known;
    const made = createAnswerJudge({ rubric, engine, cache: false, ...(protocol && { protocol }) });
    judges.set(rubric, made);
    return made;
  };
  const single = ({ rubric = own ?? 'helpfulness' }: FileJudgeCall = {}) => judgeOf(rubric);
  const pair = ({ rubric = 'better-answer' }: FileJudgeCall = {}) => judgeOf(rubric);
  const judge: FileJudge = {
    score: (answer, call) => single(call).score(answer, call?.signal ? { signal: call.signal } : {}),
    compare: (answers, call) => pair(call).compare(answers, call?.signal ? { signal: call.signal } : {}),
    rubric: (call) => single(call).rubric(),
    async close({ keepUnasked = true } = {}) {
      const engine = await opening?.catch(() => undefined);
      await Promise.all([...judges.values()].map((made) => made[Symbol.asyncDispose]()));
      judges.clear();
      if (!keepUnasked) recorded?.dropUnasked();
      opening = undefined;
      recorded = undefined;
      for (const [file, owner] of claimed) if (owner === judge) claimed.delete(file);
      // An engine that was handed over open stays open.
      if (engine !== given) await engine?.[Symbol.asyncDispose]();
    },
  };
  return judge;
}

/** Two judges that wrote one file would lose each other's answers. */
function claim(file: string, judge: FileJudge): void {
  if ((claimed.get(file) ?? judge) !== judge)
    throw new JurorError('usage', 'expected a recording of its own for each judge of a test file: name it', {
      place: { file: relative('.', file), field: 'recording' },
    });
  claimed.set(file, judge);
}

function isRecorded({ recording, engine, replay }: FileJudgeOptions): boolean {
  return (recording ?? (engine === undefined && replay === undefined)) !== false;
}

/** Whether tests may wait for a model: always without a recording, and with one where it may be written. */
function mayAskModel(options: FileJudgeOptions): boolean {
  if (!isRecorded(options)) return options.replay === undefined;
  // At the top of a file, only vitest's worker knows of --update.
  const { __vitest_worker__: worker } = globalThis as { __vitest_worker__?: Worker };
  return (options.update ?? wanted(worker?.config?.snapshotOptions?.updateSnapshot)) !== 'none';
}

interface Worker {
  readonly config?: { readonly snapshotOptions?: { readonly updateSnapshot?: unknown } };
}

interface SnapshotState {
  readonly snapshotUpdateState?: unknown;
}

/** JUROR_RECORDINGS, or what vitest does with snapshots. */
function wanted(snapshots: unknown): RecordingUpdate {
  const environment = recordingUpdate();
  if (process.env.JUROR_RECORDINGS) return environment;
  return snapshots === 'all' || snapshots === 'none' || snapshots === 'new' ? snapshots : environment;
}

interface Task {
  readonly type?: unknown;
  readonly result?: { readonly state?: unknown };
  readonly tasks?: readonly Task[];
}

/** Whether a test of the file did not run to its end, so that what it would have asked is unknown. */
function hasUnfinished(task: Task | undefined): boolean {
  if (task === undefined) return true;
  if (task.tasks !== undefined) return task.tasks.some(hasUnfinished);
  return task.result?.state !== 'pass';
}
