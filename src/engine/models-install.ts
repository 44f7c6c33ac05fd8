/** Bring a model file into juror's folder: source after source, checked before it gets its name. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { describeSource, type ModelSource } from './models-catalogue.ts';
import { checkDisk, isGguf } from './models-check.ts';
import {
  type Environment,
  fileDigest,
  isSystemError,
  modelFile,
  modelsFolder,
  readPins,
  reasonOf,
  rememberDigest,
  writePin,
} from './models-home.ts';
import { type HeldLock, withLock } from './models-lock.ts';
import { removePart } from './models-part.ts';
import { adviceOn, type Received, receiveFrom, type SourceContext } from './models-source.ts';

/** A model file that is wanted. */
export interface InstallRequest {
  readonly name: string;
  readonly sizeBytes?: number;
  /** Null: whatever comes, held to it ever after. */
  readonly sha256: string | null;
  /** Remember the digest with the name, for a model that no catalogue knows. */
  readonly pin: boolean;
  readonly sources: readonly ModelSource[];
}

/** Options of installModel. */
export interface InstallOptions {
  readonly home: string;
  readonly environment: Environment;
  readonly signal?: AbortSignal;
  readonly onEvent?: Listener;
  readonly connectTimeoutMs?: number;
  readonly stallTimeoutMs?: number;
  /** Free bytes on the disk of a folder. Default: what the system says. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/** Shortest time between two progress events. */
const EVENT_INTERVAL_MS = 100;
/** What follows a model's file name in the names of what is received, of pip's folder, and of all that. */
const PART = /^\.[0-9a-f]{8}\.part$/;
const WORK = /^\.work-\d+$/;
const LEFTOVERS = /^\.([0-9a-f]{8}\.part(\.json)?|work-\d+)$/;

/**
 * Install the model unless it is there. Only one process works on a model at a time; the others wait and find it done.
 * The file appears under its name complete and checked, or not at all. Throws JurorError `model` that lists every source
 * and why it failed, or `aborted`.
 */
export async function installModel(request: InstallRequest, options: InstallOptions): Promise<void> {
  const { home, signal } = options;
  const path = modelFile(home, request.name);
  try {
    await mkdir(modelsFolder(home), { recursive: true });
    await withLock(`${path}.lock`, (lock) => installLocked(request, path, lock, options), {
      ...(signal ? { signal } : {}),
      onWait: async () => announceOther(request, path, options),
    });
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new JurorError(
      'model',
      `cannot be written: ${cause.message}; set JUROR_HOME to a folder that can`,
      {
        place: { file: cause.path ?? path },
        cause,
      },
    );
  }
}

async function installLocked(
  asked: InstallRequest,
  path: string,
  lock: HeldLock,
  options: InstallOptions,
): Promise<void> {
  const pinned = asked.pin ? (await readPins(options.home))[asked.name]?.sha256 : undefined;
  const request = { ...asked, sha256: asked.sha256 ?? pinned ?? null };
  if (await isInstalled(request, path, options)) return;
  const failures: string[] = [];
  await removeLeftovers(path, WORK);
  for (const source of request.sources) {
    try {
      const part = partPath(path, source);
      const received = await receiveChecked(request, source, path, options);
      await lock.assertHeld();
      await rename(part, path);
      await rememberDigest(path, received.sha256, options.home);
      if (request.pin) {
        const pin = {
          sha256: received.sha256,
          sizeBytes: received.sizeBytes,
          source: describeSource(source),
        };
        await writePin(options.home, request.name, pin);
      }
      await removeLeftovers(path, LEFTOVERS);
      return;
    } catch (cause) {
      if (options.signal?.aborted)
        throw new JurorError('aborted', 'stopped while downloading a model', { cause });
      const failure = `${describeSource(source)}: ${reasonOf(cause)}`;
      failures.push(failure);
      if (failures.length < request.sources.length) {
        options.onEvent?.({ type: 'warning', message: `${request.name}: ${failure}` });
      }
    }
  }
  const list = failures.map((failure) => `\n  - ${failure}`).join('');
  const advice = adviceOn(request.sources, options.environment);
  throw new JurorError(
    'model',
    `expected the model ${request.name} from one of its sources, got it from none:${list}\n${advice}`,
  );
}

async function isInstalled(request: InstallRequest, path: string, options: InstallOptions): Promise<boolean> {
  if (!(await stat(path).catch(() => undefined))) return false;
  const { home, signal } = options;
  if (request.sha256 === null) return false;
  const found = await fileDigest(path, { home, ...(signal ? { signal } : {}) });
  if (found === request.sha256) return true;
  await rm(path, { force: true });
  const message = `${path} was damaged and is fetched again: expected SHA-256 ${request.sha256}, got ${found}`;
  options.onEvent?.({ type: 'warning', message });
  return false;
}

/** Receive, check size, kind and digest; a part that fails a check is removed, and tried once more if it was resumed. */
async function receiveChecked(
  request: InstallRequest,
  source: ModelSource,
  path: string,
  options: InstallOptions,
): Promise<Received> {
  const part = partPath(path, source);
  await checkDisk(part, source, request.sizeBytes, options.freeBytes);
  for (;;) {
    const received = await receiveFrom(source, part, contextFor(request, source, path, options));
    const fault = await faultOf(request, part, received);
    if (fault === undefined) return received;
    await removePart(part);
    if (!received.resumed) throw new Error(fault);
  }
}

async function faultOf(
  request: InstallRequest,
  part: string,
  received: Received,
): Promise<string | undefined> {
  const { sha256, sizeBytes } = request;
  if (sha256 !== null && received.sha256 !== sha256) {
    const sizes = sizeBytes === undefined ? '' : ` (expected ${sizeBytes} bytes, got ${received.sizeBytes})`;
    return `expected SHA-256 ${sha256}, got ${received.sha256}${sizes}; the file was removed`;
  }
  return sha256 === null && !(await isGguf(part))
    ? 'expected a GGUF file, got something else; it was removed'
    : undefined;
}

function contextFor(
  request: InstallRequest,
  source: ModelSource,
  path: string,
  options: InstallOptions,
): SourceContext {
  const { environment, signal, connectTimeoutMs, stallTimeoutMs } = options;
  return {
    environment,
    workFolder: `${path}.work-${process.pid}`,
    onProgress: progressTo(options.onEvent, request.name, describeSource(source)),
    ...(request.sizeBytes === undefined ? {} : { sizeBytes: request.sizeBytes }),
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
    ...(stallTimeoutMs === undefined ? {} : { stallTimeoutMs }),
    ...(signal ? { signal } : {}),
  };
}

/** Events at most ten times a second, and one for the last byte. */
function progressTo(
  onEvent: Listener | undefined,
  model: string,
  source: string,
): SourceContext['onProgress'] {
  let next = 0;
  let told = -1;
  return (receivedBytes, totalBytes) => {
    const last = receivedBytes === totalBytes;
    if (!onEvent || receivedBytes === told || (!last && performance.now() < next)) return;
    next = performance.now() + EVENT_INTERVAL_MS;
    told = receivedBytes;
    onEvent({ type: 'model-download', model, source, receivedBytes, totalBytes });
  };
}

async function announceOther(request: InstallRequest, path: string, options: InstallOptions): Promise<void> {
  if (!options.onEvent) return;
  const sizes = (await beside(path, PART)).map((part) => stat(part));
  const received = (await Promise.allSettled(sizes)).map((size) =>
    size.status === 'fulfilled' ? size.value.size : 0,
  );
  options.onEvent({
    type: 'model-download',
    model: request.name,
    source: 'another process of juror',
    receivedBytes: Math.max(0, ...received),
    totalBytes: request.sizeBytes ?? 0,
  });
}

/** Each source has a part of its own, so that one source's failure does not cost another's progress. */
function partPath(path: string, source: ModelSource): string {
  const id = createHash('sha256').update(JSON.stringify(source)).digest('hex').slice(0, 8);
  return `${path}.${id}.part`;
}

async function beside(path: string, suffix: RegExp): Promise<string[]> {
  const folder = dirname(path);
  const start = `${basename(path)}.`;
  const names = await readdir(folder);
  return names
    .filter((name) => name.startsWith(start) && suffix.test(name.slice(start.length - 1)))
    .map((name) => join(folder, name));
}

async function removeLeftovers(path: string, suffix: RegExp): Promise<void> {
  const leftovers = await beside(path, suffix);
  await Promise.all(leftovers.map((leftover) => rm(leftover, { recursive: true, force: true })));
}
