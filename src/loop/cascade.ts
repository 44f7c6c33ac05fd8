/** A head that decides what it is sure of, a judge for the rest, critiques for what stays unsure, and people for what is left. */
import { type CascadePolicy, nineDecimals, requirePolicy, standCascade } from '../aggregate/cascade.ts';
import { JurorError } from '../errors.ts';
import { eachInOrder } from '../judge/stream.ts';
import type {
  CascadeOpinion,
  CascadeStage,
  CascadeSubject,
  CascadeVerdict,
  Response,
  Sample,
} from '../schema.ts';
import type { CascadeHead, HeadReading } from './cascade-head.ts';
import { type CascadeJudgeOptions, judgeStages } from './cascade-judge.ts';
import { readingOf } from './cascade-rows.ts';
import { decideQuestion, headOpinion, spentOn, verdictBase } from './cascade-verdict.ts';

/** The least confidence of each stage, in the units of its confidence; null: it never decides. */
export type CascadeThresholds = Partial<Record<CascadeStage, number | null>>;

/** Options of {@link createCascade}. */
export interface CascadeOptions {
  readonly head: CascadeHead;
  readonly judge: CascadeJudgeOptions;
  /**
   * When each stage decides. Default: the last stage always (0), and those before it from a probability of 0.9 (2.2 nats) on,
   * which promises nothing: fit them with `fitCascadeFile`.
   */
  readonly thresholds?: CascadeThresholds;
  /** How stages are added up, as fitted. Default: what a later stage says replaces what earlier ones said. */
  readonly lines?: CascadePolicy['lines'];
  /** Ask every stage of every question, also after the decision: what fitting needs. Not for the best of several. Default false. */
  readonly askAll?: boolean;
}

/** Options of one call. */
export interface CascadeCallOptions {
  readonly signal?: AbortSignal;
}

/** Options of {@link Cascade.decideAll}. */
export interface CascadeAllOptions extends CascadeCallOptions {
  /** Told of a sample that does not fit the rubric; the others go on. Without it the error is thrown. */
  readonly onBadSample?: (error: JurorError, sample: Sample) => void;
}

/** A head, a judge and thresholds. Owns neither engines nor stores. */
export interface Cascade {
  /** What the thresholds mean something for. */
  readonly subject: CascadeSubject;
  /** Cheapest first. */
  readonly stages: readonly CascadeStage[];
  readonly policy: CascadePolicy;
  /** Prompts that the head was trained on: {@link CascadeHead.trainedOn}. */
  readonly trainedOn: ReadonlySet<string>;
  /** One verdict for a pair or for the best of several, one for each response under a pointwise rubric. */
  decide(sample: Sample, options?: CascadeCallOptions): Promise<CascadeVerdict[]>;
  /** Verdicts of a stream, in its order; memory does not grow with it. */
  decideAll(
    samples: Iterable<Sample> | AsyncIterable<Sample>,
    options?: CascadeAllOptions,
  ): AsyncGenerator<CascadeVerdict>;
}

/** 0.9 as log-odds, rounded. */
const usual = 2.2;

/**
 * Make a cascade. The same head, judge, thresholds and sample give the same verdict, whatever caches hold. Throws JurorError `usage` for
 * options that mean nothing together.
 */
