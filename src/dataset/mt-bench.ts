/** MT-Bench keeps questions, answers and judgments in files of their own; here they become whole rows. */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ErrorPlace, JurorError } from '../errors.ts';
import type { Message } from '../schema.ts';
import { transcript } from './conversation.ts';
import type { DataRow } from './files.ts';

type Row = Readonly<Record<string, unknown>>;

/** The files beside a question or judgment file. As large as the benchmark itself: 80 questions for each model. */
export interface MtBench {
  readonly questions: ReadonlyMap<string, readonly string[]>;
  /** Model → question → the answer of each turn. */
  readonly answers: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
  readonly references: ReadonlyMap<string, readonly string[]>;
}

/** Whether a row is an MT-Bench question or judgment, without the answers it is about. */
export function isMtBench(row: Row): boolean {
  const has = (name: string) => row[name] !== undefined && row[name] !== null;
  if (!has('question_id')) return false;
  const question =
    Array.isArray(row.turns) && !['choices', 'response', 'responses', 'output', 'conversation_a'].some(has);
  const double = has('model_1') && has('model_2') && has('g1_winner');
  const single = has('model') && has('judgment') && has('score') && has('turn');
  return question || double || single;
}

/** Reads `question.jsonl`, `model_answer/` and `reference_answer/` in the file's folder or the one above. */
export async function loadMtBench(
  path: string,
  readRows: (path: string) => AsyncIterable<DataRow>,
): Promise<MtBench> {
  for (const root of [dirname(path), dirname(dirname(path))]) {
    const files = await listJsonl(join(root, 'model_answer'));
    if (files.length === 0) continue;
    const answers = new Map<string, ReadonlyMap<string, readonly string[]>>();
    for (const file of files) {
      const { model, turns } = await readAnswers(file, readRows);
      answers.set(model, turns);
    }
    const [reference] = await listJsonl(join(root, 'reference_answer'));
    const questions = new Map<string, readonly string[]>();
    for await (const { row } of readRows(join(root, 'question.jsonl')))
      questions.set(String(row.question_id), texts(row.turns));
    return {
      questions,
      answers,
      references: reference ? (await readAnswers(reference, readRows)).turns : new Map(),
    };
  }
  throw new JurorError(
    'data',
    'expected the answers to MT-Bench questions in model_answer/*.jsonl beside the file, got none',
    {
      place: { file: path },
    },
  );
}

async function listJsonl(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => join(folder, name));
}

async function readAnswers(file: string, readRows: (path: string) => AsyncIterable<DataRow>) {
  const turns = new Map<string, readonly string[]>();
  let model = '';
  for await (const { row, line } of readRows(file)) {
    const choices: unknown[] = Array.isArray(row.choices) ? row.choices : [];
    const choice = choices[0] as { turns?: unknown } | undefined;
    if (texts(choice?.turns).length === 0) {
      throw new JurorError('data', 'expected the answers of each turn, got none', {
        place: { file, line, field: 'choices.0.turns' },
      });
    }
    model ||= String(row.model_id ?? file);
    turns.set(String(row.question_id), texts(choice?.turns));
  }
  return { model, turns };
}

/**
 * A question with every model's answer, or a judgment with the answers it is about. A second turn makes each response
 * a transcript of what follows the first question. Two judgments that differ over the orders are a tie, as in FastChat.
 */
export function completeMtBench(row: Row, bench: MtBench, place: ErrorPlace): Row {
  const id = String(row.question_id);
  const turns = Array.isArray(row.turns) ? texts(row.turns) : (bench.questions.get(id) ?? []);
  const judged = typeof row.turn === 'number' ? row.turn : turns.length;
  const prompt = turns[0];
  if (prompt === undefined) {
    throw new JurorError('data', `expected a question of question.jsonl, got ${id}`, {
      place: { ...place, field: 'question_id' },
    });
  }
  const answer = (field: string, model: unknown): string => {
    const given = bench.answers.get(String(model))?.get(id);
    if (!given) {
      throw new JurorError(
        'data',
        `expected an answer to question ${id} by one of ${[...bench.answers.keys()].join(', ')}, got "${String(model)}"`,
        {
          place: { ...place, field },
        },
      );
    }
    const following = given
      .slice(0, judged)
      .flatMap((content, index): Message[] => [
        ...(index === 0 ? [] : [{ role: 'user' as const, content: turns[index] ?? '' }]),
        { role: 'assistant', content },
      ]);
    return transcript(following);
  };
  const given = bench.references.get(id)?.slice(0, judged);
  const whole = { ...row, prompt, ...(given && row.reference === undefined ? { reference: given } : {}) };
  if (row.model_1 !== undefined) {
    const winner = row.g1_winner === row.g2_winner || row.g2_winner === undefined ? row.g1_winner : 'tie';
    return { ...whole, a: answer('model_1', row.model_1), b: answer('model_2', row.model_2), winner };
  }
  if (row.model !== undefined) {
    // FastChat writes -1 where its judge's answer had no score.
    return { ...whole, response: answer('model', row.model), score: row.score === -1 ? null : row.score };
  }
  const models = [...bench.answers.keys()].filter((model) => bench.answers.get(model)?.has(id));
  if (models.length === 0) answer('question_id', 'none of them');
  const responses = models.map((model) => ({ id: model, text: answer('model', model), model }));
  return { ...whole, id: `mt-bench-${id}`, responses };
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : [];
}
