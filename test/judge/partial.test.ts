import { expect, test } from 'vitest';
import { contentHash } from '../../src/canonical.ts';
import { createJudge } from '../../src/judge/judge.ts';
import { type LoadedRubric, loadRubric } from '../../src/rubric.ts';
import type { Judgment, Rubric } from '../../src/schema.ts';
import { memoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/store.ts';
import { fakeEngine } from '../support/fake-engine.ts';

/** The same rubric with another way to say what one level of its last criterion means. */
function reworded({ rubric, ...loaded }: LoadedRubric): LoadedRubric {
  const criteria = rubric.criteria.map((criterion, index): Rubric['criteria'][number] => {
    const { scale } = criterion;
    if (index < rubric.criteria.length - 1 || scale.kind !== 'integer') return criterion;
    return {
      ...criterion,
      scale: { ...scale, anchors: { ...scale.anchors, [scale.max]: 'as good as can be' } },
    };
  });
  const changed = { ...rubric, criteria };
  return { ...loaded, rubric: changed, digest: contentHash(changed) };
}

async function planned(store: Store): Promise<Judgment[]> {
  const judgments: Judgment[] = [];
  for await (const judgment of store.plannedJudgments()) judgments.push(judgment);
  return judgments;
}

const sample = { id: '1', prompt: 'Sum up.', responses: [{ id: 'r', text: 'Done.' }] };

for (const critique of ['none', 'brief', 'after'] as const)
  test(`judgments are the same whether or not the others of their round were found, critique ${critique}`, async () => {
    const before = await loadRubric('summary-quality');
    const after = reworded(before);
    const engine = fakeEngine();
    const store = memoryStore();
    await createJudge({ engine, rubrics: [before], store, critique }).judge(sample);
    const count = await store.count();
    await createJudge({ engine, rubrics: [after], store, critique }).judge(sample);
    // A critique from the verdicts is about all criteria: it is written again as a whole.
    expect((await store.count()) - count).toBe(critique === 'after' ? before.rubric.criteria.length : 1);
    await store.clearPlan();
    await createJudge({ engine, rubrics: [after], store, critique }).judge(sample);

    const fresh = memoryStore();
    await createJudge({ engine: fakeEngine(), rubrics: [after], store: fresh, critique }).judge(sample);
    expect(await planned(store)).toEqual(await planned(fresh));
  });
