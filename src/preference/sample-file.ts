/** Written answers in a file: a row for each prompt, kept as soon as it is whole, its answers found by key when work is taken up again. */
import { appendFile, mkdir, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { contentHash } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import { Sample } from '../schema.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { recordText } from '../store/store.ts';
import type { WrittenAnswer } from './sample-answers.ts';

/** What the metadata of an answer have to say. */
const AnswerFacts = z.looseObject({
  key: z.string().length(64),
  finish: z.enum(['stop', 'length']),
  generated: z.int().nonnegative(),
});
const Dropped = z.array(z.strictObject({ key: z.string().length(64), as: z.string() }));

/** A file of answers that is being written. */
export interface SampleFile {
  /** An answer that the file had. */
  find(key: string): WrittenAnswer | undefined;
  /** Keep the next row; it is in the file when this resolves. Answers that the file had to the same prompt, by other settings, stay in it. */
  keep(sample: Sample): Promise<void>;
  /** Leave the rows kept since it was opened in their order, and after them the file's other rows. Returns how many of those there are. */
  finish(): Promise<number>;
}

/**
 * Open a file of answers, and its folder, for writing; half a last line, which a killed process leaves, is cut off. Throws JurorError
 * `data`, naming the line, for a file of something else, which stays as it is.
 */
export async function openSampleFile(file: string): Promise<SampleFile> {
  const rows = new Map<string, Sample>();
  const answers = new Map<string, WrittenAnswer>();
  for (const row of await readRows(file)) {
    rows.set(row.id, row);
    for (const [key, answer] of answersOf(row)) answers.set(key, answer);
  }
  await mkdir(dirname(file), { recursive: true });
  const kept = new Map<string, string>();
  return {
    find: (key) => answers.get(key),
    async keep(sample) {
      const former = rows.get(sample.id);
      const whole = former === undefined ? sample : withOthers(sample, former);
      const line = recordText(Sample, whole);
      kept.set(sample.id, line);
      if (former === undefined || recordText(Sample, former) !== line) await appendFile(file, `${line}\n`);
    },
    async finish() {
      const others = [...rows].filter(([id]) => !kept.has(id)).map(([, row]) => recordText(Sample, row));
      await writeAtomically(
        file,
        [...kept.values(), ...others].map((line) => `${line}\n`),
      );
      return others.length;
    },
  };
}

/** The row with the former answers to the same prompt that are not in it, after its own. */
function withOthers(sample: Sample, former: Sample): Sample {
  if (contentHash(sample.prompt) !== contentHash(former.prompt)) return sample;
  const own = new Set([...answersOf(sample)].map(([key]) => key));
  const others = former.responses.filter(({ metadata }) => !own.has(String(metadata?.key)));
  if (others.length === 0) return sample;
  const responses = [...sample.responses];
  for (const other of others) {
    const { duplicateOf: _, ...metadata } = other.metadata ?? {};
    const equal = responses.find(({ text }) => text === other.text);
    responses.push({
      ...other,
      id: `r${responses.length + 1}`,
      metadata: { ...metadata, ...(equal === undefined ? {} : { duplicateOf: equal.id }) },
    });
  }
  return { ...sample, responses };
}

/** Every answer of a row by its key, those that were left out as equal to another among them. */
function answersOf({ responses, metadata }: Sample): [key: string, WrittenAnswer][] {
  const found = new Map(
    responses.flatMap(({ id, text, metadata: own }) => {
      const facts = AnswerFacts.safeParse(own).data;
      const answer = facts && { text, finish: facts.finish, generated: facts.generated };
      return facts && answer ? [[id, { key: facts.key, answer }] as const] : [];
    }),
  );
  const dropped = Dropped.safeParse(metadata?.dropped).data ?? [];
  return [
    ...[...found.values()].map(({ key, answer }): [string, WrittenAnswer] => [key, answer]),
    ...dropped.flatMap(({ key, as }): [string, WrittenAnswer][] => {
      const equal = found.get(as);
      return equal === undefined ? [] : [[key, equal.answer]];
    }),
  ];
}

async function readRows(file: string): Promise<Sample[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new JurorError('data', error instanceof Error ? error.message : String(error), { place: { file } });
  });
  const whole = text.lastIndexOf('\n') + 1;
  if (text !== '' && whole === 0)
    throw new JurorError('data', 'expected lines of written answers, got something else', {
      place: { file },
    });
  const rows = text
    .slice(0, whole)
    .split('\n')
    .flatMap((line, index) => {
      if (line === '') return [];
      const row = parsed(line);
      if (row === undefined)
        throw new JurorError('data', 'expected a row of written answers, got something else', {
          place: { file, line: index + 1 },
        });
      return [row];
    });
  if (whole < text.length) await truncate(file, Buffer.byteLength(text.slice(0, whole)));
  return rows;
}

/** A row all of whose answers were written here: anything else must not be taken for one. */
function parsed(line: string): Sample | undefined {
  try {
    const row = Sample.safeParse(JSON.parse(line)).data;
    return row?.responses.every(({ metadata }) => AnswerFacts.safeParse(metadata).success) ? row : undefined;
  } catch {
    return undefined;
  }
}
