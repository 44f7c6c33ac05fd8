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

/**
 * The votes of a row: a list of labels, or of objects with `label` (or `preference`; for one response also `score`) and,
 * where known, `who` (or `annotator`, `rater`), under `annotations`, `votes` or `annotators`, of the row or of its `meta`.
 * What is no list there, such as a count, is no vote; nor is null. Steps have no votes. A malformed one is an error.
 */
export function annotationsOf(fields: Fields, { responses, alone }: Found): Annotation[] | undefined {
  if (alone || (responses.length === 1 && responses[0]?.steps)) return undefined;
  const field = voteField(fields);
  if (!field) return undefined;
  const votes: Read[] = [];
  const lines = new Map<string, string>();
  for (const [index, value] of field.value.entries()) {
    const at = `${field.name}.${index}`;
    const vote = voteOf(fields, { name: at, value }, responses);
    if (!vote) continue;
    const { annotator } = vote.annotation;
    const before = annotator === undefined ? undefined : lines.get(annotator);
    if (before !== undefined)
      throw unfit(fields, at, `expected each annotator once, got "${annotator}" as in ${before}`);
    if (annotator !== undefined) lines.set(annotator, at);
    votes.push(vote);
  }
  // A field of the row goes to the metadata as well when its votes say more, such as how sure they are.
  if (votes.every(({ whole }) => whole)) fields.taken.add(field.name);
  return votes.length === 0 ? undefined : votes.map(({ annotation }) => annotation);
}

/**
 * What most annotators say. Between two responses a split vote is a tie; a score that as many gave as another one, or one of
 * several winners, is no label.
 */
export function labelOfMost(
  annotations: readonly Annotation[],
  responses: readonly Response[],
): Label | undefined {
  const tally = new Map<Annotation['label'], number>();
  for (const { label } of annotations) tally.set(label, (tally.get(label) ?? 0) + 1);
  const votes = Math.max(...tally.values());
  const [most, ...others] = [...tally].filter(([, count]) => count === votes);
  if (others.length === 0) return most?.[0];
  return responses.length === 2 ? 'tie' : undefined;
}

function voteField(
  fields: Fields,
): { readonly name: string; readonly value: readonly unknown[] } | undefined {
  const own = listIn(fields);
  if (own) return own;
  const meta = find(fields, metaNames);
  if (!meta || !isObject(meta.value)) return undefined;
  const inner = listIn(fieldsOf(meta.value, fields.place));
  return inner && { name: `${meta.name}.${inner.name}`, value: inner.value };
}

function listIn(fields: Fields): { readonly name: string; readonly value: readonly unknown[] } | undefined {
  for (const alias of voteNames) {
    const field = fields.byAlias.get(alias);
    if (field && Array.isArray(field.value)) return { name: field.name, value: field.value };
  }
  return undefined;
}

function voteOf(fields: Fields, vote: Field, responses: readonly Response[]): Read | undefined {
  const { name: at, value } = vote;
  if (value === null) return undefined;
  if (!isObject(value)) {
    const { label, exact } = labelOf(fields, vote, responses);
    return { annotation: { label }, whole: exact };
  }
  const own = (names: readonly string[]) => Object.keys(value).find((key) => names.includes(aliasOf(key)));
  const names = responses.length === 1 ? [...labelNames, 'score'] : labelNames;
  const name = own(names);
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
  const who = own(annotatorNames);
  const annotator = who === undefined ? undefined : (value[who] ?? undefined);
  if (annotator !== undefined && !isId(annotator))
    throw unfit(
      fields,
      `${at}.${who}`,
      `expected text of 1 to 256 characters or an integer, got ${kindOf(annotator)}`,
    );
  const { label, exact } = labelOf(fields, { name: `${at}.${name}`, value: value[name] }, responses);
  return {
    annotation: { ...(annotator === undefined ? {} : { annotator: String(annotator) }), label },
    whole: exact && Object.keys(value).every((key) => key === name || key === who),
  };
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
