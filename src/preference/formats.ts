/** Preferences in the shapes that trainers read. */
import { JurorError } from '../errors.ts';
import type { Message, Preference, PreferenceSide } from '../schema.ts';
import type { PreferenceFacts, PreferenceSpool } from './spool.ts';

/** Shapes of files; `stepwise` is of solutions, all others of preferences. */
export const preferenceFormats = [
  'jsonl',
  'trl',
  'trl-conversational',
  'trl-implicit',
  'unpaired',
  'unpaired-conversational',
  'stepwise',
  'ultrafeedback',
  'helpsteer',
] as const;
/** See {@link preferenceFormats}. */
export type PreferenceFormat = (typeof preferenceFormats)[number];

/** Columns beside those of the format. */
export interface FormatColumns {
  /** `margin`, which TRL's RewardTrainer takes off the difference of rewards. Default false. */
  readonly margin?: boolean | undefined;
  /** `probability` of the chosen answer. Default false. */
  readonly probability?: boolean | undefined;
  /** Where it comes from. Default false. */
  readonly provenance?: boolean | undefined;
}

/** A row of a file. */
export type FormatRow = Readonly<Record<string, unknown>>;

/** Formats of one row for each preference. */
export type PairFormat = Exclude<PreferenceFormat, 'unpaired' | 'unpaired-conversational' | 'stepwise'>;

/**
 * The row of a preference. Rows of a format have the same columns in the same order. Throws JurorError `data` where the format has one
 * text for the prompt and the prompt is a conversation.
 */
export function preferenceRow(
  preference: Preference,
  format: PairFormat,
  columns: FormatColumns = {},
): FormatRow {
  if (format === 'jsonl') return preference;
  return { ...shapes[format](preference), ...columnsOf(preference, columns) };
}

const shapes: Readonly<Record<Exclude<PairFormat, 'jsonl'>, (preference: Preference) => FormatRow>> = {
  trl: (preference) => ({
    prompt: onePrompt(preference, 'trl-conversational'),
    chosen: preference.chosen.text,
    rejected: preference.rejected.text,
  }),
  'trl-conversational': ({ prompt, chosen, rejected }) => ({
    prompt: messagesOf(prompt),
    chosen: [answerOf(chosen)],
    rejected: [answerOf(rejected)],
  }),
  'trl-implicit': ({ prompt, chosen, rejected }) => ({
    chosen: [...messagesOf(prompt), answerOf(chosen)],
    rejected: [...messagesOf(prompt), answerOf(rejected)],
  }),
  // A column `prompt` of text beside these dialogues would stop TRL's trainers, which join the two.
  ultrafeedback: ({ prompt, chosen, rejected, probability }) => {
    const [own, other] =
      chosen.score === undefined || rejected.score === undefined
        ? [probability, 1 - probability]
        : [chosen.score, rejected.score];
    return {
      chosen: [...messagesOf(prompt), answerOf(chosen)],
      rejected: [...messagesOf(prompt), answerOf(rejected)],
      score_chosen: own,
      score_rejected: other,
    };
  },
  helpsteer: (preference) => {
    const { id, chosen, rejected, probability } = preference;
    // The better one must not always stand in the same place; the id is as good as a draw.
    const chosenFirst = Number.parseInt(id.slice(0, 8), 16) % 2 === 0;
    const strength = Math.round(6 * (probability - 0.5));
    return {
      prompt: onePrompt(preference, 'jsonl'),
      response_1: chosenFirst ? chosen.text : rejected.text,
      response_2: chosenFirst ? rejected.text : chosen.text,
      preference_strength: chosenFirst && strength !== 0 ? -strength : strength,
    };
  },
};

/** How single answers are written. */
export interface UnpairedOptions extends FormatColumns {
  /** Turns instead of texts. */
  readonly conversational: boolean;
  /** Told of each answer that has no row. Default: nobody is. */
  readonly onUndecided?: (() => void) | undefined;
}

