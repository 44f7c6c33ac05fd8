/** Which models there are, and whether those on this machine are good. */
import { stat } from 'node:fs/promises';
import { type CatalogueEntry, catalogue, catalogueEntry, describeSource } from './models-catalogue.ts';
import { type Environment, fileDigest, jurorHome, modelFile, readPins } from './models-home.ts';

/** Where models are kept and which are known. */
export interface ModelFolderOptions {
  /** juror's folder. Default: `JUROR_HOME`, or `juror` in the user's cache folder. */
  readonly home?: string;
  /** Variables read: JUROR_HOME, HF_ENDPOINT, HF_TOKEN, and pip's own. Default: the process's. */
  readonly environment?: Environment;
  /** Models known by name. Default: juror's catalogue. */
  readonly entries?: readonly CatalogueEntry[];
  readonly signal?: AbortSignal;
}

/** A model that can be named, and whether it is on this machine. */
export interface ListedModel {
  readonly name: string;
  readonly installed: boolean;
  /** Where it lies or would lie. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string | null;
  /** True when the digest was trusted on first use. */
  readonly pinned: boolean;
  /** In words, in the order they are tried. */
  readonly sources: readonly string[];
  /** The catalogue's entry; absent for a model pinned by its address. */
  readonly entry?: CatalogueEntry;
}

/** The catalogue, in its order, then models pinned by their address. Reads no model file. */
export async function listModels(options: ModelFolderOptions = {}): Promise<ListedModel[]> {
  const { entries = catalogue, environment } = options;
  const home = options.home ?? jurorHome(environment);
  const pins = await readPins(home);
  const known = entries.map((entry) => {
    const sources = entry.sources.map(describeSource);
    const sha256 = entry.sha256 ?? pins[entry.name]?.sha256 ?? null;
    return {
      name: entry.name,
      sizeBytes: entry.sizeBytes,
      sha256,
      pinned: entry.sha256 === null && sha256 !== null,
      sources,
      entry,
    };
  });
  const names = new Set(entries.map(({ name }) => name));
  const others = Object.entries(pins)
    .filter(([name]) => !names.has(name))
    .map(([name, { sha256, sizeBytes, source }]) => ({
      name,
      sizeBytes,
      sha256,
      pinned: true,
      sources: [source],
    }));
  return Promise.all(
    [...known, ...others].map(async (model) => {
      const path = modelFile(home, model.name);
      const file = await stat(path).catch(() => undefined);
      return { ...model, path, installed: file !== undefined, sizeBytes: file?.size ?? model.sizeBytes };
    }),
  );
}

/** What reading one installed model again showed. */
export interface VerifiedModel {
  readonly name: string;
  readonly path: string;
  /** `unknown`: there is no digest to hold it to. */
  readonly status: 'good' | 'damaged' | 'unknown';
  readonly expected: string | null;
  readonly found: string;
}

/** Read every installed model again, whole, and compare its digest. Removes nothing. */
export async function verifyModels(options: ModelFolderOptions = {}): Promise<VerifiedModel[]> {
  const home = options.home ?? jurorHome(options.environment);
  const verified: VerifiedModel[] = [];
  for (const { name, path, sha256: expected } of (await listModels(options)).filter(
    (model) => model.installed,
  )) {
    const found = await fileDigest(path, {
      home,
      fresh: true,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    const status = expected === null ? 'unknown' : expected === found ? 'good' : 'damaged';
    verified.push({ name, path, status, expected, found });
  }
  return verified;
}

/** Where a model of the catalogue lies once it is installed. Throws JurorError `model` for an unknown name. */
export function modelPath(name: string, options: ModelFolderOptions = {}): string {
  const home = options.home ?? jurorHome(options.environment);
  return modelFile(home, catalogueEntry(name, options.entries).name);
}
