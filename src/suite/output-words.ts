/** What outputs of a suite share: its figures, gates and runs in words. Texts are as they are; each output makes them harmless. */
import type { SuiteCheck, SuiteFigure, SuiteResult, SuiteRun } from '../schema.ts';

/** Measures that are shares of a whole, shown as percentages. */
const shares: readonly SuiteFigure['measure'][] = ['pass-rate', 'win-rate', 'agreement', 'flip-rate'];

/** What a status means, for people. */
export const checkWords = { passed: 'passed', failed: 'failed', unmeasured: 'not measured' } as const;

/** `62.5 % [44.0, 78.1]`, `0.41 [0.12, 0.66]`, or a dash where nothing is known; without the interval where a figure cannot vary. */
export function figureWords(
  { estimate, low, high }: SuiteFigure['figure'],
  measure: SuiteFigure['measure'],
): string {
  if (estimate === null) return '–';
  const share = shares.includes(measure);
  const text = (value: number) => (share ? (value * 100).toFixed(1) : value.toFixed(2));
  const interval = low === null || high === null || low === high ? '' : ` [${text(low)}, ${text(high)}]`;
  return `${text(estimate)}${share ? ' %' : ''}${interval}`;
}

/** What a figure is of: `whole`, `criterion clarity` or `objective safety`. */
export function partWords({ part }: SuiteFigure): string {
  return part.kind === 'whole' ? 'whole' : `${part.kind} ${part.id}`;
}

/** What is measured: `score`, or `win-rate of assistant-2`. */
export function measureWords({ measure, model }: SuiteFigure): string {
  return model === undefined ? measure : `${measure} of ${model}`;
}

/** `language=de`, or nothing for all samples. */
export function sliceWords(slice: SuiteFigure['slice']): string {
  return slice === null ? '' : `${slice.name}=${slice.value}`;
}

/** What a gate was checked on: data, judge, rubric and slice, as far as it has them. */
export function subjectWords({ data, judge, rubric, slice }: SuiteCheck): string {
  return [data, judge, rubric, sliceWords(slice)].filter((part) => part).join(' · ');
}

/** Those that failed first, then those that nothing could be said of. */
export function byUrgency(checks: readonly SuiteCheck[]): readonly SuiteCheck[] {
  const rank = { failed: 0, unmeasured: 1, passed: 2 } as const;
  return checks.toSorted((one, other) => rank[one.status] - rank[other.status]);
}

/** `3 of 12 gates failed`, or what else became of a suite. A gate with a check that failed has failed, however many it makes. */
export function statusWords({ status, checks, shard }: SuiteResult): string {
  const many = (n: number) => `${n} ${n === 1 ? 'gate' : 'gates'}`;
  const gates = new Map(
    byUrgency(checks)
      .toReversed()
      .map((check) => [check.gate, check.status]),
  );
  const number = (wanted: SuiteCheck['status']) =>
    [...gates.values()].filter((status) => status === wanted).length;
  const parts = [
    ...(number('failed') > 0 ? [`${number('failed')} of ${many(gates.size)} failed`] : []),
    ...(number('unmeasured') > 0 ? [`${number('unmeasured')} not measured`] : []),
  ];
  const none = shard === undefined ? 'no gates' : `part ${shard.index} of ${shard.count}, gates come later`;
  const words = parts.length > 0 ? parts.join(', ') : gates.size === 0 ? none : `${many(gates.size)} passed`;
  // A part has passed nothing yet.
  return `${shard !== undefined && status === 'passed' ? 'judged' : status}: ${words}`;
}

/** A sample of a gate: its id, its responses, and how its score moved. */
export function itemWords({
  sampleId,
  responseIds,
  before,
  after,
}: NonNullable<SuiteCheck['items']>[number]): string {
  const score = (value: number | null) => value?.toFixed(2) ?? 'none';
  return `${sampleId} (${responseIds.join(', ')}): ${score(before)} → ${score(after)}`;
}

/** Why judgments of a run have no score: `context 3, engine 1`; nothing where all have. */
export function unscoredWords({ unscored }: SuiteRun): string {
  return Object.entries(unscored)
    .map(([reason, n]) => `${reason} ${n}`)
    .join(', ');
}

/** Figures of one run, those of the whole and of all samples first, then parts, then slices; rubrics together. */
export function figuresOf(
  result: SuiteResult,
  run: Pick<SuiteRun, 'data' | 'judge'>,
): readonly SuiteFigure[] {
  const rank = ({ part, slice }: SuiteFigure) =>
    (slice === null ? 0 : 4) + { whole: 0, criterion: 1, objective: 2 }[part.kind];
  const rubrics = [...new Set(result.figures.map(({ rubric }) => rubric))];
  return result.figures
    .filter(({ data, judge }) => data === run.data && judge === run.judge)
    .toSorted(
      (one, other) => rubrics.indexOf(one.rubric) - rubrics.indexOf(other.rubric) || rank(one) - rank(other),
    );
}

/** A slice that is surely other than all samples. */
export interface OutstandingSlice {
  readonly figure: SuiteFigure;
  /** The same for all samples. */
  readonly whole: SuiteFigure;
}

/** Slices whose interval has nothing in common with that of all samples, furthest first. Among many slices, some do so by chance. */
export function outstandingSlices(figures: readonly SuiteFigure[]): readonly OutstandingSlice[] {
  const name = (figure: SuiteFigure) => JSON.stringify([figure.rubric, measureWords(figure), figure.part]);
  const wholes = new Map(figures.filter(({ slice }) => slice === null).map((one) => [name(one), one]));
  const distance = ({ figure, whole }: OutstandingSlice) =>
    Math.abs((figure.figure.estimate ?? 0) - (whole.figure.estimate ?? 0));
  return figures
    .flatMap((figure) => {
      const whole = wholes.get(name(figure));
      const { low, high } = figure.figure;
      const all = whole?.figure;
      if (figure.slice === null || !whole || low === null || high === null) return [];
      if (typeof all?.low !== 'number' || typeof all.high !== 'number') return [];
      return all.high < low || all.low > high ? [{ figure, whole }] : [];
    })
    .toSorted((one, other) => distance(other) - distance(one));
}
