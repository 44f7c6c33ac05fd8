/** One prompt that is being guided: who writes, who scores, and what both have taken. */
import type { TextGenerator } from '../engine/generate.ts';
import type { Listener } from '../events.ts';
import type { Guided, GuidedCandidate, GuideStrategy, JudgmentUsage, Sample } from '../schema.ts';
import {
  type AnswerScorer,
  type GuideScore,
  type ScoreOptions,
  scoreAll,
  scoreBeginnings,
} from './guide-scorer.ts';
import { createWriter, type Draw, type Writer } from './guide-write.ts';

/** What is guided: a prompt, and the right answer where it is known. */
export type GuidePrompt = Pick<Sample, 'id' | 'prompt' | 'reference'>;

/** What a strategy works with. */
export interface Session {
  readonly sampleId: string;
  readonly prompt: Sample['prompt'];
  readonly writer: Writer;
  readonly onEvent: Listener;
  readonly score: (texts: readonly string[]) => Promise<readonly GuideScore[]>;
  readonly scoreSteps: (solutions: readonly (readonly string[])[]) => Promise<readonly GuideScore[]>;
  readonly usage: () => Guided['tokens'];
}

/** What a strategy comes to. */
export type Outcome = Pick<Guided, 'candidates' | 'chosen' | 'margin' | 'why' | 'failure'>;

/** Who writes and who scores. */
export interface SessionOptions {
  readonly generator: TextGenerator;
  readonly scorer: AnswerScorer;
  readonly strategy: GuideStrategy;
  /** The scorer may see the reference. */
  readonly withReference: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: Listener | undefined;
}

/** Begin with a prompt. */
export function openSession(
  { id, prompt, reference }: GuidePrompt,
  { generator, scorer, strategy, withReference, signal, onEvent = () => {} }: SessionOptions,
): Session {
  const callOptions = { onEvent, ...(signal ? { signal } : {}) };
  const writer = createWriter(generator, prompt, strategy, callOptions);
  const scoring: ScoreOptions = {
    ...callOptions,
    ...(withReference && reference !== undefined ? { reference } : {}),
  };
  const footings = new Map<string, JudgmentUsage>();
  const counted = (scores: readonly GuideScore[]): readonly GuideScore[] => {
    for (const { standsOn = [] } of scores) for (const { key, usage } of standsOn) footings.set(key, usage);
    return scores;
  };
  return {
    sampleId: id,
    prompt,
    writer,
    onEvent,
    score: async (texts) => counted(await scoreAll(scorer, prompt, texts, scoring)),
    scoreSteps: async (solutions) => counted(await scoreBeginnings(scorer, prompt, solutions, scoring)),
    usage() {
      const read = [...footings.values()];
      const judging = {
        prompt: read.reduce((sum, own) => sum + own.prompt, 0),
        generated: read.reduce((sum, own) => sum + own.generated, 0),
      };
      return { writing: writer.usage(), judging };
    },
  };
}

/** What was written, and how. */
export interface Written extends Draw, Pick<GuidedCandidate, 'id' | 'text' | 'finish' | 'steps' | 'parent'> {}

/** A candidate whose fate is not known yet. */
export function candidateOf(
  { id, text, finish, seed, temperature, steps, parent }: Written,
  score: GuideScore | undefined,
): GuidedCandidate {
  const { score: value = null, reason, standsOn = [] } = score ?? {};
  const deviation = score !== undefined && 'deviation' in score ? score.deviation : undefined;
  const judgments = standsOn.flatMap(({ key, judgment }) => (judgment ? [key] : [])).sort();
  return {
    id,
    text,
    ...(steps === undefined ? {} : { steps }),
    ...(parent === undefined ? {} : { parent }),
    finish,
    seed,
    temperature,
    score: value,
    ...(deviation === undefined ? {} : { deviation }),
    ...(reason === undefined ? {} : { reason }),
    kept: false,
    fate: '',
    ...(judgments.length > 0 ? { judgments } : {}),
  };
}
