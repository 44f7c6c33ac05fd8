/** The first stage of a cascade: a reward head, as a cascade needs it. */
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
  /** What its confidence is, such as `log-odds` or `deviations`; thresholds mean something only for this kind. */
  readonly confidence: string;
  /** Throws JurorError `aborted`, and `engine` where the backbone fails. */
  read(sample: Sample, options: { readonly signal?: AbortSignal }): Promise<HeadReading>;
}
