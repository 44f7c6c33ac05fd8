/** Samples of data files, looked up by id: runs keep digests of texts, the data keep the texts. */
import { DatabaseSync } from 'node:sqlite';
import { promptCluster, textDigest } from '../canonical.ts';
import { type ReadSamplesOptions, readSamples } from '../dataset.ts';
import { JurorError } from '../errors.ts';
import type { Response, Sample } from '../schema.ts';
import type { PlanRow } from '../store/store.ts';

/** Samples by id. */
export interface SampleBook extends Disposable {
  /** The files it was made from. */
  readonly files: readonly string[];
  /** Samples that it has. */
  readonly size: number;
  /** The sample of an id; undefined when there is none. */
  find(sampleId: string): Sample | undefined;
  /** Like find; throws JurorError `data`, naming the sample, where there is none. */
  get(sampleId: string): Sample;
  /** Those of a file, in its order. */
  samples(file: string): Iterable<Sample>;
}

/**
 * Read data files into a book that the operating system may keep on disk: memory does not grow with it. Throws JurorError `data` for
 * an id that stands for different samples, within a file or in two, and for a row that is no sample unless `onBadRow` is told of it.
 */
export async function openSampleBook(
  files: readonly string[],
  { onBadRow }: Pick<ReadSamplesOptions, 'onBadRow'> = {},
): Promise<SampleBook> {
  // An empty name is a database of one's own that spills to disk and is gone when closed.
  const database = new DatabaseSync('');
  database.exec(
    'CREATE TABLE samples (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, file INTEGER NOT NULL, sample TEXT NOT NULL) STRICT; BEGIN',
  );
  const add = database.prepare('INSERT OR IGNORE INTO samples (id, file, sample) VALUES (?, ?, ?)');
  const one = database.prepare('SELECT file, sample FROM samples WHERE id = ?');
  const all = database.prepare('SELECT sample FROM samples WHERE file = ? ORDER BY place');
  const key = (id: string) => JSON.stringify(id);
  let size = 0;
  try {
    for (const [index, file] of files.entries())
      for await (const sample of readSamples(file, onBadRow ? { onBadRow } : {})) {
        const text = JSON.stringify(sample);
        if (Number(add.run(key(sample.id), index, text).changes) > 0) {
          size++;
          continue;
        }
        const former = one.get(key(sample.id));
        if (former?.sample !== text)
          throw new JurorError(
            'data',
            `expected one sample '${sample.id}', got another one than in ${files[Number(former?.file)]}`,
            { place: { file } },
          );
      }
  } catch (error) {
    database.close();
    throw error;
  }
  let last: Sample | undefined;
  const find = (id: string): Sample | undefined => {
    if (last?.id === id) return last;
    const found = one.get(key(id));
    if (found) last = JSON.parse(String(found.sample));
    return found ? last : undefined;
  };
  return {
    files,
    size,
    find,
    get(id) {
      const sample = find(id);
      if (sample) return sample;
      const where = files.length === 0 ? 'no --data was given' : `it is not in ${files.join(', ')}`;
      throw new JurorError('data', `sample '${id}': expected its texts, but ${where}`);
    },
    *samples(file) {
      for (const { sample } of all.iterate(files.indexOf(file))) yield JSON.parse(String(sample));
    },
    [Symbol.dispose]: () => database.close(),
  };
}

/**
 * The sample of a plan row and its responses, in the row's order, known to be what was judged: by the digest of prompt and texts, or by
 * length in run folders from before there were any. Throws JurorError `data`, naming sample and response, where the data differ.
 */
export function judgedTexts(
  book: SampleBook,
  row: Pick<PlanRow, 'sampleId' | 'responseIds' | 'cluster' | 'texts' | 'characters'>,
): { readonly sample: Sample; readonly responses: readonly Response[] } {
  const sample = book.get(row.sampleId);
  requirePrompt(book, sample, row.cluster);
  const responses = row.responseIds.map((id, place) => {
    const response = responseOf(book, sample, id);
    const expected = row.texts?.[place];
    const length = row.characters[place];
    const got = textDigest(response.text);
    const differs = expected === undefined ? length !== response.text.length : expected !== got;
    if (differs)
      throw differing(
        book,
        `sample '${row.sampleId}', response '${id}': expected the text that was judged (${expected === undefined ? `${length} characters` : `digest ${expected}`}), got another one (${expected === undefined ? `${response.text.length} characters` : `digest ${got}`})`,
      );
    return response;
  });
  return { sample, responses };
}

/** Throws JurorError `data` unless the sample has the prompt of this cluster. */
export function requirePrompt(book: SampleBook, sample: Sample, cluster: string): void {
  const got = promptCluster(sample.prompt);
  if (got !== cluster)
    throw differing(
      book,
      `sample '${sample.id}': expected the prompt that was judged (digest ${cluster}), got another one (digest ${got})`,
    );
}

/** The response of an id. Throws JurorError `data` without. */
export function responseOf(book: SampleBook, sample: Sample, id: string): Response {
  const response = sample.responses.find((own) => own.id === id);
  if (response) return response;
  throw differing(book, `sample '${sample.id}': expected a response '${id}', got none`);
}

function differing({ files }: SampleBook, message: string): JurorError {
  const [file, ...others] = files;
  return new JurorError('data', message, { place: file && others.length === 0 ? { file } : {} });
}
