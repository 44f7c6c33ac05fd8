/** Lists of answers: juror's own, UltraFeedback's, distilabel's. */
import type { Response } from '../schema.ts';
import { type Fields, find, isObject, kindOf, take, unfit } from './fields.ts';

const listNames = ['responses', 'generations', 'completions'];
const textNames = ['text', 'response', 'output', 'completion', 'answer', 'content', 'generation'];
const modelNames = ['model', 'generator'];

/** The answers of a list, and, where each has a score, the best one: its id, `tie` if all are equal, none if some share the top. */
export function severalOf(
  fields: Fields,
): { readonly responses: readonly Response[]; readonly best: string | undefined } | undefined {
  const field = take(fields, listNames);
  if (!field) return undefined;
  if (!Array.isArray(field.value) || field.value.length === 0) {
    throw unfit(fields, field.name, `expected a list of responses, got ${kindOf(field.value)}`);
  }
  const count = field.value.length;
  const models = besides(fields, ['models', 'modelnames', 'generationmodels', 'generators'], count);
  const ratings = besides(fields, ['ratings', 'scores'], count);
  const scores: unknown[] = [];
  const responses = field.value.map((value, index) => {
    const response = responseOf(
      fields,
      `${field.name}.${index}`,
      value,
      count === 1 ? 'response' : `r${index + 1}`,
    );
    const rating = ratings?.[index];
    const model = models?.[index];
    scores.push(rating ?? response.metadata?.overall_score ?? response.metadata?.score);
    return {
      ...response,
      ...(typeof model === 'string' && response.model === undefined ? { model } : {}),
      ...(rating === undefined ? {} : { metadata: { ...response.metadata, rating } }),
    };
  });
  const ids = new Set<string>();
  for (const [index, { id }] of responses.entries()) {
    if (ids.has(id))
      throw unfit(fields, `${field.name}.${index}.id`, `expected an id of its own, got "${id}" again`);
    if (id === 'tie') throw unfit(fields, `${field.name}.${index}.id`, 'expected another id than "tie"');
    ids.add(id);
  }
  return { responses, best: bestOf(responses, scores) };
}

/** A list with one item for each response. */
function besides(fields: Fields, aliases: readonly string[], count: number): readonly unknown[] | undefined {
  const field = find(fields, aliases);
  if (!field || !Array.isArray(field.value)) return undefined;
  if (field.value.length !== count) {
    throw unfit(
      fields,
      field.name,
      `expected ${count} items as there are responses, got ${field.value.length}`,
    );
  }
  return field.value;
}

function responseOf(fields: Fields, at: string, value: unknown, id: string): Response {
  if (typeof value === 'string') return { id, text: value };
  if (!isObject(value)) throw unfit(fields, at, `expected text or an object with text, got ${kindOf(value)}`);
  const own = (names: readonly string[]) =>
    names.find((name) => Object.hasOwn(value, name) && value[name] !== null);
  const textName = own(textNames);
  const text = textName === undefined ? undefined : value[textName];
  if (textName === undefined || typeof text !== 'string') {
    throw unfit(
      fields,
      `${at}.${textName ?? 'text'}`,
      `expected text, got ${textName ? kindOf(text) : 'none'}`,
    );
  }
  const modelName = own(modelNames);
  const model = modelName === undefined ? undefined : value[modelName];
  const taken = new Set(['id', 'steps', 'metadata', textName]);
  if (typeof model === 'string' && modelName) taken.add(modelName);
  const rest = Object.entries(value).filter(([name]) => !taken.has(name));
  const inner = isObject(value.metadata) ? value.metadata : undefined;
  if (!inner && value.metadata !== undefined) rest.push(['metadata', value.metadata]);
  const metadata = Object.fromEntries([...Object.entries(inner ?? {}), ...rest]);
  const given = value.id ?? undefined;
  if (given !== undefined && !isId(given)) {
    throw unfit(
      fields,
      `${at}.id`,
      `expected text of 1 to 256 characters or an integer, got ${kindOf(given)}`,
    );
  }
  const steps = value.steps ?? undefined;
  if (steps !== undefined && !isTexts(steps)) {
    throw unfit(fields, `${at}.steps`, `expected a list of texts, got ${kindOf(steps)}`);
  }
  return {
    id: given === undefined ? id : String(given),
    text,
    ...(steps === undefined ? {} : { steps }),
    ...(typeof model === 'string' ? { model } : {}),
    ...(rest.length > 0 || inner ? { metadata } : {}),
  };
}

/** Whether a value can be an id: text of 1 to 256 characters, or an integer that JSON does not round. */
export function isId(value: unknown): value is string | number {
  return typeof value === 'number'
    ? Number.isSafeInteger(value)
    : typeof value === 'string' && value !== '' && value.length <= 256;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function bestOf(responses: readonly Response[], scores: readonly unknown[]): string | undefined {
  const numbers = scores.map((score) => (typeof score === 'string' && score.trim() ? Number(score) : score));
  if (!numbers.every((score): score is number => typeof score === 'number' && Number.isFinite(score)))
    return undefined;
  const top = Math.max(...numbers);
  const winners = responses.filter((_, index) => numbers[index] === top);
  if (winners.length === 1) return winners[0]?.id;
  return winners.length === responses.length ? 'tie' : undefined;
}
