/** Which items meet a query, and in which order: over the columns alone. */
import { JurorError } from '../errors.ts';
import type { ItemQuery } from './api.ts';
import { type Columns, flagOf } from './index-columns.ts';

/** What a query looks at beside the columns. */
export interface QueryContext {
  readonly columns: Columns;
  /** Items in the order of the data. */
  readonly dataOrder: Int32Array;
  /** Numbers of the runs of this id. */
  runsOf(id: string): ReadonlySet<number>;
  /** For each run, the number of this rubric; undefined where the run lacks it. */
  rubricsOf(id: string): readonly (number | undefined)[];
  /** Whether a sample has a value; undefined for a name that is no slice. */
  slice(name: string, value: string): ((sample: number) => boolean) | undefined;
  /** Whether annotators differ about an item. */
  annotatorsDiffer(item: number): boolean;
  /** Whether an annotator has labelled an item. */
  hasLabelled(item: number, annotator: string): boolean;
}

type Test = (item: number) => boolean;

/** Whether an item meets everything but the text of a query. Throws JurorError `usage` naming the part that is wrong. */
export function testOf(query: ItemQuery, context: QueryContext): Test {
  const { columns } = context;
  const tests: Test[] = [];
  const { run, rubric, verdict, disagreement, uncertain, slice, labelled, annotator } = query;
  if (run !== undefined) {
    const runs = context.runsOf(run);
    tests.push((item) => runs.has(columns.run[item] ?? -1));
  }
  if (rubric !== undefined) {
    const rubrics = context.rubricsOf(rubric);
    tests.push((item) => rubrics[columns.run[item] ?? -1] === columns.rubric[item]);
  }
  if (verdict !== undefined) tests.push(verdictTest(verdict, columns));
  if (disagreement !== undefined) tests.push(disagreementTest(disagreement, context));
  if (uncertain !== undefined)
    tests.push((item) => Math.abs((columns.score[item] ?? Number.NaN) - 0.5) <= uncertain);
  if (slice !== undefined) tests.push(sliceTest(slice, context));
  if (labelled !== undefined) {
    if (annotator === undefined)
      throw new JurorError('usage', 'expected an annotator beside it, got none', {
        place: { field: 'labelled' },
      });
    tests.push((item) => context.hasLabelled(item, annotator) === (labelled === 'true'));
  }
  return (item) => tests.every((test) => test(item));
}

/** Every item once, in the order of a query; equal ones as in the data. */
export function orderOf(sort: ItemQuery['sort'], context: QueryContext): Int32Array {
  const { columns, dataOrder } = context;
  if (sort === 'data') return dataOrder;
  const value = sortValue(sort, context);
  const values = new Float64Array(columns.size);
  for (let item = 0; item < columns.size; item++) values[item] = value(item);
  // Sorting is stable, so that equal values stay in the order of the data. Items without a value come last.
  return dataOrder
    .slice()
    .sort((left, right) => compare(values[left] ?? Number.NaN, values[right] ?? Number.NaN));
}

function compare(left: number, right: number): number {
  if (Number.isNaN(left) || Number.isNaN(right))
    return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
  return left - right;
}

function sortValue(
  sort: Exclude<ItemQuery['sort'], 'data'>,
  context: QueryContext,
): (item: number) => number {
  const { columns } = context;
  const { score, contest } = columns;
  if (sort === 'score') return (item) => score[item] ?? Number.NaN;
  if (sort === 'uncertain') return (item) => Math.abs((score[item] ?? Number.NaN) - 0.5);
  // Annotators who differ weigh more than anything that one judge's figures say.
  return (item) => -((contest[item] ?? Number.NaN) + (context.annotatorsDiffer(item) ? 2 : 0));
}

function verdictTest(verdict: NonNullable<ItemQuery['verdict']>, { flags, score }: Columns): Test {
  if (verdict === 'unscored') return (item) => Number.isNaN(score[item]);
  if (verdict === 'pass' || verdict === 'fail')
    return (item) => {
      const value = score[item] ?? Number.NaN;
      if (((flags[item] ?? 0) & flagOf.pairwise) !== 0 || Number.isNaN(value)) return false;
      return value >= 0.5 === (verdict === 'pass');
    };
  const bit = flagOf[verdict];
  return (item) => ((flags[item] ?? 0) & bit) !== 0;
}

function disagreementTest(
  kind: NonNullable<ItemQuery['disagreement']>,
  { columns, annotatorsDiffer }: QueryContext,
): Test {
  if (kind === 'annotators') return annotatorsDiffer;
  const bit = flagOf[kind];
  return (item) => ((columns.flags[item] ?? 0) & bit) !== 0;
}

function sliceTest(slice: string, { columns, ...context }: QueryContext): Test {
  const at = slice.indexOf('=');
  const matches = at < 1 ? undefined : context.slice(slice.slice(0, at), slice.slice(at + 1));
  if (matches === undefined)
    throw new JurorError('usage', 'expected name=value with the name of a slice, got another one', {
      place: { field: 'slice' },
    });
  return (item) => matches(columns.sample[item] ?? -1);
}
