/** A row becomes a sample: its fields are recognised, whatever is left over becomes metadata. */
import { type ErrorPlace, type JurorError, nearestName } from '../errors.ts';
import type { Message, Sample } from '../schema.ts';
import { isConversation, messagesOf } from './conversation.ts';
import { type Field, type Fields, fieldsOf, find, isObject, keep, kindOf, take, unfit } from './fields.ts';
import { answerGroups, answerNames, type Found, shapes } from './responses.ts';
import { isId } from './several.ts';
import { annotationsOf, labelOfMost } from './votes.ts';

/** A sample that may not have an id yet. */
export type Draft = Omit<Sample, 'id'> & { readonly id: string | undefined };

/** Aliases of the prompt's field. */
export const promptNames = ['prompt', 'instruction', 'question', 'input', 'query', 'problem', 'turns'];
const referenceNames = ['reference', 'referenceanswer', 'expected', 'target'];
const idNames = ['id', 'pairid', 'uid'];

type Row = Readonly<Record<string, unknown>>;

/**
 * The sample that a row holds. Throws JurorError `data` at `place`, naming the field, for a row that fits nothing.
 * A table's row comes without its empty cells, and with them as `whole`: they count only where nothing else does.
 */
export function recogniseRow(row: Row, place: ErrorPlace, whole: Row = row): Draft {
  const fields = fieldsOf(row, place);
  const id = idOf(fields);
  const found = answersOf(fields);
  if (!found) {
    const restored = withEmptyAnswer(fields, whole);
    if (!restored) throw missing(fields);
    return recogniseRow(restored, place, whole);
  }
  const prompt = found.alone ? '' : promptOf(fields, found, whole);
  const reference = found.alone ? undefined : referenceOf(fields);
  const annotations = annotationsOf(fields, found);
  const label = found.label ?? (annotations && labelOfMost(annotations, found.responses));
  const metadata = metadataOf(fields);
  return {
    id,
    prompt,
    responses: [...found.responses],
    ...(reference === undefined ? {} : { reference }),
    ...(label === undefined ? {} : { label }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** The id that a row gives. */
export function idOf(fields: Fields): string | undefined {
  const field = find(fields, idNames);
  if (!field) return undefined;
  fields.taken.add(field.name);
  if (isId(field.value)) return String(field.value);
  throw unfit(
    fields,
    field.name,
    `expected text of 1 to 256 characters or an integer, got ${kindOf(field.value)}`,
  );
}

function answersOf(fields: Fields): Found | undefined {
  for (const shape of shapes) {
    const found = shape(fields);
    if (found) return found;
  }
  return undefined;
}

/** The row with the empty cells that would make it whole: those beside a filled answer, or else those of an answer. */
function withEmptyAnswer(fields: Fields, whole: Row): Row | undefined {
  if (whole === fields.row) return undefined;
  const all = fieldsOf(whole, fields.place);
  const present = answerGroups.filter((group) => group.every((alias) => all.byAlias.has(alias)));
  const half = present.find((group) => group.some((alias) => fields.byAlias.has(alias)));
  const cells = (half ?? present[0])
    ?.map((alias) => all.byAlias.get(alias))
    .filter((field) => field !== undefined);
  return cells && { ...fields.row, ...Object.fromEntries(cells.map(({ name, value }) => [name, value])) };
}

/** Says what a row lacks, and which of its names looks like a slip. */
function missing(fields: Fields): JurorError {
  const names = Object.keys(fields.row);
  const shown =
    names.length === 0 ? 'no fields' : names.slice(0, 12).join(', ') + (names.length > 12 ? ', …' : '');
  const halves: Readonly<Record<string, string>> = { chosen: 'rejected', rejected: 'chosen', a: 'b', b: 'a' };
  const half = names.find((name) => Object.hasOwn(halves, name));
  if (half)
    return unfit(fields, halves[half] ?? half, `expected a second response beside "${half}", got ${shown}`);
  if (find(fields, ['turns'])) {
    return unfit(
      fields,
      'response',
      `expected a response, got an MT-Bench question without model_answer/: ${shown}`,
    );
  }
  const expected = find(fields, promptNames)
    ? 'a response (response, output, completion, answer, responses, a and b, chosen and rejected, steps)'
    : 'a prompt (prompt, instruction, question, input, query) and a response (response, a and b, chosen and rejected, …)';
  const legal = [...answerNames, ...promptNames].filter((name) => !names.includes(name));
  const slip = names
    .filter((name) => name.length > 3)
    .map((name) => ({ name, near: nearestName(name, legal) }))
    .find(({ near }) => near !== undefined);
  const [only = '', ...others] = names;
  const hint =
    others.length === 0 && /[;\t]/.test(only)
      ? '; columns are separated by commas'
      : slip
        ? `; did you mean "${slip.near}" by "${slip.name}"?`
        : '';
  return unfit(
    fields,
    find(fields, promptNames) ? 'response' : 'prompt',
    `expected ${expected}, got ${shown}${hint}`,
  );
}

function promptOf(fields: Fields, found: Found, whole: Row): Sample['prompt'] {
  const shared = found.prompt;
  const field = find(fields, promptNames);
  if (!field) {
    if (shared && shared.length > 0) return [...shared];
    if (find(fieldsOf(whole, fields.place), promptNames)?.value === '') return '';
    throw unfit(fields, 'prompt', `expected one of ${promptNames.slice(0, 6).join(', ')}, got none`);
  }
  fields.taken.add(field.name);
  const given = textOrMessages(fields, field);
  if (!shared || shared.length === 0) return given;
  const alike =
    typeof given === 'string'
      ? shared.filter(({ role }) => role !== 'system').length === 1 && shared.at(-1)?.content === given
      : JSON.stringify(given) === JSON.stringify(shared);
  if (alike && typeof given === 'string' && shared.length === 1) return given;
  if (!alike) keep(fields, field.name);
  return [...shared];
}

/** Text or turns of a prompt's field. */
export function textOrMessages(fields: Fields, field: Field): string | Message[] {
  const { name, value } = field;
  if (isConversation(value)) return messagesOf(fields, field);
  if (Array.isArray(value) && value.length > 0 && value.every((turn) => typeof turn === 'string')) {
    const [only] = value;
    return value.length === 1 && only !== undefined
      ? only
      : value.map((content): Message => ({ role: 'user', content }));
  }
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string')
    throw unfit(fields, name, `expected text or a list of {role, content}, got ${kindOf(value)}`);
  const input = find(fields, ['input']);
  if (name.toLowerCase() !== 'instruction' || typeof input?.value !== 'string') return value;
  // Alpaca's rows: the instruction, then what it is about.
  fields.taken.add(input.name);
  return input.value === '' ? value : `${value}\n\n${input.value}`;
}

/** An empty reference is none. */
export function referenceOf(fields: Fields): string | undefined {
  const field = take(fields, referenceNames);
  if (!field || field.value === '') return undefined;
  const { name, value } = field;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')) {
    if (value.length > 1) keep(fields, name);
    return value.join('\n\n');
  }
  throw unfit(fields, name, `expected text, got ${kindOf(value)}`);
}

/** What was not taken. A `metadata` object is the sample's own; a field of the same name stands beside it whole. */
export function metadataOf(fields: Fields): Record<string, unknown> | undefined {
  const rest = Object.entries(fields.row).filter(([name]) => !fields.taken.has(name));
  const own = fields.row.metadata;
  if (!isObject(own) || rest.some(([name]) => name !== 'metadata' && Object.hasOwn(own, name))) {
    return rest.length === 0 ? undefined : Object.fromEntries(rest);
  }
  return Object.fromEntries([...Object.entries(own), ...rest.filter(([name]) => name !== 'metadata')]);
}
