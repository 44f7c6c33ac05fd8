/** What synthesis made, operator by operator, and whether length gives the direction away. */
import type { EditOperator } from './edit-operator.ts';
import type { EditAttempt } from './synthesis-options.ts';

/** How the edits of one operator, or of all, came out. */
export interface SynthesisCounts {
  /** Edits made. */
  readonly made: number;
  /** Answers that had no place for one. */
  readonly noPlace: number;
  /** Left out for the balance of lengths. */
  readonly unbalanced: number;
  /** The model did not answer. */
  readonly failed: number;
  /** Comparisons whose original is the longer one, and the shorter one. */
  readonly originalLonger: number;
  readonly originalShorter: number;
}

/** The counts of each operator and of all. */
export interface SynthesisReport {
  readonly operators: readonly (SynthesisCounts & {
    readonly operator: string;
    readonly objective: string;
  })[];
  readonly all: SynthesisCounts;
}

/** Counts attempts as they come. */
export function createSynthesisReport(operators: readonly EditOperator[]): {
  /** Count an edit that was tried. */
  readonly add: (attempt: EditAttempt) => void;
  /** The counts so far. */
  readonly report: () => SynthesisReport;
} {
  const attempts = new Map(operators.map(({ name }) => [name, noCounts()]));
  return {
    add({ operator, outcome, longer = 0 }) {
      const counts = attempts.get(operator) ?? noCounts();
      attempts.set(operator, counts);
      counts[outcome === 'no-place' ? 'noPlace' : outcome]++;
      if (longer > 0) counts.originalLonger++;
      if (longer < 0) counts.originalShorter++;
    },
    report() {
      const all = noCounts();
      for (const counts of attempts.values())
        for (const name of Object.keys(all) as (keyof SynthesisCounts)[]) all[name] += counts[name];
      return {
        operators: operators.map(({ name, objective }) => ({
          operator: name,
          objective,
          ...(attempts.get(name) ?? noCounts()),
        })),
        all,
      };
    },
  };
}

function noCounts(): { -readonly [Name in keyof SynthesisCounts]: number } {
  return { made: 0, noPlace: 0, unbalanced: 0, failed: 0, originalLonger: 0, originalShorter: 0 };
}
