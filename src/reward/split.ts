/** Which prompts are held out. */
import { seedFrom } from '../aggregate/random.ts';

/**
 * Whether a prompt is held out: by the hash of it and the seed alone, so that it stays on its side whatever data come later, and in another
 * order or file. About `share` of the prompts are.
 */
export function isHeldOut(cluster: string, share: number, seed: number): boolean {
  return seedFrom('held out', seed, cluster) < share * 2 ** 32;
}
