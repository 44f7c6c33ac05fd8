/** Arena-Hard 2.0 and 0.1: questions, answers, and games of both orders against a baseline. */
import { basename, dirname, join } from 'node:path';
import { readRows } from '../dataset.ts';
import { type ErrorPlace, JurorError } from '../errors.ts';
import { filesIn, filesOf, isFolder } from './files.ts';
import {
  given,
  nameIn,
  type PlacedRow,
  type Reading,
  type Row,
  reportRow,
  textIn,
  unfitRow,
  voteOf,
  without,
} from './rows.ts';

/** What the games of one order are worth to the answer shown first, from 1 to 0; a strong verdict counts three times. */
const labels: ReadonlyMap<string, readonly [worth: number, times: number]> = new Map([
  ['A>>B', [1, 3]],
  ['A>B', [1, 1]],
  ['A=B', [0.5, 1]],
  ['B>A', [0, 1]],
  ['B>>A', [0, 3]],
]);

/** The baselines that Arena-Hard compares with, by category; 0.1 knows one. */
const baselines: Readonly<Record<string, string>> = {
  hard_prompt: 'o3-mini-2025-01-31',
  coding: 'o3-mini-2025-01-31',
  math: 'o3-mini-2025-01-31',
  creative_writing: 'gemini-2.0-flash-001',
  'arena-hard-v0.1': 'gpt-4-0314',
};

