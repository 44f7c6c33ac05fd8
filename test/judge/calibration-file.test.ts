import { mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readCalibration, writeCalibration } from '../../src/judge/calibration-file.ts';
import { fitCalibration } from '../../src/judge/fit-calibration.ts';
import { dataOf, pairRows, subject } from './calibration-support.ts';

const { calibration } = fitCalibration(dataOf(pairRows(30, 0.5)), subject);

test('a calibration is read as it was written, and equal ones are equal files', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-calibration-'));
  const [first, second] = [join(folder.path, 'one.json'), join(folder.path, 'two.json')];
  await writeCalibration(first, calibration);
  expect(await readCalibration(first)).toEqual(calibration);
  await writeCalibration(second, fitCalibration(dataOf(pairRows(30, 0.5)), subject).calibration);
  expect(await readFile(second)).toEqual(await readFile(first));
  expect((await readdir(folder.path)).sort()).toEqual(['one.json', 'two.json']);
});

test('what is no calibration is refused with file and field', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-calibration-'));
  const file = join(folder.path, 'c.json');
  const refusal = async (content: string | undefined) => {
    if (content !== undefined) await writeFile(file, content);
    const error = await readCalibration(file).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'data' });
    return (error as Error).message.replaceAll(folder.path, 'FOLDER');
  };
  expect([
    await refusal(undefined),
    await refusal('{'),
    await refusal('{}'),
    await refusal(JSON.stringify({ ...calibration, parameters: { slope: '1', intercept: 0 } })),
    await refusal(JSON.stringify({ ...calibration, schemaVersion: 2 })),
  ]).toMatchInlineSnapshot(`
    [
      "FOLDER/c.json: expected a calibration, got no readable file at this path",
      "FOLDER/c.json: expected a calibration in JSON, got another text",
      "FOLDER/c.json: kind: expected a calibration that juror calibrate wrote, got another record: Invalid discriminator value. Expected 'temperature' | 'platt' | 'batch' | 'content-free'",
      "FOLDER/c.json: parameters.slope: expected a calibration that juror calibrate wrote, got another record: Invalid input: expected number, received string",
      "FOLDER/c.json: schemaVersion: expected a calibration that juror calibrate wrote, got another record: Invalid input: expected 1",
    ]
  `);
  await expect(writeCalibration(join(folder.path, 'none', 'c.json'), calibration)).rejects.toMatchObject({
    code: 'store',
  });
});
