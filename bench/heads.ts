/**
 * Heads on a backbone's hidden states: which of two answers is better, on prompts that the head was not trained on.
 *
 *   node bench/heads.ts --data DIR --model NAME --sets pandalm,hhh_alignment --rows 250   append results
 *   node bench/heads.ts … --together                                                      one head for all sets
 *   node bench/heads.ts --report                                                          write the tables
 *
 * Rows are picked by the hash of their id. Every pair is scored by a head that was trained on the other four folds of its set's prompts,
 * penalty, temperature and threshold chosen inside them. Results are kept in bench/results/heads.jsonl; verdicts of the generative
 * judge of the same model are those that bench/quality.ts and bench/calibration.ts have kept.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seedFrom } from '../src/aggregate/random.ts';
import { promptCluster, textDigest } from '../src/canonical.ts';
import { readSamples } from '../src/dataset.ts';
import { jurorHome } from '../src/engine/models.ts';
import { planSample } from '../src/judge/plan.ts';
import { completeProtocol } from '../src/judge/protocol.ts';
import { preferencesFromLabels } from '../src/preference/labels.ts';
import { openFeatures } from '../src/reward/features.ts';
import { openScorer } from '../src/reward/scorer.ts';
import { trainHead } from '../src/reward/train.ts';
import { createTrainingRows } from '../src/reward/training-rows.ts';
import { loadRubric } from '../src/rubric.ts';
import type { Sample } from '../src/schema.ts';
import { openFeatureStore } from '../src/store/features.ts';
import { type HeadRow, reportHeads } from './heads-report.ts';
import { dataFolder, judgedFlags, keepRow, openModel, pickByHash, readRows } from './rows.ts';
import { collect } from './support.ts';

const { values: flags } = parseArgs({
  options: {
    ...judgedFlags,
    rows: { type: 'string', default: '250' },
    sets: { type: 'string', default: 'pandalm,hhh_alignment,gsm8k_solutions,squality' },
    together: { type: 'boolean', default: false },
  },
});
const folds = 5;

if (flags.report) reportHeads();
else await measure();

async function measure(): Promise<void> {
  await using engine = await openModel(flags.model, flags.threads);
  using store = openFeatureStore(join(jurorHome(), 'features', 'cache.sqlite'));
  const features = await openFeatures(engine, store);
  const rubric = await loadRubric('better-answer');
  const sets = flags.sets.split(',');
  for (const together of flags.together ? [sets] : sets.map((set) => [set])) {
    const trained = flags.together ? 'together' : 'own';
    const picked = await pickedOf(together, trained);
    if (picked.length === 0) continue;
    for (let fold = 0; fold < folds; fold++) {
      const inFold = ({ sample }: Picked) => seedFrom('fold', promptCluster(sample.prompt)) % folds === fold;
      const rows = createTrainingRows();
      const others = picked.filter((row) => !inFold(row)).map(({ sample }) => sample);
      for await (const preference of preferencesFromLabels(others)) rows.addPreference(preference);
      const data = { kind: 'pairs', rows: rows.rows() } as const;
      const { record, belief } = await trainHead({ features, data, holdout: 0 });
      const scorer = openScorer({ head: { record, belief, digest: '0'.repeat(64) }, features });
      for (const { set, sample } of picked.filter(inFold)) {
        const texts = sample.responses.map(({ text }) => text);
        const { answers, compare } = await scorer.score(sample.prompt, texts);
        const opinion = compare(0, 1);
        const plans = await planSample(sample, rubric, engine, completeProtocol());
        const rounds = plans.flatMap((plan) => plan.rounds);
        const segments = await Promise.all(
          rounds.map(({ prefix, questions }) => engine.tokens({ prefix, questions, critique: null })),
        );
        keepRow('heads', {
          model: flags.model,
          trained,
          set,
          id: sample.id,
          prompt: promptCluster(sample.prompt),
          label: { a: 1, b: 0, tie: 0.5 }[String(sample.label)] ?? null,
          lengths: texts.map((text) => text.length),
          texts: texts.map(textDigest),
          tokens: answers.map((answer) => (answer.status === 'scored' ? answer.tokens : null)),
          judgeTokens: segments.flat(3).length,
          difference: opinion?.difference ?? null,
          probability: opinion?.probability ?? null,
          abstain: opinion?.abstain ?? null,
          l2: record.l2.value,
        } satisfies HeadRow);
      }
      console.log(`${flags.model} ${together.join(', ')}: fold ${fold + 1} of ${folds}`);
    }
  }
}

interface Picked {
  readonly set: string;
  readonly sample: Sample;
}

/** The rows of sets; none where all are done. */
async function pickedOf(sets: readonly string[], trained: HeadRow['trained']): Promise<Picked[]> {
  const done = new Set(
    readRows<HeadRow>('heads').flatMap((row) =>
      row.model === flags.model && row.trained === trained ? [`${row.set} ${row.id}`] : [],
    ),
  );
  const picked: Picked[] = [];
  for (const set of sets) {
    const samples = await collect(readSamples(join(dataFolder(flags), `${set}.pairwise.jsonl`)));
    const differing = samples.filter(({ responses: [first, second] }) => first?.text !== second?.text);
    for (const sample of pickByHash(differing, ({ id }) => id, Number(flags.rows)))
      picked.push({ set, sample });
  }
  return picked.every(({ set, sample }) => done.has(`${set} ${sample.id}`)) ? [] : picked;
}