interface Bench {
  readonly questions: ReadonlyMap<string, Row>;
  /** Model → question → answer. */
  readonly answers: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/**
 * Rows of a folder, of `question.jsonl` or of a file or folder of judgments. A question becomes a sample with every model's answer, or a
 * prompt where `model_answer/` has none; a judgment becomes a pair, baseline first, with what both games say as its label and its
 * judge's vote.
 */
export async function* arenaHardRows(path: string, reading: Reading): AsyncGenerator<PlacedRow> {
  const { report } = reading;
  const folder = await isFolder(path);
  const questions = folder ? await filesIn(path, 'question.jsonl') : [];
  let bench: { readonly root: string; readonly files: Bench } | undefined;
  for (const file of questions.length > 0 ? questions : await filesOf(path, '.jsonl')) {
    for await (const { row, line } of readRows(file, { onBadRow: report })) {
      const place = { file, line };
      try {
        const id = idOf(row, place);
        const root = Array.isArray(row.games) ? await rootOf(file) : dirname(file);
        if (bench?.root !== root) bench = { root, files: await loadBench(root) };
        yield Array.isArray(row.games)
          ? { row: judgmentRow(row, id, bench.files, place, reading), place }
          : questionRow(row, id, bench.files, place);
      } catch (error) {
        reportRow(report, error);
      }
    }
  }
}

function idOf(row: Row, place: ErrorPlace): string {
  const id = row.uid ?? row.question_id;
  if (typeof id === 'string' || typeof id === 'number') return String(id);
  throw unfitRow(place, 'uid', 'expected a question or a judgment of Arena-Hard, got one without uid');
}

/** The folder with the questions, some levels above `model_judgment/JUDGE/MODEL.jsonl`. */
async function rootOf(file: string): Promise<string> {
  let folder = dirname(file);
  for (let level = 0; level < 4; level++) {
    if ((await filesIn(folder, 'question.jsonl')).length > 0) return folder;
    folder = join(folder, '..');
  }
  throw new JurorError(
    'data',
    'expected question.jsonl and model_answer/ in a folder above the judgments, got none',
    {
      place: { file },
    },
  );
}

async function loadBench(root: string): Promise<Bench> {
  const questions = new Map<string, Row>();
  const file = join(root, 'question.jsonl');
  for await (const { row, line } of readRows(file)) questions.set(idOf(row, { file, line }), row);
  const answers = new Map<string, Map<string, string>>();
  for (const file of await filesIn(join(root, 'model_answer'), '.jsonl'))
    for await (const { row, line } of readRows(file)) {
      const model = textIn(row.model) ?? textIn(row.model_id) ?? basename(file, '.jsonl');
      const own = answers.get(model) ?? new Map<string, string>();
      answers.set(model, own);
      own.set(idOf(row, { file, line }), answerOf(row, { file, line }));
    }
  return { questions, answers };
}

/** 2.0 has messages whose content may be an object with the answer, 0.1 choices with turns. */
function answerOf(row: Row, place: ErrorPlace): string {
  const messages: unknown[] = Array.isArray(row.messages) ? row.messages : [];
  const content = (messages.at(-1) as { content?: unknown } | undefined)?.content;
  const choices: unknown[] = Array.isArray(row.choices) ? row.choices : [];
  const turns = (choices[0] as { turns?: unknown } | undefined)?.turns;
  const turn: unknown = Array.isArray(turns) ? turns.at(-1) : undefined;
  const inner = (value: unknown, name: string) =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : value;
  const text = inner(content, 'answer') ?? inner(turn, 'content');
  if (typeof text === 'string') return text;
  throw unfitRow(place, 'messages', 'expected an answer in messages or choices, got none');
}

function promptOf(row: Row, place: ErrorPlace): string {
  const turns: unknown[] = Array.isArray(row.turns) ? row.turns : [];
  const text = row.prompt ?? (turns[0] as { content?: unknown } | undefined)?.content;
  if (typeof text === 'string') return text;
  throw unfitRow(place, 'prompt', 'expected the text of a prompt, got none');
}

function questionRow(row: Row, id: string, bench: Bench, place: ErrorPlace): PlacedRow {
  const own = { id, prompt: promptOf(row, place), metadata: without(row, ['prompt', 'turns']) };
  const responses = [...bench.answers].flatMap(([model, answers]) => {
    const text = answers.get(id);
    return text === undefined ? [] : [{ id: model, text, model }];
  });
  return responses.length === 0 ? { row: own, place, asks: true } : { row: { ...own, responses }, place };
}

function judgmentRow(row: Row, id: string, bench: Bench, place: ErrorPlace, reading: Reading): Row {
  const question = bench.questions.get(id);
  if (question === undefined)
    throw unfitRow(place, 'uid', `expected a question of question.jsonl, got "${id}"`);
  const category = textIn(row.category) ?? (row.question_id === undefined ? '' : 'arena-hard-v0.1');
  const baseline =
    reading.baseline ??
    textIn(row.baseline) ??
    (Object.hasOwn(baselines, category) ? baselines[category] : undefined);
  if (baseline === undefined)
    throw unfitRow(place, 'baseline', `expected the baseline's name, got none for category "${category}"`);
  const answer = (model: string, field: string): string => {
    const text = bench.answers.get(model)?.get(id);
    if (text !== undefined) return text;
    throw unfitRow(
      place,
      field,
      `expected an answer to "${id}" by one of ${[...bench.answers.keys()].join(', ')}, got "${model}"`,
    );
  };
  const model = String(row.model);
  const label = labelOf(row.games as unknown[], place);
  return {
    prompt: promptOf(question, place),
    responses: [
      { id: 'a', text: answer(baseline, 'baseline'), model: baseline },
      { id: 'b', text: answer(model, 'model'), model },
    ],
    ...given({ label }),
    ...voteOf(nameIn(row.judge), label),
    metadata: { ...without(question, ['prompt', 'turns']), ...row },
  };
}

/** Who is ahead over both games, the first with the baseline first; none where a game has no verdict. */
function labelOf(games: readonly unknown[], place: ErrorPlace): string | undefined {
  let lead = 0;
  for (const [index, game] of games.entries()) {
    const score = (game as { score?: unknown } | null)?.score;
    if (score === null || score === undefined) return undefined;
    const known = labels.get(String(score));
    if (known === undefined)
      throw unfitRow(
        place,
        `games.${index}.score`,
        `expected one of ${[...labels.keys()].join(', ')}, got "${String(score)}"`,
      );
    const [worth, times] = known;
    lead += (index % 2 === 0 ? 1 : -1) * (worth - 0.5) * times;
  }
  if (games.length === 0) return undefined;
  return lead > 0 ? 'a' : lead < 0 ? 'b' : 'tie';
}
