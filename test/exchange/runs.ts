/** Runs for tests of other tools' files. */
import { join } from 'node:path';
import type { Engine } from '../../src/engine/engine.ts';
import { openReplay } from '../../src/engine/replay.ts';
import { createJudge } from '../../src/judge/judge.ts';
import { completeProtocol, type Protocol } from '../../src/judge/protocol.ts';
import { openJudgingRun } from '../../src/judge/run.ts';
import { type LoadedRubric, loadRubric } from '../../src/rubric.ts';
import type { Sample } from '../../src/schema.ts';
import { type Run, readRun } from '../../src/store/run.ts';
import { root } from '../cli/juror.ts';

/** A finished run in a folder, of samples that an engine or a recording judges. */
export async function judgedRun(
  folder: string,
  samples: AsyncIterable<Sample> | Iterable<Sample>,
  options: {
    readonly rubric: string | LoadedRubric;
    readonly engine?: Engine;
    readonly recording?: string;
    readonly protocol?: Partial<Protocol>;
  },
): Promise<Run> {
  const { rubric, protocol } = options;
  const recording = join(root, options.recording ?? 'fixtures/recordings/smollm2-135m.jsonl');
  await using replay = options.engine === undefined ? await openReplay(recording) : undefined;
  const engine = options.engine ?? replay;
  if (engine === undefined) throw new Error('no engine');
  const rubrics = [typeof rubric === 'string' ? await loadRubric(rubric) : rubric];
  {
    await using run = await openJudgingRun(folder, { engine, rubrics, protocol: completeProtocol(protocol) });
    const judge = createJudge({ engine, rubrics, store: run.store, ...protocol });
    for await (const _verdict of judge.judgeAll(samples));
  }
  return readRun(folder);
}
