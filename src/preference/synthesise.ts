/** Comparisons whose winner is known before anybody judges: an answer, and what an edit made of it. */
import { logOdds } from '../aggregate/logits.ts';
import { seedFrom } from '../aggregate/random.ts';
import { promptCluster } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import type { Preference, Response, Sample } from '../schema.ts';
import { createDonorPool, type DonorPool } from './edit-donors.ts';
import { applyEdit, checkedEdit, type Edit, type EditContext, type EditOperator } from './edit-operator.ts';
import { originalsOf } from './originals.ts';
import { preferenceOf } from './record.ts';
import { type SynthesisOptions, type SynthesisSettings, synthesisSettings } from './synthesis-options.ts';

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
  const settings = synthesisSettings(options);
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
  settings: SynthesisSettings,
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
      yield editedPair({ sample, response, cluster, operator, seed, edit }, settings);
    }
  }
}

/** The operator that made the fewest first; equals in an order drawn for the answer. */
function inTurn(
  { operators, seed }: SynthesisSettings,
  { made }: Tally,
  answer: readonly string[],
): EditOperator[] {
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
  { generator, maxTokens, temperature, signal }: SynthesisSettings,
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

function editedPair(
  { sample, response, cluster, operator, seed, edit }: Edited,
  settings: SynthesisSettings,
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
  return preferenceOf({
    sampleId: sample.id,
    cluster,
    prompt,
    left: {
      id: response.id,
      text: response.text,
      ...(response.model === undefined ? {} : { model: response.model }),
    },
    right: {
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
    source,
  });
}
