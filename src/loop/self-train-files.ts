/** The folder of a loop: rounds that are there or not, never half, and everything else derived from them. */
import { cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import { Preference, RoundCard, RoundDecision, SelfTrainSettings } from '../schema.ts';
import { synchroniseFolder, writeAtomically } from '../store/atomic-file.ts';
import { storeError } from '../store/sqlite-database.ts';
import { recordText } from '../store/store.ts';
import { roundsPage, roundsTable } from './self-train-page.ts';
import type { LoopFiles, Round } from './self-train-parts.ts';

/** The disk. */
export const diskFiles: LoopFiles = {
  async write(file, text) {
    await writeAtomically(file, [text]);
  },
  async empty(folder) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  },
  async keep(partial, folder) {
    await synchroniseFolder(partial);
    await rename(partial, folder);
    await synchroniseFolder(join(folder, '..'));
  },
  async mirror(from, folder) {
    const [fresh, former] = [`${folder}.new`, `${folder}.old`];
    await rm(fresh, { recursive: true, force: true });
    await cp(from, fresh, { recursive: true });
    await rm(former, { recursive: true, force: true });
    await rename(folder, former).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    await rename(fresh, folder);
    await rm(former, { recursive: true, force: true });
  },
};

/** A round as its folder has it. */
export interface KeptRound extends Round {
  readonly comparisons: readonly Preference[];
  /** Keys of the pairs that the judge was asked about, whatever became of its verdicts; in the order in which it was asked. */
  readonly asked: readonly string[];
}

/** Names in the folder of a loop. */
const names = {
  settings: 'settings.json',
  probes: 'probes.jsonl',
  rounds: 'rounds',
  table: 'rounds.jsonl',
  page: 'README.md',
  current: 'current',
  comparisons: 'comparisons.jsonl',
  asked: 'asked.jsonl',
  card: 'card.json',
  decision: 'decision.json',
  head: 'head',
} as const;

/** The folder of a loop. */
export interface LoopFolder {
  /** Rounds that are kept, in order. */
  rounds(): Promise<KeptRound[]>;
  /** The probes that were kept; undefined before there are any. */
  readProbes(): Promise<Preference[] | undefined>;
  keepProbes(probes: readonly Preference[]): Promise<void>;
  /** Where the head of a round that is kept lies. */
  headOf(round: number): string;
  /** An empty place for a round's head before the round is kept. */
  begin(round: number): Promise<{ readonly head: string }>;
  /** Keep a round that was begun. A round without a head keeps none. */
  keep(round: KeptRound): Promise<void>;
  /** Bring what is derived up to the rounds: the table, the page, and a copy of the head that counts. */
  derive(rounds: readonly Round[]): Promise<void>;
}

