/** Comparisons whose winner is known before anybody judges: an answer, and what an edit made of it. */
import { logOdds } from '../aggregate/logits.ts';
import { seedFrom } from '../aggregate/random.ts';
import { contentHash, promptCluster } from '../canonical.ts';
import type { TextGenerator } from '../engine/generate.ts';
import { JurorError } from '../errors.ts';
import type { Preference, Response, Sample } from '../schema.ts';
import { createDonorPool, type DonorPool } from './edit-donors.ts';
import { applyEdit, checkedEdit, type Edit, type EditContext, type EditOperator } from './edit-operator.ts';
import { editOperators } from './edit-operators.ts';
import { type OriginalReason, originalsOf } from './originals.ts';

/** Options of {@link synthesise}. */
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
type Settings = Required<Omit<SynthesisOptions, 'generator' | 'signal'>> &
  Pick<SynthesisOptions, 'generator' | 'signal'>;

/**
 * Comparisons of each good answer with an edited one, in the data's order. Good is the labelled winner where there is one, and every
 * answer otherwise, but for those labelled wrong. Operators take turns: the one that made the fewest goes first. The same samples in
 * the same order, options and, where a model writes, engine give the same comparisons. Memory is that of the samples read ahead.
 * Throws JurorError `usage` for options that mean nothing, and `aborted`; a model that fails is told to `onTry`.
 */
export async function* synthesise(
  samples: AsyncIterable<Sample> | Iterable<Sample>,
  options: SynthesisOptions = {},
): AsyncGenerator<Preference> {
  const settings = settingsOf(options);
  const pool = createDonorPool({ size: settings.donors, seed: seedFrom(settings.seed, 'donors') });
  const tally: Tally = { made: new Map(), longer: 0 };
  const waiting: Waiting[] = [];
  for await (const sample of samples) {
    const { responses, reason } = originalsOf(sample);
    if (reason !== undefined) settings.onLeftOut(sample, reason);
    const cluster = promptCluster(sample.prompt);
    for (const { text } of responses) if (text.trim() !== '') pool.add({ cluster, text });
    waiting.push({ sample, responses, cluster });
    if (waiting.length > settings.lookAhead) yield* editAll(waiting.shift(), pool, tally, settings);
  }
  while (waiting.length > 0) yield* editAll(waiting.shift(), pool, tally, settings);
}

/** A sample that was read, and its good answers. */
interface Waiting {
  readonly sample: Sample;
  readonly responses: readonly Response[];
  readonly cluster: string;
}

/** What was made so far. */
interface Tally {
  readonly made: Map<string, number>;
  /** Comparisons whose original is the longer one less those whose original is the shorter one. */
  longer: number;
}

async function* editAll(
  waiting: Waiting | undefined,
  pool: DonorPool,
  tally: Tally,
  settings: Settings,
): AsyncGenerator<Preference> {
  if (waiting === undefined) return;
  const { sample, responses, cluster } = waiting;
  for (const response of responses) {
    const context: EditContext = {
      prompt: sample.prompt,
      answer: response.text,
      donors: pool.besides(cluster),
      ...(response.steps === undefined ? {} : { steps: response.steps }),
    };
    const seen = new Set(sample.responses.map(({ text }) => text));
    let made = 0;
    for (const operator of inTurn(settings, tally, [sample.id, response.id])) {
      if (made >= settings.perAnswer) break;
      if (settings.signal?.aborted) throw new JurorError('aborted', 'the synthesis was aborted');
      const seed = seedFrom(settings.seed, operator.name, sample.id, response.id);
      const tried = { sampleId: sample.id, responseId: response.id, operator: operator.name };
      const edit = await performed(operator, context, seed, settings);
      if (edit instanceof JurorError) {
        settings.onTry({ ...tried, outcome: 'failed', message: edit.message });
        continue;
      }
      if (edit === null || seen.has(edit.text)) {
        settings.onTry({ ...tried, outcome: 'no-place' });
        continue;
      }
      const longer = response.text.length - edit.text.length;
      if (settings.balanceLength && Math.abs(tally.longer + Math.sign(longer)) > 1) {
        settings.onTry({ ...tried, outcome: 'unbalanced' });
        continue;
      }
      seen.add(edit.text);
      made++;
      tally.longer += Math.sign(longer);
      tally.made.set(operator.name, (tally.made.get(operator.name) ?? 0) + 1);
      settings.onTry({ ...tried, outcome: 'made', longer });
      yield preferenceOf({ sample, response, cluster, operator, seed, edit }, settings);
    }
  }
}

/** The operator that made the fewest first; equals in an order drawn for the answer. */
function inTurn({ operators, seed }: Settings, { made }: Tally, answer: readonly string[]): EditOperator[] {
  return operators
    .map((operator) => ({
      operator,
      made: made.get(operator.name) ?? 0,
      rank: seedFrom(seed, 'turn', operator.name, ...answer),
    }))
    .sort((left, right) => left.made - right.made || left.rank - right.rank)
    .map(({ operator }) => operator);
}

/** The edit, null, or the reason that the model wrote none. */
async function performed(
  operator: EditOperator,
  context: EditContext,
  seed: number,
  { generator, maxTokens, temperature, signal }: Settings,
): Promise<Edit | null | JurorError> {
  if ('apply' in operator) return applyEdit(operator, context, seed);
  if (generator === undefined) return null;
  try {
    const writing = { generator, seed, maxTokens, temperature, ...(signal ? { signal } : {}) };
    return checkedEdit(await operator.write(context, writing), context.answer);
  } catch (error) {
    if (JurorError.isInstance(error) && error.code === 'engine') return error;
    throw error;
  }
}

/** What a comparison is made of. */
interface Edited {
  readonly sample: Sample;
  readonly response: Response;
  readonly cluster: string;
  readonly operator: EditOperator;
  readonly seed: number;
  readonly edit: Edit;
}

function preferenceOf(
  { sample, response, cluster, operator, seed, edit }: Edited,
  settings: Settings,
): Preference {
  const { certainty, run, round, generator } = settings;
  const written = 'write' in operator && generator !== undefined;
  const source: Preference['source'] = {
    method: 'synthetic',
    run,
    keys: [],
    round,
    ...(written ? { engines: [{ model: generator.id.model, digest: generator.id.digest }] } : {}),
    edit: { operator: operator.name, seed, objective: operator.objective, detail: edit.detail },
  };
  const { prompt } = sample;
  return {
    schemaVersion: 1,
    id: contentHash({ prompt, chosen: response.text, rejected: edit.text, source }).slice(0, 32),
    sampleId: sample.id,
    cluster,
    prompt,
    chosen: {
      id: response.id,
      text: response.text,
      ...(response.model === undefined ? {} : { model: response.model }),
    },
    rejected: {
      id: `${operator.name}:${response.id}`.slice(0, 256).toWellFormed(),
      text: edit.text,
      ...(written ? { model: generator.id.model } : {}),
    },
    probability: certainty,
    tie: false,
    margin: logOdds(certainty),
    marginUnit: 'nats',
    objectives: { [operator.objective]: certainty },
    orderConsistent: null,
    agreement: null,
    weight: 1,
    source,
  };
}

function settingsOf({ operators, generator, signal, ...options }: SynthesisOptions): Settings {
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
