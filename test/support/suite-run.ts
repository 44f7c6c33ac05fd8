/** Run folders of a suite, judged by a fake engine. */
import { join } from 'node:path';
import { createJudge } from '../../src/judge/judge.ts';
import { completeProtocol } from '../../src/judge/protocol.ts';
import { exportVerdicts, openJudgingRun } from '../../src/judge/run.ts';
import { loadRubric } from '../../src/rubric.ts';
import type { CritiqueMode, Sample } from '../../src/schema.ts';
import type { VerdictSource } from '../../src/suite/output-verdicts.ts';
import { type FakeEngine, fakeEngine } from './fake-engine.ts';

/** Options of {@link judgedRun}. */
export interface JudgedRunOptions {
  readonly rubrics: readonly string[];
  readonly samples: Iterable<Sample>;
  /** Default: one whose verdicts are drawn from what it is asked. */
  readonly engine?: FakeEngine;
  /** Default: `none`. */
  readonly critique?: CritiqueMode;
}

/** Judge into `folder/name` and say where it is, as data and judge of a suite. */
export async function judgedRun(
  folder: string,
  name: string,
  { rubrics, samples, engine = fakeEngine(), critique = 'none' }: JudgedRunOptions,
): Promise<VerdictSource> {
  const loaded = await Promise.all(rubrics.map((rubric) => loadRubric(rubric)));
  const protocol = completeProtocol({ critique });
  const path = join(folder, name);
  await using run = await openJudgingRun(path, { engine, rubrics: loaded, protocol });
  const judge = createJudge({ engine, rubrics: loaded, store: run.store, ...protocol });
  for await (const _verdict of judge.judgeAll(samples));
  await exportVerdicts(run);
  return { folder: path, suite: { name: 'support-bot', digest: 'd1', data: name, judge: 'small' } };
}