/**
 * Rows of one answer each: true where it is mostly the better one of its comparisons, false where it is mostly the worse one. An answer of
 * several comparisons has one row; what wins as much as it loses has none, and `onUndecided` is told.
 */
export function* unpairedRows(
  facts: readonly PreferenceFacts[],
  spool: PreferenceSpool,
  { conversational, onUndecided, ...columns }: UnpairedOptions,
): Generator<FormatRow> {
  const wins = new Map<string, number[]>();
  const add = (key: string, probability: number) => {
    const own = wins.get(key);
    if (own) own.push(probability);
    else wins.set(key, [probability]);
  };
  const keysOf = (fact: PreferenceFacts) =>
    [`${fact.cluster} ${fact.chosenText}`, `${fact.cluster} ${fact.rejectedText}`] as const;
  for (const fact of facts) {
    const [chosen, rejected] = keysOf(fact);
    add(chosen, fact.probability);
    add(rejected, 1 - fact.probability);
  }
  for (const fact of facts) {
    const preference = spool.get(fact.index);
    for (const [place, key] of keysOf(fact).entries()) {
      const own = wins.get(key);
      if (own === undefined) continue;
      wins.delete(key);
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
      if (mean === 0.5) {
        onUndecided?.();
        continue;
      }
      const side = place === 0 ? preference.chosen : preference.rejected;
      yield {
        prompt: conversational
          ? messagesOf(preference.prompt)
          : onePrompt(preference, 'unpaired-conversational'),
        completion: conversational ? [answerOf(side)] : side.text,
        label: mean > 0.5,
        ...(columns.probability ? { probability: mean } : {}),
        ...(columns.provenance
          ? {
              sample_id: side.sampleId ?? preference.sampleId,
              response_id: side.id,
              model: side.model ?? null,
              comparisons: own.length,
              ...sourceColumns(preference),
            }
          : {}),
      };
    }
  }
}

function columnsOf(preference: Preference, { margin, probability, provenance }: FormatColumns): FormatRow {
  return {
    ...(margin ? { margin: preference.margin } : {}),
    ...(probability ? { probability: preference.probability } : {}),
    ...(provenance
      ? {
          id: preference.id,
          sample_id: preference.sampleId,
          chosen_id: preference.chosen.id,
          rejected_id: preference.rejected.id,
          chosen_model: preference.chosen.model ?? null,
          rejected_model: preference.rejected.model ?? null,
          order_consistent: preference.orderConsistent,
          agreement: preference.agreement,
          ...sourceColumns(preference),
        }
      : {}),
  };
}

/** The source in columns of text. */
function sourceColumns({ source }: Pick<Preference, 'source'>): FormatRow {
  const { method, run, rubric, engines = [], round } = source;
  return {
    method,
    run,
    rubric: rubric ? `${rubric.id}@${rubric.version} ${rubric.digest.slice(0, 12)}` : null,
    judges:
      engines.length === 0
        ? null
        : engines.map(({ model, digest }) => `${model} ${digest.slice(0, 12)}`).join(' + '),
    round,
  };
}

/** A prompt as turns. */
export function messagesOf(prompt: Preference['prompt']): Message[] {
  return typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : [...prompt];
}

function answerOf({ text }: PreferenceSide): Message {
  return { role: 'assistant', content: text };
}

/** The prompt as one text: a text, or the only turn. Throws JurorError `data` for a conversation, naming the format for it. */
export function onePrompt(
  { prompt, sampleId }: Pick<Preference, 'prompt' | 'sampleId'>,
  instead: PreferenceFormat,
): string {
  if (typeof prompt === 'string') return prompt;
  const [only, ...others] = prompt;
  if (only?.role === 'user' && others.length === 0) return only.content;
  throw new JurorError(
    'data',
    `sample '${sampleId}': expected a prompt of one turn for this format, got a conversation of ${prompt.length} turns; --format ${instead} keeps it`,
  );
}
