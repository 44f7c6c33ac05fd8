/** Inspect: eval logs (`.eval`, `.json`) and the rows of its data sets (`.jsonl`, `.json`, `.csv`). */
import { extname } from 'node:path';
import { isObject, kindOf } from '../dataset/fields.ts';
import { readRows } from '../dataset.ts';
import { type ErrorPlace, JurorError } from '../errors.ts';
import { parsed, readJsonParts } from './json-parts.ts';
import {
  given,
  type PlacedRow,
  type Reading,
  type Row,
  reportRow,
  textIn,
  unfitRow,
  without,
} from './rows.ts';
import { zipMembers } from './zip.ts';

/**
 * Rows of an eval log or of a data set. A sample of a log becomes a sample: what was asked, the completion, the target as its reference,
 * the scores as its label and one vote for each scorer. A row of a data set becomes a prompt with its target as the reference.
 */
export async function* inspectRows(path: string, reading: Reading): AsyncGenerator<PlacedRow> {
  const { report } = reading;
  const ending = extname(path).toLowerCase();
  if (ending === '.eval' || ending === '.json') {
    let logged = 0;
    const { epochs, parts } = ending === '.eval' ? await archived(path) : await written(path);
    for await (const { place, asks, row } of parts) {
      logged++;
      try {
        const own = await row();
        yield asks ? datasetRow(own, place) : { row: sampleRow(own, place, epochs), place };
      } catch (error) {
        reportRow(report, error);
      }
    }
    if (logged === 0)
      throw new JurorError('data', 'expected an eval log of Inspect with samples, got none', {
        place: { file: path },
      });
    return;
  }
  for await (const { row, line } of readRows(path, { onBadRow: report })) {
    try {
      yield datasetRow(row, { file: path, line });
    } catch (error) {
      reportRow(report, error);
    }
  }
}

interface Log {
  /** Most epochs of a sample: with several, each is a sample of its own. */
  readonly epochs: number;
  readonly parts: AsyncIterable<LogPart>;
}

interface LogPart {
  readonly place: ErrorPlace;
  /** The row is of a data set. */
  readonly asks: boolean;
  /** Read it. Throws JurorError `data` for a damaged one; the others can still be read. */
  row(): Promise<Row>;
}

/** `header.json` comes last in an archive: epochs are told from the names of its samples. */
async function archived(file: string): Promise<Log> {
  let epochs = 1;
  for await (const { name } of zipMembers(file))
    epochs = Math.max(epochs, Number(/^samples\/.*_epoch_(\d+)\.json$/.exec(name)?.[1] ?? 1));
  async function* parts(): AsyncGenerator<LogPart> {
    for await (const { name, text } of zipMembers(file)) {
      if (!name.startsWith('samples/')) continue;
      const place = { file, field: name };
      const row = async () => {
        const value = parsed(await text(), place);
        if (isObject(value)) return value;
        throw new JurorError('data', `expected a sample, got ${kindOf(value)}`, { place });
      };
      yield { place, asks: false, row };
    }
  }
  return { epochs, parts: parts() };
}

/** Inspect writes its configuration before the samples, and juror after them. */
async function written(file: string): Promise<Log> {
  let epochs = 1;
  for await (const { value } of readJsonParts(file, ['eval.config'])) {
    if (isObject(value) && typeof value.epochs === 'number') epochs = value.epochs;
    break;
  }
  async function* parts(): AsyncGenerator<LogPart> {
    for await (const { path, value, line } of readJsonParts(file, ['samples[]', '[]']))
      if (isObject(value)) yield { place: { file, line }, asks: path === '[]', row: async () => value };
  }
  return { epochs, parts: parts() };
}

/** A row of a data set: `input`, `target`, `id`, `choices`, `metadata`. */
function datasetRow(row: Row, place: ErrorPlace): PlacedRow {
  const { input, target, id, metadata, choices } = row;
  if (input === undefined || input === null)
    throw unfitRow(
      place,
      'input',
      `expected input, got ${Object.keys(row).slice(0, 12).join(', ') || 'no fields'}`,
    );
  const options = {
    ...(Array.isArray(choices) && choices.length > 0 ? { choices } : {}),
    ...given({ targets: targetsOf(target) }),
  };
  return {
    row: {
      ...given({ id, reference: targetOf(target) }),
      prompt: promptOf(input, place, 'input'),
      metadata: {
        ...(isObject(metadata) ? metadata : {}),
        ...options,
        ...without(row, ['input', 'target', 'id', 'metadata', 'choices']),
      },
    },
    place,
    asks: true,
  };
}

