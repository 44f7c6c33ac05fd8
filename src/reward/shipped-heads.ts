/** Heads that come with juror, by the backbone that they read. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JurorError } from '../errors.ts';
import type { EngineId } from '../schema.ts';
import { type Head, readHead } from './head-file.ts';

/** The folder of the heads that come with juror, a folder each. */
export const shippedHeads: string = fileURLToPath(new URL('../../heads/', import.meta.url));

/**
 * The head for a backbone, found by the digest of its file, whatever it is called. Of several the first by the folder's name. Throws JurorError `model`
 * where there is none.
 */
export async function shippedHead(
  { model, digest }: Pick<EngineId, 'model' | 'digest'>,
  folder: string = shippedHeads,
): Promise<Head> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const backbones = new Set<string>();
  for (const name of names.sort()) {
    if (name.startsWith('.')) continue;
    const head = await readHead(join(folder, name));
    if (head.record.feature.digest === digest) return head;
    backbones.add(head.record.feature.model);
  }
  const known =
    backbones.size === 0
      ? 'no head comes with this juror'
      : `juror has heads for ${[...backbones].sort().join(', ')}`;
  throw new JurorError(
    'model',
    `expected a head for ${model} (SHA-256 ${digest.slice(0, 12)}…), got none: ${known}; name one with --head, or train one with juror train`,
  );
}
