/** Finding the answers of a row: one function for each shape that data files have. */
import type { Label, Message, Response } from '../schema.ts';
import { answerOf, isConversation, messagesOf, partConversations, textOf } from './conversation.ts';
import {
  type Field,
  type Fields,
  fieldsOf,
  find,
  isObject,
  keep,
  kindOf,
  metaNames,
  take,
  takePair,
  unfit,
} from './fields.ts';
import { correctOf, numberOf, scoreOf, scoresOf, winnerOf } from './label.ts';
import { ownProcessLabel, processLabelOf } from './process-label.ts';
import { severalOf } from './several.ts';

/** What a shape found. A conversation cut for its answer brings its prompt along. */
export interface Found {
  readonly responses: readonly Response[];
  readonly label?: Label | undefined;
  readonly prompt?: readonly Message[] | undefined;
  /** It answers no prompt and has no reference. */
  readonly alone?: boolean;
}

const pairNames: readonly (readonly [string, string])[] = [
  ['a', 'b'],
  ...['response', 'output', 'answer', 'completion'].flatMap((name): (readonly [string, string])[] => [
    [`${name}a`, `${name}b`],
    [`${name}1`, `${name}2`],
  ]),
];
const pairModelNames = ['model', 'generator'].flatMap((name): (readonly [string, string])[] => [
  [`${name}a`, `${name}b`],
  [`${name}1`, `${name}2`],
]);
const responseNames = ['response', 'output', 'completion', 'answer', 'solution'];
const winnerNames = ['label', 'preference', 'winner'];

/** The shapes in the order in which a row is tried. */
export const shapes: readonly ((fields: Fields) => Found | undefined)[] = [
  preferred,
  pair,
  conversations,
  stepwise,
  several,
  single,
  conversation,
  attack,
];

/** Aliases of the fields that make an answer, or a pair of them. */
export const answerGroups: readonly (readonly string[])[] = [
  ...responseNames.map((name) => [name]),
  ['chosen', 'rejected'],
  ...pairNames,
];

/** Spelled aliases of every field that can hold an answer, for messages. */
export const answerNames = [
  'response',
  'output',
  'completion',
  'answer',
  'responses',
  'a',
  'b',
  'chosen',
  'rejected',
  'steps',
];

/** The winner of several responses, from a label or from one score for each criterion. */
function winnerLabel(fields: Fields, responses: readonly Response[]): Label | undefined {
  const label = take(fields, winnerNames);
  if (label) return isObject(label.value) ? scoresOf(fields, label) : winnerOf(fields, label, responses);
  const scores = find(fields, ['scores']);
  return scores && isObject(scores.value) ? scoresOf(fields, take(fields, ['scores']) ?? scores) : undefined;
}

/** `chosen` and `rejected`, as texts, as conversations, or (RewardBench 2) as lists of texts. */
function preferred(fields: Fields): Found | undefined {
  const both = takePair(fields, [['chosen', 'rejected']]);
  if (!both) return undefined;
  const [chosen, rejected] = both;
  if (isConversation(chosen.value) && isConversation(rejected.value)) {
    answerOf(fields, chosen, messagesOf(fields, chosen));
    answerOf(fields, rejected, messagesOf(fields, rejected));
    const parted = partConversations(messagesOf(fields, chosen), messagesOf(fields, rejected));
    return {
      responses: [
        { id: 'chosen', text: parted.responses[0] },
        { id: 'rejected', text: parted.responses[1] },
      ],
      label: 'chosen',
      prompt: parted.prompt,
    };
  }
  const winners = listed(fields, chosen);
  const losers = listed(fields, rejected);
  return { responses: [...winners, ...losers], label: winners.length === 1 ? 'chosen' : undefined };
}

function listed(fields: Fields, field: Field): Response[] {
  const id = field.name.toLowerCase();
  if (!Array.isArray(field.value) || isConversation(field.value))
    return [{ id, text: textOf(fields, field) }];
  if (field.value.length === 0)
    throw unfit(fields, field.name, 'expected at least one response, got an empty list');
  const texts = field.value.map((value, index) => textOf(fields, { name: `${field.name}.${index}`, value }));
  return texts.map((text, index) => ({ id: texts.length === 1 ? id : `${id}${index + 1}`, text }));
}

/** Two answers in fields of their own. */
function pair(fields: Fields): Found | undefined {
  const both = takePair(fields, pairNames);
  if (!both) return undefined;
  return labelled(fields, [textOf(fields, both[0]), textOf(fields, both[1])]);
}

function labelled(fields: Fields, texts: readonly [string, string]): Found {
  const models = takePair(fields, pairModelNames) ?? insideMeta(fields, pairModelNames);
  const model = (field: Field | undefined) => (field === undefined ? {} : { model: String(field.value) });
  const responses = [
    { id: 'a', text: texts[0], ...model(models?.[0]) },
    { id: 'b', text: texts[1], ...model(models?.[1]) },
  ];
  return { responses, label: winnerLabel(fields, responses) };
}

