/** Scores of answers by a head, and what it thinks of any two of them. */
import type { Listener } from '../events.ts';
import type { FeatureMatrix } from '../head/data.ts';
import type { EnsembleReducer } from '../head/ensemble.ts';
import { type AnswerOpinion, type GroupOpinion, groupOpinion, type PairOpinion } from '../head/opinion.ts';
import type { RewardHead, Sample } from '../schema.ts';
import { type Feature, type FeatureReader, otherConditions, requireSameFeatures } from './features.ts';
import { outputScores } from './fit.ts';
import type { Head } from './head-file.ts';

/** What a scorer is made of. */
export interface ScorerOptions {
  readonly head: Head;
  /** Reads what the head was trained on: see `requireSameFeatures`. */
  readonly features: FeatureReader;
  /** Told once where features are of another device or build than the head's, which moves scores a little. */
  readonly onEvent?: Listener;
  /** How the members' scores become the `cautious` one, among the answers of one call. Default their mean, which is the score. */
  readonly reducer?: EnsembleReducer;
}

/** Options of one call. */
export interface ScoreCallOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: Listener;
}

/** What a head says of one answer. */
export type AnswerScore =
  | {
      readonly status: 'scored';
      /** The objectives combined, on average over members. */
      readonly score: number;
      /** By the reducer, beside the other answers of the call; the score where there is none. */
      readonly cautious: number;
      /** Objective → score. */
      readonly objectives: Readonly<Record<string, number>>;
      /** Standard deviation of the score; null where the head cannot tell. */
      readonly deviation: number | null;
      /** Share of the training answers that lie nearer to their middle; null where the head cannot tell. */
      readonly distance: number | null;
      /** What it costs to read, whether or not it was read now. */
      readonly tokens: number;
      readonly cached: boolean;
    }
  | { readonly status: 'unscored'; readonly reason: 'context' | 'invalid'; readonly message: string };

/** What a head says of the answers to one prompt. */
export interface PromptScores {
  /** One for each text, in their order. */
  readonly answers: readonly AnswerScore[];
  /** What the state of the prompt costs, which a gate needs; null without. */
  readonly prompt: { readonly tokens: number; readonly cached: boolean } | null;
  /** Places of the scored answers, best first; equal scores in the order of the texts. */
  readonly order: readonly number[];
  /** Two answers by their places; null where one of them is unscored. */
  readonly compare: (left: number, right: number) => PairOpinion | null;
}

/** Scores answers with one head. */
export interface Scorer {
  readonly record: RewardHead;
  /** SHA-256 of the head's file. */
  readonly digest: string;
  /** Whether probabilities of comparisons mean something: scores are log-odds, or were calibrated on comparisons. */
  readonly comparable: boolean;
  /** Throws JurorError `aborted`, and `engine` where the engine fails. An answer that does not fit is `unscored`. */
  score(
    prompt: Sample['prompt'],
    texts: readonly string[],
    options?: ScoreCallOptions,
  ): Promise<PromptScores>;
}

/** Losses whose scores are log-odds of comparisons as they are. */
const logOddsLosses = ['bradley-terry', 'robust', 'davidson', 'plackett-luce', 'cross-entropy'];

/** A scorer. Throws JurorError `model`, saying what differs, for features of another backbone, template or read-out. */
export function openScorer({ head, features, onEvent, reducer }: ScorerOptions): Scorer {
  const { record, belief, digest } = head;
  requireSameFeatures(record.feature, features.spec);
  const others = otherConditions(record.feature, features.spec);
  if (others !== null) onEvent?.({ type: 'warning', message: others });
  return {
    record,
    digest,
    comparable: record.calibration !== null || logOddsLosses.includes(record.loss.kind),
    async score(prompt, texts, options = {}) {
      const gated = belief.combination?.gate ? [{ prompt }] : [];
      const asked = [...gated, ...texts.map((text) => ({ prompt, text }))];
      const found: Feature[] = [];
      for await (const feature of features.read(asked, options)) found.push(feature);
      const state = gated.length > 0 ? found.shift() : undefined;
      // Without the prompt's state nothing can be weighed.
      if (state?.status === 'unscored')
        return { answers: texts.map(() => state), prompt: null, order: [], compare: () => null };
      const read = found.flatMap((feature) => (feature.status === 'read' ? [feature.vector] : []));
      const lengths = texts.flatMap((text, place) => (found[place]?.status === 'read' ? [text.length] : []));
      const matrix = stacked(read, record.feature.size);
      const opinion = groupOpinion(belief, matrix, {
        lengths,
        ...(state ? { prompt: state.vector } : {}),
        ...(reducer ? { reducer } : {}),
      });
      const scores = promptScores(found, {
        opinion,
        objectives: record.objectives,
        outputs: outputScores(belief.members, matrix),
      });
      return { ...scores, prompt: state ? { tokens: state.tokens, cached: state.cached } : null };
    },
  };
}

interface ReadScores {
  readonly opinion: GroupOpinion;
  readonly objectives: readonly string[];
  /** Output by output, answer by answer. */
  readonly outputs: readonly Float64Array[];
}

function promptScores(
  found: readonly Feature[],
  { opinion, objectives, outputs }: ReadScores,
): Omit<PromptScores, 'prompt'> {
  const places = [...found.keys()].filter((place) => found[place]?.status === 'read');
  const rows = new Map(places.map((place, row) => [place, row]));
  return {
    answers: found.map((feature, place): AnswerScore => {
      if (feature.status === 'unscored') return feature;
      const row = rows.get(place) as number;
      const { score, cautious, deviation, distance } = opinion.answers[row] as AnswerOpinion;
      return {
        status: 'scored',
        score,
        cautious,
        objectives: Object.fromEntries(
          objectives.map((name, output) => [name, outputs[output]?.[row] as number]),
        ),
        deviation,
        distance: distance?.quantile ?? null,
        tokens: feature.tokens,
        cached: feature.cached,
      };
    }),
    order: opinion.order.map((row) => places[row] as number),
    compare(left, right) {
      const [first, second] = [rows.get(left), rows.get(right)];
      return first === undefined || second === undefined ? null : opinion.pair(first, second);
    },
  };
}

function stacked(vectors: readonly Float32Array[], columns: number): FeatureMatrix {
  const values = new Float32Array(vectors.length * columns);
  for (const [row, vector] of vectors.entries()) values.set(vector, row * columns);
  return { rows: vectors.length, columns, values };
}
