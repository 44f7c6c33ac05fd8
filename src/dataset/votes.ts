/** What several annotators said of a row, wherever it keeps their votes. */
import { nearestName } from '../errors.ts';
import type { Annotation, Label, Response } from '../schema.ts';
import {
  aliasOf,
  type Field,
  type Fields,
  fieldsOf,
  find,
  isObject,
  kindOf,
  metaNames,
  unfit,
} from './fields.ts';
import { scoreOf, winnerOf } from './label.ts';
import type { Found } from './responses.ts';
import { isId } from './several.ts';

const voteNames = ['annotations', 'votes', 'annotators'];
const annotatorNames = ['who', 'annotator', 'rater'];
const labelNames = ['label', 'preference'];

/** A vote, and whether it says all that the row said. */
interface Read {
  readonly annotation: Annotation;
  readonly whole: boolean;
}

/** A list where votes may be. */
interface List {
  readonly name: string;
  readonly alias: string;
  readonly value: readonly unknown[];
  /** Of the row itself, not of its `meta`. */
  readonly own: boolean;
}

/**
 * The votes of a row: a list of words, or of objects with `label` (or `preference`; for one response also `score`) and, where
 * known, `who` (or `annotator`, `rater`), under `annotations`, `votes` or `annotators`, of the row or of its `meta`. Bare numbers
 * are votes under `votes` of one response alone: elsewhere they count something. Under `annotators` only objects are. Null is
 * no vote, but keeps its place. What says nothing of this kind is no vote; steps have none. A malformed one is an error where
 * the list names who said what, or where others in a list of the row itself can be read.
 */
export function annotationsOf(fields: Fields, { responses, alone }: Found): Annotation[] | undefined {
  if (alone || (responses.length === 1 && responses[0]?.steps)) return undefined;
  for (const list of listsOf(fields)) {
    const votes = votesIn(fields, list, responses);
    if (!votes) continue;
    // A field of the row goes to the metadata as well when its votes say more, such as how sure they are.
    if (votes.every(({ whole }) => whole)) fields.taken.add(list.name);
    return votes.map(({ annotation }) => annotation);
  }
  return undefined;
}

/**
 * What most annotators say. Between two responses a split vote is a tie; a score that as many gave as another one, or one of
 * several winners, is no label.
 */
export function labelOfMost(
  annotations: readonly Annotation[],
  responses: readonly unknown[],
): Label | undefined {
  const tally = new Map<Annotation['label'], number>();
  for (const { label } of annotations) tally.set(label, (tally.get(label) ?? 0) + 1);
  const votes = Math.max(...tally.values());
  const [most, ...others] = [...tally].filter(([, count]) => count === votes);
  if (others.length === 0) return most?.[0];
  return responses.length === 2 ? 'tie' : undefined;
}

function listsOf(fields: Fields): List[] {
  const meta = find(fields, metaNames);
  const inner = meta && isObject(meta.value) ? listsIn(fieldsOf(meta.value, fields.place)) : [];
  return [
    ...listsIn(fields).map((list) => ({ ...list, own: true })),
    ...inner.map((list) => ({ ...list, name: `${meta?.name}.${list.name}`, own: false })),
  ];
}

function listsIn(fields: Fields): Omit<List, 'own'>[] {
  return voteNames.flatMap((alias) => {
    const { name = alias, value } = fields.byAlias.get(alias) ?? {};
    return Array.isArray(value) ? [{ name, alias, value }] : [];
  });
}

/** The votes of a list; undefined for a list of something else. */
function votesIn(
  fields: Fields,
  { name, alias, value, own }: List,
  responses: readonly Response[],
): Read[] | undefined {
  const single = responses.length === 1;
  const names = single ? [...labelNames, 'score'] : labelNames;
  const says = (item: unknown) =>
    isObject(item)
      ? keyOf(item, names) !== undefined || (alias !== 'annotators' && isSlip(item, names))
      : alias !== 'annotators' &&
        (isWord(item, responses) || (alias === 'votes' && single && isNumber(item)));
  if (!value.some(says)) return undefined;
  const votes: Read[] = [];
  const lines = new Map<string, string>();
  let fault: unknown;
  for (const [index, item] of value.entries()) {
    const at = `${name}.${index}`;
    try {
      const vote = voteOf(fields, { name: at, value: item }, responses, names);
      if (!vote) continue;
      const { annotator } = vote.annotation;
      const before = annotator === undefined ? undefined : lines.get(annotator);
      if (before !== undefined)
        throw unfit(fields, at, `expected each annotator once, got "${annotator}" as in ${before}`);
      if (annotator !== undefined) lines.set(annotator, at);
      votes.push(placed(vote, index, votes.length));
    } catch (error) {
      fault ??= error;
    }
  }
  const named = value.some(
    (item) => isObject(item) && keyOf(item, annotatorNames) !== undefined && says(item),
  );
  if (fault !== undefined && (named || (own && votes.length > 0))) throw fault;
  return fault !== undefined || votes.length === 0 ? undefined : votes;
}

