import { expect, test } from 'vitest';
import type { JudgeSubject } from '../../src/judge/calibration-subject.ts';
import { calibrateContentFree, fitLabelPrior, takeOutPrior } from '../../src/judge/content-free.ts';
import { createJudge } from '../../src/judge/judge.ts';
import { deriveVerdict } from '../../src/judge/verdict.ts';
import { loadRubric } from '../../src/rubric.ts';
import { type Judgment, LabelPrior, type Sample } from '../../src/schema.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { fakeEngine } from '../support/fake-engine.ts';

const rubric = await loadRubric('summary-quality');

async function judgmentsOf(texts: readonly string[], digest = 'fake'): Promise<Judgment[]> {
  const store = memoryStore();
  const judge = createJudge({ engine: fakeEngine({ digest }), rubrics: [rubric], store });
  const samples = texts.map(
    (text, index): Sample => ({ id: `${index}`, prompt: 'Sum up.', responses: [{ id: 'r', text }] }),
  );
  for await (const _verdict of judge.judgeAll(samples));
  const judgments: Judgment[] = [];
  for await (const judgment of store.judgments()) judgments.push(judgment);
  return judgments;
}

const scored = ({ outcome }: Judgment) => {
  if (outcome.status !== 'scored') throw new Error('expected a score');
  return outcome;
};

test('a batch is read against its own mean, criterion by criterion', async () => {
  const judgments = await judgmentsOf(['One.', 'Two.', 'Three.', 'Four.']);
  const calibrated = calibrateContentFree(judgments, rubric.rubric);
  expect(calibrated.map(({ key }) => key)).toEqual(judgments.map(({ key }) => key));
  for (const { id, scale } of rubric.rubric.criteria) {
    if (scale.kind !== 'integer') throw new Error('expected an integer scale');
    const [before, after] = [judgments, calibrated].map((all) =>
      all.filter(({ criterionId }) => criterionId === id).map(scored),
    );
    for (const [index, outcome] of (after ?? []).entries()) {
      const weights = Object.entries(before?.[index]?.distribution ?? {}).map(([label, probability]) => {
        const column = before?.map(({ distribution }) => distribution[label] ?? 0) ?? [];
        return [
          label,
          probability / (column.reduce((sum, value) => sum + value, 0) / column.length),
        ] as const;
      });
      const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
      let score = 0;
      for (const [label, weight] of weights) {
        expect(outcome.distribution[label]).toBeCloseTo(weight / total, 12);
        score += (weight / total) * ((Number(label) - scale.min) / (scale.max - scale.min));
      }
      expect(outcome.score).toBeCloseTo(score, 12);
      expect(outcome.distribution[outcome.label]).toBe(Math.max(...Object.values(outcome.distribution)));
    }
  }
  const verdict = (all: readonly Judgment[]) =>
    deriveVerdict({
      sampleId: '0',
      rubric: rubric.rubric,
      mode: 'pointwise',
      responseIds: ['r'],
      judgments: all.filter(({ sampleId }) => sampleId === '0'),
    }).score;
  expect(verdict(calibrated)).not.toBe(verdict(judgments));
  expect(calibrateContentFree(judgments.toReversed(), rubric.rubric).toReversed()).toEqual(calibrated);
});

test('an answer without content, read against itself, says nothing', async () => {
  const empty = await judgmentsOf(['']);
  for (const judgment of calibrateContentFree(empty, rubric.rubric, { contentFree: empty }))
    expect(scored(judgment).score).toBeCloseTo(0.5, 12);
  const same = calibrateContentFree(empty, rubric.rubric, { contentFree: empty, strength: 0 });
  for (const [index, judgment] of same.entries())
    expect(scored(judgment).score).toBeCloseTo(scored(empty[index] ?? judgment).score, 12);
});

test('engines keep their own priors; unscored judgments stay; what has no prior is an error', async () => {
  const [own, other] = [await judgmentsOf(['One.', 'Two.']), await judgmentsOf(['One.', 'Two.'], 'other')];
  const together = calibrateContentFree([...own, ...other], rubric.rubric);
  expect(together).toEqual([
    ...calibrateContentFree(own, rubric.rubric),
    ...calibrateContentFree(other, rubric.rubric),
  ]);
  const silent = own.map((judgment): Judgment => {
    return { ...judgment, outcome: { status: 'unscored', reason: 'context', message: 'too long' } };
  });
  expect(calibrateContentFree(silent, rubric.rubric)).toEqual(silent);
  expect(() => calibrateContentFree(own, rubric.rubric, { contentFree: silent })).toThrow(
    /expected a content-free prior of criterion '.+' by fake, got none/,
  );
  const prior = fitLabelPrior(own, subject, { kind: 'batch' });
  expect(() => takeOutPrior(other, rubric.rubric, prior)).toThrow(
    /expected a batch prior of criterion '.+' by fake, got none/,
  );
  const { rubric: pairs } = await loadRubric('better-answer');
  expect(() => calibrateContentFree(own, pairs)).toThrow(
    "expected a rubric for single answers, got 'better-answer' (pairwise)",
  );
});

const subject: JudgeSubject = {
  mode: 'pointwise',
  rubric: { id: rubric.rubric.id, version: rubric.rubric.version, digest: rubric.digest },
  engines: [{ model: 'fake', digest: 'fake', template: 'fake' }],
  protocol: { critique: 'none', samples: 1, prompt: '' },
};

test('a kept prior does what the batch does, whatever the order, and says what it was taken from', async () => {
  const judgments = await judgmentsOf(['One.', 'Two.', 'Three.']);
  const prior = fitLabelPrior(judgments, subject, { kind: 'batch' });
  expect(LabelPrior.parse(JSON.parse(JSON.stringify(prior)))).toEqual(prior);
  expect(prior.data.n).toBe(judgments.length);
  expect(prior.priors.map(({ criterionId }) => criterionId).sort()).toEqual(
    rubric.rubric.criteria.map(({ id }) => id).sort(),
  );
  expect(takeOutPrior(judgments, rubric.rubric, prior)).toEqual(
    calibrateContentFree(judgments, rubric.rubric),
  );
  expect(fitLabelPrior(judgments.toReversed(), subject, { kind: 'batch' })).toEqual(prior);
  const fewer = fitLabelPrior(judgments.slice(1), subject, { kind: 'batch' });
  expect(fewer.data.digest).not.toBe(prior.data.digest);
});

test('a strength of 0 leaves scores as they were; pairs, and judgments without a score, have no prior', async () => {
  const judgments = await judgmentsOf(['One.', 'Two.']);
  const none = fitLabelPrior(judgments, subject, { kind: 'batch', strength: 0 });
  for (const [index, judgment] of takeOutPrior(judgments, rubric.rubric, none).entries())
    expect(scored(judgment).score).toBeCloseTo(scored(judgments[index] ?? judgment).score, 12);
  expect(() => fitLabelPrior(judgments, { ...subject, mode: 'pairwise' }, { kind: 'batch' })).toThrow(
    /single answers/,
  );
  const unscored = judgments.map((judgment): Judgment => {
    return { ...judgment, outcome: { status: 'unscored', reason: 'context', message: 'too long' } };
  });
  expect(() => fitLabelPrior(unscored, subject, { kind: 'batch' })).toThrow(/expected scored judgments/);
});
