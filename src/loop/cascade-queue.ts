/** What a cascade leaves to people, as rows that juror reads again once they have a label. */
import { z } from 'zod';
import { CascadeOpinion, type CascadeVerdict, Sample } from '../schema.ts';

/** A row of the queue: the sample, and under its metadata why it is here and what each stage said. */
export const QueueRow = z.strictObject({
  ...Sample.shape,
  metadata: z.record(z.string(), z.unknown()).and(
    z.object({
      cascade: z.strictObject({ rubricId: z.string(), why: z.string(), asked: z.array(CascadeOpinion) }),
    }),
  ),
});
export type QueueRow = z.infer<typeof QueueRow>;

/**
 * The row of a verdict that nobody decided, without labels: whoever labels it should not see what is known. Of answers judged alone the row
 * has the one answer, under an id of its own.
 */
export function queueRow(sample: Sample, verdict: CascadeVerdict): QueueRow {
  const { label: _label, annotations: _annotations, metadata, ...rest } = sample;
  const { mode, responseIds, asked, rubricId } = verdict;
  const one = mode === 'pointwise' && sample.responses.length > 1;
  return {
    ...rest,
    id: one ? `${sample.id}/${responseIds[0] ?? ''}` : sample.id,
    responses: sample.responses.filter(({ id }) => responseIds.includes(id)),
    metadata: { ...metadata, cascade: { rubricId, why: whyUndecided(verdict), asked } },
  };
}

/** Why no stage decided, in one line for people. */
export function whyUndecided({ asked }: Pick<CascadeVerdict, 'asked'>): string {
  // Of the best of several only the last comparison is undecided.
  const about = asked.at(-1)?.responseIds.join(' ');
  return asked
    .filter(({ responseIds }) => responseIds.join(' ') === about)
    .map(({ stage, probability, confidence, against, responseIds, tie }) => {
      if (against.length > 0) return `${stage}: ${against.join('; ')}`;
      if (confidence === null || probability === null) return `${stage}: no opinion`;
      const [first, second] = responseIds;
      const said =
        second === undefined
          ? `${percent(probability)} good`
          : tie
            ? 'a tie'
            : `${probability >= 0.5 ? first : second} with ${percent(Math.max(probability, 1 - probability))}`;
      return `${stage}: ${said}, not sure enough`;
    })
    .join(' · ');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
