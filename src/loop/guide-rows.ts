/** Guided answers as training data: the best ones as samples, the best against the worst as preferences. */
import { boundedLogOdds } from '../aggregate/calibration.ts';
import { logistic } from '../aggregate/logits.ts';
import { preferenceOf } from '../preference/record.ts';
import type { Guided, GuidedCandidate, Preference, PreferenceSide, Sample } from '../schema.ts';
import { ranked } from './guide-choice.ts';

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

/**
 * The best answer against the worst one; null where no two of different text have different scores, or their margin is less than
 * `leastMargin` (default 0). The probability is Bradley–Terry's: scores in [0, 1] count by their log-odds, a head's as they are.
 */
export function guidedPreference(guided: Guided, leastMargin = 0): Preference | null {
  const order = distinctAnswers(guided);
  const [best, worst] = [order[0], order.at(-1)];
  if (best === undefined || worst === undefined) return null;
  const [high, low] = [best.candidate.score ?? 0, worst.candidate.score ?? 0];
  const margin = high - low;
  if (!(margin > 0 && margin >= leastMargin)) return null;
  const { sampleId, cluster, prompt, generator, scorer } = guided;
  const { name: _forPeople, ...origin } = scorer;
  const judgments = [best, worst].flatMap(({ candidate }) => candidate.judgments ?? []);
  const side = ({ id, text, score }: GuidedCandidate): PreferenceSide => ({
    id,
    text,
    model: generator.model,
    ...(score === null ? {} : { score }),
  });
  const shares = order.every(({ candidate: { score } }) => score !== null && score >= 0 && score <= 1);
  const odds = origin.method !== 'head' && shares ? boundedLogOdds(high) - boundedLogOdds(low) : margin;
  return preferenceOf({
    sampleId,
    cluster,
    prompt: typeof prompt === 'string' ? prompt : [...prompt],
    left: side(best.candidate),
    right: side(worst.candidate),
    probability: logistic(odds),
    tie: false,
    margin,
    marginUnit: 'score',
    objectives: {},
    orderConsistent: null,
    agreement: null,
    source: { ...origin, run: null, keys: [...new Set(judgments)].sort(), round: null },
  });
}

/** Whole answers with a score, best first, the first of those with one text. */
function distinctAnswers({ candidates, strategy, chosen }: Guided) {
  const whole = candidates.filter(({ finish, id }) => finish !== 'step' || id === chosen);
  const order = ranked(whole, strategy.pessimism);
  const texts = order.map(({ candidate }) => candidate.text);
  return order.filter((_, index) => texts.indexOf(texts[index] ?? '') === index);
}
