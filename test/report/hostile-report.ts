/** A suite and a run in which every text that can come from elsewhere is a payload. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deliberation, DeliberationResult, Engine } from '../../src/engine/engine.ts';
import { reportPage } from '../../src/report/page.ts';
import { readReport } from '../../src/report/read-report.ts';
import { type LoadedRubric, loadRubric } from '../../src/rubric.ts';
import { type Sample, SuiteResult } from '../../src/schema.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { payloads } from '../support/payloads.ts';
import { judgedRun, suiteResult } from './folders.ts';

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
  // Ids have at most 256 characters and are told apart by their number.
  const id = (number: number) => `${say().slice(0, 240)}${number}`;
  const samples: Sample[] = Array.from({ length: 70 }, (_, number) => {
    const [first, second] = [id(0), id(1)];
    return {
      id: id(number),
      prompt:
        number % 2 === 0
          ? say()
          : [
              { role: 'system', content: say() },
              { role: 'user', content: say() },
            ],
      responses: [
        { id: first, text: say(), model: say() },
        { id: second, text: say(), model: say() },
      ],
      reference: say(),
      label: number % 3 === 0 ? first : second,
      metadata: { subset: say(), [words === undefined ? say() : 'key']: say(), nested: { deep: [say()] } },
    };
  });
  const rubrics = [await rubricOf(say)];
  const engines = [engineOf(say, 'one'), engineOf(say, 'two')];
  const { data } = await judgedRun(join(folder, 'run'), samples, { rubrics, engines, critique: 'brief' });
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

async function rubricOf(say: () => string): Promise<LoadedRubric> {
  const loaded = await loadRubric('better-answer');
  const [criterion] = loaded.rubric.criteria;
  if (!criterion) throw new Error('expected a criterion');
  const criteria = [criterion, { ...criterion, id: 'other' }].map((own) => ({
    ...own,
    description: `x ${say()}`,
  }));
  return {
    ...loaded,
    rubric: { ...loaded.rubric, version: say() || '1', description: say() || 'x', criteria },
  };
}

/** Writes payloads as critiques and as reasons why it failed. */
function engineOf(say: () => string, digest: string): Engine {
  let asked = 0;
  const plain = fakeEngine({ digest, opinion: digest });
  const engine = fakeEngine({ digest, answer: () => undefined });
  return {
    ...engine,
    id: { ...engine.id, model: say(), template: say(), settings: { [say()]: say() } },
    async deliberate(request: Deliberation, options): Promise<DeliberationResult> {
      if (asked++ % 20 === 7) return { status: 'unscored', reason: 'engine', message: say() };
      const result = await plain.deliberate(request, options);
      if (result.status !== 'done') return result;
      return {
        ...result,
        samples: result.samples.map((sample) => ({ ...sample, critique: { text: say(), finish: 'stop' } })),
      };
    },
  };
}
