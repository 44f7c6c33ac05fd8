/** Answers to other prompts, kept in bounded memory. */
import { createRandom } from '../aggregate/random.ts';
import type { Donor } from './edit-operator.ts';

/** A seeded sample of the answers seen so far. */
export interface DonorPool {
  /** Offer an answer. */
  add(donor: Donor): void;
  /** Those of other prompts. */
  besides(cluster: string): Donor[];
}

/** A reservoir of at most `size` answers: each one seen so far is in it with the same probability (Vitter's algorithm R, 1985). */
export function createDonorPool(options: { readonly size: number; readonly seed: number }): DonorPool {
  const random = createRandom(options.seed);
  const kept: Donor[] = [];
  let seen = 0;
  return {
    add(donor) {
      seen++;
      if (kept.length < options.size) kept.push(donor);
      else {
        const place = random.below(seen);
        if (place < options.size) kept[place] = donor;
      }
    },
    besides: (cluster) => kept.filter((donor) => donor.cluster !== cluster),
  };
}
