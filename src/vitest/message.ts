/** What a failed assertion says. Judged text is made harmless first. */
import { excerpt, harmless } from '../cli/terminal.ts';
import type { Judgment } from '../schema.ts';
import type { AnswerScore, AnswerToScore } from '../scoring/answer-judge.ts';

/** What every message stands on. */
interface Said {
  readonly answer: AnswerToScore;
  readonly said: AnswerScore;
  readonly score: number;
  readonly isNot: boolean;
}

const width = 100;

/** Of toScoreAtLeast. */
export function scoreMessage({
  answer,
  said,
  score,
  threshold,
  isNot,
}: Said & { readonly threshold: number }): string {
  const expected = isNot ? `below ${figure(threshold)}` : `at least ${figure(threshold)}`;
  const head = `expected a score of ${expected} under ${said.verdict.rubricId}, got ${figure(score)}${spread(said)}`;
  return [head, '', ...criteria(said), ...closing(answer, said)].join('\n');
}

/** Of toBeatAnswer. */
export function beatMessage({
  answer,
  other,
  said,
  score,
  probability,
  bothOrders,
  isNot,
}: Said & {
  readonly other: string;
  readonly probability: number | undefined;
  readonly bothOrders: boolean;
}): string {
  const { winner, responseIds, flipped, positionLean, rubricId } = said.verdict;
  const wanted = probability === undefined ? '' : ` with a probability of at least ${figure(probability)}`;
  const found = winner === 'tie' ? 'a tie' : winner === responseIds[0] ? 'the first wins' : 'the other wins';
  const head = `expected the answer ${isNot ? 'not ' : ''}to beat the other${wanted} under ${rubricId}, got ${figure(score)}: ${found}`;
  const lean =
    positionLean === null
      ? ''
      : `, which leans ${figure(Math.abs(positionLean))} nats to whichever is shown ${positionLean < 0 ? 'second' : 'first'}`;
  const orders =
    flipped === true
      ? [`  the two orders disagree${lean}${bothOrders ? ': a win has to hold in both' : ''}`, '']
      : [];
  return [head, '', ...orders, ...closing(answer, said, other)].join('\n');
}

/** Of toPassRubric. */
export function passMessage({
  answer,
  said,
  score,
  rows,
  isNot,
}: Said & {
  readonly rows: readonly { readonly id: string; readonly score: number; readonly threshold: number }[];
}): string {
  const missed = rows.filter((row) => row.score < row.threshold);
  const head = isNot
    ? `expected the answer not to pass ${said.verdict.rubricId}, but every criterion is met (score ${figure(score)})`
    : `expected the answer to pass ${said.verdict.rubricId}, got ${missed.length} of ${rows.length} criteria below what they have to reach (score ${figure(score)}${spread(said)})`;
  return [
    head,
    '',
    ...criteria(said, new Map(rows.map((row) => [row.id, row.threshold]))),
    ...closing(answer, said),
  ].join('\n');
}

/** A row for each criterion: its score, what it has to reach, and the labels the judge thought likeliest. */
function criteria({ verdict, judgments }: AnswerScore, thresholds?: ReadonlyMap<string, number>): string[] {
  const ids = Object.keys(verdict.perCriterion);
  const wide = Math.max(...ids.map((id) => id.length));
  const lines = ids.map((id) => {
    const score = verdict.perCriterion[id]?.score ?? null;
    const least = thresholds?.get(id);
    const mark =
      least === undefined || score === null
        ? ''
        : score < least
          ? ` < ${figure(least)}`
          : ` ≥ ${figure(least)}`;
    const said = score === null ? 'unscored' : figure(score);
    return `  ${harmless(id).padEnd(wide)}  ${said}${mark}  ${labels(judgments.find(({ criterionId }) => criterionId === id))}`.trimEnd();
  });
  return [...lines, ''];
}

function labels(judgment: Judgment | undefined): string {
  if (judgment?.outcome.status !== 'scored') return '';
  return Object.entries(judgment.outcome.distribution)
    .sort(([, left], [, right]) => right - left)
    .slice(0, 5)
    .map(([label, probability]) => `${excerpt(label, 24)} ${probability.toFixed(2)}`)
    .join(' · ');
}

/** Texts, critique, who judged, and where to look further. */
function closing(
  answer: AnswerToScore,
  { critique, judgments, verdict }: AnswerScore,
  other?: string,
): string[] {
  const prompt = typeof answer.prompt === 'string' ? answer.prompt : (answer.prompt.at(-1)?.content ?? '');
  const models = [...new Set(judgments.map(({ engine }) => engine.model))].join(', ');
  return [
    `  prompt     ${excerpt(prompt, width)}`,
    `  answer     ${excerpt(answer.response, width)}`,
    ...(other === undefined ? [] : [`  other      ${excerpt(other, width)}`]),
    ...(answer.reference === undefined ? [] : [`  reference  ${excerpt(answer.reference, width)}`]),
    ...(critique === null ? [] : [`  critique   ${excerpt(critique, 4 * width)}`]),
    `  judge      ${harmless(models)}`,
    '',
    critique === null
      ? `To see why, let the judge write a critique: useJudge({ protocol: { critique: 'brief' } }).`
      : `To see more, look at judge.${verdict.mode === 'pairwise' ? 'compare' : 'score'}(…): judgments has every critique and every label's probability.`,
  ];
}

function spread({ verdict }: AnswerScore): string {
  return verdict.standardError === null ? '' : ` ± ${figure(verdict.standardError)} over samples`;
}

function figure(value: number): string {
  return value.toFixed(3);
}
