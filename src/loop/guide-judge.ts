/** A judge as a scorer: a pointwise rubric reads whole answers, a stepwise one solutions in steps, one pass over each. */
import { contentHash } from '../canonical.ts';
import type { Engine } from '../engine/engine.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { engineIdentity } from '../judge/identity.ts';
import { createJudge } from '../judge/judge.ts';
import { completeProtocol, type Protocol } from '../judge/protocol.ts';
import type { LoadedRubric } from '../rubric.ts';
import type { Judgment, Response, Sample, StepVerdict, Verdict } from '../schema.ts';
import { memoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import type { AnswerScorer, GuideScore, ScoreOptions } from './guide-scorer.ts';

/** How the probabilities of a solution's steps become one score. */
export type StepReducer = 'min' | 'last' | 'mean' | 'product';

/** Who judges. */
export interface JudgeScorerOptions extends Partial<Protocol> {
  readonly engine: Engine;
  /** Pointwise or stepwise. */
  readonly rubric: LoadedRubric;
  /** Default: a store in memory. Judgments that it has are not made again. */
  readonly store?: Store;
  /** Stepwise: default `min`. */
  readonly reduce?: StepReducer;
}

/** Characters of a reason. */
const longestReason = 2000;

/**
 * Make a scorer of a rubric. Its reasons are the critiques where the protocol asks for any, and otherwise what each criterion or step
 * was given. Throws JurorError `usage` for a rubric that compares answers.
 */
export function judgeScorer({
  engine,
  rubric: loaded,
  store: given = memoryStore(),
  reduce = 'min',
  ...settings
}: JudgeScorerOptions): AnswerScorer {
  const { rubric, digest } = loaded;
  const { mode } = rubric;
  if (mode !== 'pointwise' && mode !== 'stepwise')
    throw new JurorError(
      'usage',
      `expected a pointwise or stepwise rubric to score with, got '${rubric.id}' of mode ${mode}`,
    );
  const protocol = completeProtocol({ steps: 'lines', ...settings });
  // Plans are for run folders, and there is none.
  const store: Store = { ...given, insertPlan: async () => 0 };

  const judgeAnswers = async (
    prompt: Sample['prompt'],
    answers: readonly Omit<Response, 'id'>[],
    { reference, signal, onEvent }: ScoreOptions,
  ): Promise<readonly GuideScore[]> => {
    const heard = new Map<string, Judgment>();
    const listen: Listener = (event) => {
      if (event.type === 'judgment-finish') heard.set(event.judgment.key, event.judgment);
      // What comes of a sample here is a score; its verdict is nobody's news.
      if (event.type !== 'verdict-finish') onEvent?.(event);
    };
    const judge = createJudge({ engine, rubrics: [loaded], store, ...protocol, onEvent: listen });
    const scores: GuideScore[] = answers.map(() => withoutSteps);
    const responses = answers.flatMap(({ text, steps }, index): Response[] => {
      const blank = mode === 'stepwise' && steps === undefined && text.trim() === '';
      return blank ? [] : [{ id: String(index), text, ...(steps === undefined ? {} : { steps }) }];
    });
    if (responses.length === 0) return scores;
    const sample = {
      id: 'guided',
      prompt: typeof prompt === 'string' ? prompt : [...prompt],
      responses,
      ...(reference === undefined ? {} : { reference }),
    };
    for (const verdict of await judge.judge(sample, signal ? { signal } : {})) {
      const judgments = verdict.judgments.flatMap((key) => heard.get(key) ?? []);
      scores[Number(verdict.responseIds[0])] = scoreOf(verdict, judgments, reduce);
    }
    return scores;
  };

  return {
    name: `${rubric.id} by ${engine.id.model}`,
    identity: contentHash({
      judge: 1,
      engine: engineIdentity(engine.id),
      rubric: digest,
      protocol,
      ...(mode === 'stepwise' ? { reduce } : {}),
    }),
    source: {
      method: mode,
      rubric: { id: rubric.id, version: rubric.version, digest },
      engines: [{ model: engine.id.model, digest: engine.id.digest }],
    },
    // One sample has nothing to differ from.
    doubts: protocol.samples > 1 ? 'always' : 'never',
    score(prompt, texts, options = {}) {
      const answers = texts.map((text) => ({ text }));
      return judgeAnswers(prompt, answers, options);
    },
    ...(mode === 'stepwise' && {
      scoreSteps(prompt, solutions, options = {}) {
        const answers = solutions.map((steps) => {
          const own = steps.map((step) => step.trim()).filter((step) => step !== '');
          return { text: own.join('\n'), ...(own.length > 0 ? { steps: own } : {}) };
        });
        return judgeAnswers(prompt, answers, options);
      },
    }),
  };
}

const withoutSteps: GuideScore = { score: null, reason: 'an empty answer has no steps' };

function scoreOf(verdict: Verdict, judgments: readonly Judgment[], reduce: StepReducer): GuideScore {
  const score = verdict.mode === 'stepwise' ? (verdict[reduce] ?? null) : verdict.score;
  const standsOn = judgments.map(({ key, usage }) => ({ key, judgment: true, usage }));
  if (score === null) return { score, reason: whyUnscored(verdict, judgments), standsOn };
  const { standardError } = verdict;
  return {
    score,
    reason: reasonOf(verdict, judgments),
    ...(standardError === null ? {} : { deviation: standardError }),
    standsOn,
  };
}

function whyUnscored({ unscored }: Verdict, judgments: readonly Judgment[]): string {
  const messages = judgments.flatMap(({ outcome }) =>
    outcome.status === 'unscored' ? [`${outcome.reason}: ${outcome.message}`] : [],
  );
  return messages[0] ?? unscored[0] ?? 'the judge gave no score';
}

/** Critiques, each once; else what each part was given. */
function reasonOf(verdict: Verdict, judgments: readonly Judgment[]): string {
  const critiques = judgments.flatMap(({ critique }) => critique?.text.trim() || []);
  const shares = verdict.steps ? stepShares(verdict.steps) : criterionShares(verdict);
  const text = [...new Set(critiques)].join(' ') || shares;
  return text.length <= longestReason ? text : `${text.slice(0, longestReason - 1).toWellFormed()}…`;
}

function stepShares(steps: readonly StepVerdict[]): string {
  return `steps ${steps.map(({ probability }) => probability?.toFixed(2) ?? '–').join(' ')}`;
}

function criterionShares({ perCriterion }: Verdict): string {
  return Object.entries(perCriterion)
    .map(([id, { score }]) => `${id} ${score === null ? '–' : score.toFixed(2)}`)
    .join(', ');
}
