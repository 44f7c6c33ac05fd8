/** Solutions in steps: where the steps come from, and the verdict on them. */
import { standardError } from '../aggregate/moments.ts';
import { type CriterionScore, combineCriteria, scoreObjectives } from '../aggregate/objectives.ts';
import { reduceSteps, type StepReduction } from '../aggregate/process.ts';
import { JurorError } from '../errors.ts';
import type { Judgment, Response, Rubric, Sample, StepVerdict, Verdict } from '../schema.ts';

/** Where the steps of an answer that brings none come from: nowhere, its lines, or its lines numbered from 1. */
export type StepSource = 'given' | 'lines' | 'numbered';

/** A line that begins step n: `3. …`, `3) …`, `Step 3: …`, also as a Markdown heading or in bold. */
const numbered = /^\s*(?:#+\s*)?(?:\*\*)?(?:step\s+)?(\d+)\s*[.:)]/i;

/** The steps of an answer, for what `purpose` names: its own, or what `source` makes of its text. Throws JurorError `data` without. */
export function stepsOf(
  sample: Pick<Sample, 'id'>,
  { id, text, steps }: Response,
  purpose: string,
  source: StepSource,
): readonly string[] {
  if (steps !== undefined && steps.length > 0) return steps;
  const found = source === 'lines' ? nonBlankLines(text) : source === 'numbered' ? numberedSteps(text) : [];
  if (found.length > 0) return found;
  const got = {
    given: "an answer without; 'lines' or 'numbered' (--steps) cuts its text",
    lines: 'a blank text',
    numbered: 'a text without a line numbered 1',
  }[source];
  throw new JurorError(
    'data',
    `sample '${sample.id}', response '${id}': expected steps for ${purpose}, got ${got}`,
    { place: { field: 'steps' } },
  );
}

function nonBlankLines(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

/** Step n begins at the first line after step n − 1 that is numbered n; what stands before the first belongs to it. */
function numberedSteps(text: string): string[] {
  const steps: string[][] = [];
  const before: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const number = Number(numbered.exec(line)?.[1]);
    if (number === steps.length + 1) steps.push(steps.length === 0 ? [...before, line] : [line]);
    else (steps.at(-1) ?? before).push(line);
  }
  return steps.map((lines) => lines.join('\n').trim());
}

/** What the judgments of one solution say of its steps: the probability of a step is the mean over engines and samples. */
export function readSteps(
  rubric: Rubric,
  judgments: readonly Judgment[],
): { readonly steps: StepVerdict[] } & StepReduction {
  const count = judgments.reduce((most, { step }) => Math.max(most, (step ?? 0) + 1), 0);
  const perMember = membersOf(judgments).map((own) => stepScores(rubric, own, count));
  const steps = Array.from({ length: count }, (_, step): StepVerdict => {
    const probability = meanOf(perMember.map((scores) => scores[step] ?? null));
    if (probability !== null) return { probability };
    const reason = judgments.flatMap(({ step: of, outcome }) =>
      of === step && outcome.status === 'unscored' ? [outcome.reason] : [],
    )[0];
    return { probability, ...(reason === undefined ? {} : { reason }) };
  });
  return { steps, ...reduceSteps(steps.map(({ probability }) => probability)) };
}

/** What a stepwise verdict is derived from. */
interface StepwiseInput {
  readonly sampleId: string;
  readonly rubric: Rubric;
  readonly responseIds: readonly string[];
  /** In an order that does not depend on how they were made. */
  readonly judgments: readonly Judgment[];
}

/**
 * The verdict on a solution, without its label. Its score is the lowest step's, so that it is below ½ exactly where there is a
 * first error. A criterion's score is the lowest of its steps as well; spread is over the scores of engines and samples.
 */
export function stepwiseVerdict({ sampleId, rubric, responseIds, judgments }: StepwiseInput): Verdict {
  const { steps, firstError, last, min, mean, product } = readSteps(rubric, judgments);
  const members = membersOf(judgments);
  const scores = members.flatMap((own) => {
    const score = lowest(stepScores(rubric, own, steps.length));
    return score === null ? [] : [score];
  });
  const criteria = rubric.criteria.map(({ id, weight, objective }) => {
    const own = judgments.filter(({ criterionId }) => criterionId === id);
    const perStep = steps.map((_, step) =>
      meanOf(own.filter((judgment) => judgment.step === step).map(scoreOf)),
    );
    const decided = own.filter(({ outcome }) => outcome.status === 'scored').length;
    const total = Math.max(1, own.length);
    return { id, weight, objective, score: lowest(perStep), decided, total };
  });
  return {
    sampleId,
    rubricId: rubric.id,
    mode: 'stepwise',
    responseIds: [...responseIds],
    score: min,
    winner: null,
    probability: null,
    standardError: standardError(scores),
    perCriterion: Object.fromEntries(
      criteria.map(({ id, score, decided, total }) => [id, { score, decided, total }]),
    ),
    perObjective: scoreObjectives(criteria),
    flipped: null,
    positionLean: null,
    disagreement: scores.length > 1 ? Math.max(...scores) - Math.min(...scores) : null,
    unscored: judgments.flatMap(({ outcome }) => (outcome.status === 'unscored' ? [outcome.reason] : [])),
    steps,
    firstError,
    last,
    min,
    mean,
    product,
    judgments: judgments.map(({ key }) => key),
  };
}

/** The judgments of each engine and sample index. */
function membersOf(judgments: readonly Judgment[]): Judgment[][] {
  return [...Map.groupBy(judgments, ({ engine, sampleIndex }) => `${engine.digest}/${sampleIndex}`).values()];
}

/** Each step's score by one member, its criteria combined. */
function stepScores(rubric: Rubric, own: readonly Judgment[], count: number): (number | null)[] {
  return Array.from({ length: count }, (_, step) => {
    const criteria = rubric.criteria.map(({ id, weight, objective }): CriterionScore => {
      const judgment = own.find((candidate) => candidate.step === step && candidate.criterionId === id);
      return { id, weight, objective, score: judgment === undefined ? null : scoreOf(judgment) };
    });
    return combineCriteria(criteria, rubric.combine);
  });
}

function scoreOf({ outcome }: Judgment): number | null {
  return outcome.status === 'scored' ? outcome.score : null;
}

/** Null unless all are there. */
function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.flatMap((value) => (value === null ? [] : [value]));
  return known.length === 0 || known.length < values.length
    ? null
    : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** Null unless all are there. */
function lowest(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>(
    (least, value) => (least === null || value === null ? null : Math.min(least, value)),
    values.length === 0 ? null : Number.POSITIVE_INFINITY,
  );
}
