/** Judge, train a head on the judge's own states, let it spare the judge, and round again: `node examples/circle.ts FOLDER` */
import { join } from 'node:path';
import {
  cascadeReport,
  cascadeReportRow,
  createCascade,
  createJudge,
  JurorError,
  loadRubric,
  memoryStore,
  openFeatureStore,
  openFeatures,
  openScorer,
  type Preference,
  preferenceFromVerdict,
  preferenceRow,
  readHead,
  readSamples,
  type Sample,
  scorerHead,
  synthesise,
  trainHead,
  trainingFromPreferences,
  writeRows,
  writeTrainedHead,
} from 'juror';
import { openEngine } from './engine.ts';

const folder = process.argv[2] ?? '.juror/examples/circle';
const samples = await Array.fromAsync(readSamples('fixtures/chaos/pairs.jsonl', { limit: 8 }));
const [known, fresh] = [samples.slice(0, 4), samples.slice(4)];

// 1. Judge pairs, each in both orders. What is in the store is found by whoever asks again.
await using engine = await openEngine();
const rubric = await loadRubric('better-answer');
const store = memoryStore();
const judge = createJudge({
  engine,
  rubrics: [rubric],
  store,
  onEvent(event) {
    if (event.type !== 'judgment-finish' || event.judgment.outcome.status !== 'scored') return;
    const { responseIds, outcome } = event.judgment;
    console.log(responseIds.join(' then '), outcome.distribution, event.cached ? 'found' : 'read');
  },
});

// 2. Verdicts become preferences; edits that make an answer worse are comparisons whose winner is known.
async function judged(pairs: readonly Sample[]): Promise<Preference[]> {
  const found: Preference[] = [];
  for (const sample of pairs)
    for (const verdict of await judge.judge(sample)) {
      const { winner, probability, flipped } = verdict;
      console.log(
        `${sample.id}: ${winner} with ${probability?.toFixed(3)}${flipped ? ', the orders disagree' : ''}`,
      );
      const preference = preferenceFromVerdict(sample, verdict, { rubric, engines: [engine] });
      if (preference) found.push(preference);
    }
  return found;
}
const comparisons = await judged(known);
comparisons.push(...(await Array.fromAsync(synthesise(known, { perAnswer: 3 }))));

// 3. A head on the states that the judge itself has where it has read an answer.
using states = openFeatureStore(':memory:');
const features = await openFeatures(engine, states);
async function train(name: string): Promise<void> {
  const data = await trainingFromPreferences(comparisons);
  const trained = await trainHead({ features, data, holdout: 0, name });
  await writeTrainedHead(join(folder, name), trained);
  const { read, found } = trained.reading;
  console.log(`${name}: ${comparisons.length} comparisons, ${read} tokens read, ${found} found`);
}
await train('round-0');

// 4. Read it back; states that it was not trained on are refused.
const head = await readHead(join(folder, 'round-0'));
try {
  openScorer({ head, features: await openFeatures(engine, states, { readOut: 'answer-end' }) });
} catch (error) {
  if (!JurorError.isInstance(error)) throw error;
  console.log(`refused: ${error.message}`);
}
const scorer = openScorer({ head, features });
const doubts: { sample: Sample; sure: number }[] = [];
for (const sample of fresh) {
  const { compare } = await scorer.score(
    sample.prompt,
    sample.responses.map(({ text }) => text),
  );
  const probability = compare(0, 1)?.probability ?? 0.5;
  doubts.push({ sample, sure: Math.abs(Math.log(probability / (1 - probability))) });
  console.log(`${sample.id}: a is better with ${probability.toFixed(3)}, says the head`);
}
doubts.sort((one, other) => one.sure - other.sure);

// 5. The head decides the half that it is surer of, the judge the rest. In earnest, fit the threshold: `fitCascadeFile`.
const cascade = createCascade({
  head: scorerHead(scorer, { conformal: false }), // four prompts cannot bound its errors, so its own rule would never decide
  judge: { engine, rubric, store, critique: 'none' },
  thresholds: { head: doubts[doubts.length >> 1]?.sure ?? null },
});
const verdicts = await Array.fromAsync(cascade.decideAll(fresh));
const { stages, tokens, alone } = cascadeReport(
  verdicts.map((verdict) => cascadeReportRow(verdict)),
  cascade.stages,
);
for (const { stage, asked, decided, tokens: own } of stages)
  console.log(`${stage}: ${decided} of ${asked} decided, ${own.prompt + own.generated} tokens`);
for (const { stage, total, saved, estimated } of alone)
  console.log(
    `all: ${tokens.prompt + tokens.generated} tokens; ${stage} alone ${total} (${estimated.rows} rows estimated), saved ${saved?.toFixed(3)}`,
  );

// 6. Round again: the judge's word on what the head was least sure of, found in the store since the cascade has asked.
comparisons.push(...(await judged(doubts.slice(0, 2).map(({ sample }) => sample))));
await train('round-1');

// 7. Rows for TRL.
const rows = comparisons.filter(({ tie }) => !tie).map((own) => preferenceRow(own, 'trl-conversational'));
console.log(`${await writeRows(join(folder, 'trl.jsonl'), rows)} rows for TRL`);
