/**
 * Self-training without one label of people: edits of known direction, and pairs that a larger model has judged, train a head on the
 * embedded model; people's labels on other prompts say what it is worth.
 *
 *   node bench/self-train.ts --data DIR [--seeds 3] [--rounds 4] [--pairs 60]   append results
 *   node bench/self-train.ts --report                                           write the table
 *
 * The judge's verdicts are those that bench/calibration.ts has kept. Each half of the prompts is the data once and the anchors once.
 * Guards of length are off here: what they would have said is in the table.
 */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { clusterBootstrap } from '../src/aggregate/interval.ts';
import { seedFrom } from '../src/aggregate/random.ts';
import { difference, mean } from '../src/aggregate/statistic.ts';
import { promptCluster } from '../src/canonical.ts';
import { readSamples } from '../src/dataset.ts';
import { jurorHome } from '../src/engine/models.ts';
import { selfTrain } from '../src/loop/self-train.ts';
import { engineParts } from '../src/loop/self-train-engine.ts';
import type { SelfTrainParts } from '../src/loop/self-train-parts.ts';
import { selectOperators } from '../src/preference/edit-operators.ts';
import { natsOf } from '../src/preference/pair-verdict.ts';
import { preferenceOf } from '../src/preference/record.ts';
import { openFeatures } from '../src/reward/features.ts';
import { readHead } from '../src/reward/head-file.ts';
import { openScorer } from '../src/reward/scorer.ts';
import type { TrainedHead } from '../src/reward/train.ts';
import type { Sample } from '../src/schema.ts';
import { openFeatureStore } from '../src/store/features.ts';
import { dataFolder, judgedFlags, keepRow, openModel, qualityPage, readRows } from './rows.ts';
import { collect, countOf, report, table } from './support.ts';

const { values: flags } = parseArgs({
  options: {
    ...judgedFlags,
    judge: { type: 'string', default: 'qwen2.5-coder-1.5b' },
    set: { type: 'string', default: 'pandalm' },
    seeds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '4' },
    pairs: { type: 'string', default: '60' },
    'random-share': { type: 'string', default: '0.2' },
    hard: { type: 'boolean', default: false },
  },
});

interface Kept {
  /** How the judge's labels were used. */
  readonly labels: 'soft' | 'hard';
  readonly randomShare: number;
  readonly set: string;
  readonly half: number;
  readonly seed: number;
  readonly round: number;
  readonly outcome: string;
  readonly edits: number;
  readonly judged: number;
  readonly lengthCorrelation: number | null;
  /** For each anchor: its prompt, whether the head names the better answer, and whether the base head does. */
  readonly anchors: readonly { readonly prompt: string; readonly hit: number; readonly base: number }[];
}

if (flags.report) writeReport();
else await measure();

async function measure(): Promise<void> {
  await using engine = await openModel(flags.model, flags.threads);
  using store = openFeatureStore(join(jurorHome(), 'features', 'cache.sqlite'));
  const features = await openFeatures(engine, store);
  const verdicts = new Map(
    readRows<{ model: string; set: string; id: string; score: number | null }>('calibration').flatMap(
      ({ model, set, id, score }) =>
        model === flags.judge && set === flags.set && score !== null ? [[id, score] as const] : [],
    ),
  );
  const samples = await collect(readSamples(join(dataFolder(flags), `${flags.set}.pairwise.jsonl`)));
  const halfOf = ({ prompt }: Sample) => seedFrom('self-train', promptCluster(prompt)) % 2;
  const known = samples.filter(
    ({ id, label, responses: [first, second] }) =>
      verdicts.has(id) && (label === 'a' || label === 'b') && first?.text !== second?.text,
  );
  for (const half of [0, 1])
    for (let seed = 0; seed < countOf('seeds', flags.seeds); seed++) {
      const anchors = known.filter((sample) => halfOf(sample) === half);
      const data = known.filter((sample) => halfOf(sample) !== half);
      const byTexts = new Map(data.map((sample) => [textsOf(sample), verdicts.get(sample.id) ?? 0.5]));
      const parts: SelfTrainParts<TrainedHead> = {
        ...engineParts({ features, operators: selectOperators(['all']), run: flags.set }),
        judge: async function* judged(asked) {
          for (const sample of asked) yield verdictOf(sample, byTexts.get(textsOf(sample)));
        },
      };
      await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-self-train-'));
      const { rounds } = await selfTrain(
        folder.path,
        {
          // One sample for each judged pair: the loop may then choose no pair that has no verdict.
          samples: data.map(({ label: _label, annotations: _annotations, ...sample }) => sample),
          anchors: anchors.map(({ prompt, responses: [first, second], label }) => ({
            prompt,
            first: first?.text ?? '',
            second: second?.text ?? '',
            target: label === 'a' ? 1 : 0,
          })),
        },
        parts,
        {
          rounds: countOf('rounds', flags.rounds),
          seed,
          pairsPerRound: countOf('pairs', flags.pairs),
          judgedShare: 0.75,
          randomShare: Number(flags['random-share']),
          patience: 99,
          limits: { lengthAnchors: null, lengthPool: null },
        },
      );
      const hits: number[][] = [];
      for (const { card, decision } of rounds) {
        if (card.training === null) continue;
        const head = await readHead(join(folder.path, 'rounds', String(card.round).padStart(2, '0'), 'head'));
        const scorer = openScorer({ head, features });
        const own: number[] = [];
        for (const { prompt, responses, label } of anchors) {
          const { compare } = await scorer.score(
            prompt,
            responses.map(({ text }) => text),
          );
          const ahead = compare(0, 1)?.difference ?? 0;
          own.push(ahead === 0 ? 0.5 : Number(ahead > 0 === (label === 'a')));
        }
        hits.push(own);
        keepRow('self-train', {
          labels: flags.hard ? 'hard' : 'soft',
          randomShare: Number(flags['random-share']),
          set: flags.set,
          half,
          seed,
          round: card.round,
          outcome: decision.outcome,
          edits: card.comparisons.synthetic,
          judged: card.comparisons.judged,
          lengthCorrelation: card.length?.anchors.estimate ?? null,
          anchors: anchors.map(({ prompt }, place) => ({
            prompt: promptCluster(prompt),
            hit: own[place] ?? 0,
            base: hits[0]?.[place] ?? 0,
          })),
        } satisfies Kept);
      }
      console.log(`half ${half}, seed ${seed}: ${rounds.map(({ decision }) => decision.outcome).join(', ')}`);
    }
}

