/** Guided answers as training data: the best ones as samples, the best against the worst as preferences. */
import { boundedLogOdds } from '../aggregate/calibration.ts';
import { logistic } from '../aggregate/logits.ts';
import { JurorError } from '../errors.ts';
import { preferenceOf } from '../preference/record.ts';
import type { Guided, GuidedCandidate, Preference, PreferenceSide, Sample } from '../schema.ts';
import { ranked } from './guide-choice.ts';
import type { AnswerScorer, ScoreOptions } from './guide-scorer.ts';

/** Which answers are kept. */
export interface KeepOptions {
  /** Most of one prompt. Default 1. */
  readonly perPrompt?: number;
  /** Most of all prompts together: those with the highest scores. Default all. */
  readonly overall?: number;
  /** Least score. Default none. */
  readonly atLeast?: number;
}

/** An answer that is kept, and the prompt that it answers. */
interface Kept {
  readonly guided: Pick<Guided, 'sampleId' | 'prompt' | 'generator'>;
  readonly candidate: GuidedCandidate;
  readonly value: number;
}

/** Collects the best answers of a stream; what it holds is bounded by `overall`. */
export interface AnswerCollector {
  /** Take a prompt's answers into account. */
  add(guided: Guided): void;
  /** A sample for each answer, with its score as label, in the order of the prompts and of their ranks. */
  samples(): Sample[];
}

/** Make a collector. Equal texts of one prompt are kept once; a beam gives its whole answers. */
export function createAnswerCollector(options: KeepOptions = {}): AnswerCollector {
  const { perPrompt = 1, overall = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY } = options;
  let kept: (Kept & { readonly place: number })[] = [];
  let place = 0;
  return {
    add(guided) {
      const own = distinctAnswers(guided)
        .filter(({ value }) => value >= atLeast)
        .slice(0, perPrompt);
      for (const { candidate, value } of own) {
        const { sampleId, prompt, generator } = guided;
        kept.push({ guided: { sampleId, prompt, generator }, candidate, value, place: place++ });
      }
      if (kept.length <= overall) return;
      kept = kept
        .toSorted((left, right) => right.value - left.value || left.place - right.place)
        .slice(0, overall)
        .sort((left, right) => left.place - right.place);
    },
    samples: () => kept.map(sampleOf),
  };
}

function sampleOf({ guided, candidate }: Kept): Sample {
  const { sampleId, prompt, generator } = guided;
  const { id, text, score, seed, temperature } = candidate;
  return {
    id: `${sampleId}-${id}`.slice(-256),
    prompt: typeof prompt === 'string' ? prompt : [...prompt],
    responses: [{ id, text, model: generator.model }],
    ...(score === null ? {} : { label: score }),
    metadata: { sampleId, seed, temperature },
  };
}

/** How pairs are made. */
export interface PairOptions extends ScoreOptions {
  /** Least difference of scores. Default 0. */
  readonly leastMargin?: number;
  /** Who scored the answers. Heads must be given: their `compare` has the probability. */
  readonly scorer?: Pick<AnswerScorer, 'compare'>;
}

/** Throws JurorError `usage` for a head that does not compare answers: its scores tell no probability. */
export function requireComparison({
  name,
  source,
  compare,
}: Pick<AnswerScorer, 'name' | 'source' | 'compare'>): void {
  if (source.method === 'head' && compare === undefined)
    throw new JurorError(
      'usage',
      `expected a head that compares answers, with scores that are log-odds or calibrated on comparisons, got ${name}`,
    );
}

/** A preference, or why there is none. */
export type GuidedPair =
  | { readonly preference: Preference }
  | {
      readonly preference: null;
      /**
       * `alike`: no two answers of different text have different scores. `margin`: they differ by less than was asked for. `contrary`: the
       * best by score less pessimism has the lower score of the two, so that rank and score speak for different answers. `unknown`: the
       * scorer cannot compare them.
       */
      readonly why: 'alike' | 'margin' | 'contrary' | 'unknown';
    };

/**
 * The best answer against the worst one. The probability is the scorer's own where it compares answers, as heads do; otherwise it is
 * Bradley–Terry's, of the log-odds of scores in [0, 1] or the difference of others. Throws JurorError `usage` for answers of a head without
 * the head, or of one whose scores do not compare.
 */
export async function guidedPreference(
  guided: Guided,
  { leastMargin = 0, scorer: own, ...options }: PairOptions = {},
): Promise<GuidedPair> {
  const order = distinctAnswers(guided);
  const [best, worst] = [order[0], order.at(-1)];
  if (best === undefined || worst === undefined || best === worst) return { preference: null, why: 'alike' };
  const [high, low] = [best.candidate.score ?? 0, worst.candidate.score ?? 0];
  const margin = high - low;
  if (margin < 0) return { preference: null, why: 'contrary' };
  if (margin === 0) return { preference: null, why: 'alike' };
  if (!(margin >= leastMargin)) return { preference: null, why: 'margin' };
  const { sampleId, cluster, prompt, generator, scorer } = guided;
  const { name: _forPeople, ...origin } = scorer;
  const judgments = [best, worst].flatMap(({ candidate }) => candidate.judgments ?? []);
  const side = ({ id, text, score }: GuidedCandidate): PreferenceSide => ({
    id,
    text,
    model: generator.model,
    ...(score === null ? {} : { score }),
  });
  requireComparison({ name: scorer.name, source: origin, ...own });
  const shares = order.every(({ candidate: { score } }) => score !== null && score >= 0 && score <= 1);
  const odds = shares ? boundedLogOdds(high) - boundedLogOdds(low) : margin;
  const probability = own?.compare
    ? await own.compare(prompt, best.candidate.text, worst.candidate.text, options)
    : logistic(odds);
  if (probability === null) return { preference: null, why: 'unknown' };
  const preference = preferenceOf({
    sampleId,
    cluster,
    prompt: typeof prompt === 'string' ? prompt : [...prompt],
    left: side(best.candidate),
    right: side(worst.candidate),
    probability,
    tie: false,
    margin,
    marginUnit: 'score',
    objectives: {},
    orderConsistent: null,
    agreement: null,
    source: { ...origin, run: null, keys: [...new Set(judgments)].sort(), round: null },
  });
  return { preference };
}

/** Whole answers with a score, best first, the first of those with one text. */
function distinctAnswers({ candidates, strategy, chosen }: Guided) {
  const whole = candidates.filter(({ finish, id }) => finish !== 'step' || id === chosen);
  const order = ranked(whole, strategy.pessimism);
  const texts = order.map(({ candidate }) => candidate.text);
  return order.filter((_, index) => texts.indexOf(texts[index] ?? '') === index);
}
