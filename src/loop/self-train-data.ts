/** What a loop may train on, what it must not, and what it is watched on. */

import { createRandom, seedFrom, shuffled } from '../aggregate/random.ts';
import { contentHash, looseCluster } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import type { FeatureText } from '../reward/features.ts';
import type { Preference, Sample } from '../schema.ts';
import type { AnchorPair } from './self-train-parts.ts';

/** The data, divided by prompt. */
export interface LoopData {
  /** Samples that rounds draw from. */
  readonly pool: readonly Sample[];
  /** Samples of which the probes are made. */
  readonly probes: readonly Sample[];
  /** Samples with the prompt of an anchor, which are in neither. */
  readonly removed: number;
}

/**
 * Divides samples by prompt, without their labels. What has the prompt of an anchor is left out, also where the prompts differ in case and white space alone, or
 * in how one turn of a user is written. Throws JurorError `data` where nothing is left.
 */
export function divide(
  samples: readonly Sample[],
  anchors: readonly Pick<AnchorPair, 'prompt'>[],
  { seed, probeShare }: { readonly seed: number; readonly probeShare: number },
): LoopData {
  const held = new Set(anchors.map(({ prompt }) => looseCluster(prompt)));
  const free = samples
    .filter(({ prompt }) => !held.has(looseCluster(prompt)))
    .map(({ label: _label, annotations: _annotations, ...sample }) => sample);
  const clusters = [...new Set(free.map(({ prompt }) => looseCluster(prompt)))].sort();
  const drawn = shuffled(clusters, createRandom(seedFrom('probe prompts', seed)));
  const probes = new Set(
    drawn.slice(0, Math.min(clusters.length - 1, Math.ceil(probeShare * clusters.length))),
  );
  const [kept, watched] = [false, true].map((wanted) =>
    free.filter(({ prompt }) => probes.has(looseCluster(prompt)) === wanted),
  );
  if (kept === undefined || watched === undefined || kept.length === 0)
    throw new JurorError(
      'data',
      `expected samples whose prompts are not among the anchors, got none of ${samples.length}`,
    );
  return { pool: kept, probes: watched, removed: samples.length - free.length };
}

/** Two sides of a comparison, as they are read. */
export function sidesOf({ prompt, chosen, rejected }: Preference): [FeatureText, FeatureText] {
  return [
    { prompt, text: chosen.text },
    { prompt, text: rejected.text },
  ];
}

/** Same for comparisons of the same two texts, whichever is chosen. */
export function pairKey(prompt: Sample['prompt'], texts: readonly [string, string]): string {
  return contentHash([prompt, texts.toSorted()]);
}

/** {@link pairKey} of a comparison. */
export function comparisonKey({ prompt, chosen, rejected }: Preference): string {
  return pairKey(prompt, [chosen.text, rejected.text]);
}

/** The target of a comparison, that the chosen side is better. */
export function targetOf({ tie, probability }: Preference): number {
  return tie ? 0.5 : probability;
}

/** Every two answers of a sample, as a sample of their own. */
export function pairsOfSample(sample: Sample): Sample[] {
  const { id, prompt, responses, reference } = sample;
  return responses.flatMap((first, place) =>
    responses.slice(place + 1).flatMap((second) =>
      first.text === second.text
        ? []
        : [
            {
              id: responses.length === 2 ? id : contentHash([id, first.id, second.id]).slice(0, 32),
              prompt,
              responses: [first, second],
              ...(reference === undefined ? {} : { reference }),
            },
          ],
    ),
  );
}

/** Answers of samples with two or more, each once, up to `most`: whole samples in an order that the seed decides. */
export function drawAnswers(
  samples: readonly Sample[],
  most: number,
  seed: number,
): {
  readonly samples: readonly Sample[];
  readonly texts: readonly FeatureText[];
  readonly clusters: readonly string[];
} {
  const several = samples.filter(({ responses }) => responses.length > 1);
  const sorted = several.toSorted((left, right) => (left.id < right.id ? -1 : left.id > right.id ? 1 : 0));
  const drawn: Sample[] = [];
  let count = 0;
  for (const sample of shuffled(sorted, createRandom(seed))) {
    if (count + sample.responses.length > most) continue;
    drawn.push(sample);
    count += sample.responses.length;
  }
  const answers = drawn.flatMap(({ prompt, responses }) =>
    responses.map(({ text }) => ({ prompt, text, cluster: looseCluster(prompt) })),
  );
  return {
    samples: drawn,
    texts: answers.map(({ prompt, text }) => ({ prompt, text })),
    clusters: answers.map(({ cluster }) => cluster),
  };
}
