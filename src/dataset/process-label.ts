/** What a row says about the steps of its solution. */
import type { Label, ProcessLabel } from '../schema.ts';
import { aliasOf, type Field, type Fields, find, isObject, kindOf, take, unfit } from './fields.ts';
import { correctOf, numberOf } from './label.ts';

const firstErrorNames = ['firsterror', 'firsterrorindex', 'errorindex', 'mistakeindex'];
const outcomeNames = ['correct', 'finalcorrect', 'finalanswercorrect'];

/**
 * The label of a solution of `count` steps: its steps' and its final answer's, one of them alone, or none. Steps are labelled one
 * by one (`labels`) or by the index, from 0, of the first wrong one, −1 for none (`firstError`, BIG-Bench-Mistake's
 * `mistake_index`, ProcessBench's `label`): steps before it are right, of those after it nothing is known.
 */
export function processLabelOf(fields: Fields, count: number): Label | undefined {
  const own = find(fields, ['label']);
  if (own && isObject(own.value)) return takenLabel(fields, own, count);
  const steps = stepLabels(fields, count) ?? untilFirstError(fields, count);
  const correct = take(fields, outcomeNames);
  const outcome = correct && correctOf(fields, correct);
  if (steps) return { steps, ...(outcome === undefined ? {} : { outcome }) };
  if (outcome !== undefined) return outcome;
  const score = take(fields, ['score']);
  return score && numberOf(fields, score);
}

/** A label as juror writes it: `{steps, outcome?}`. */
export function ownProcessLabel(fields: Fields, field: Field): ProcessLabel {
  const value = isObject(field.value) ? field.value : {};
  const { steps, outcome, ...others } = value;
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw unfit(fields, `${field.name}.${other}`, 'expected nothing besides steps and outcome');
  if (!Array.isArray(steps) || steps.length === 0)
    throw unfit(fields, `${field.name}.steps`, `expected a list of labels, got ${kindOf(steps)}`);
  return {
    steps: steps.map((item, index) => stepLabel(fields, `${field.name}.steps.${index}`, item)),
    ...(outcome === undefined || outcome === null
      ? {}
      : { outcome: probability(fields, `${field.name}.outcome`, outcome) }),
  };
}

function takenLabel(fields: Fields, field: Field, count: number): ProcessLabel {
  fields.taken.add(field.name);
  const label = ownProcessLabel(fields, field);
  requireCount(fields, `${field.name}.steps`, label.steps.length, count);
  return label;
}

function stepLabels(fields: Fields, count: number): (number | null)[] | undefined {
  const field = find(fields, ['labels', 'steplabels']);
  if (!field || !Array.isArray(field.value)) return undefined;
  fields.taken.add(field.name);
  requireCount(fields, field.name, field.value.length, count);
  return field.value.map((item, index) => stepLabel(fields, `${field.name}.${index}`, item));
}

function stepLabel(fields: Fields, at: string, item: unknown): number | null {
  return item === null ? null : probability(fields, at, item);
}

function probability(fields: Fields, at: string, value: unknown): number {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw unfit(fields, at, `expected true, false, null or a number from 0 to 1, got ${kindOf(value)}`);
}

function requireCount(fields: Fields, at: string, got: number, expected: number): void {
  if (got !== expected) throw unfit(fields, at, `expected a label for each of ${expected} steps, got ${got}`);
}

function untilFirstError(fields: Fields, count: number): (number | null)[] | undefined {
  const index = firstErrorIndex(fields, count);
  if (index === undefined) return undefined;
  return Array.from({ length: count }, (_, step) => {
    if (index < 0 || step < index) return 1;
    return step === index ? 0 : null;
  });
}

function firstErrorIndex(fields: Fields, count: number): number | undefined {
  // ProcessBench calls the index `label`; any other kind of label stays in the metadata.
  const label = find(fields, ['label']);
  const field = find(fields, firstErrorNames) ?? (typeof label?.value === 'number' ? label : undefined);
  if (!field) return hasNoMistake(fields) ? -1 : undefined;
  fields.taken.add(field.name);
  const index = numberOf(fields, field);
  if (Number.isInteger(index) && index >= -1 && index < count) return index;
  throw unfit(
    fields,
    field.name,
    `expected the index of a step from 0 to ${count - 1}, or -1 for none, got ${index}`,
  );
}

/** BIG-Bench-Mistake writes null where there is no mistake. */
function hasNoMistake(fields: Fields): boolean {
  const name = Object.keys(fields.row).find((key) => aliasOf(key) === 'mistakeindex');
  if (name === undefined || fields.row[name] !== null) return false;
  fields.taken.add(name);
  return true;
}
