import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { JurorError } from '../../src/errors.ts';
import { createAnswerJudge } from '../../src/scoring/answer-judge.ts';
import { openRecordedEngine, type RecordingUpdate, recordingUpdate } from '../../src/scoring/recording.ts';
import { fakeEngine } from '../support/fake-engine.ts';

const france = { prompt: 'Capital of France?', response: 'Paris' };
const spain = { prompt: 'Capital of Spain?', response: 'Lisbon' };
const peru = { prompt: 'Capital of Peru?', response: 'Lima' };

/** Score answers from a recording; the model counts what it is asked. */
async function scores(
  file: string,
  update: RecordingUpdate,
  answers: readonly (typeof france)[],
  { digest = 'fake', drop = false } = {},
) {
  const model = fakeEngine({ digest, opinion: digest });
  let opened = 0;
  const open = async () => {
    opened++;
    return model;
  };
  const engine = await openRecordedEngine(open, { file, update, command: 'make-it' });
  await using judge = createAnswerJudge({ rubric: 'helpfulness', engine, cache: false });
  const found = await Promise.all(answers.map(async (answer) => (await judge.score(answer)).score));
  if (drop) engine.dropUnasked();
  await engine[Symbol.asyncDispose]();
  return { found, opened, asked: model.requests.length };
}

async function folder() {
  const made = await mkdtempDisposable(join(tmpdir(), 'juror-recording-'));
  return { file: join(made.path, 'sub', 'answers.jsonl'), [Symbol.asyncDispose]: () => made.remove() };
}

test('what is recorded is played without a model, and scores the same', async () => {
  await using place = await folder();
  const first = await scores(place.file, 'new', [france, spain]);
  expect(first).toMatchObject({ opened: 1, asked: 2 });
  for (const update of ['none', 'new'] as const)
    expect(await scores(place.file, update, [spain, france])).toEqual({
      found: first.found.toReversed(),
      opened: 0,
      asked: 0,
    });
});

test('a question that is new is asked and added, and only that', async () => {
  await using place = await folder();
  await scores(place.file, 'new', [france]);
  expect(await scores(place.file, 'new', [france, spain])).toMatchObject({ opened: 1, asked: 1 });
  expect(await scores(place.file, 'none', [france, spain])).toMatchObject({ opened: 0 });
});

test('a recording is the same bytes, in whatever order its questions came', async () => {
  await using one = await folder();
  await using two = await folder();
  await scores(one.file, 'new', [france, spain, peru]);
  await scores(two.file, 'new', [peru]);
  await scores(two.file, 'new', [spain, france]);
  expect(await readFile(two.file, 'utf8')).toBe(await readFile(one.file, 'utf8'));
});

test('where no model may be asked, what is missing is an error with the command that makes it', async () => {
  await using place = await folder();
  await expect(scores(place.file, 'none', [france])).rejects.toMatchObject({
    code: 'data',
    message: expect.stringContaining('expected a recording, got none; make it with: make-it'),
  });
  await scores(place.file, 'new', [france]);
  await expect(scores(place.file, 'none', [spain])).rejects.toMatchObject({
    code: 'engine',
    message: expect.stringContaining('the recording lacks this question'),
  });
});

test('made anew, everything is asked again, and what is no longer asked is dropped only where that is wanted', async () => {
  await using place = await folder();
  await scores(place.file, 'new', [france, spain]);
  expect(await scores(place.file, 'all', [france, peru])).toMatchObject({ asked: 2 });
  expect(await scores(place.file, 'none', [france, spain, peru])).toMatchObject({ opened: 0 });
  await scores(place.file, 'all', [peru], { drop: true });
  await expect(scores(place.file, 'none', [france])).rejects.toBeInstanceOf(JurorError);
});

test('another model adds nothing to a recording, and may make it anew', async () => {
  await using place = await folder();
  await scores(place.file, 'new', [france]);
  const before = await readFile(place.file, 'utf8');
  await expect(scores(place.file, 'new', [spain], { digest: 'other' })).rejects.toMatchObject({
    code: 'data',
    message: expect.stringContaining('make it anew with: make-it'),
  });
  expect(await readFile(place.file, 'utf8')).toBe(before);
  await scores(place.file, 'all', [france], { digest: 'other' });
  expect(await scores(place.file, 'none', [france], { digest: 'other' })).toMatchObject({ opened: 0 });
});

test('a file that is no recording is not overwritten by chance', async () => {
  await using place = await mkdtempDisposable(join(tmpdir(), 'juror-recording-'));
  const file = join(place.path, 'notes.jsonl');
  await writeFile(file, 'my notes\n');
  await expect(scores(file, 'new', [france])).rejects.toMatchObject({ code: 'data' });
  await expect(scores(file, 'all', [france])).rejects.toMatchObject({ code: 'data' });
  expect(await readFile(file, 'utf8')).toBe('my notes\n');
});

test.for([
  [{}, 'new'],
  [{ CI: 'true' }, 'none'],
  [{ CI: 'false' }, 'new'],
  [{ CI: '1', JUROR_RECORDINGS: '1' }, 'all'],
  [{ JUROR_RECORDINGS: 'none' }, 'none'],
  [{ CI: '1', JUROR_RECORDINGS: 'new' }, 'new'],
] as const)('%o wants %s', ([environment, update]) => {
  expect(recordingUpdate(environment)).toBe(update);
});

test('another JUROR_RECORDINGS is refused, with the nearest word', () => {
  expect(() => recordingUpdate({ JUROR_RECORDINGS: 'al' })).toThrow("got 'al'; did you mean all?");
});
