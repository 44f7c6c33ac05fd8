/** `labels.jsonl` of a run folder: what annotators said in the viewer. Only ever appended to; the last line of an item and annotator counts. */
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import { synchroniseFolder } from '../store/atomic-file.ts';
import { runFiles } from '../store/run.ts';
import { storeError } from '../store/sqlite-database.ts';
import { LabelRecord } from './api.ts';
import { scanLines } from './index-scan.ts';

/** Labels of a run by item and annotator, kept up with the file, which another viewer may append to as well. */
export interface RunLabels {
  /** Read what was appended since. Returns the records, in the file's order. Throws JurorError `store` for a line that is no label. */
  refresh(): Promise<readonly LabelRecord[]>;
  /** Append a record; it is on the disk when this resolves. The next {@link RunLabels.refresh} returns it. */
  append(record: LabelRecord): Promise<void>;
}

/** The labels of a run folder, none read yet. The file is made with the first label. */
export function openLabels(folder: string): RunLabels {
  const file = join(folder, runFiles.labels);
  let position = 0;
  let line = 0;
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const next = queue.then(work, work);
    queue = next.catch(() => {});
    return next;
  };
  return {
    refresh: () =>
      inTurn(async () => {
        const size = await sizeOf(file);
        if (size < position) [position, line] = [0, 0];
        if (size === position) return [];
        const { records, end, lines } = await readFrom(file, position, line);
        position = end;
        line = lines;
        return records;
      }),
    append: (record) => inTurn(() => appendLine(folder, file, canonicalJson(LabelRecord.parse(record)))),
  };
}

/** All records of a labels file, in its order. Throws JurorError `store` for a line that is no label. */
export async function readLabelFile(file: string): Promise<readonly LabelRecord[]> {
  if ((await sizeOf(file)) === 0) return [];
  return (await readFrom(file, 0, 0)).records;
}

/** The label that counts of each item and annotator, in the order of their first; those taken back are left out. */
export function currentLabels(records: Iterable<LabelRecord>): LabelRecord[] {
  const last = new Map<string, LabelRecord>();
  for (const record of records) last.set(`${itemOf(record)}\n${JSON.stringify(record.annotator)}`, record);
  return [...last.values()].filter(({ label }) => label !== null);
}

/** Same for records of one verdict. */
export function itemOf({
  rubricId,
  sampleId,
  responseIds,
}: Pick<LabelRecord, 'rubricId' | 'sampleId' | 'responseIds'>): string {
  return JSON.stringify([rubricId, sampleId, responseIds]);
}

/** A last line without its end was cut by a crash: it is left for the next reading, and no label. */
async function readFrom(file: string, from: number, line: number) {
  const records: LabelRecord[] = [];
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw storeError(error, file);
  });
  try {
    const { size } = await handle.stat();
    let end = from;
    let lines = line;
    const found: { readonly text: string; readonly after: number }[] = [];
    await scanLines(
      handle,
      (bytes, offset) => found.push({ text: bytes.toString('utf8'), after: offset + bytes.length }),
      { from },
    );
    for (const { text, after } of found) {
      lines++;
      const record = recordIn(text);
      // What ends with the file has no line break yet.
      if (after >= size) break;
      if (record === undefined) {
        // A line that a crash cut, closed by the next append, is no label; anything else is another file.
        if (isCut(text)) continue;
        throw new JurorError('store', 'expected a label of the viewer, got another line', {
          place: { file, line: lines },
        });
      }
      records.push(record);
    }
    const last = found.at(-1);
    end = last === undefined || last.after < size ? size : last.after - Buffer.byteLength(last.text);
    if (last !== undefined && last.after >= size) lines--;
    return { records, end, lines };
  } finally {
    await handle.close();
  }
}

function recordIn(text: string): LabelRecord | undefined {
  try {
    return LabelRecord.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Our lines begin so; one that is not whole JSON was cut. */
function isCut(text: string): boolean {
  if (!'{"annotator":'.startsWith(text.slice(0, 13))) return false;
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
}

/** A folder may come from anywhere: a link in it must not choose what is written to. */
const appending = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

async function appendLine(folder: string, file: string, text: string): Promise<void> {
  try {
    const isNew = (await sizeOf(file)) === 0;
    const handle = await open(file, appending);
    try {
      const { size } = await handle.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await handle.read(last, 0, 1, size - 1);
      const cut = size > 0 && last[0] !== 10;
      await handle.write(`${cut ? '\n' : ''}${text}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (isNew) await synchroniseFolder(folder);
  } catch (error) {
    throw storeError(error, file);
  }
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return 0;
      throw storeError(error, file);
    },
  );
}
