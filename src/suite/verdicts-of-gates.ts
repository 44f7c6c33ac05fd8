/** Placeholder of figures and checks until the rooms `figures.ts` and `gates.ts` are merged: whole verdicts, figures and regressions only. */
import { clusterBootstrap } from '../aggregate/interval.ts';
import { mean } from '../aggregate/statistic.ts';
import type { CritiqueMode, JudgeCard, SuiteCheck, SuiteFigure, SuiteGate, SuiteRun } from '../schema.ts';
import { itemKey, type JudgedItem } from './item.ts';

/** What a judge is, as far as a card of it must be of the same. */
export interface JudgeIdentity {
  readonly digest: string;
  readonly model?: string;
  readonly rubrics: readonly { readonly id: string; readonly digest: string }[];
  readonly critique?: CritiqueMode;
}

interface FiguresOptions {
  readonly slices: readonly string[];
  readonly pass: number;
}

interface GateInput {
  readonly items: readonly JudgedItem[];
  readonly pass: number;
  /** By name; a baseline that is not there is missing. */
  readonly baselines: Readonly<Record<string, readonly JudgedItem[]>>;
  /** By the `file` of their gates. */
  readonly cards: Readonly<Record<string, JudgeCard>>;
  /** By the suite's names. */
  readonly judges: Readonly<Record<string, JudgeIdentity>>;
  readonly runs: readonly Pick<SuiteRun, 'data' | 'judge' | 'rubrics'>[];
}

/** Figures of whole verdicts. */
export function suiteFigures(items: readonly JudgedItem[], { pass }: FiguresOptions): SuiteFigure[] {
  const groups = Map.groupBy(items, ({ data, judge, rubric }) => JSON.stringify([data, judge, rubric]));
  return [...groups.values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const { data, judge, rubric } = first;
    const measures = first.mode === 'pairwise' ? (['win-rate'] as const) : (['score', 'pass-rate'] as const);
    return measures.map((measure) => ({
      data,
      judge,
      rubric,
      measure,
      part: { kind: 'whole' as const },
      slice: null,
      figure: figureOf(own, measure, pass),
      unscored: own.filter(({ score }) => score === null).length,
    }));
  });
}

function figureOf(items: readonly JudgedItem[], measure: string, pass: number) {
  const scored = items.filter(({ score }) => score !== null);
  const values = scored.map(({ score }) =>
    measure === 'pass-rate' ? Number((score ?? 0) >= pass) : (score ?? 0),
  );
  return clusterBootstrap(
    mean(values),
    scored.map(({ cluster }) => cluster),
  );
}

/** Checks of figure gates on whole verdicts and of regressions. */
export function checkGates(gates: readonly SuiteGate[], options: GateInput): SuiteCheck[] {
  return gates.flatMap((gate): SuiteCheck[] => {
    const base = { gate: gate.id, kind: gate.kind, slice: null, figure: null };
    if (gate.kind === 'card' || gate.kind === 'comparison')
      return [
        {
          ...base,
          data: null,
          judge: gate.judge ?? Object.keys(options.judges)[0] ?? '',
          rubric: null,
          status: 'unmeasured',
          expected: gate.kind,
          found: 'not built',
        },
      ];
    const items = options.items.filter(
      ({ data, judge, rubric, slices }) =>
        (gate.data ?? data) === data &&
        (gate.judge ?? judge) === judge &&
        (gate.rubric ?? rubric) === rubric &&
        Object.entries(gate.slice ?? {}).every(([name, value]) => slices[name] === String(value)),
    );
    const groups = [
      ...Map.groupBy(items, ({ data, judge, rubric }) => JSON.stringify([data, judge, rubric])).values(),
    ];
    if (groups.length === 0)
      return [
        {
          ...base,
          data: gate.data ?? null,
          judge: gate.judge ?? options.runs[0]?.judge ?? '',
          rubric: gate.rubric ?? null,
          status: 'unmeasured',
          expected: 'verdicts',
          found: 'none',
        },
      ];
    return groups.map((own) => {
      const { data, judge, rubric } = own[0] as JudgedItem;
      const named = { ...base, data, judge, rubric };
      if (gate.kind === 'figure') {
        const figure = figureOf(own, gate.measure, gate.pass ?? options.pass);
        const { estimate, low, high } = figure;
        const least = gate.bound === 'estimate' ? estimate : gate.bound === 'worst' ? low : high;
        const most = gate.bound === 'estimate' ? estimate : gate.bound === 'worst' ? high : low;
        const met =
          (gate.min === undefined || (least ?? -1) >= gate.min) &&
          (gate.max === undefined || (most ?? 2) <= gate.max);
        return {
          ...named,
          figure,
          status: estimate === null ? 'unmeasured' : met ? 'passed' : 'failed',
          expected: `${gate.measure} of ${rubric} ≥ ${gate.min} (${gate.bound} bound)`,
          found: String(estimate),
        };
      }
      const before = new Map(
        (options.baselines[gate.against] ?? []).map((item) => [itemKey(item), item.score]),
      );
      const fell = own.filter((item) => {
        const earlier = before.get(itemKey(item));
        return typeof earlier === 'number' && item.score !== null && earlier - item.score > gate.drop;
      });
      return {
        ...named,
        status: before.size === 0 ? 'unmeasured' : fell.length <= gate.max ? 'passed' : 'failed',
        expected: `at most ${gate.max} fall by more than ${gate.drop}`,
        found: String(fell.length),
        fell: fell.length,
      };
    });
  });
}
