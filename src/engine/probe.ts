/** The thread count that a probe measured, remembered per machine and model. */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { contentHash } from '../canonical.ts';
import { readJson, writeAtomically } from './models-home.ts';

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

/** Remember a probe, unless the machine was busy with other work: that would tie a quiet machine to few threads. */
export async function rememberProbe(home: string, modelDigest: string, probe: Probe): Promise<void> {
  const [lastMinute = 0] = loadavg();
  if (lastMinute > availableParallelism() / 2) return;
  const known = (await readJson(file(home), Probes).catch(() => undefined)) ?? {};
  await writeAtomically(file(home), JSON.stringify({ ...known, [machineKey(modelDigest)]: probe }));
}

function file(home: string): string {
  return join(home, 'probes.json');
}

function machineKey(modelDigest: string): string {
  return contentHash([modelDigest, cpus()[0]?.model ?? '', availableParallelism()]).slice(0, 32);
}