/** A vote without a name says where it stood, unless it stands there still. */
function placed({ annotation, whole }: Read, index: number, now: number): Read {
  const place = annotation.place ?? index;
  return annotation.annotator !== undefined || place === now
    ? { annotation, whole }
    : { annotation: { ...annotation, place }, whole };
}

function keyOf(item: Readonly<Record<string, unknown>>, names: readonly string[]): string | undefined {
  return Object.keys(item).find((key) => names.includes(aliasOf(key)));
}

/** Someone's, with a name that is nearly one of a label. */
function isSlip(item: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  return (
    keyOf(item, annotatorNames) !== undefined &&
    Object.keys(item).some((key) => nearestName(key, names) !== undefined)
  );
}

/** A number, true or false, or the text of a number. */
function isNumber(item: unknown): boolean {
  return (
    ['number', 'boolean'].includes(typeof item) ||
    (typeof item === 'string' && item.trim() !== '' && !Number.isNaN(Number(item)))
  );
}

function isWord(item: unknown, responses: readonly Response[]): boolean {
  return (
    typeof item === 'string' &&
    (!isNumber(item) || responses.some(({ id, model }) => id === item || model === item))
  );
}

function voteOf(
  fields: Fields,
  vote: Field,
  responses: readonly Response[],
  names: readonly string[],
): Read | undefined {
  const { name: at, value } = vote;
  if (value === null) return undefined;
  if (!isObject(value)) {
    if (responses.length > 1 && isNumber(value) && !isWord(value, responses))
      throw unfit(fields, at, `expected a word or an object with label, got ${kindOf(value)}`);
    const { label, exact } = labelOf(fields, vote, responses);
    return { annotation: { label }, whole: exact };
  }
  const name = keyOf(value, names);
  if (name === undefined) {
    const keys = Object.keys(value);
    const near = keys.map((key) => nearestName(key, names)).find((key) => key !== undefined);
    const hint = near ? `; did you mean "${near}"?` : '';
    throw unfit(
      fields,
      at,
      `expected ${names.join(', ')}, got ${keys.join(', ') || 'an empty object'}${hint}`,
    );
  }
  if (value[name] === null) return undefined;
  const who = keyOf(value, annotatorNames);
  const annotator = who === undefined ? undefined : (value[who] ?? undefined);
  if (annotator !== undefined && !isId(annotator))
    throw unfit(
      fields,
      `${at}.${who}`,
      `expected text of 1 to 256 characters or an integer, got ${kindOf(annotator)}`,
    );
  const { label, exact } = labelOf(fields, { name: `${at}.${name}`, value: value[name] }, responses);
  const place = annotator === undefined && isPlace(value.place) ? value.place : undefined;
  return {
    annotation: {
      ...(annotator === undefined ? {} : { annotator: String(annotator) }),
      label,
      ...(place === undefined ? {} : { place }),
    },
    whole:
      exact &&
      Object.keys(value).every(
        (key) => key === name || key === who || (key === 'place' && place !== undefined),
      ),
  };
}

function isPlace(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
}

/** The label, and whether its spelling says nothing more. */
function labelOf(
  fields: Fields,
  field: Field,
  responses: readonly Response[],
): { readonly label: Annotation['label']; readonly exact: boolean } {
  if (responses.length === 1) {
    const label = scoreOf(fields, field);
    if (typeof label === 'object')
      throw unfit(
        fields,
        field.name,
        `expected a number, true, false or a choice, got ${kindOf(field.value)}`,
      );
    return { label, exact: true };
  }
  // `winnerOf` gives a name back that says more than the winner.
  fields.taken.add(field.name);
  const label = winnerOf(fields, field, responses);
  return { label, exact: fields.taken.delete(field.name) };
}
