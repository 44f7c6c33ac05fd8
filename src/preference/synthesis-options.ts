/** How comparisons are synthesised, with its defaults and checks. */
import type { TextGenerator } from '../engine/generate.ts';
import { JurorError } from '../errors.ts';
import type { Sample } from '../schema.ts';
import type { EditOperator } from './edit-operator.ts';
import { editOperators } from './edit-operators.ts';
import type { OriginalReason } from './originals.ts';

/** Options of `synthesise`. */
export interface SynthesisOptions {
  /** Default: all, those that a model writes only with a generator. */
  readonly operators?: readonly EditOperator[];
  /** Writes for the operators that need a model. */
  readonly generator?: TextGenerator;
  /** Most edits of one answer, each by another operator. Default 1. */
  readonly perAnswer?: number;
  /**
   * Make no edit that would leave the originals longer, or shorter, than their edits in more than one comparison more than the
   * other way round: length then tells nothing of the direction over the whole set. Default false.
   */
  readonly balanceLength?: boolean;
  /** Default 0. */
  readonly seed?: number;
  /** Belief that an edited answer is worse, above ½ and below 1: the comparison's probability, its log-odds the margin. Default 0.95. */
  readonly certainty?: number;
  /** Name of the data, for the record. Default null. */
  readonly run?: string | null;
  /** Round of self-training. Default null. */
  readonly round?: number | null;
  /** Samples read ahead, whose answers can stand in for others. Default 256. */
  readonly lookAhead?: number;
  /** Answers kept to stand in for others. Default 1024. */
  readonly donors?: number;
  /** Budget of what a model writes. Default 256. */
  readonly maxTokens?: number;
  /** Of what a model writes. Default 0.7. */
  readonly temperature?: number;
  /** Told of every edit that was tried. */
  readonly onTry?: (attempt: EditAttempt) => void;
  /** Told of samples without an answer that is known to be good. */
  readonly onLeftOut?: (sample: Sample, reason: OriginalReason) => void;
  readonly signal?: AbortSignal;
}

/** What came of one edit. */
export interface EditAttempt {
  readonly sampleId: string;
  readonly responseId: string;
  readonly operator: string;
  /**
   * `no-place`: the answer has no place for it, or it came to the text of another edit. `unbalanced`: left out for the balance of
   * lengths. `failed`: the model did not answer, see `message`.
   */
  readonly outcome: 'made' | 'no-place' | 'unbalanced' | 'failed';
  /** `made`: UTF-16 code units of the original less those of the edited answer. */
  readonly longer?: number;
  readonly message?: string;
}

/** Options with their defaults. */
export type SynthesisSettings = Required<Omit<SynthesisOptions, 'generator' | 'signal'>> &
  Pick<SynthesisOptions, 'generator' | 'signal'>;

/** Options with their defaults. Throws JurorError `usage` for what means nothing. */
export function synthesisSettings({
  operators,
  generator,
  signal,
  ...options
}: SynthesisOptions): SynthesisSettings {
  const settings = {
    perAnswer: 1,
    balanceLength: false,
    seed: 0,
    certainty: 0.95,
    run: null,
    round: null,
    lookAhead: 256,
    donors: 1024,
    maxTokens: 256,
    temperature: 0.7,
    onTry: () => {},
    onLeftOut: () => {},
    ...options,
    operators:
      operators ?? editOperators.filter((operator) => 'apply' in operator || generator !== undefined),
    ...(generator ? { generator } : {}),
    ...(signal ? { signal } : {}),
  };
  const wrong = (name: string, expected: string, got: unknown) =>
    new JurorError('usage', `${name}: expected ${expected}, got ${String(got)}`);
  for (const name of ['perAnswer', 'donors', 'maxTokens'] as const)
    if (!Number.isSafeInteger(settings[name]) || settings[name] < 1)
      throw wrong(name, 'a whole number of 1 or more', settings[name]);
  if (!Number.isSafeInteger(settings.lookAhead) || settings.lookAhead < 0)
    throw wrong('lookAhead', 'a whole number of 0 or more', settings.lookAhead);
  if (!(settings.certainty > 0.5 && settings.certainty < 1))
    throw wrong('certainty', 'a number above 0.5 and below 1', settings.certainty);
  const writers = settings.operators.filter((operator) => 'write' in operator);
  if (writers[0] !== undefined && generator === undefined)
    throw new JurorError(
      'usage',
      `${writers[0].name}: expected a generator for what a model writes, got none`,
    );
  const ways = new Set<string>(settings.operators.map(({ length }) => length));
  if (
    settings.balanceLength &&
    !ways.has('either') &&
    !(ways.has('longer') && ways.has('shorter')) &&
    !(ways.size === 1 && ways.has('same'))
  )
    throw wrong(
      'balanceLength',
      'operators that lengthen beside ones that shorten',
      settings.operators.map(({ name }) => name).join(', ') || 'none',
    );
  return settings;
}
