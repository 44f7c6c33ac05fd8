/** The files of a result's folder, run folders aside. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import { Id, Name, Probability } from '../schema/primitives.ts';
import { EngineId, Rubric, Suite, SuiteResult, Verdict } from '../schema.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { readableJson } from '../store/manifest.ts';
import { storeError } from '../store/sqlite-database.ts';
import type { JudgedItem } from './item.ts';

/** Names of the files of a result. */
export const suiteFiles = {
  result: 'suite.json',
  items: 'items.jsonl',
  definition: 'definition.json',
} as const;

/** `definition.json`: what was run, so that shards can be merged where the suite's own file is not. */
export const SuiteDefinition = z.strictObject({
  suite: Suite,
  rubrics: z.array(z.strictObject({ entry: z.string(), digest: z.string(), rubric: Rubric })),
  /** Judge → its engine. */
  engines: z.record(Name, EngineId),
  /** The folder of the suite's file as seen from the result's. */
  folder: z.string(),
  /** Data → digest of all samples that the suite names, those of other shards among them. */
  samples: z.record(Name, z.string()),
  /** Data → whether numeric labels are levels of the rubric's scale, which not every part of them shows. */
  levels: z.record(Name, z.boolean()),
});
export type SuiteDefinition = z.infer<typeof SuiteDefinition>;

/** One line of `items.jsonl`; see {@link JudgedItem}. */
const Item = z.strictObject({
  data: Name,
  judge: Name,
  rubric: Name,
  mode: Verdict.shape.mode,
  sampleId: Id,
  responseIds: z.array(Id).min(1),
  cluster: z.string(),
  models: z.array(z.string().nullable()),
  score: Probability.nullable(),
  winner: z.string().nullable(),
  flipped: z.boolean().nullable(),
  perCriterion: z.record(z.string(), Probability.nullable()),
  perObjective: z.record(z.string(), Probability.nullable()),
  label: z.union([z.string(), z.number()]).optional(),
  slices: z.record(z.string(), z.string()),
  texts: z.array(z.string()).optional(),
});

/** What a result's folder is left with. */
export interface SuiteFolder {
  readonly result: SuiteResult;
  readonly items: readonly JudgedItem[];
  readonly definition: SuiteDefinition;
}

/** Write a result's files, `suite.json` last; files that say the same stay as they are. Throws JurorError `store`. */
export async function writeSuiteFiles(
  folder: string,
  { result, items, definition }: SuiteFolder,
): Promise<void> {
  function* lines() {
    for (const item of items) yield `${canonicalJson(item)}\n`;
  }
  await writeAtomically(join(folder, suiteFiles.definition), [readableJson(definition)]);
  await writeAtomically(join(folder, suiteFiles.items), lines());
  await writeAtomically(join(folder, suiteFiles.result), [readableJson(SuiteResult.parse(result))]);
}

/** Take an earlier result out of a folder, so that none is found where a suite did not end. Throws JurorError `store`. */
export async function removeSuiteResult(folder: string): Promise<void> {
  const file = join(folder, suiteFiles.result);
  await rm(file, { force: true }).catch((error: unknown) => {
    throw storeError(error, file);
  });
}

/** Read `suite.json` of a folder. Throws JurorError `data` where there is none. */
export async function readSuiteResult(folder: string): Promise<SuiteResult> {
  return readRecord(join(folder, suiteFiles.result), SuiteResult, 'a result of juror suite');
}

/** Read `definition.json` of a folder. Throws JurorError `data` where there is none. */
export async function readSuiteDefinition(folder: string): Promise<SuiteDefinition> {
  return readRecord(join(folder, suiteFiles.definition), SuiteDefinition, 'a definition of juror suite');
}

/** Read `items.jsonl` of a folder. Throws JurorError `data`, naming the line, for anything else than items. */
export async function readSuiteItems(folder: string): Promise<JudgedItem[]> {
  const file = join(folder, suiteFiles.items);
  const text = await readText(file, 'items of juror suite');
  return text
    .split('\n')
    .map((line, index) => ({ line, place: { file, line: index + 1 } }))
    .filter(({ line }) => line !== '')
    .map(({ line, place }) => {
      const { label, texts, ...item } = parsed(line, Item, 'an item of juror suite', place);
      return { ...item, label, texts };
    });
}

async function readRecord<Value>(file: string, schema: z.ZodType<Value>, noun: string): Promise<Value> {
  return parsed(await readText(file, noun), schema, noun, { file });
}

async function readText(file: string, noun: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new JurorError('data', `expected ${noun}, got no readable file at this path`, {
      place: { file },
      cause,
    });
  });
}

function parsed<Value>(
  text: string,
  schema: z.ZodType<Value>,
  noun: string,
  place: { readonly file: string; readonly line?: number },
): Value {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new JurorError('data', `expected ${noun} in JSON, got another text`, { place, cause });
  }
  const { data, error } = schema.safeParse(content);
  if (data !== undefined) return data;
  const issue = error?.issues[0];
  const field = issue?.path.join('.');
  throw new JurorError('data', `expected ${noun}, got another record: ${issue?.message}`, {
    place: { ...place, ...(field ? { field } : {}) },
    cause: error,
  });
}