function sampleRow(row: Row, place: ErrorPlace, epochs: number): Row {
  const epoch = typeof row.epoch === 'number' ? row.epoch : 1;
  const output = isObject(row.output) ? row.output : {};
  const at = `sample ${String(row.id)}`;
  const fault = isObject(row.error) ? textIn(row.error.message) : undefined;
  const completion = completionOf(output);
  if (completion === undefined)
    throw unfitRow(
      place,
      'output',
      `${at}: expected a completion, got ${fault === undefined ? 'none' : `an error: ${fault.slice(0, 200)}`}`,
    );
  const scores = scoresOf(row.scores);
  return {
    id: epochs > 1 ? `${String(row.id)}-epoch-${epoch}` : row.id,
    prompt: promptOf(row.input, place, 'input'),
    responses: [given({ id: 'response', text: completion, model: textIn(output.model) || undefined })],
    ...given({ reference: targetOf(row.target), label: labelOf(scores) }),
    ...(scores.some(({ label }) => label !== undefined)
      ? {
          annotations: scores.flatMap(({ name, label }) =>
            label === undefined ? [] : [{ annotator: name, label }],
          ),
        }
      : {}),
    metadata: {
      ...(isObject(row.metadata) ? row.metadata : {}),
      inspect: given({
        id: row.id,
        epoch,
        targets: targetsOf(row.target),
        choices: Array.isArray(row.choices) ? row.choices : undefined,
        scores: isObject(row.scores) && Object.keys(row.scores).length > 0 ? row.scores : undefined,
      }),
    },
  };
}

/** Its text as a scorer sees it; none where nothing was written. */
function completionOf(output: Row): string | undefined {
  const choices: unknown[] = Array.isArray(output.choices) ? output.choices : [];
  const [first] = choices;
  if (!isObject(first)) return textIn(output.completion) || undefined;
  return textIn(output.completion) ?? contentOf(isObject(first.message) ? first.message.content : undefined);
}

interface NamedScore {
  readonly name: string;
  readonly label: number | string | undefined;
  readonly parts: Readonly<Record<string, number>> | undefined;
}

function scoresOf(scores: unknown): NamedScore[] {
  if (!isObject(scores)) return [];
  return Object.entries(scores).map(([name, score]) => {
    const value = isObject(score) ? score.value : undefined;
    const parts = isObject(value) ? numbersIn(value) : undefined;
    return { name: name.slice(0, 256), label: gradeOf(value), parts };
  });
}

/** Inspect's own words for correct, incorrect, partially correct and no answer. */
const grades: Readonly<Record<string, number>> = { C: 1, I: 0, P: 0.5, N: 0 };

function gradeOf(value: unknown): number | string | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value === '') return undefined;
  return Object.hasOwn(grades, value) ? grades[value] : value;
}

function numbersIn(value: Row): Record<string, number> | undefined {
  const entries = Object.entries(value).flatMap(([name, part]) => {
    const number = gradeOf(part);
    return typeof number === 'number' ? [[name, number] as const] : [];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** The score of the only scorer, or, of several, each one's number under its name. */
function labelOf(scores: readonly NamedScore[]): unknown {
  const [only] = scores;
  if (scores.length === 1 && only) return only.label ?? only.parts;
  const numbers = scores.flatMap(({ name, label }) =>
    typeof label === 'number' ? [[name, label] as const] : [],
  );
  return numbers.length === 0 ? undefined : Object.fromEntries(numbers);
}

/** All of several targets, for the metadata. */
function targetsOf(target: unknown): unknown[] | undefined {
  return Array.isArray(target) && target.length > 1 ? target : undefined;
}

/** The target, or the first of several. */
function targetOf(target: unknown): unknown {
  const texts = Array.isArray(target) ? target : [target];
  return texts.find((text) => typeof text === 'string' && text !== '');
}

function promptOf(input: unknown, place: ErrorPlace, field: string): unknown {
  if (typeof input === 'string') return input;
  if (!Array.isArray(input) || input.length === 0)
    throw unfitRow(place, field, `expected text or messages, got ${kindOf(input)}`);
  return input.map((message: unknown, index) => {
    const content = isObject(message) ? contentOf(message.content) : undefined;
    if (!isObject(message) || content === undefined)
      throw unfitRow(place, `${field}.${index}.content`, 'expected text, got something else');
    return { role: message.role, content };
  });
}

/** Text, or the texts of a list of parts; nothing where a part is no text, as an image is. */
function contentOf(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  const parts = content.filter((part) => !(isObject(part) && part.type === 'reasoning'));
  return parts.every((part) => isObject(part) && typeof part.text === 'string')
    ? parts.map((part) => (part as { text: string }).text).join('\n')
    : undefined;
}
