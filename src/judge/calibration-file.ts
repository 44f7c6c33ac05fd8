/** Calibrations as files. */
import { readFile } from 'node:fs/promises';
import { JurorError } from '../errors.ts';
import { AnyCalibration } from '../schema.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { readableJson } from '../store/manifest.ts';

/** Write a calibration as JSON; the file is old or new, never a mix. Throws JurorError `store` where it cannot be written. */
export async function writeCalibration(path: string, calibration: AnyCalibration): Promise<void> {
  await writeAtomically(path, [readableJson(calibration)]);
}

/** Read a calibration that {@link writeCalibration} wrote. Throws JurorError `data`, naming file and field, for anything else. */
export async function readCalibration(path: string): Promise<AnyCalibration> {
  const refuse = (message: string, cause: unknown, field?: string): never => {
    throw new JurorError('data', message, { place: { file: path, ...(field ? { field } : {}) }, cause });
  };
  const text = await readFile(path, 'utf8').catch((cause: unknown) =>
    refuse('expected a calibration, got no readable file at this path', cause),
  );
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    return refuse('expected a calibration in JSON, got another text', cause);
  }
  const { data, error } = AnyCalibration.safeParse(content);
  if (data) return data;
  const issue = error.issues[0];
  return refuse(
    `expected a calibration that juror calibrate wrote, got another record: ${issue?.message}`,
    error,
    issue?.path.join('.'),
  );
}
