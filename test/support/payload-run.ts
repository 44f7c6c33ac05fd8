/** A run in which every text that can come from elsewhere is a payload. */
import { join } from 'node:path';
import type { Deliberation, DeliberationResult, Engine } from '../../src/engine/engine.ts';
import { type LoadedRubric, loadRubric } from '../../src/rubric.ts';
import type { Sample } from '../../src/schema.ts';
import { judgedRun } from '../report/folders.ts';
import { fakeEngine } from './fake-engine.ts';

/** What is said in a run. */
export interface PayloadWords {
  /** The next text. */
  readonly say: () => string;
  /** The next long text, where there may be many in one. Default: as `say`. */
  readonly tell?: () => string;
  /** Default 70. */
  readonly samples?: number;
}

/** Writes `folder/run`, judged by two models. Returns its data and their number. */
export async function payloadRun(
  folder: string,
  { say, tell = say, samples: count = 70 }: PayloadWords,
): Promise<{ readonly folder: string; readonly data: string; readonly samples: readonly Sample[] }> {
  // Ids have at most 256 characters and are told apart by their number.
  const id = (number: number) => `${say().slice(0, 240)}${number}`;
  const samples: Sample[] = Array.from({ length: count }, (_, number) => {
    const [first, second] = [id(0), id(1)];
    return {
      id: id(number),
      prompt:
        number % 2 === 0
          ? tell()
          : [
              { role: 'system', content: tell() },
              { role: 'user', content: say() },
            ],
      responses: [
        { id: first, text: tell(), model: say() },
        { id: second, text: tell(), model: say() },
      ],
      reference: tell(),
      annotations: [
        { annotator: `${say()} 1`, label: first },
        { annotator: `${say()} 2`, label: second },
      ],
      label: number % 3 === 0 ? first : second,
      metadata: { subset: say(), [say()]: say(), nested: { deep: [say()] } },
    };
  });
  const rubrics = [await rubricOf(say)];
  const engines = [engineOf(say, 'one'), engineOf(say, 'two')];
  const run = await judgedRun(join(folder, 'run'), samples, { rubrics, engines, critique: 'brief' });
  return { ...run, samples };
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
