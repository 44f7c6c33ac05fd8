/** The samples of a suite's data: those that its `where` and `limit` name, of these a filter's and a shard's. */
import { createHash } from 'node:crypto';
import { canonicalJson, promptCluster } from '../canonical.ts';
import { readSamples } from '../dataset.ts';
import type { JurorError } from '../errors.ts';
import type { Sample, SuiteData } from '../schema.ts';
import { isLevel } from './labels.ts';

/** One part of n. */
export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
}

/** Which samples, and what is told of them. */
export interface SuiteSamplesOptions {
  /** The data's file as seen from the process. */
  readonly file: string;
  readonly where: SuiteData['where'];
  readonly limit: SuiteData['limit'];
  /** Slices to be read of each sample. */
  readonly slices: readonly string[];
  readonly admits: (sampleId: string, slices: Readonly<Record<string, string>>) => boolean;
  readonly shard: Shard | undefined;
  /** Told of rows that cannot be used. */
  readonly onBadRow: (error: JurorError) => void;
}

/** A pass over data, and what it learned when it is over. */
export interface SuiteSamples {
  readonly samples: AsyncGenerator<Sample>;
  /** Sample → slice → value, of the samples so far. */
  readonly slices: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** SHA-256 of all samples that the suite names, those of other shards and filters among them. */
  digest(): string;
  /** Whether a label of these samples is a level of a scale and no score. */
  hasLevels(): boolean;
}

/**
 * The samples of some data, streamed. `where` comes before `limit`, both before filters and shards, so the shards of a suite hold
 * each of its samples once. All samples with one prompt are in one shard.
 */
export function suiteSamples(options: SuiteSamplesOptions): SuiteSamples {
  const { file, where = {}, limit = Number.POSITIVE_INFINITY, admits, shard, onBadRow } = options;
  const slices = new Map<string, Readonly<Record<string, string>>>();
  const hash = createHash('sha256');
  let levels = false;
  async function* read(): AsyncGenerator<Sample> {
    let count = 0;
    for await (const sample of readSamples(file, { onBadRow })) {
      if (!Object.entries(where).every(([name, value]) => fieldOf(sample, name) === String(value))) continue;
      count++;
      hash.update(`${canonicalJson(sample)}\n`);
      levels ||= isLevel(sample.label);
      const own = slicesOf(sample, options.slices);
      if (admits(sample.id, own) && (shard === undefined || isIn(shard, sample))) {
        slices.set(sample.id, own);
        yield sample;
      }
      if (count >= limit) return;
    }
  }
  let digest: string | undefined;
  return {
    samples: read(),
    slices,
    hasLevels: () => levels,
    digest: () => {
      digest ??= hash.digest('hex');
      return digest;
    },
  };
}

/** A scalar field of a sample's metadata as text; `group` is also the data's subset. */
function fieldOf({ metadata = {} }: Sample, name: string): string | undefined {
  const own = (field: string) => (Object.hasOwn(metadata, field) ? metadata[field] : undefined);
  const value = own(name) ?? (name === 'group' ? own('subset') : undefined);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

function slicesOf(sample: Sample, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = fieldOf(sample, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Whether a sample is in a shard: by the digest of its prompt, so neither order nor other samples count. */
function isIn({ index, count }: Shard, { prompt }: Sample): boolean {
  return Number.parseInt(promptCluster(prompt).slice(0, 12), 16) % count === index - 1;
}
