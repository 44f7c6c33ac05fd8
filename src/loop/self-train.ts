/** Rounds of self-training with brakes: labels that were made, a head on all of them, and people's labels to say whether it is better. */
import { mkdir } from 'node:fs/promises';
import { defaultGuardLimits } from '../aggregate/drift-guards.ts';
import { createRandom, seedFrom, shuffled } from '../aggregate/random.ts';
import { contentHash } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import type { Preference, Sample, SelfTrainSettings } from '../schema.ts';
import { lockFolder } from '../store/lock.ts';
import { comparisonKey, divide, drawAnswers, sidesOf } from './self-train-data.ts';
import { type KeptRound, type LoopFolder, openLoopFolder } from './self-train-files.ts';
import { createLibrary, type FeatureLibrary } from './self-train-library.ts';
import { anchorTexts } from './self-train-measure.ts';
import type {
  AnchorPair,
  Round,
  SelfTrainOptions,
  SelfTrainParts,
  SelfTrainResult,
} from './self-train-parts.ts';
import { makeRound } from './self-train-round.ts';

/**
 * Run a loop in a folder, or go on with the one that it holds: rounds that are kept are not made again, and a loop that was killed ends
 * with the same bytes as one that was not. Samples are held in memory, their labels are not looked at. Samples with the prompt of an
 * anchor are left out.
 *
 * Round r asks for comparisons (edits of known direction, and pairs judged in both orders, those first of which the head is least
 * sure), trains a head on those of all rounds that were not refused, and promotes it only where it is better on the anchors than the
 * best one before. Every guard can refuse a round on its own; the head that counts is then what it was, and the round's comparisons
 * are not trained on. Throws JurorError `data` without anchors or samples, and `store` for the folder of another loop.
 */
export async function selfTrain<Head>(
  folder: string,
  data: { readonly samples: readonly Sample[]; readonly anchors: readonly AnchorPair[] },
  parts: SelfTrainParts<Head>,
  options: SelfTrainOptions,
): Promise<SelfTrainResult> {
  const { rounds: wanted, signal, onRound } = options;
  const settings = settingsOf(data, parts, options);
  const divided = divide(data.samples, data.anchors, settings);
  await mkdir(folder, { recursive: true });
  using _lock = lockFolder(folder);
  const place = await openLoopFolder(folder, settings, options.files);
  const library = createLibrary(parts.read);
  const calling = signal ? { signal } : {};

  await library.load(data.anchors.flatMap(anchorTexts), signal);
  const anchors = data.anchors.filter((anchor) => isRead(anchorTexts(anchor), library));
  const decided = anchors.filter(({ target }) => target !== 0.5).length;
  if (decided === 0)
    throw new JurorError('data', `expected anchors with a winner, got none of ${data.anchors.length}`);
  const drawn = drawAnswers(divided.pool, settings.poolAnswers, seedFrom('watched', settings.seed));
  await library.load(drawn.texts, signal);
  const watched = drawn.texts.flatMap((text, row) =>
    library.refusal(text) === null ? [{ text, cluster: drawn.clusters[row] ?? '' }] : [],
  );
  const context = {
    parts,
    settings,
    folder: place,
    library,
    pool: divided.pool,
    probes: await probesOf(parts, place, divided.probes, settings, library, signal),
    anchors,
    watched: { texts: watched.map(({ text }) => text), clusters: watched.map(({ cluster }) => cluster) },
    ...calling,
  };
  const rounds: KeptRound[] = await place.rounds();
  const found = rounds.length;
  await place.derive(rounds);
  while (rounds.length < wanted && !isOver(rounds, settings)) {
    if (signal?.aborted) throw new JurorError('aborted', 'self-training was aborted');
    const round = await makeRound(context, rounds);
    rounds.push(round);
    await place.derive(rounds);
    onRound?.(withoutComparisons(round));
  }
  return {
    rounds: rounds.map(withoutComparisons),
    found,
    removed: divided.removed,
    pool: divided.pool.length,
    probes: divided.probes.length,
    anchors: {
      pairs: anchors.length,
      ties: anchors.length - decided,
      unread: data.anchors.length - anchors.length,
    },
    stopped: rounds.length < wanted ? `${settings.patience} rounds without a promotion` : null,
  };
}

function isOver(rounds: readonly KeptRound[], { patience }: SelfTrainSettings): boolean {
  return (rounds.at(-1)?.decision.without ?? 0) >= patience;
}

function withoutComparisons({ card, decision }: KeptRound): Round {
  return { card, decision };
}

/** Made once, and found again: what the head is watched on must not move. */
async function probesOf(
  parts: SelfTrainParts<unknown>,
  folder: LoopFolder,
  samples: readonly Sample[],
  { seed, pairsPerRound }: SelfTrainSettings,
  library: FeatureLibrary,
  signal: AbortSignal | undefined,
): Promise<Preference[]> {
  let probes = await folder.readProbes();
  if (probes === undefined) {
    probes = [];
    const keys = new Set<string>();
    const options = { round: null, seed: seedFrom('probes', seed), ...(signal ? { signal } : {}) };
    for await (const probe of parts.synthesise(shuffled(samples, createRandom(options.seed)), options)) {
      if (keys.has(comparisonKey(probe))) continue;
      keys.add(comparisonKey(probe));
      probes.push(probe);
      if (probes.length === pairsPerRound) break;
    }
    await folder.keepProbes(probes);
  }
  await library.load(probes.flatMap(sidesOf), signal);
  return probes.filter((probe) => isRead(sidesOf(probe), library));
}

function isRead(texts: ReturnType<typeof anchorTexts>, library: FeatureLibrary): boolean {
  return texts.every((text) => library.refusal(text) === null);
}

function settingsOf(
  { samples, anchors }: { readonly samples: readonly Sample[]; readonly anchors: readonly AnchorPair[] },
  { identity, judge }: SelfTrainParts<unknown>,
  {
    rounds,
    seed = 0,
    pairsPerRound = 200,
    judgedShare = 0.5,
    randomShare = 0.2,
    probeShare = 0.1,
    poolAnswers = 1000,
    limits = {},
    promotion = {},
    patience = 2,
  }: SelfTrainOptions,
): SelfTrainSettings {
  for (const [name, value] of Object.entries({ rounds, pairsPerRound, poolAnswers, patience }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new JurorError('usage', `${name}: expected a whole number of 1 or more, got ${value}`);
  for (const [name, value] of Object.entries({ judgedShare, randomShare, probeShare }))
    if (!(value >= 0 && value <= 1))
      throw new JurorError('usage', `${name}: expected a share from 0 to 1, got ${value}`);
  if (probeShare === 1) throw new JurorError('usage', 'probeShare: expected less than 1, got 1');
  return {
    schemaVersion: 1,
    seed,
    data: {
      samples: contentHash(
        samples.map(({ id, prompt, responses }) => [id, prompt, responses.map(({ text }) => text)]),
      ),
      anchors: contentHash(anchors),
    },
    parts: { ...identity },
    pairsPerRound,
    judgedShare: judge === null ? 0 : judgedShare,
    randomShare,
    probeShare,
    poolAnswers,
    limits: { ...defaultGuardLimits, ...limits },
    promotion: {
      measure: promotion.measure ?? 'accuracy',
      alpha: promotion.alpha ?? 0.05,
      spending: promotion.spending ?? true,
      resamples: promotion.resamples ?? 10_000,
    },
    patience,
  };
}
