/** A suite and a run in which every text that can come from elsewhere is a payload. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reportPage } from '../../src/report/page.ts';
import { readReport } from '../../src/report/read-report.ts';
import { SuiteResult } from '../../src/schema.ts';
import { payloadRun } from '../support/payload-run.ts';
import { payloads } from '../support/payloads.ts';
import { suiteResult } from './folders.ts';

/** A hostile report, and a harmless one of the same shape. */
export interface HostileReport {
  readonly run: string;
  readonly suite: string;
  /** Payloads that are in it. */
  readonly used: number;
}

/** The pages of a run and of a suite whose texts are payloads, or `words` everywhere. */
export async function hostileReport(folder: string, words?: string): Promise<HostileReport> {
  const all = payloads();
  let used = 0;
  const next = () => words ?? all[used++ % all.length] ?? '';
  const say = () => {
    if (words !== undefined) used++;
    return next();
  };
  const { data, samples } = await payloadRun(folder, { say });
  const options = { data: [data], samples: samples.length, title: say() };
  const run = await reportPage(await readReport(join(folder, 'run'), options));
  const { figures, ...result } = suiteResult('incomplete', () => say());
  const suite = SuiteResult.parse({
    ...result,
    filter: [say()],
    // Its runs are gone, and their names lead nowhere.
    runs: result.runs.map((one) => ({ ...one, file: say(), folder: 'gone', models: [say()] })),
    figures: figures.map((figure) => ({
      ...figure,
      figure: { ...figure.figure, estimate: null, reason: say() },
    })),
  });
  await writeFile(join(folder, 'suite.json'), JSON.stringify(suite));
  const page = await reportPage(await readReport(folder, { title: say() }));
  return { run, suite: page, used };
}