function textsOf({ prompt, responses }: Sample): string {
  return JSON.stringify([prompt, responses.map(({ text }) => text)]);
}

function verdictOf(sample: Sample, probability: number | undefined) {
  const [first, second] = sample.responses;
  if (probability === undefined || !first || !second)
    return { status: 'unscored', reason: 'invalid' } as const;
  // As sure as an edit's direction, whatever the judge's probability: what a judge that is right but hesitant would say.
  const told = flags.hard ? (probability > 0.5 ? 0.95 : 0.05) : probability;
  const preference = preferenceOf({
    sampleId: sample.id,
    cluster: promptCluster(sample.prompt),
    prompt: sample.prompt,
    left: { id: first.id, text: first.text },
    right: { id: second.id, text: second.text },
    probability: told,
    tie: false,
    margin: natsOf(told),
    marginUnit: 'nats',
    objectives: {},
    orderConsistent: null,
    agreement: null,
    source: { method: 'pairwise', run: flags.set, keys: [], round: null },
  });
  return { status: 'judged', preference } as const;
}

function writeReport(): void {
  const rows = readRows<Kept>('self-train');
  const lines = [
    ...Map.groupBy(
      rows,
      ({ labels, randomShare, set, half, round }) => `${labels} ${randomShare} ${set} ${half} ${round}`,
    ).values(),
  ].map((seeds) => {
    const [{ labels, randomShare, set, half, round }] = seeds as [Kept];
    const all = seeds.flatMap(({ anchors }) => anchors);
    const clusters = all.map(({ prompt }) => prompt);
    const own = mean(all.map(({ hit }) => hit));
    const base = mean(all.map(({ base: former }) => former));
    const text = (figure: ReturnType<typeof clusterBootstrap>) =>
      [figure.estimate, figure.low, figure.high].map((value) => (100 * (value ?? Number.NaN)).toFixed(1));
    const [accuracy, low, high] = text(clusterBootstrap(own, clusters));
    const [gain, gainLow, gainHigh] = text(clusterBootstrap(difference(own, base), clusters));
    const correlation = seeds.map(({ lengthCorrelation }) => lengthCorrelation ?? Number.NaN);
    return [
      set,
      `${labels}, ${randomShare === 1 ? 'at random' : 'by doubt'}`,
      half === 0 ? 'first' : 'second',
      `${round}`,
      `${Math.round(average(seeds.map(({ edits }) => edits)))} + ${Math.round(average(seeds.map(({ judged }) => judged)))}`,
      `${accuracy} (${low} to ${high})`,
      round === 0 ? '–' : `${gain} (${gainLow} to ${gainHigh})`,
      average(correlation).toFixed(2),
      seeds.map(({ outcome }) => outcome).join(', '),
    ];
  });
  const head = [
    'set',
    'judged labels, pairs',
    'anchors: half',
    'round',
    'edits + judged',
    'accuracy',
    'less the base',
    'ρ with length',
    'outcomes',
  ];
  report([{ name: 'self-train', text: table(head, lines) }], rows, { json: false, write: [qualityPage] });
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
