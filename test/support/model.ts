/** The embedded model, for model tests and measurements. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** The embedded model's file and its digest. */
export async function testModel(): Promise<{ name: string; path: string; sha256: string }> {
  const path = process.env.JUROR_MODEL;
  if (path === undefined) throw new Error('set JUROR_MODEL to the embedded model');
  return { name: basename(path), path, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };
}
