/** Run folders for the viewer's tests: planned as juror plans, judged by drawn outcomes. */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../../src/aggregate/random.ts';
import { contentHash } from '../../src/canonical.ts';
import { writeRows } from '../../src/dataset.ts';
import { planSample } from '../../src/judge/plan.ts';
import { joinPlans, planRow } from '../../src/judge/plan-row.ts';
import { completeProtocol } from '../../src/judge/protocol.ts';
import { exportVerdicts, openJudgingRun } from '../../src/judge/run.ts';
import { loadRubric, parseRubric } from '../../src/rubric.ts';
import { scaleLabels, scoreOf } from '../../src/scale.ts';
import type { EngineId, Judgment, Sample } from '../../src/schema.ts';
import { recordData } from '../../src/store/data-pointer.ts';

/** What is judged, and how. */
export interface SmallRun {
  readonly samples: readonly Sample[];
  /** Ready rubrics, or texts of YAML. Default `better-answer`. */
  readonly rubrics?: readonly string[];
  /** Judges; several are a panel. Default one. */
  readonly judges?: number;
  /** Share of judgments without a score. Default 0. */
  readonly unscored?: number;
  /** Rules of the run. */
  readonly abstain?: Parameters<typeof openJudgingRun>[1]['abstain'];
  /** Write the exports. Default true. */
  readonly exported?: boolean;
  /** Judge all but this many judgments. Default 0. */
  readonly missing?: number;
  /** Name of the data file. Default `data.jsonl`. */
  readonly file?: string;
  /** Say in the run where the data are. Default true. */
  readonly pointer?: boolean;
}

/** A rubric with an integer scale. */
export const numbersRubric = `id: numbers
version: "1"
mode: pointwise
description: How good the answer is.
prompt: pointwise
reference: never
criteria:
  - id: good
    description: How good is it?
    question: How good is the answer?
    scale: { kind: integer, min: 1, max: 5 }
`;

/** A folder that is removed at the end of its scope. */
export async function temporaryFolder() {
  return mkdtempDisposable(join(tmpdir(), 'juror-view-'));
}

/** A drawn judge. */
export function drawnEngine(number: number): EngineId {
  return {
    kind: 'replay',
    model: `secret-judge-${number}`,
    digest: contentHash(number),
    template: contentHash('template'),
    settings: {},
  };
}

/** Write `folder/NAME` with the run, and its data beside it. Returns both paths. */
export async function writeSmallRun(
  folder: string,
  name: string,
  {
    samples,
    rubrics = ['better-answer'],
    judges = 1,
    unscored = 0,
    exported = true,
    missing = 0,
    file = 'data.jsonl',
    pointer = true,
    abstain,
  }: SmallRun,
): Promise<{ readonly run: string; readonly data: string }> {
  const data = join(folder, file);
  await writeRows(data, samples);
  const loaded = await Promise.all(
    rubrics.map((text) => (text.includes('\n') ? parseRubric(text, 'test.yaml') : loadRubric(text))),
  );
  const engines = Array.from({ length: judges }, (_, number) => ({ id: drawnEngine(number) }));
  const protocol = completeProtocol({});
  const path = join(folder, name);
  await using run = await openJudgingRun(path, {
    engines,
    rubrics: loaded,
    protocol,
    ...(abstain ? { abstain } : {}),
  });
  if (pointer) await recordData(run, data);
  const random = createRandom(7);
  const judgments: Judgment[] = [];
  for (const sample of samples)
    for (const rubric of loaded) {
      const plans = joinPlans(
        await Promise.all(engines.map((engine) => planSample(sample, rubric, engine, protocol))),
      );
      await run.store.insertPlan(plans.map(planRow));
      for (const { rounds } of plans)
        for (const { judgments: planned, responseIds, engine, step } of rounds)
          for (const { key, criterionId, sampleIndex } of planned) {
            const criterion = rubric.rubric.criteria.find(({ id }) => id === criterionId);
            if (criterion === undefined) throw new Error(criterionId);
            const labels = scaleLabels(criterion.scale);
            const weights = labels.map(() => Math.exp(2 * random.normal()));
            const total = weights.reduce((sum, weight) => sum + weight, 0);
            const distribution = Object.fromEntries(
              labels.map((label, place) => [label, (weights[place] ?? 0) / total]),
            );
            const likely = labels.reduce((best, label) =>
              (distribution[label] ?? 0) > (distribution[best] ?? 0) ? label : best,
            );
            judgments.push({
              key,
              sampleId: sample.id,
              responseIds: [...responseIds],
              rubric: { id: rubric.rubric.id, version: rubric.rubric.version, digest: rubric.digest },
              criterionId,
              ...(step === undefined ? {} : { step }),
              engine,
              seed: 0,
              sampleIndex,
              critique: { text: `secret critique of ${sample.id} ${responseIds.join(' ')}`, finish: 'stop' },
              outcome:
                random.uniform() < unscored
                  ? { status: 'unscored', reason: 'engine', message: 'secret failure' }
                  : {
                      status: 'scored',
                      label: likely,
                      score: labels.reduce(
                        (sum, label) => sum + (distribution[label] ?? 0) * scoreOf(criterion.scale, label),
                        0,
                      ),
                      distribution,
                    },
              usage: { prompt: 10, generated: 3 },
              protocol: 'logits',
            });
          }
    }
  await run.store.insert(judgments.slice(missing));
  if (exported) await exportVerdicts(run);
  return { run: path, data };
}

/** Pairs with labels, slices and annotators who differ now and then. */
export function drawnPairs(count: number, seed = 1): Sample[] {
  const random = createRandom(seed);
  const word = () =>
    ['River', 'straße', 'naïve', '日本', 'data', 'Zürich', 'CSV', 'quick'][random.below(8)] ?? '';
  return Array.from({ length: count }, (_, number): Sample => {
    const text = () => Array.from({ length: 4 }, word).join(' ');
    const said = ['chosen', 'rejected', 'tie'];
    return {
      // Out of the order of names, so that the data's order is its own.
      id: `s${(number * 7919) % 1000}`,
      prompt: random.below(4) === 0 ? [{ role: 'user', content: text() }] : `${text()} ${number}`,
      responses: [
        { id: 'chosen', text: text(), model: `secret-model-${random.below(3)}` },
        { id: 'rejected', text: text(), model: `secret-model-${random.below(3)}` },
      ],
      ...(random.below(3) > 0 ? { label: said[random.below(3)] ?? 'tie' } : {}),
      ...(random.below(3) === 0
        ? {
            annotations: [
              { annotator: 'secret-ada', label: said[random.below(3)] ?? 'tie' },
              { annotator: 'secret-eve', label: said[random.below(3)] ?? 'tie' },
            ],
          }
        : {}),
      ...(random.below(3) === 0 ? { reference: text() } : {}),
      metadata: { subset: `part-${random.below(3)}`, level: random.below(4), hint: 'secret-hint' },
    };
  });
}
