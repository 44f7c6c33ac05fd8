/** Labelled data as preferences: what people said, in the record that judges' preferences have. */
import { basename } from 'node:path';
import { promptCluster } from '../canonical.ts';
import type { Preference, PreferenceSide, Sample } from '../schema.ts';
import { pairsOf, preferenceOf } from './record.ts';
import { type Answer, type LabelWeights, truthOfPair } from './truth.ts';

/** How labels become preferences. */
export interface LabelOptions {
  /** Data file that the preferences name as their source. Default none. */
  readonly file?: string;
  /** What each criterion of a label with several numbers counts. Default 1 for each. */
  readonly weights?: LabelWeights;
  /** Told of each sample that gave no preference of its own and can give none with others. */
  readonly onUnlabelled?: (sample: Sample) => void;
}

/**
 * Preferences of labelled samples of any shape that {@link readSamples} reads, ties kept. Of a sample with several answers each two of
 * which something is known: the winner above each other one, or all pairs where every answer has a rating; votes of several annotators
 * give the share that prefers an answer as its probability. Samples with one scored answer each are compared within their prompt; they
 * wait in memory until the last sample was read. A label is sure: its probability is 1. Margins are differences of
 * scores, and of shares (1 and 0 without votes) where there are none.
 */
export async function* preferencesFromLabels(
  samples: Iterable<Sample> | AsyncIterable<Sample>,
  { file, weights, onUnlabelled }: LabelOptions = {},
): AsyncGenerator<Preference> {
  const run = file === undefined ? null : basename(file);
  const alone = new Map<string, Sample[]>();
  const compare = (samples: readonly Sample[]): Preference[] => {
    const used = new Set<Sample>();
    const found = pairsOf(samples.flatMap(answersOf)).flatMap(([left, right]) => {
      const preference = preferenceFromLabel(left, right, run, weights);
      if (preference === undefined) return [];
      used.add(left.sample).add(right.sample);
      return [preference];
    });
    for (const sample of samples) if (!used.has(sample)) onUnlabelled?.(sample);
    return found;
  };
  for await (const sample of samples) {
    if (sample.responses.length > 1) yield* compare([sample]);
    else {
      const cluster = promptCluster(sample.prompt);
      const group = alone.get(cluster);
      if (group) group.push(sample);
      else alone.set(cluster, [sample]);
    }
  }
  for (const group of alone.values()) yield* compare(group);
}

/** The answers of a sample, each with it. */
export function answersOf(sample: Sample): Answer[] {
  return sample.responses.map((response) => ({ sample, response }));
}

function preferenceFromLabel(
  left: Answer,
  right: Answer,
  run: string | null,
  weights: LabelWeights | undefined,
): Preference | undefined {
  const truth = truthOfPair(left, right, weights);
  if (truth === null) return undefined;
  const { probability, margin, scores, objectives } = truth;
  return preferenceOf({
    sampleId: left.sample.id,
    cluster: promptCluster(left.sample.prompt),
    prompt: left.sample.prompt,
    left: sideOf(left, left.sample, scores?.[0]),
    right: sideOf(right, left.sample, scores?.[1]),
    probability,
    tie: probability === 0.5,
    margin,
    marginUnit: 'score',
    objectives: Object.fromEntries(
      Object.entries(objectives).map(([name, better]) => [objectiveName(name), better]),
    ),
    orderConsistent: null,
    agreement: null,
    source: { method: 'label', run, keys: [], round: null },
  });
}

/** One side of a comparison that is named after a sample. */
export function sideOf({ sample, response }: Answer, named: Sample, score?: number): PreferenceSide {
  const { id, text, model } = response;
  return {
    id,
    ...(sample.id === named.id ? {} : { sampleId: sample.id }),
    text,
    ...(model === undefined ? {} : { model }),
    ...(score === undefined ? {} : { score }),
  };
}

/** A column's name as objectives are named. */
function objectiveName(name: string): string {
  const safe = name.toLowerCase().replaceAll(/[^a-z0-9._-]+/g, '-');
  return (/^[a-z0-9]/.test(safe) ? safe : `x${safe}`).slice(0, 64);
}
