/** The first stage of a cascade: a reward head, as a cascade needs it. */
import { boundedLogOdds } from '../aggregate/calibration.ts';
import type { Scorer } from '../reward/scorer.ts';
import type { Sample } from '../schema.ts';

/** What a head says of one question, in nats of log-odds: of a pair that the first is better, of one answer that it is good. */
export interface HeadOpinion {
  /** Null where it has none. */
  readonly logOdds: number | null;
  /** How sure it is, from 0 up. Default |log-odds|. */
  readonly confidence?: number;
  /** What speaks against its deciding: an answer far from all it was trained on, a conformal set of both answers, no score. */
  readonly against: readonly string[];
}

/** What a head read of one sample. */
export interface HeadReading {
  /** One for each response, comparable within the sample; null where it has none. */
  readonly scores: readonly (number | null)[];
  /** Prompt tokens of all features, whether or not they were read now. */
  readonly tokens: number;
  /** Two responses, by their places. */
  compare(first: number, second: number): HeadOpinion;
  /** One response. */
  alone(response: number): HeadOpinion;
}

/** A head that reads samples. */
export interface CascadeHead {
  readonly name: string;
  /** Of everything that moves its numbers. */
  readonly digest: string;
  /** What its confidence is, and what speaks against it, such as `deviations, farthest 0.99`; thresholds mean something for this alone. */
  readonly confidence: string;
  /** `looseCluster` of the prompts that it was trained on: no threshold is fitted on rows of these, and no figure counts them. */
  readonly trainedOn: ReadonlySet<string>;
  /** Throws JurorError `aborted`, and `engine` where the backbone fails. */
  read(sample: Sample, options: { readonly signal?: AbortSignal }): Promise<HeadReading>;
}

/** How a scorer serves a cascade. */
export interface CascadeScorerOptions {
  /**
   * How sure it is: `log-odds` of its probability, in nats, or `deviations`, how many standard deviations the difference of two
   * scores is from 0. The second needs a head that tells them. Default `log-odds`.
   */
  readonly confidence?: 'log-odds' | 'deviations';
  /**
   * An answer is too far from all that the head was trained on where more than this share of the training answers lie nearer to their
   * middle; then the head does not decide. It needs a head that tells distances. Default: none is too far.
   */
  readonly farthest?: number;
  /** Whether the head does not decide where it abstains by its own conformal rule, set when it was trained. Default true. */
  readonly conformal?: boolean;
}

/**
 * A reward head as the first stage. Whatever the head itself had better not decide (a conformal set of both answers, an answer far from
 * all it was trained on) it does not decide here. A head whose scores are no log-odds has no opinion: a score's size says nothing of how sure
 * it is. A head of comparisons has none on one answer alone: prompts have levels of their own.
 */
export function scorerHead(
  scorer: Scorer,
  { confidence = 'log-odds', farthest, conformal = true }: CascadeScorerOptions = {},
): CascadeHead {
  const { record, digest } = scorer;
  const noLogOdds: HeadOpinion = {
    logOdds: null,
    against: [
      `scores of the loss ${record.loss.kind} are no log-odds, so that they say nothing of how sure the head is`,
    ],
  };
  const tooFar = (share: number | null): string[] => {
    if (farthest === undefined) return [];
    if (share === null) return ['the head tells no distance'];
    return share > farthest ? ['an answer far from all that the head was trained on'] : [];
  };
  return {
    name: `${record.name} ${record.version}`,
    digest,
    trainedOn: new Set(record.training.clusters),
    confidence: [
      confidence,
      ...(farthest === undefined ? [] : [`farthest ${farthest}`]),
      ...(conformal ? [] : ['without its conformal rule']),
    ].join(', '),
    async read({ prompt, responses }, options) {
      const texts = responses.map(({ text }) => text);
      const scores = await scorer.score(prompt, texts, options);
      const silent = (places: readonly number[]): HeadOpinion => ({
        logOdds: null,
        against: places.flatMap((place) => {
          const answer = scores.answers[place];
          return answer?.status === 'unscored' ? [`no score: ${answer.message}`] : [];
        }),
      });
      return {
        scores: scores.answers.map((answer) => (answer.status === 'scored' ? answer.score : null)),
        tokens: scores.answers.reduce(
          (sum, own) => sum + (own.status === 'scored' ? own.tokens : 0),
          scores.prompt?.tokens ?? 0,
        ),
        compare(first, second) {
          const compared = scores.compare(first, second);
          if (compared === null) return silent([first, second]);
          if (!scorer.comparable) return noLogOdds;
          const against = [
            ...(conformal && compared.abstain ? ['the head abstains: it cannot rule out either answer'] : []),
            ...tooFar(compared.distance?.quantile ?? null),
          ];
          const logOdds = boundedLogOdds(compared.probability);
          if (confidence === 'log-odds') return { logOdds, against };
          const { difference, deviation } = compared;
          return deviation === null
            ? { logOdds, against: [...against, 'the head tells no deviation'] }
            : {
                logOdds,
                // Equal answers differ by nothing, without any doubt.
                confidence: difference === 0 ? 0 : Math.min(1e6, Math.abs(difference) / deviation),
                against,
              };
        },
        alone(response) {
          const answer = scores.answers[response];
          if (answer?.status !== 'scored') return silent([response]);
          if (record.kind === 'pairs')
            return { logOdds: null, against: ['a head of comparisons has no opinion on one answer alone'] };
          if (confidence === 'deviations')
            return { logOdds: null, against: ['deviations are of two answers, not of one alone'] };
          // What cross-entropy trains are log-odds; other losses train the score itself, whose size is no sureness.
          if (record.loss.kind !== 'cross-entropy') return noLogOdds;
          return { logOdds: answer.score, against: tooFar(answer.distance) };
        },
      };
    },
  };
}