export function createCascade({
  head,
  judge,
  thresholds = {},
  lines,
  askAll = false,
}: CascadeOptions): Cascade {
  const { stages: judges, subject } = judgeStages(judge);
  const stages: readonly CascadeStage[] = ['head', ...judges.map(({ stage }) => stage)];
  const policy: CascadePolicy = {
    thresholds: stages.map((stage, place) => {
      const given = thresholds[stage];
      if (given === undefined) return place === stages.length - 1 ? 0 : usual;
      // As the stages' own confidence is rounded: a threshold taken from an opinion decides that opinion. Sums are not rounded.
      return given === null || lines !== undefined ? given : nineDecimals(given);
    }),
    ...(lines === undefined ? {} : { lines }),
  };
  requirePolicy(policy);
  const extra = Object.keys(thresholds).find((stage) => !stages.includes(stage as CascadeStage));
  if (extra !== undefined)
    throw new JurorError('usage', `thresholds: expected stages of ${stages.join(', ')}, got '${extra}'`);
  const { rubric } = judge.rubric;

  /** What the stages say of one question, until one decides. */
  const ask = async (
    first: CascadeOpinion,
    sample: Sample,
    signal: AbortSignal | undefined,
  ): Promise<CascadeOpinion[]> => {
    const asked = [first];
    for (const judge of judges) {
      if (!askAll && standCascade(asked.map(readingOf), policy).decided !== null) break;
      const [opinion] = await judge.ask(sample, signal);
      if (opinion === undefined) throw new JurorError('engine', 'expected an opinion of the judge, got none');
      asked.push(opinion);
    }
    return asked;
  };

  const decideOne = async (
    sample: Sample,
    responses: readonly Response[],
    mode: 'pairwise' | 'pointwise',
    first: CascadeOpinion,
    signal: AbortSignal | undefined,
  ): Promise<CascadeVerdict> => {
    const asked = await ask(first, only(sample, responses), signal);
    return {
      ...verdictBase(sample, rubric.id, responses),
      mode,
      ...decideQuestion(asked, stages, policy, mode),
    };
  };

  /** The head's order is challenged from its top: only comparisons that it is not sure of reach the judge. */
  const decideBest = async (
    sample: Sample,
    reading: HeadReading,
    signal: AbortSignal | undefined,
  ): Promise<CascadeVerdict> => {
    const { responses } = sample;
    const rank = (place: number) => reading.scores[place] ?? Number.NEGATIVE_INFINITY;
    const order = [...responses.keys()].sort((one, other) => {
      const [left, right] = [rank(one), rank(other)];
      return left === right ? one - other : right > left ? 1 : -1;
    });
    let champion = order[0] ?? 0;
    let dearest = 0;
    let probability: number | null = 1;
    const asked: CascadeOpinion[] = [];
    for (const challenger of order.slice(1)) {
      const pair = [champion, challenger].flatMap((place) => responses[place] ?? []);
      // All features are read at once; the first comparison bears them.
      const tokens = asked.length === 0 ? reading.tokens : 0;
      const first = headOpinion(pair, reading.compare(champion, challenger), tokens);
      const duel = decideQuestion(await ask(first, only(sample, pair), signal), stages, policy, 'pairwise');
      asked.push(...duel.asked);
      if (duel.decided === null || duel.probability === null) {
        probability = null;
        break;
      }
      dearest = Math.max(dearest, stages.indexOf(duel.decided));
      probability = Math.min(probability, duel.probability);
      if (duel.winner === responses[challenger]?.id) champion = challenger;
    }
    return {
      ...verdictBase(sample, rubric.id, responses),
      mode: 'best-of',
      winner: probability === null ? null : (responses[champion]?.id ?? null),
      score: null,
      probability,
      decided: probability === null ? null : (stages[dearest] ?? null),
      asked,
      tokens: spentOn(asked),
    };
  };

  const decide: Cascade['decide'] = async (sample, { signal } = {}) => {
    const { responses } = sample;
    const pairwise = rubric.mode === 'pairwise';
    if (pairwise && (responses.length < 2 || (askAll && responses.length > 2)))
      throw new JurorError(
        'data',
        `sample '${sample.id}': expected ${askAll ? 'two responses' : 'two responses or more'} for the pairwise rubric '${rubric.id}', got ${responses.length}`,
        { place: { field: 'responses' } },
      );
    const reading = await head.read(sample, signal ? { signal } : {});
    if (pairwise && responses.length > 2) return [await decideBest(sample, reading, signal)];
    if (pairwise) {
      const opinion = headOpinion(responses, reading.compare(0, 1), reading.tokens);
      return [await decideOne(sample, responses, 'pairwise', opinion, signal)];
    }
    // The features of all answers are read at once; each answer bears its part.
    const part = reading.tokens / responses.length;
    return Promise.all(
      responses.map((response, place) => {
        const tokens = Math.round(part * (place + 1)) - Math.round(part * place);
        const opinion = headOpinion([response], reading.alone(place), tokens);
        return decideOne(sample, [response], 'pointwise', opinion, signal);
      }),
    );
  };

  const engines = judge.engines ?? (judge.engine ? [judge.engine] : []);
  return {
    subject: {
      head: { name: head.name, digest: head.digest, confidence: head.confidence },
      ...subject,
      stages: judges.map((own) => own.subject),
    },
    stages,
    policy,
    trainedOn: head.trainedOn,
    decide,
    decideAll: (samples, streaming = {}) =>
      eachInOrder(samples, (sample) => decide(sample, streaming.signal ? { signal: streaming.signal } : {}), {
        ...streaming,
        concurrency: Math.max(...engines.map(({ concurrency }) => concurrency)),
      }),
  };
}

/** The sample as the judge is asked about some of its responses, without anything that knows the answer. */
function only(
  { label: _label, annotations: _annotations, ...sample }: Sample,
  responses: readonly Response[],
): Sample {
  return { ...sample, responses: [...responses] };
}
