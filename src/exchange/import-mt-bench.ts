/** MT-Bench as FastChat lays it out: questions, answers, references and judgments in files of their own. */
import { dirname, join } from 'node:path';
import { transcript } from '../dataset/conversation.ts';
import { loadMtBench, type MtBench } from '../dataset/mt-bench.ts';
import { readRows } from '../dataset.ts';
import type { ErrorPlace } from '../errors.ts';
import type { Message } from '../schema.ts';
import { filesIn, filesOf, isFolder } from './files.ts';
import {
  given,
  nameIn,
  type PlacedRow,
  type Reading,
  type Row,
  reportRow,
  unfitRow,
  voteOf,
  without,
} from './rows.ts';

/**
 * Rows of a folder, of `question.jsonl` or of a file of judgments. A question becomes one sample for each turn with every model's
 * answer; a judgment one sample with its label and its judge's vote. A single answer to a later turn has the conversation before it as
 * its prompt; where several models answer, each after its own first answer, the answers are transcripts.
 */
export async function* mtBenchRows(path: string, { report }: Reading): AsyncGenerator<PlacedRow> {
  let bench: { readonly folder: string; readonly files: MtBench } | undefined;
  for (const file of await judgedFiles(path)) {
    for await (const { row, line } of readRows(file, { onBadRow: report })) {
      const place = { file, line };
      if (row.conversation_a !== undefined) {
        yield { row: humanRow(row), place };
        continue;
      }
      if (row.question_id === undefined || row.question_id === null) {
        report(unfitRow(place, 'question_id', 'expected a question or a judgment of MT-Bench, got none'));
        continue;
      }
      const turns = textsIn(row.turns);
      const alone =
        turns.length > 0 && (await filesIn(join(dirname(file), 'model_answer'), '.jsonl')).length === 0;
      if (alone) {
        yield { row: askedRow(row, turns), place, asks: true };
        continue;
      }
      if (bench?.folder !== dirname(file))
        bench = { folder: dirname(file), files: await loadMtBench(file, readRows) };
      try {
        for (const made of turns.length > 0
          ? questionRows(row, turns, bench.files, place)
          : [judgmentRow(row, bench.files, place)])
          yield { row: made, place };
      } catch (error) {
        reportRow(report, error);
      }
    }
  }
}

async function judgedFiles(path: string): Promise<string[]> {
  if (!(await isFolder(path))) return [path];
  const questions = await filesIn(path, 'question.jsonl');
  return questions.length > 0 ? questions : filesOf(path, '.jsonl');
}

/** A question that nobody has answered: its first turn. */
function askedRow(row: Row, turns: readonly string[]): Row {
  return {
    id: `mt-bench-${row.question_id}`,
    prompt: turns[0],
    ...referenceRow(textsIn(row.reference), 1),
    metadata: without(row, ['reference']),
  };
}

function questionRows(row: Row, turns: readonly string[], bench: MtBench, place: ErrorPlace): Row[] {
  const id = String(row.question_id);
  const models = [...bench.answers].flatMap(([model, answers]) => {
    const own = answers.get(id);
    return own === undefined ? [] : [{ model, answers: own }];
  });
  if (models.length === 0)
    throw unfitRow(place, 'question_id', `expected an answer to question ${id} in model_answer/, got none`);
  const references = bench.references.get(id) ?? textsIn(row.reference);
  return turns
    .map((_, index) => {
      const turn = index + 1;
      const answered = models.filter(({ answers }) => answers.length >= turn);
      const texts = answered.map(({ answers }) => conversation(turns, answers, turn));
      return {
        id: `mt-bench-${id}-turn-${turn}`,
        ...asked(
          texts,
          answered.map(({ model }) => model),
        ),
        ...referenceRow(references, turn),
        metadata: { ...without(row, ['turns', 'reference']), turn },
      };
    })
    .filter(({ responses }) => responses.length > 0);
}

/** What several models answered: alone with the conversation as the prompt, else after the first question. */
function asked(conversations: readonly (readonly Message[])[], models: readonly string[]) {
  const [only] = conversations;
  const alone = conversations.length === 1 && only !== undefined;
  return {
    prompt: alone ? only.slice(0, -1) : conversations[0]?.slice(0, 1),
    responses: conversations.map((messages, index) => ({
      id: models[index],
      text: alone ? messages.at(-1)?.content : transcript(messages.slice(1)),
      model: models[index],
    })),
  };
}

function judgmentRow(row: Row, bench: MtBench, place: ErrorPlace): Row {
  const id = String(row.question_id);
  const turns = bench.questions.get(id);
  const turn = typeof row.turn === 'number' ? row.turn : 1;
  if (turns === undefined)
    throw unfitRow(place, 'question_id', `expected a question of question.jsonl, got ${id}`);
  const answersOf = (field: string): Message[] => {
    const answers = bench.answers.get(String(row[field]))?.get(id);
    if (answers && answers.length >= turn) return conversation(turns, answers, turn);
    const known = [...bench.answers.keys()].join(', ');
    throw unfitRow(
      place,
      field,
      `expected an answer to turn ${turn} of question ${id} by one of ${known}, got "${String(row[field])}"`,
    );
  };
  const pair = row.model_1 !== undefined;
  const conversations = pair ? [answersOf('model_1'), answersOf('model_2')] : [answersOf('model')];
  const label = pair ? winnerIn(row) : row.score === -1 ? undefined : row.score;
  const { prompt, responses } = asked(
    conversations,
    pair ? [String(row.model_1), String(row.model_2)] : [String(row.model)],
  );
  return {
    prompt,
    responses: responses.map((response, index) => ({
      ...response,
      id: pair ? (['a', 'b'][index] ?? '') : 'response',
    })),
    ...given({ label: label === 'model_1' ? 'a' : label === 'model_2' ? 'b' : label }),
    ...voteOf(nameIn(row.judge), label === 'model_1' ? 'a' : label === 'model_2' ? 'b' : label),
    ...referenceRow(bench.references.get(id), turn),
    metadata: without(row, pair ? [] : ['score']),
  };
}

/** Orders that name different winners are a tie, as FastChat counts them; where one failed there is no winner. */
function winnerIn({ g1_winner: first, g2_winner: second = first }: Row): unknown {
  if (first === 'error' || second === 'error') return undefined;
  return first === second ? first : 'tie';
}

/**
 * A person's judgment of two conversations: MT-Bench's `human_judgments`, Chatbot Arena. The first turn's judgment is about the first
 * turn, though the row holds both.
 */
function humanRow(row: Row): Row {
  const { turn, winner } = row;
  const judged = (messages: unknown) =>
    turn === 1 && Array.isArray(messages) ? messages.slice(0, 2) : messages;
  return {
    ...row,
    conversation_a: judged(row.conversation_a),
    conversation_b: judged(row.conversation_b),
    ...voteOf(nameIn(row.judge), winner),
  };
}

function conversation(turns: readonly string[], answers: readonly string[], turn: number): Message[] {
  return answers.slice(0, turn).flatMap((content, index): Message[] => [
    { role: 'user', content: turns[index] ?? '' },
    { role: 'assistant', content },
  ]);
}

/** The reference of the turn that is judged. */
function referenceRow(references: readonly string[] | undefined, turn: number): { reference?: string } {
  const reference = references?.[turn - 1];
  return reference === undefined || reference === '' ? {} : { reference };
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : [];
}
