/** What a judge says whatever it reads: taken from a run, written, and as text. */
import { JurorError } from '../errors.ts';
import { judgeSubject, requireSubject } from '../judge/calibration-subject.ts';
import { fitLabelPrior, takeOutPrior } from '../judge/content-free.ts';
import { rubricOf } from '../judge/run.ts';
import type { Judgment, LabelPrior, Rubric } from '../schema.ts';
import { readPlan } from '../store/export.ts';
import { type Run, readRun } from '../store/run.ts';
import { count, harmless, percent, plural, table } from './terminal.ts';

/** Where a prior is taken from. */
export interface LabelPriorFlags {
  readonly method: LabelPrior['kind'];
  /** `content-free`: a run of answers without content. */
  readonly contentFree?: string | undefined;
  readonly strength?: number | undefined;
}

/** A prior, and what taking it out does to the run that it is for. */
export interface FittedPrior {
  readonly prior: LabelPrior;
  readonly rubric: Rubric;
  readonly before: readonly Judgment[];
  readonly after: readonly Judgment[];
}

/** The prior of a run's judge: of the run itself, or of another run of the same judge on answers without content. */
export async function fitPriorOf(
  run: Run,
  rubricId: string,
  { method: kind, contentFree, strength = 1 }: LabelPriorFlags,
): Promise<FittedPrior> {
  if ((kind === 'content-free') !== (contentFree !== undefined))
    throw new JurorError(
      'usage',
      kind === 'batch'
        ? '--content-free: expected --method content-free, got batch'
        : '--method content-free: expected --content-free with a run of answers without content, got none',
    );
  const subject = judgeSubject(run, rubricId);
  const before = await judgmentsUnder(run, rubricId);
  const source = contentFree === undefined ? before : await judgmentsOf(contentFree, rubricId, run);
  const prior = fitLabelPrior(source, subject, { kind, strength });
  const { rubric } = rubricOf(run, rubricId);
  return { prior, rubric, before, after: takeOutPrior(before, rubric, prior) };
}

/** What `juror calibrate` prints of a prior. */
export function describePrior({ prior, before, after }: FittedPrior): string {
  const { rubric, mode, kind, strength, data, priors, engines } = prior;
  const nameOf = (digest: string) => engines.find((engine) => engine.digest === digest)?.model ?? digest;
  const lines = priors.flatMap(({ criterionId, engine, distribution }) => {
    const own = (all: readonly Judgment[]) =>
      all.filter(
        (judgment) => judgment.criterionId === criterionId && judgment.engine.digest === engine.digest,
      );
    return Object.entries(distribution).map(([label, probability], place) => [
      place === 0 ? criterionId : '',
      ...(engines.length > 1 ? [place === 0 ? harmless(nameOf(engine.digest)) : ''] : []),
      harmless(label),
      percent(probability),
      count(chosen(own(before), label)),
      count(chosen(own(after), label)),
    ]);
  });
  const source = kind === 'batch' ? 'the judgments of this run' : 'judgments of answers without content';
  return [
    [
      `${rubric.id} · ${mode} · prior over labels from ${plural(data.n, 'judgment')}, ${source}${strength === 1 ? '' : `, strength ${strength}`}`,
      'most probable label, as judged and with the prior taken out; no label of people was looked at',
    ].join('\n'),
    table(
      ['criterion', ...(engines.length > 1 ? ['judge'] : []), 'label', 'prior', 'before', 'after'],
      lines,
      ['prior', 'before', 'after'],
    ),
    ...(kind === 'batch'
      ? ['A batch prior takes labels to be about equally frequent: it tells answers of this batch apart.']
      : []),
  ].join('\n\n');
}

function chosen(judgments: readonly Judgment[], label: string): number {
  return judgments.filter(({ outcome }) => outcome.status === 'scored' && outcome.label === label).length;
}

async function judgmentsOf(folder: string, rubricId: string, run: Run): Promise<Judgment[]> {
  await using other = await readRun(folder);
  requireSubject(judgeSubject(run, rubricId), judgeSubject(other, rubricId));
  // Awaited here: the run is closed when this returns.
  return await judgmentsUnder(other, rubricId);
}

async function judgmentsUnder(run: Run, rubricId: string): Promise<Judgment[]> {
  const found: Judgment[] = [];
  for await (const { row, judgments } of readPlan(run))
    if (row.rubric.id === rubricId) found.push(...(judgments ?? []));
  return found;
}
