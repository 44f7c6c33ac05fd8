/** Seeded randomness: the same seed gives the same draws on every machine. */
import { createHash } from 'node:crypto';
import { JurorError } from '../errors.ts';

/** A stream of pseudo-random draws; each call moves it on. */
export interface Random {
  /** The next 32 bits as an integer in [0, 2³²). */
  readonly bits: () => number;
  /** A real number in [0, 1) with 53 random bits. */
  readonly uniform: () => number;
  /** An integer in [0, limit), without bias; `limit` from 1 to 2³². */
  readonly below: (limit: number) => number;
  /** A draw from the standard normal distribution. */
  readonly normal: () => number;
}

/** Four 32-bit words, not all zero. */
export type RandomState = readonly [number, number, number, number];

const TWO_32 = 2 ** 32;
const MASK_64 = (1n << 64n) - 1n;

/**
 * The generator xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators",
 * ACM TOMS 47(4), 2021), from its whole state or from an integer seed that SplitMix64 (Steele, Lea and Flood,
 * OOPSLA 2014) expands into one, as its authors advise. A seed must be a safe integer.
 */
export function createRandom(seed: number | RandomState): Random {
  const state = Uint32Array.from(typeof seed === 'number' ? expandSeed(seed) : seed);
  if (state.length !== 4 || state.every((word) => word === 0)) {
    throw new JurorError('usage', 'expected a random state of four 32-bit words, not all zero');
  }
  let [first, second, third, fourth] = state as unknown as [number, number, number, number];

  const bits = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(second, 5), 7), 9) >>> 0;
    const shifted = second << 9;
    third ^= first;
    fourth ^= second;
    second ^= third;
    first ^= fourth;
    third ^= shifted;
    fourth = rotateLeft(fourth, 11);
    return result;
  };
  const uniform = (): number => {
    const high = bits() >>> 5;
    const low = bits() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  };
  const below = (limit: number): number => {
    if (!Number.isInteger(limit) || limit < 1 || limit > TWO_32) {
      throw new JurorError('usage', `expected a limit from 1 to 2^32, got ${limit}`);
    }
    // Draws past the largest multiple of the limit would favour small remainders.
    const fair = TWO_32 - (TWO_32 % limit);
    let draw = bits();
    while (draw >= fair) draw = bits();
    return draw % limit;
  };
  // Box and Muller (1958); 1 − u keeps the logarithm finite.
  const normal = (): number => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  };
  return { bits, uniform, below, normal };
}

/**
 * An integer seed in [0, 2³²) that depends on every part: the first four bytes, big-endian, of the SHA-256 of the parts
 * as a JSON array. Parts that are not finite are an error.
 */
export function seedFrom(...parts: readonly (string | number)[]): number {
  const wrong = parts.find((part) => typeof part === 'number' && !Number.isFinite(part));
  if (wrong !== undefined) throw new JurorError('usage', `expected finite seed parts, got ${wrong}`);
  return createHash('sha256').update(JSON.stringify(parts)).digest().readUInt32BE(0);
}

/** The values in a drawn order (Fisher and Yates). */
export function shuffled<Value>(values: readonly Value[], random: Random): Value[] {
  const order = [...values];
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [order[last], order[other]] = [order[other] as Value, order[last] as Value];
  }
  return order;
}

/** Two outputs of SplitMix64 as four words, low word first. */
function expandSeed(seed: number): number[] {
  if (!Number.isSafeInteger(seed)) throw new JurorError('usage', `expected an integer seed, got ${seed}`);
  let counter = BigInt.asUintN(64, BigInt(seed));
  return Array.from({ length: 2 }, () => {
    counter = (counter + 0x9e3779b97f4a7c15n) & MASK_64;
    let mixed = ((counter ^ (counter >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & MASK_64;
    mixed ^= mixed >> 31n;
    return [Number(mixed & 0xffffffffn), Number(mixed >> 32n)];
  }).flat();
}

function rotateLeft(word: number, places: number): number {
  return (word << places) | (word >>> (32 - places));
}