/** Open or make the folder. Throws JurorError `store` where it is the folder of another loop, naming what differs. */
export async function openLoopFolder(
  folder: string,
  settings: SelfTrainSettings,
  files: LoopFiles = diskFiles,
): Promise<LoopFolder> {
  const own = join(folder, names.settings);
  const former = await readRecord(own, SelfTrainSettings);
  if (former === undefined) {
    await explained(folder, async () => {
      await mkdir(join(folder, names.rounds), { recursive: true });
      if ((await readdir(join(folder, names.rounds))).length > 0)
        throw new JurorError('store', `expected the folder of a loop, got rounds without ${names.settings}`, {
          place: { file: folder },
        });
    });
    await files.write(own, `${recordText(SelfTrainSettings, settings)}\n`);
  } else requireSame(former, settings, folder);
  const placeOf = (round: number) => join(folder, names.rounds, String(round).padStart(2, '0'));
  const partialOf = (round: number) =>
    join(folder, names.rounds, `.${String(round).padStart(2, '0')}.partial`);
  return {
    async rounds() {
      const found = await explained(folder, () => readdir(join(folder, names.rounds)));
      const numbers = found.filter((name) => /^\d{2,}$/.test(name)).map(Number);
      const ordered = numbers.toSorted((left, right) => left - right);
      const gap = ordered.findIndex((round, place) => round !== place);
      if (gap >= 0)
        throw new JurorError('store', `expected round ${gap}, got round ${ordered[gap]}`, {
          place: { file: join(folder, names.rounds) },
        });
      return await Promise.all(ordered.map((round) => readRound(placeOf(round))));
    },
    readProbes: () => readLines(join(folder, names.probes), Preference),
    keepProbes: (probes) => files.write(join(folder, names.probes), linesOf(probes)),
    headOf: (round) => join(placeOf(round), names.head),
    async begin(round) {
      const head = join(partialOf(round), names.head);
      await files.empty(partialOf(round));
      await files.empty(head);
      return { head };
    },
    async keep({ card, decision, comparisons, asked }) {
      const partial = partialOf(card.round);
      if (card.training === null) await rm(join(partial, names.head), { recursive: true, force: true });
      await files.write(join(partial, names.comparisons), linesOf(comparisons));
      await files.write(join(partial, names.asked), asked.map((key) => `${canonicalJson(key)}\n`).join(''));
      await files.write(join(partial, names.card), `${recordText(RoundCard, card)}\n`);
      await files.write(join(partial, names.decision), `${recordText(RoundDecision, decision)}\n`);
      await files.keep(partial, placeOf(card.round));
    },
    async derive(rounds) {
      const current = rounds.at(-1)?.decision.current ?? null;
      if (current !== null)
        await files.mirror(join(placeOf(current), names.head), join(folder, names.current));
      const rows = roundsTable(rounds).map((row) => `${canonicalJson(row)}\n`);
      await files.write(join(folder, names.table), rows.join(''));
      await files.write(join(folder, names.page), roundsPage(rounds));
    },
  };
}

async function readRound(folder: string): Promise<KeptRound> {
  const card = await readRecord(join(folder, names.card), RoundCard);
  const decision = await readRecord(join(folder, names.decision), RoundDecision);
  const comparisons = await readLines(join(folder, names.comparisons), Preference);
  const asked = await readLines(join(folder, names.asked), z.string());
  if (card === undefined || decision === undefined || comparisons === undefined || asked === undefined)
    throw new JurorError(
      'store',
      'expected a round with its comparisons, the pairs it asked about, card and decision, got a part of one',
      {
        place: { file: folder },
      },
    );
  return { card, decision, comparisons, asked };
}

async function readRecord<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> {
  const text = await readText(file);
  return text === undefined ? undefined : parsed(text, schema, file);
}

async function readLines<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<z.infer<Schema>[] | undefined> {
  const text = await readText(file);
  const lines = text?.split('\n').filter((line) => line !== '');
  return lines?.map((line, index) => parsed(line, schema, file, index + 1));
}

function parsed<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  file: string,
  line?: number,
): z.infer<Schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new JurorError('store', 'expected a record that juror wrote, got something else', {
      place: { file, ...(line === undefined ? {} : { line }) },
      cause: error,
    });
  }
}

async function readText(file: string): Promise<string | undefined> {
  return await readFile(file, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw storeError(error, file);
  });
}

function linesOf(preferences: readonly Preference[]): string {
  return preferences.map((preference) => `${recordText(Preference, preference)}\n`).join('');
}

function requireSame(former: SelfTrainSettings, settings: SelfTrainSettings, folder: string): void {
  const difference = firstDifference(former, settings, []);
  if (difference === undefined) return;
  const [field, was, is] = difference;
  throw new JurorError('store', `expected the loop that the folder holds, with ${field} ${was}, got ${is}`, {
    place: { file: folder },
  });
}

function firstDifference(
  left: unknown,
  right: unknown,
  path: readonly string[],
): readonly [field: string, left: string, right: string] | undefined {
  if (isObject(left) && isObject(right)) {
    for (const key of [...new Set([...Object.keys(left), ...Object.keys(right)])].sort()) {
      const found = firstDifference(left[key], right[key], [...path, key]);
      if (found) return found;
    }
    return undefined;
  }
  const [was, is] = [left, right].map((value) => (value === undefined ? 'none' : canonicalJson(value)));
  return was === is ? undefined : [path.join('.'), was ?? '', is ?? ''];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

async function explained<Value>(file: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    throw JurorError.isInstance(error) ? error : storeError(error, file);
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
