/** Models by name, path or address: found, fetched, checked. Nothing is opened as a model before its digest is known. */
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { catalogue, type ModelSource } from './models-catalogue.ts';
import { isGguf, refuseSplit } from './models-check.ts';
import { shareFlight } from './models-flight.ts';
import { fileDigest, jurorHome, modelFile, type Pin, readPins } from './models-home.ts';
import { installModel } from './models-install.ts';
import type { ModelFolderOptions } from './models-list.ts';
import { type Wanted, wantedFrom } from './models-reference.ts';

export { type CatalogueEntry, catalogue, DEFAULT_MODEL, type ModelSource } from './models-catalogue.ts';
export { type DigestOptions, type Environment, fileDigest, jurorHome } from './models-home.ts';
export {
  type ListedModel,
  listModels,
  type ModelFolderOptions,
  modelPath,
  type VerifiedModel,
  verifyModels,
} from './models-list.ts';

/** A model file that is there and whose digest is known. */
export interface ResolvedModel {
  readonly name: string;
  readonly path: string;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** SPDX identifier. */
  readonly licence?: string;
  /** What it is good for, in one line. */
  readonly purpose?: string;
}

/** Options of resolveModel. */
export interface ModelOptions extends ModelFolderOptions {
  /** Told of `model-download` at most ten times a second (`totalBytes` 0 when unknown), and of `warning`. */
  readonly onEvent?: Listener;
  /** Digest that the file must have; for a file outside the catalogue. */
  readonly sha256?: string;
  /** Trust a file of unknown digest on first use, and hold it to that digest ever after. Default false. */
  readonly pin?: boolean;
  /** Fetch what is not there. Default true. */
  readonly download?: boolean;
  /** Sources tried before those of the catalogue. */
  readonly sources?: readonly ModelSource[];
  /** Longest wait for a server's answer. Default 8 s. */
  readonly connectTimeoutMs?: number;
  /** Longest wait for the next bytes. Default 30 s over HTTP, 15 s for pip. */
  readonly stallTimeoutMs?: number;
  /** Free bytes on the disk of a folder. Default: what the system says. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/**
 * The model of that catalogue name, path of a .gguf file, `hf:owner/repository[@revision]/file.gguf` or https address:
 * fetched if need be, its digest checked. Throws JurorError `model` (unknown name, with the nearest; no source works,
 * with each reason; wrong or unknown digest) or `aborted`.
 */
export async function resolveModel(
  nameOrPathOrUrl: string,
  options: ModelOptions = {},
): Promise<ResolvedModel> {
  const { environment = process.env, entries = catalogue, sha256 } = options;
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256)) {
    throw new JurorError('model', `expected a SHA-256 of 64 lower-case hexadecimal digits, got "${sha256}"`);
  }
  const home = options.home ?? jurorHome(environment);
  const pins = await readPins(home);
  const wanted = wantedFrom(nameOrPathOrUrl, entries, pins);
  const placed = { ...options, environment, entries, home };
  return wanted ? resolveWanted(wanted, pins[wanted.name], placed) : resolvePath(nameOrPathOrUrl, placed);
}

type PlacedOptions = ModelOptions & Required<Pick<ModelOptions, 'environment' | 'entries' | 'home'>>;

async function resolveWanted(
  wanted: Wanted,
  pin: Pin | undefined,
  options: PlacedOptions,
): Promise<ResolvedModel> {
  const { home } = options;
  const { name, licence, purpose } = wanted;
  const path = modelFile(home, name);
  const expected = expectedDigest(wanted, pin, options);
  const signal = options.signal ? { signal: options.signal } : {};
  const present = await stat(path).catch(() => undefined);
  const isGood = present && expected !== null && (await fileDigest(path, { home, ...signal })) === expected;
  if (!isGood) await fetchWanted(wanted, path, expected, options);
  const sha256 = await fileDigest(path, { home, ...signal });
  if (expected !== null && sha256 !== expected) throw wrongDigest(path, expected, sha256);
  return {
    name,
    path,
    sha256,
    sizeBytes: (await stat(path)).size,
    ...(licence === undefined ? {} : { licence }),
    ...(purpose === undefined ? {} : { purpose }),
  };
}

/** The digest to hold the file to, or null when it may be pinned. */
function expectedDigest(wanted: Wanted, pin: Pin | undefined, options: PlacedOptions): string | null {
  const known = wanted.sha256 ?? pin?.sha256;
  const expected = known ?? options.sha256 ?? null;
  if (options.sha256 !== undefined && known !== undefined && known !== options.sha256) {
    throw new JurorError(
      'model',
      `${wanted.name}: expected SHA-256 ${known}, got ${options.sha256} as an option`,
    );
  }
  if (expected !== null || options.pin === true) return expected;
  throw new JurorError(
    'model',
    `${wanted.name}: its digest is unknown, so nothing could tell a good file from a bad one; ` +
      'give its SHA-256, or allow the file that comes on first use to be pinned',
  );
}

async function fetchWanted(
  wanted: Wanted,
  path: string,
  expected: string | null,
  options: PlacedOptions,
): Promise<void> {
  const { name } = wanted;
  const { download = true, sources: preferred = [], pin: _, ...rest } = options;
  const sources = [...preferred, ...wanted.sources];
  if (!download || sources.length === 0) {
    const found = await fileDigest(path, { home: options.home }).catch(() => undefined);
    if (found !== undefined && expected !== null) throw wrongDigest(path, expected, found);
    const advice = wanted.origin ? `its address, ${wanted.origin}` : `juror models pull ${name}`;
    throw new JurorError('model', `${name} is not on this machine; get it with ${advice}`);
  }
  const request = { ...wanted, sha256: expected, pin: wanted.sha256 === null, sources };
  await shareFlight(path, options, (shared) => installModel(request, { ...rest, ...shared }));
}

function wrongDigest(path: string, expected: string, found: string): JurorError {
  return new JurorError('model', `expected SHA-256 ${expected}, got ${found}`, { place: { file: path } });
}

async function resolvePath(text: string, options: PlacedOptions): Promise<ResolvedModel> {
  const { home, entries, signal } = options;
  const path = resolve(text);
  const place = { place: { file: text } };
  const found = await stat(path).catch((cause: unknown) => {
    throw new JurorError('model', 'expected a .gguf file, got no file of that path', { ...place, cause });
  });
  refuseSplit(text);
  if (!found.isFile() || !(await isGguf(path))) {
    const kind = found.isFile() ? 'another kind of file' : 'no file';
    throw new JurorError('model', `expected a GGUF file, got ${kind}`, place);
  }
  const sha256 = await fileDigest(path, { home, ...(signal ? { signal } : {}) });
  if (options.sha256 !== undefined && options.sha256 !== sha256)
    throw wrongDigest(text, options.sha256, sha256);
  const entry = entries.find((candidate) => candidate.sha256 === sha256);
  const known = entry ? { licence: entry.licence, purpose: entry.purpose } : {};
  return {
    name: entry?.name ?? basename(path).replace(/\.gguf$/i, ''),
    path,
    sha256,
    sizeBytes: found.size,
    ...known,
  };
}
