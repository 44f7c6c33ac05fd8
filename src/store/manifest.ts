/** What a run folder says about itself. Nothing of time, place or host is in it, so equal runs have equal manifests. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { canonicalJson } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import { CritiqueMode, EngineId, Rubric } from '../schema.ts';
import { writeAtomically } from './atomic-file.ts';
import { storeError } from './sqlite-database.ts';

const schemaVersion = 1;

/** Everything besides the data that decides the judgments of a run. A run folder has one. */
export const RunConfiguration = z.strictObject({
  engines: z.array(EngineId).min(1),
  rubrics: z.array(z.strictObject({ digest: z.string(), rubric: Rubric })).min(1),
  /** Prompt template → digest. */
  prompts: z.record(z.string(), z.string()),
  seed: z.int(),
  critique: CritiqueMode,
  /** Critiques per judgment. */
  samples: z.int().positive(),
  /** Further settings that decide a judgment or a verdict, such as temperature, token budgets and the tie band. */
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type RunConfiguration = z.infer<typeof RunConfiguration>;

/** How much a run holds. */
export const RunCounts = z.strictObject({
  /** Judgments exported: each key once. */
  judgments: z.int().nonnegative(),
  verdicts: z.int().nonnegative(),
  /** Verdicts to be that lack a judgment. */
  pending: z.int().nonnegative(),
});
export type RunCounts = z.infer<typeof RunCounts>;

/** `manifest.json` of a run folder. */
export const Manifest = z.strictObject({
  schemaVersion: z.literal(schemaVersion),
  /** Version of juror that wrote it last. */
  juror: z.string(),
  configuration: RunConfiguration,
  /** Of the last export; missing before the first. */
  counts: RunCounts.optional(),
});
export type Manifest = z.infer<typeof Manifest>;

/** A manifest by this version of juror. Throws JurorError `store` for a configuration of another shape. */
export function manifestOf(configuration: RunConfiguration, counts?: RunCounts): Manifest {
  const { data, error } = RunConfiguration.safeParse(configuration);
  if (error) throw shapeError(error, {});
  return { schemaVersion, juror: jurorVersion(), configuration: data, ...(counts ? { counts } : {}) };
}

/** The manifest at `file`; undefined when there is none. Throws JurorError `store` for anything else than a manifest. */
export async function readManifest(file: string): Promise<Manifest | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw storeError(error, file);
  });
  if (text === undefined) return undefined;
  const content = parsed(text, file);
  const found = (content as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof found === 'number' && found !== schemaVersion) {
    const message = `expected schema version ${schemaVersion}, got ${found}; use the juror that wrote it, or a newer one`;
    throw new JurorError('store', message, { place: { file, field: 'schemaVersion' } });
  }
  const { data, error } = Manifest.safeParse(content);
  if (error) throw shapeError(error, { file });
  return data;
}

/** Write the manifest, unless it stands there already. */
export async function writeManifest(file: string, manifest: Manifest): Promise<void> {
  await writeAtomically(file, [readableJson(manifest)]);
}

/** JSON for people and for comparing: sorted keys, two spaces, a final line break. */
export function readableJson(value: unknown): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(value)), null, 2)}\n`;
}

/** The first field, by name, in which two values differ, as a dotted path; undefined when they are equal. */
export function firstDifference(
  recorded: unknown,
  given: unknown,
  path: readonly string[] = [],
): string | undefined {
  if (!isContainer(recorded) || !isContainer(given) || Array.isArray(recorded) !== Array.isArray(given))
    return Object.is(recorded, given) ? undefined : path.join('.');
  const names = [...new Set([...Object.keys(recorded), ...Object.keys(given)])].sort();
  return names
    .map((name) => firstDifference(own(recorded, name), own(given, name), [...path, name]))
    .find((difference) => difference !== undefined);
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function own(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new JurorError('store', 'expected a run folder with a manifest in JSON, got another text', {
      place: { file },
      cause,
    });
  }
}

function shapeError(error: z.ZodError, place: { file?: string }): JurorError {
  const issue = error.issues[0];
  const field = issue?.path.join('.');
  const message = `expected the manifest of a run, got another record: ${issue?.message}`;
  return new JurorError('store', message, { place: { ...place, ...(field ? { field } : {}) }, cause: error });
}

/** Version of this juror. */
export function jurorVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