/** A pair of fields of the row's `meta` or `metadata` object, which keeps them. */
function insideMeta(
  fields: Fields,
  pairs: readonly (readonly [string, string])[],
): readonly [Field, Field] | undefined {
  const own = find(fields, metaNames);
  return own && isObject(own.value) ? takePair(fieldsOf(own.value, fields.place), pairs) : undefined;
}

/** Two conversations (MT-Bench's human judgments, Chatbot Arena); `turn` says how many turns were judged. */
function conversations(fields: Fields): Found | undefined {
  const both = takePair(fields, [['conversationa', 'conversationb']]);
  if (!both) return undefined;
  const turn = find(fields, ['turn']);
  const turns = turn ? numberOf(fields, turn) * 2 : Number.POSITIVE_INFINITY;
  const [first, second] = both.map((field) => {
    const messages = messagesOf(fields, field);
    if (messages.length > turns) keep(fields, field.name);
    answerOf(fields, field, messages.slice(0, turns));
    return messages.slice(0, turns);
  });
  const parted = partConversations(first ?? [], second ?? []);
  return { ...labelled(fields, parted.responses), prompt: parted.prompt };
}

/** A solution in steps; TRL calls them `completions` and gives `labels`. */
function stepwise(fields: Fields): Found | undefined {
  const labels = find(fields, ['labels']);
  const completions = find(fields, ['completions']);
  const marked = Array.isArray(labels?.value) && labels.value.every((label) => typeof label === 'boolean');
  const field = find(fields, ['steps']) ?? (marked ? completions : undefined);
  if (!field) return undefined;
  fields.taken.add(field.name);
  if (!Array.isArray(field.value) || field.value.length === 0) {
    throw unfit(fields, field.name, `expected a list of steps, got ${kindOf(field.value)}`);
  }
  const steps = field.value.map((step, index) => stepOf(fields, field.name, step, index));
  const whole = take(fields, responseNames);
  const text = whole ? textOf(fields, whole) : steps.join('\n');
  const label = processLabelOf(fields, steps.length);
  return { responses: [{ id: 'response', text, steps, ...modelOf(fields) }], label };
}

function stepOf(fields: Fields, name: string, step: unknown, index: number): string {
  if (typeof step === 'string') return step;
  const text = isObject(step) ? (step.text ?? step.step ?? step.content) : undefined;
  if (typeof text !== 'string') throw unfit(fields, `${name}.${index}`, `expected text, got ${kindOf(step)}`);
  if (isObject(step) && Object.keys(step).length > 1) keep(fields, name);
  return text;
}

/** A list of answers, with scores or ratings where there are any. */
function several(fields: Fields): Found | undefined {
  const found = severalOf(fields);
  if (!found) return undefined;
  const [only] = found.responses;
  if (only && found.responses.length === 1) return { responses: [only], label: singleLabel(fields) };
  return { responses: found.responses, label: winnerLabel(fields, found.responses) ?? found.best };
}

/** One answer. */
function single(fields: Fields): Found | undefined {
  const field = take(fields, responseNames);
  if (!field) return undefined;
  const text = textOf(fields, field);
  return { responses: [{ id: 'response', text, ...modelOf(fields) }], label: singleLabel(fields) };
}

/** One conversation whose last turn is the answer. */
function conversation(fields: Fields): Found | undefined {
  const field = take(fields, ['messages', 'conversation', 'conversations']);
  if (!field) return undefined;
  const { prompt, response } = answerOf(fields, field, messagesOf(fields, field));
  return {
    responses: [{ id: 'response', text: response, ...modelOf(fields) }],
    label: singleLabel(fields),
    prompt,
  };
}

/** A known attack on judges: an answer that stands for itself, to no prompt. */
function attack(fields: Fields): Found | undefined {
  if (!find(fields, ['family']) || !find(fields, ['placement'])) return undefined;
  const field = take(fields, ['text']);
  return field && { responses: [{ id: 'response', text: textOf(fields, field) }], alone: true };
}

function modelOf(fields: Fields): { model?: string } {
  const field = find(fields, ['model', 'generator', 'modelid']);
  if (typeof field?.value !== 'string') return {};
  fields.taken.add(field.name);
  return { model: field.value };
}

function singleLabel(fields: Fields): Label | undefined {
  const scores = find(fields, ['scores']);
  const label =
    scores && isObject(scores.value) ? take(fields, ['scores']) : take(fields, ['label', 'preference']);
  if (label && isObject(label.value) && Array.isArray(label.value.steps))
    return ownProcessLabel(fields, label);
  if (label) return label.name === scores?.name ? scoresOf(fields, label) : scoreOf(fields, label);
  const score = take(fields, ['score']);
  if (score) return isObject(score.value) ? scoresOf(fields, score) : numberOf(fields, score);
  const correct = take(fields, ['correct']);
  return correct && correctOf(fields, correct);
}
