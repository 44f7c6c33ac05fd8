import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cohenKappa, weightedKappa } from '../../src/aggregate/agreement.ts';
import { isLabelFile, readViewerLabels } from '../../src/cli/agreement-labels.ts';
import { agreementParts } from '../../src/cli/agreement-parts.ts';
import { agreementOf } from '../../src/cli/agreement-rows.ts';
import type { Sample } from '../../src/schema.ts';
import { readRun } from '../../src/store/run.ts';
import { openLabels } from '../../src/view/labels.ts';
import { drawnPairs, numbersRubric, temporaryFolder, writeSmallRun } from '../view/small-run.ts';

async function labelled(labelOf: (number: number) => Sample['label']) {
  const folder = await temporaryFolder();
  const samples = drawnPairs(12).map(
    ({ annotations: _, label: __, responses, ...sample }, number): Sample => {
      const label = labelOf(number);
      return { ...sample, responses: responses.slice(0, 1), ...(label === undefined ? {} : { label }) };
    },
  );
  const { run } = await writeSmallRun(folder.path, 'run', { samples, rubrics: [numbersRubric] });
  const labels = openLabels(run);
  for (const [number, { id }] of samples.entries())
    for (const [annotator, value] of [
      ['ann', 1 + (number % 5)],
      ['bob', number < 8 ? 1 + ((number + (number % 3)) % 5) : null],
    ] as const)
      if (value !== null)
        await labels.append({
          sampleId: id,
          rubricId: 'numbers',
          responseIds: ['chosen'],
          annotator,
          label: String(value),
          score: (value - 1) / 4,
          blind: true,
        });
  return { run, samples, [Symbol.asyncDispose]: () => folder.remove() };
}

test('labels on a scale are votes from 0 to 1, the label of rows that have none, and their κ knows the order of the scale', async () => {
  await using at = await labelled(() => undefined);
  await using run = await readRun(at.run);
  const labels = await readViewerLabels(at.run);
  const [found] = await agreementOf(run, { labels });
  if (found === undefined) throw new Error('no rubric');
  expect(found.scale).toEqual({ min: 0, max: 1 });
  // Where both differ there is no label; where one spoke alone there is one.
  const alike = (number: number) => number >= 8 || number % 3 === 0;
  for (const { sampleId, label, votes } of found.rows) {
    const number = at.samples.findIndex(({ id }) => id === sampleId);
    expect(votes).toHaveLength(number < 8 ? 2 : 1);
    expect(label).toBe(alike(number) ? (number % 5) / 4 : null);
  }
  const { raters, annotators } = agreementParts(found, {});
  const both = Array.from({ length: 8 }, (_, number) => [
    (number % 5) / 4,
    ((number + (number % 3)) % 5) / 4,
  ]) as [number, number][];
  const [ones, others] = [both.map(([one]) => one), both.map(([, other]) => other)];
  const ones8 = new Float64Array(8).fill(1);
  const pair = raters?.pairs.find(({ left, right }) => left === 'ann' && right === 'bob');
  expect(pair?.n).toBe(8);
  expect(pair?.kappa.estimate).toBe(weightedKappa(ones, others, 'quadratic').of(ones8).value);
  expect(pair?.kappa.estimate).not.toBe(cohenKappa(ones, others).of(ones8).value);
  expect(raters?.pairs.map(({ left, right, n }) => [left, right, n])).toEqual([
    ['ann', 'judge', 12],
    ['bob', 'judge', 8],
    ['ann', 'bob', 8],
  ]);
  expect(annotators?.votes).toBe(20);
});

test('labels of the data on another scale keep theirs, and no scale is guessed for both', async () => {
  await using at = await labelled((number) => 1 + (number % 5));
  await using run = await readRun(at.run);
  const labels = await readViewerLabels(at.run);
  const [guessed] = await agreementOf(run, { labels });
  expect(guessed?.scale).toBeUndefined();
  const [told] = await agreementOf(run, { labels, scale: { min: 1, max: 5 } });
  const row = told?.rows.find(({ sampleId }) => sampleId === at.samples[9]?.id);
  expect([row?.label, row?.votes]).toEqual([5, [{ annotator: 'ann', label: 5 }]]);
  expect(await isLabelFile(join(at.run, 'labels.jsonl'))).toBe(true);
  for (const other of ['verdicts.jsonl', 'summary.json', 'absent.jsonl'])
    expect(await isLabelFile(join(at.run, other))).toBe(false);
});
