/** A large run for `bench/view.ts`: pairs with their data, journal and exports, written by the store's own functions. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '../src/aggregate/random.ts';
import { contentHash, promptCluster, textDigest } from '../src/canonical.ts';
import { writeRows } from '../src/dataset.ts';
import { completeProtocol } from '../src/judge/protocol.ts';
import { exportVerdicts, openJudgingRun } from '../src/judge/run.ts';
import { type LoadedRubric, loadRubric } from '../src/rubric.ts';
import type { EngineId, Judgment, Sample } from '../src/schema.ts';
import { recordData } from '../src/store/data-pointer.ts';
import type { PlanRow } from '../src/store/store.ts';

const engine: EngineId = {
  kind: 'replay',
  model: 'drawn',
  digest: contentHash('model'),
  template: contentHash('template'),
  settings: {},
};
/** Rows of one commit of the journal. */
const batch = 2000;
const words =
  'the a model answer question reason because number step result value of and with for which total first then city river energy market policy theory data sample water light'.split(
    ' ',
  );

/** Write `folder/data.jsonl` and the run folder `folder/run` with two judgments for each pair. */
export async function writeLargeRun(folder: string, pairs: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const data = join(folder, 'data.jsonl');
  await writeRows(data, samplesOf(pairs));
  const rubric = await loadRubric('better-answer');
  await using run = await openJudgingRun(join(folder, 'run'), {
    engine: { id: engine },
    rubrics: [rubric],
    protocol: completeProtocol({ critique: 'brief' }),
  });
  await recordData(run, data);
  const random = createRandom(1);
  let judgments: Judgment[] = [];
  let rows: PlanRow[] = [];
  const flush = async (): Promise<void> => {
    await run.store.insert(judgments);
    await run.store.insertPlan(rows);
    judgments = [];
    rows = [];
  };
  for (const sample of samplesOf(pairs)) {
    const made = judge(sample, rubric, random.normal() * 1.5, random.normal() * 0.7);
    judgments.push(...made.judgments);
    rows.push(made.row);
    if (rows.length === batch) await flush();
  }
  await flush();
  await exportVerdicts(run);
}

function* samplesOf(pairs: number): Generator<Sample> {
  const random = createRandom(0);
  const text = (length: number): string =>
    Array.from({ length }, () => words[random.below(words.length)] ?? '').join(' ');
  for (let number = 0; number < pairs; number++)
    yield {
      id: `pair-${number}`,
      prompt: `${text(24)} ${number}?`,
      responses: [
        { id: 'a', text: text(70), model: `model-${random.below(6)}` },
        { id: 'b', text: text(70), model: `model-${random.below(6)}` },
      ],
      ...(random.below(2) === 0 ? { label: ['a', 'b', 'tie'][random.below(3)] ?? 'tie' } : {}),
      metadata: { subset: `subset-${random.below(8)}`, difficulty: random.below(5), origin: text(1) },
    };
}

/** Both orders: the log-odds of the pair, leaning to what is shown first. */
function judge(sample: Sample, { rubric, digest }: LoadedRubric, odds: number, lean: number) {
  const ids = sample.responses.map(({ id }) => id);
  const reference = { id: rubric.id, version: rubric.version, digest };
  const criterionId = rubric.criteria[0]?.id ?? '';
  const judgments = [ids, ids.toReversed()].map((responseIds, order): Judgment => {
    const first = 1 / (1 + Math.exp(-((order === 0 ? odds : -odds) + lean)));
    return {
      key: contentHash([sample.id, order]),
      sampleId: sample.id,
      responseIds,
      rubric: reference,
      criterionId,
      engine,
      seed: 0,
      sampleIndex: 0,
      critique: { text: `Answer A ${words.join(' ')}. Answer B ${words.join(' ')}.`, finish: 'stop' },
      outcome: {
        status: 'scored',
        label: first >= 0.5 ? 'A' : 'B',
        score: first,
        distribution: { A: first, B: 1 - first },
      },
      usage: { prompt: 400, generated: 60 },
      protocol: 'logits',
    };
  });
  const row: PlanRow = {
    sampleId: sample.id,
    rubric: reference,
    mode: 'pairwise',
    responseIds: ids,
    judgments: judgments.map(({ key, responseIds }) => ({ key, criterionId, responseIds })),
    characters: sample.responses.map(({ text }) => text.length),
    texts: sample.responses.map(({ text }) => textDigest(text)),
    models: sample.responses.map(({ model }) => model ?? null),
    cluster: promptCluster(sample.prompt),
    group: String(sample.metadata?.subset),
    ...(sample.label === undefined ? {} : { label: sample.label }),
  };
  return { judgments, row };
}
