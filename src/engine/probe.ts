/** The thread count that a probe measured, remembered per machine and model. */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { contentHash } from '../canonical.ts';
import { readJson, updateJson } from './models-home.ts';

/** What a probe found. */
export const Probe = z.strictObject({
  threads: z.int().positive(),
  tokensPerSecond: z.number().positive(),
  /** When, in milliseconds since 1970. */
  measuredAt: z.number(),
});
export type Probe = z.infer<typeof Probe>;

const Probes = z.record(z.string(), Probe);
/** Machines change: other work, power modes, new drivers. */
const staleAfterMs = 7 * 24 * 3600 * 1000;

/** A remembered probe that is not stale; undefined when there is none. */
export async function recallProbe(
  home: string,
  modelDigest: string,
  now = Date.now(),
): Promise<Probe | undefined> {
  const probe = (await readJson(file(home), Probes).catch(() => undefined))?.[machineKey(modelDigest)];
  return probe && now - probe.measuredAt < staleAfterMs ? probe : undefined;
}

/**
 * Remember a probe, unless the machine was busy with other work (`load`: its mean of the last minute): that would tie a quiet machine to
 * few threads. A folder that cannot be written to costs the next start a probe, nothing else.
 */
export async function rememberProbe(
  home: string,
  modelDigest: string,
  probe: Probe,
  load = loadavg()[0] ?? 0,
): Promise<void> {
  if (load > availableParallelism() / 2) return;
  const key = machineKey(modelDigest);
  await updateJson(file(home), Probes, (known) => ({ ...known, [key]: probe })).catch(() => {});
}

function file(home: string): string {
  return join(home, 'probes.json');
}

function machineKey(modelDigest: string): string {
  return contentHash([modelDigest, cpus()[0]?.model ?? '', availableParallelism()]).slice(0, 32);
}
