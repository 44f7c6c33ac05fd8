/** What a run says, as the writers of other tools' files need it. */
import { JurorError } from '../errors.ts';
import { verdictOf } from '../judge/run.ts';
import { chosenRubric } from '../preference/run-reading.ts';
import { judgedTexts, type SampleBook } from '../preference/sample-book.ts';
import type { Criterion, Judgment, Response, Rubric, Sample, Verdict } from '../schema.ts';
import { readPlan } from '../store/export.ts';
import type { Run } from '../store/run.ts';
import type { PlanRow } from '../store/store.ts';

/** One verdict and what it is about. */
export interface JudgedRow {
  readonly row: PlanRow;
  readonly verdict: Verdict;
  readonly judgments: readonly Judgment[];
  /** The data's sample; undefined where no data are given. */
  readonly sample: Sample | undefined;
  /** The responses judged, with their texts; undefined where no data are given. */
  readonly responses: readonly Response[] | undefined;
}

/** A run under one rubric. */
export interface JudgedRun {
  readonly rubric: Rubric;
  readonly mode: Verdict['mode'];
  /** Who judged: the models' names, joined by `+`. */
  readonly judge: string;
  /** Verdicts that are whole, in the order of the plan; `pending` is told of the others. */
  rows(pending: (sampleId: string) => void): AsyncGenerator<JudgedRow>;
}

/** A run's verdicts under a rubric, with the texts of a book. Throws JurorError `usage` for a run of several rubrics without a choice. */
export function openJudged(
  run: Run,
  options: { rubric?: string | undefined; book?: SampleBook | undefined } = {},
): JudgedRun {
  const { rubric, digest } = chosenRubric(run, options.rubric);
  const { book } = options;
  const derive = verdictOf(run);
  const { engines } = run.manifest.configuration;
  return {
    rubric,
    mode: rubric.mode === 'listwise' ? 'pairwise' : rubric.mode,
    judge: [...new Set(engines.map(({ model }) => model))].join('+'),
    async *rows(pending) {
      for await (const { row, judgments } of readPlan(run)) {
        if (row.rubric.digest !== digest) continue;
        if (judgments === null) {
          pending(row.sampleId);
          continue;
        }
        const texts = book && judgedTexts(book, row);
        yield {
          row,
          judgments,
          verdict: derive(row, judgments),
          sample: texts?.sample,
          responses: texts?.responses,
        };
      }
    },
  };
}

/** What one order of a pair says: probabilities that the answer shown first is better, that the second is, and that they tie. */
export interface OrderSays {
  readonly first: number;
  readonly second: number;
  readonly tie: number;
  readonly critique: string;
}

/**
 * What each order of a pair says: of the first response shown first, and of the second. Criteria count by their weights, judges and
 * samples alike. Null for an order in which any judgment has no score.
 */
export function ordersOf(
  { row, judgments }: JudgedRow,
  rubric: Rubric,
): readonly [OrderSays | null, OrderSays | null] {
  const [own] = row.responseIds;
  return [
    orderOf(
      judgments.filter(({ responseIds }) => responseIds[0] === own),
      rubric.criteria,
    ),
    orderOf(
      judgments.filter(({ responseIds }) => responseIds[0] !== own),
      rubric.criteria,
    ),
  ];
}

function orderOf(judgments: readonly Judgment[], criteria: readonly Criterion[]): OrderSays | null {
  if (judgments.length === 0) return null;
  const sums = { A: 0, B: 0, tie: 0 };
  let weights = 0;
  for (const { outcome, criterionId } of judgments) {
    if (outcome.status !== 'scored') return null;
    const weight = criteria.find(({ id }) => id === criterionId)?.weight ?? 1;
    weights += weight;
    for (const label of ['A', 'B', 'tie'] as const)
      sums[label] += weight * (outcome.distribution[label] ?? 0);
  }
  const share = (label: keyof typeof sums) => sums[label] / weights;
  return { first: share('A'), second: share('B'), tie: share('tie'), critique: critiqueOf(judgments) };
}

