/** A head that decides what it is sure of, a judge for the rest, critiques for what stays unsure, and people for what is left. */
import { type CascadePolicy, type CascadeStand, requirePolicy, standCascade } from '../aggregate/cascade.ts';
import { logistic } from '../aggregate/logits.ts';
import { promptCluster } from '../canonical.ts';
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
import type { CascadeHead, HeadOpinion, HeadReading } from './cascade-head.ts';
import { type CascadeJudgeOptions, judgeStages } from './cascade-judge.ts';
import { readingOf } from './cascade-rows.ts';

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
      return given === undefined ? (place === stages.length - 1 ? 0 : usual) : given;
    }),
    ...(lines === undefined ? {} : { lines }),
  };
  requirePolicy(policy);
  const extra = Object.keys(thresholds).find((stage) => !stages.includes(stage as CascadeStage));
  if (extra !== undefined)
    throw new JurorError('usage', `thresholds: expected stages of ${stages.join(', ')}, got '${extra}'`);
  const { rubric } = judge.rubric;

  /** One question through the stages. */
  const settle = async (
    first: CascadeOpinion,
    sample: Sample,
    signal: AbortSignal | undefined,
  ): Promise<Settled> => {
    const asked = [first];
    let stand = standCascade(asked.map(readingOf), policy);
    for (const { ask } of judges) {
      if (stand.decided !== null && !askAll) break;
      const [opinion] = await ask(sample, signal);
      if (opinion === undefined) throw new JurorError('engine', 'expected an opinion of the judge, got none');
      asked.push(opinion);
      stand = standCascade(asked.map(readingOf), policy);
    }
    return {
      asked: lines === undefined ? asked : asked.map((own, place) => combined(own, stand, place)),
      stand,
    };
  };

  const decideOne = async (
    sample: Sample,
    responses: readonly Response[],
    mode: 'pairwise' | 'pointwise',
    first: CascadeOpinion,
    signal: AbortSignal | undefined,
  ): Promise<CascadeVerdict> => {
    const { asked, stand } = await settle(first, only(sample, responses), signal);
    const own = stand.decided === null ? undefined : stand.stands[stand.decided];
    const score = own === undefined || own.logOdds === null ? null : exactly(own.logOdds, asked, stand);
    return {
      ...baseOf(sample, rubric.id, responses),
      mode,
      winner: own === undefined || mode === 'pointwise' ? null : winnerOf(own, responses),
      score,
      probability: score === null ? null : Math.max(score, 1 - score),
      decided: stand.decided === null ? null : (stages[stand.decided] ?? null),
      asked: [...asked],
      tokens: spent(asked.slice(0, (stand.decided ?? asked.length - 1) + 1)),
      ...(sample.label === undefined ? {} : { label: sample.label }),
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
    const order = [...responses.keys()].sort((one, other) => rank(other) - rank(one) || one - other);
    let champion = order[0] ?? 0;
    let dearest = 0;
    let probability = 1;
    let undecided = false;
    const asked: CascadeOpinion[] = [];
    for (const challenger of order.slice(1)) {
      const pair = [champion, challenger].flatMap((place) => responses[place] ?? []);
      const opinion = headOpinion(
        pair,
        reading.compare(champion, challenger),
        asked.length === 0 ? reading.tokens : 0,
      );
      const duel = await settle(opinion, only(sample, pair), signal);
      asked.push(...duel.asked);
      const { decided, stands } = duel.stand;
      const own = decided === null ? undefined : stands[decided];
      if (decided === null || own === undefined || own.logOdds === null) {
        undecided = true;
        break;
      }
      dearest = Math.max(dearest, decided);
      probability = Math.min(probability, logistic(Math.abs(own.logOdds)));
      if (!own.tie && own.logOdds < 0) champion = challenger;
    }
    return {
      ...baseOf(sample, rubric.id, responses),
      mode: 'best-of',
      winner: undecided ? null : (responses[champion]?.id ?? null),
      score: null,
      probability: undecided ? null : probability,
      decided: undecided ? null : (stages[dearest] ?? null),
      asked,
      tokens: spent(asked),
      ...(sample.label === undefined ? {} : { label: sample.label }),
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
    decide,
    decideAll: (samples, streaming = {}) =>
      eachInOrder(samples, (sample) => decide(sample, streaming.signal ? { signal: streaming.signal } : {}), {
        ...streaming,
        concurrency: Math.max(...engines.map(({ concurrency }) => concurrency)),
      }),
  };
}

interface Settled {
  readonly asked: readonly CascadeOpinion[];
  readonly stand: CascadeStand;
}

/** What the deciding stage read, unless stages were added up. */
function exactly(logOdds: number, asked: readonly CascadeOpinion[], { decided }: CascadeStand): number {
  const opinion = asked[decided ?? -1];
  return opinion?.combined === undefined ? (opinion?.probability ?? logistic(logOdds)) : logistic(logOdds);
}

function combined(opinion: CascadeOpinion, { stands }: CascadeStand, place: number): CascadeOpinion {
  const logOdds = stands[place]?.logOdds ?? null;
  return logOdds === null ? opinion : { ...opinion, combined: logOdds };
}

function headOpinion(
  responses: readonly Response[],
  { logOdds, confidence, against }: HeadOpinion,
  tokens: number,
): CascadeOpinion {
  const bounded = logOdds === null ? null : Math.max(-30, Math.min(30, logOdds));
  return {
    stage: 'head',
    responseIds: responses.map(({ id }) => id),
    probability: bounded === null ? null : logistic(bounded),
    logOdds: bounded,
    confidence: bounded === null ? null : (confidence ?? Math.abs(bounded)),
    tie: false,
    against: [...against],
    judgments: [],
    tokens: { prompt: tokens, generated: 0 },
  };
}

/** The sample as the judge is asked about some of its responses, without anything that knows the answer. */
function only(
  { label: _label, annotations: _annotations, ...sample }: Sample,
  responses: readonly Response[],
): Sample {
  return { ...sample, responses: [...responses] };
}

function baseOf({ id, prompt }: Sample, rubricId: string, responses: readonly Response[]) {
  return {
    schemaVersion: 1 as const,
    sampleId: id,
    rubricId,
    responseIds: responses.map((response) => response.id),
    characters: responses.map(({ text }) => text.length),
    cluster: promptCluster(prompt),
  };
}

function winnerOf(
  { logOdds, tie }: CascadeStand['stands'][number],
  [first, second]: readonly Response[],
): string | null {
  if (tie || logOdds === 0) return 'tie';
  if (logOdds === null) return null;
  return (logOdds > 0 ? first?.id : second?.id) ?? null;
}

function spent(asked: readonly CascadeOpinion[]): CascadeVerdict['tokens'] {
  return {
    prompt: asked.reduce((sum, { tokens }) => sum + tokens.prompt, 0),
    generated: asked.reduce((sum, { tokens }) => sum + tokens.generated, 0),
  };
}
