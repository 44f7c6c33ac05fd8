import { expect, test } from 'vitest';
import { writeCalibration } from '../../src/judge/calibration-file.ts';
import { calibrationSubject } from '../../src/judge/calibration-subject.ts';
import { readRun } from '../../src/store/run.ts';
import { readSuiteItems } from '../../src/suite/result-files.ts';
import { plain, suiteFolder } from './support.ts';

const none = { estimate: null, low: null, high: null, n: 0, clusters: 0 };
const quality = { logLoss: none, brier: none, calibrationError: none };

test('a calibration moves the items of its judge and rubric, and no others', async () => {
  await using at = await suiteFolder({ rows: 4 });
  await at.run(plain);
  const raw = await readSuiteItems(at.at('out'));
  await using judged = await readRun(at.at('out/pairs.small'));
  await writeCalibration(at.at('half.json'), {
    schemaVersion: 1,
    kind: 'temperature',
    parameters: { slope: 0.5, intercept: 0 },
    ...calibrationSubject(judged, 'better-answer'),
    labelRange: null,
    data: { digest: '0'.repeat(64), n: 1, clusters: 1 },
    crossValidation: { folds: 2, bins: 10, before: quality, after: quality, change: quality },
  });
  const calibrated = { ...plain, calibration: 'half.json' };
  await at.run(calibrated);
  const items = await readSuiteItems(at.at('out'));
  const logOdds = (score: number | null | undefined) => Math.log((score ?? 0) / (1 - (score ?? 0)));
  for (const [index, { rubric, score }] of items.entries()) {
    const factor = rubric === 'better-answer' ? 0.5 : 1;
    expect(logOdds(score)).toBeCloseTo(factor * logOdds(raw[index]?.score), 9);
  }

  const other = { judges: [{ id: 'large' }] };
  await expect(at.run({ ...calibrated, ...other })).rejects.toThrow(
    'expected the engine that the calibration was fitted for',
  );
  const warnings: string[] = [];
  await at.run(
    { ...calibrated, judges: [{ id: 'small' }, { id: 'large' }] },
    { onEvent: (event) => event.type === 'warning' && warnings.push(event.message) },
  );
  expect(warnings).toEqual([expect.stringContaining('pairs.large is not calibrated: expected the engine')]);
});
