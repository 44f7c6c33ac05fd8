/** Two runs over the same samples: which judge is nearer to the labels, row by row. */
import { type AgreementRow, evidentRange } from './agree.ts';
import { compareJudges, type JudgeComparison, type McNemar, mcNemar } from './compare.ts';
import type { BootstrapOptions } from './interval.ts';
import { sameTexts } from './same-texts.ts';
import { isTwoValued, type LabelRange, levelOf } from './score-agreement.ts';
import { mean } from './statistic.ts';

/** A row and what tells it from the others of its run. */
export interface IdentifiedRow extends AgreementRow {
  readonly sampleId: string;
  /** In the data's order. */
  readonly responseIds: readonly string[];
  /** Digest of each response's text. Default: not known, and lengths tell texts apart. */
  readonly texts?: readonly string[] | undefined;
}

/** One judge beside another on the same rows. */
export interface PairedReport {
  /** `accuracy`, of winners or of rounded scores; or `error`, the mean distance, where labels have no levels: less is better. */
  readonly figure: 'accuracy' | 'error';
  /** `left` is this run, `right` the other. */
  readonly comparison: JudgeComparison;
  /** Takes rows as independent; null for errors. */
  readonly mcNemar: McNemar | null;
  readonly counts: {
    /** Rows compared: in both runs, labelled, and scored by both. */
    readonly compared: number;
    readonly onlyHere: number;
    readonly onlyThere: number;
    /** In both by name, with another prompt or other answers; left out. */
    readonly different: number;
    readonly unlabelled: number;
    /** Labelled, and unscored in at least one run. */
    readonly unscored: number;
  };
}

/** What is compared. */
export interface PairedOptions extends BootstrapOptions {
  readonly mode: 'pairwise' | 'pointwise';
  /** Pointwise: the labels' scale. Default 0 to 1 where all labels are 0 or 1. */
  readonly labelRange?: LabelRange | undefined;
}

/**
 * A paired comparison on the rows that both runs have by sample and responses; the labels are those of `here`. Rows whose prompt
 * or texts of answers differ are other samples under one name. Null where the scale of numeric labels is not known.
 */
export function pairedReport(
  here: readonly IdentifiedRow[],
  there: readonly IdentifiedRow[],
  options: PairedOptions,
): PairedReport | null {
  const nameOf = ({ sampleId, responseIds }: IdentifiedRow) => JSON.stringify([sampleId, responseIds]);
  const others = new Map(there.map((row) => [nameOf(row), row]));
  const both = here.flatMap((left) => {
    const right = others.get(nameOf(left));
    return right ? [{ left, right }] : [];
  });
  const same = both.filter(({ left, right }) => isSame(left, right));
  const labelled = same.filter(({ left }) => left.label !== null);
  const scored = labelled.filter(({ left, right }) => left.score !== null && right.score !== null);
  const losses = lossOf(here, options);
  if (!losses) return null;
  const { loss, figure } = losses;
  // The label is the same for both judges, whatever the other run was given.
  const [own, other] = [
    scored.map(({ left }) => loss(left)),
    scored.map(({ left, right }) => loss({ ...right, label: left.label })),
  ];
  const hits = (column: readonly number[]) => column.map((value) => value === 1);
  return {
    figure,
    comparison: compareJudges(
      own,
      other,
      mean,
      scored.map(({ left }) => left.cluster),
      options,
    ),
    mcNemar: figure === 'accuracy' ? mcNemar(hits(own), hits(other)) : null,
    counts: {
      compared: scored.length,
      onlyHere: here.length - both.length,
      onlyThere: there.length - both.length,
      different: both.length - same.length,
      unlabelled: same.length - labelled.length,
      unscored: labelled.length - scored.length,
    },
  };
}

function isSame(left: IdentifiedRow, right: IdentifiedRow): boolean {
  return left.cluster === right.cluster && sameTexts(left, right);
}

/** 1 for a row that is right and 0 for one that is not, or its error. */
function lossOf(
  rows: readonly AgreementRow[],
  { mode, labelRange }: PairedOptions,
): { readonly figure: PairedReport['figure']; readonly loss: (row: AgreementRow) => number } | undefined {
  if (mode === 'pairwise')
    return { figure: 'accuracy', loss: ({ winner, label }) => Number(winner === label) };
  const range = labelRange ?? evidentRange(rows);
  if (!range) return undefined;
  const labels = rows.flatMap(({ label }) => (typeof label === 'number' ? [label] : []));
  const level = levelOf(range, isTwoValued(labels, range));
  const stretch = (score: number | null) => range.min + (score ?? 0) * (range.max - range.min);
  return level
    ? {
        figure: 'accuracy',
        loss: ({ score, label }) => Number(level(stretch(score)) === level(Number(label))),
      }
    : { figure: 'error', loss: ({ score, label }) => Math.abs(stretch(score) - Number(label)) };
}
