/** The machine's features: states that any verb has read. */
import { join } from 'node:path';
import { jurorHome } from '../engine/models-home.ts';
import { type FeatureStore, openFeatureStore } from '../store/features.ts';

/** Open or make it, in juror's folder. Throws JurorError `store`. */
export function openMachineFeatures(): FeatureStore {
  return openFeatureStore(join(jurorHome(), 'features', 'cache.sqlite'));
}
