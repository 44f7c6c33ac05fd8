/** Agreement of the annotators with the judge and with each other, on the labels that there are. */
import type { Figure } from '../aggregate/interval.ts';
import { type RatedRow, raterPairs } from '../aggregate/rater-pairs.ts';
import { JurorError, nearestName } from '../errors.ts';
import type { ViewAgreement } from './api.ts';
import { choicesOf } from './choices.ts';
import { flagOf } from './index-columns.ts';
import type { ViewIndex } from './index-open.ts';
import type { LabelBook } from './label-book.ts';

/** What the judge is called among annotators; nobody else may be. */
export const judgeName = 'judge';

/** Agreement figures of an open folder. */
export interface AgreementReader {
  /** Of a rubric; default the first one with items. Throws JurorError `usage` for a rubric or run that the folder lacks. */
  read(query: {
    readonly rubric?: string | undefined;
    readonly run?: string | undefined;
  }): Promise<ViewAgreement>;
}

/** Reads labels as they come; what the run says of labelled items is remembered. */
export function createAgreementReader(index: ViewIndex, labels: LabelBook): AgreementReader {
  const clusters = new Map<number, { readonly cluster: string; readonly responseIds: readonly string[] }>();
  return {
    async read({ rubric, run }) {
      const known = [...new Set(index.runs.flatMap(({ rubrics }) => rubrics.map(({ id }) => id)))];
      const wanted = rubric ?? known[0] ?? '';
      requireOne('rubric', wanted, known);
      if (run !== undefined)
        requireOne(
          'run',
          run,
          index.runs.map(({ id }) => id),
        );
      await labels.refresh();
      const items = labels.items().filter((item) => {
        const found = index.runs[index.columns.run[item] ?? -1];
        return (
          found?.rubrics[index.columns.rubric[item] ?? -1]?.id === wanted &&
          (run === undefined || found.id === run)
        );
      });
      const unknown = items.filter((item) => !clusters.has(item));
      for (const [place, { row, verdict }] of (await index.fetch(unknown, { texts: false })).entries())
        clusters.set(unknown[place] ?? -1, {
          cluster: row?.cluster ?? verdict.sampleId,
          responseIds: verdict.responseIds,
        });
      const rows = items.map((item): RatedRow => {
        const { cluster = '', responseIds = [] } = clusters.get(item) ?? {};
        const said = new Map<string, string | number>();
        const judged = judgedAs(index, item);
        if (judged !== null) said.set(judgeName, judged);
        for (const [annotator, { label, score }] of labels.of(item)) {
          const value = score ?? placeName(label, responseIds);
          if (value !== null) said.set(annotator, value);
        }
        return { cluster, said };
      });
      const annotators = [...new Set(rows.flatMap(({ said }) => [...said.keys()]))]
        .filter((name) => name !== judgeName)
        .sort();
      // With the judge on the right, as the contract has it: first each with the judge, then each two.
      const pairs = raterPairs(rows, [...annotators, judgeName]);
      const isJudge = ({ right }: { readonly right: string }) => right === judgeName;
      return {
        rubric: wanted,
        labelled: items.length,
        pairs: [...pairs.filter(isJudge), ...pairs.filter((pair) => !isJudge(pair))].map((pair) => ({
          ...pair,
          agreement: bounds(pair.agreement),
          kappa: bounds(pair.kappa),
        })),
      };
    },
  };
}

/** The judge in the words of annotators: a place, or what the nearest choice is worth; null where it says nothing. */
function judgedAs({ columns, runs }: ViewIndex, item: number): string | number | null {
  const score = columns.score[item] ?? Number.NaN;
  const flags = columns.flags[item] ?? 0;
  if (Number.isNaN(score)) return null;
  if (flags & flagOf.pairwise)
    return flags & flagOf.first
      ? 'first'
      : flags & flagOf.second
        ? 'second'
        : flags & flagOf.tie
          ? 'tie'
          : null;
  const rubric = runs[columns.run[item] ?? 0]?.rubrics[columns.rubric[item] ?? 0];
  if (rubric === undefined) return null;
  return nearestScore(
    score,
    choicesOf({ mode: 'pointwise', responseIds: [''] }, rubric, [0]).flatMap(({ score }) => score ?? []),
  );
}

/** Of two that are as near, the lower one. */
export function nearestScore(score: number, scores: readonly number[]): number | null {
  let nearest: number | null = null;
  for (const value of scores.toSorted((left, right) => left - right))
    if (nearest === null || Math.abs(value - score) < Math.abs(nearest - score)) nearest = value;
  return nearest;
}

/** The place of a pair's label, or `tie`: an id is another one in every item. Null for any other word. */
export function placeName(label: string | null, responseIds: readonly string[]): string | null {
  if (label === responseIds[0]) return 'first';
  if (label === responseIds[1]) return 'second';
  return label === 'tie' ? label : null;
}

function bounds({ estimate, low, high }: Figure): ViewAgreement['pairs'][number]['kappa'] {
  return { estimate, low, high };
}

function requireOne(field: string, got: string, known: readonly string[]): void {
  if (known.includes(got)) return;
  const near = nearestName(got, known);
  const hint = near === undefined ? '' : `, did you mean '${near}'?`;
  throw new JurorError('usage', `expected one of ${known.join(', ')}, got '${got}'${hint}`, {
    place: { field },
  });
}
