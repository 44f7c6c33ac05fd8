/** The machine's features: states that any verb has read. */
import { join } from 'node:path';
import { jurorHome } from '../engine/models-home.ts';
import { type FeatureStore, openFeatureStore } from '../store/features.ts';

/**
 * Open or make it, in juror's folder. With `--record` it is one in memory: a state that is found is not read, and would be missing from
 * the recording. Throws JurorError `store`.
 */
export function openMachineFeatures({ record }: { readonly record?: string | undefined } = {}): FeatureStore {
  if (record !== undefined) return openFeatureStore(':memory:');
  return openFeatureStore(join(jurorHome(), 'features', 'cache.sqlite'));
}