/** The likeliest verdict of an order: who is better, the one shown first (A) or second (B), or neither. */
export function winnerOfOrder({ first, second, tie }: OrderSays): 'A' | 'B' | 'tie' {
  if (first === second || (tie >= first && tie >= second)) return 'tie';
  return first > second ? 'A' : 'B';
}

/** What the judge wrote; empty where it wrote nothing. */
export function critiqueOf(judgments: readonly Judgment[]): string {
  const several = new Set(judgments.map(({ criterionId }) => criterionId)).size > 1;
  const texts = judgments.flatMap(({ criterionId, critique }) =>
    critique === null ? [] : [several ? `${criterionId}: ${critique.text}` : critique.text],
  );
  return [...new Set(texts)].join('\n\n');
}

/** Who wrote a response of a row: the data's model, or else its id. */
export function modelAt({ row, responses }: JudgedRow, place: number): string {
  return row.models?.[place] ?? responses?.[place]?.model ?? row.responseIds[place] ?? '';
}

/** A prompt as one text: what its turns say, under headings where there are several. */
export function promptText(prompt: Sample['prompt']): string {
  if (typeof prompt === 'string') return prompt;
  const [only] = prompt;
  if (prompt.length === 1 && only?.role === 'user') return only.content;
  return prompt
    .map(({ role, content }) => `### ${role[0]?.toUpperCase()}${role.slice(1)}:\n${content}`)
    .join('\n\n');
}

/** One answer of a sample and its score over all verdicts that are about it. */
export interface ScoredAnswer {
  readonly responseId: string;
  /** Who wrote it; undefined where nobody says. */
  readonly model: string | undefined;
  readonly text: string | undefined;
  /** In [0, 1]; of comparisons the mean probability of being the better one. Null where a verdict has none. */
  readonly score: number | null;
  readonly critique: string;
}

/** The answers of one sample. */
export interface ScoredSample {
  readonly sampleId: string;
  readonly rows: readonly JudgedRow[];
  readonly sample: Sample | undefined;
  readonly label: Sample['label'];
  readonly group: string | undefined;
  readonly answers: readonly ScoredAnswer[];
}

/** Verdicts gathered by sample; those of one sample stand beside each other in a plan. */
export async function* scoredSamples(rows: AsyncIterable<JudgedRow>): AsyncGenerator<ScoredSample> {
  let gathered: JudgedRow[] = [];
  for await (const row of rows) {
    if (gathered.length > 0 && gathered[0]?.row.sampleId !== row.row.sampleId) {
      yield scoredSample(gathered);
      gathered = [];
    }
    gathered.push(row);
  }
  if (gathered.length > 0) yield scoredSample(gathered);
}

function scoredSample(rows: readonly JudgedRow[]): ScoredSample {
  const [first] = rows;
  if (first === undefined) throw new JurorError('store', 'expected a verdict, got none');
  const { row, sample } = first;
  // The data's order where it is known; plans are sorted by id.
  const seen = [...new Set(rows.flatMap(({ row: { responseIds } }) => responseIds))];
  const order = sample?.responses.map(({ id }) => id) ?? seen;
  const answers = order
    .filter((id) => seen.includes(id))
    .map((id): ScoredAnswer => {
      const about = rows.filter(({ row: { responseIds } }) => responseIds.includes(id));
      const scores = about.map(({ row: { responseIds, mode }, verdict: { score } }) =>
        score === null ? null : mode !== 'pairwise' || responseIds[0] === id ? score : 1 - score,
      );
      const known = scores.filter((score) => score !== null);
      const [own] = about;
      const place = own?.row.responseIds.indexOf(id) ?? 0;
      return {
        responseId: id,
        model: own && (own.row.models?.[place] ?? own.responses?.[place]?.model),
        text: own?.responses?.[place]?.text,
        score:
          known.length === 0 || known.length < scores.length
            ? null
            : known.reduce((sum, score) => sum + score, 0) / known.length,
        critique: critiqueOf(about.flatMap(({ judgments }) => judgments)),
      };
    });
  return { sampleId: row.sampleId, rows, sample, label: row.label, group: row.group, answers };
}
