/** Faults of gates that the schema cannot state. */

import type { Problem } from '../problems.ts';
import type { Rubric, Suite, SuiteGate, SuiteMeasure } from '../schema.ts';
import { judgeNames } from './combinations.ts';
import { measuresOf } from './measure.ts';
import { unknownName } from './names.ts';

/** Modes of rubric that a measure is of. */
function modesOf(measure: SuiteMeasure): readonly string[] {
  return Object.entries(measuresOf).flatMap(([mode, measures]) => (measures.includes(measure) ? [mode] : []));
}

/** Measures for which it counts whether an answer passes. */
const passing: readonly SuiteMeasure[] = ['pass-rate', 'agreement', 'kappa'];

type VerdictGate = Exclude<SuiteGate, { kind: 'card' }>;

/** Whether a rubric has what a gate measures: verdicts of its kind, and its criterion or objective. */
export function canBeAbout(gate: VerdictGate, { mode, criteria }: Rubric): boolean {
  return (
    (gate.kind === 'regressions' || modesOf(gate.measure).includes(mode)) &&
    (gate.criterion === undefined || criteria.some(({ id }) => id === gate.criterion)) &&
    (gate.objective === undefined || criteria.some(({ objective }) => objective === gate.objective))
  );
}

/** Every fault of the gates. `rubrics` are by their entries in the suite, those that could be loaded. */
export function gateFaults(suite: Suite, rubrics: ReadonlyMap<string, Rubric>): Problem[] {
  return suite.gates.flatMap((gate, index): Problem[] => {
    const at = (problems: Problem[]) =>
      problems.map(({ path, message }) => ({ path: ['gates', index, ...path], message }));
    if (gate.kind === 'card') {
      const judges = suite.judges.map(({ id }) => id);
      return at(named('judge', 'a judge of the suite', gate.judge, judges));
    }
    return at([
      ...selection(suite, gate, rubrics),
      ...(gate.kind === 'regressions' ? [] : measured(gate)),
      ...(gate.kind === 'figure' ? [] : against(suite, gate.against)),
    ]);
  });
}

function selection(suite: Suite, gate: VerdictGate, rubrics: ReadonlyMap<string, Rubric>): Problem[] {
  const data = suite.data.map(({ id }) => id);
  const slices = Object.keys(gate.slice ?? {});
  const known = [...rubrics.values()];
  return [
    ...named('data', 'data of the suite', gate.data, data),
    ...named('judge', 'a judge of the suite', gate.judge, judgeNames(suite)),
    // While a rubric cannot be loaded, its id is not known.
    ...(rubrics.size === suite.rubrics.length
      ? [
          ...named(
            'rubric',
            'a rubric of the suite',
            gate.rubric,
            known.map(({ id }) => id),
          ),
          ...fitting(suite, gate, rubrics),
        ]
      : []),
    ...slices.flatMap((name) =>
      suite.slices.includes(name)
        ? []
        : [{ path: ['slice', name], message: unknownName('a slice of the suite', name, suite.slices) }],
    ),
    ...named('each', 'a slice of the suite', gate.each, suite.slices),
    ...(gate.each !== undefined && slices.includes(gate.each)
      ? [{ path: ['each'], message: `expected another slice than 'slice' has, got '${gate.each}' in both` }]
      : []),
    ...(gate.criterion !== undefined && gate.objective !== undefined
      ? [{ path: ['objective'], message: 'expected a criterion or an objective, got both' }]
      : []),
  ];
}

/** Whether there is a rubric that the gate can be about. */
function fitting(suite: Suite, gate: VerdictGate, rubrics: ReadonlyMap<string, Rubric>): Problem[] {
  const selected = selectedRubrics(suite, gate, rubrics);
  if (selected === undefined) return [];
  if (selected.length === 0)
    return [
      {
        path: ['rubric'],
        message: `${gate.data === undefined ? 'no data are' : `data '${gate.data}' are not`} judged under '${gate.rubric}'`,
      },
    ];
  const legal = gate.kind === 'regressions' ? undefined : modesOf(gate.measure);
  const ofMode = selected.filter(({ mode }) => legal === undefined || legal.includes(mode));
  if (gate.kind !== 'regressions' && ofMode.length === 0) {
    const has = selected.map(({ id, mode }) => `'${id}' of mode ${mode}`).join(', ');
    return [
      { path: ['measure'], message: `${gate.measure}: expected a ${legal?.join(' or ')} rubric, got ${has}` },
    ];
  }
  const partsOf = (of: (rubric: Rubric) => readonly string[]) => [...new Set(ofMode.flatMap(of))];
  const whose = gate.rubric === undefined ? 'the rubrics' : `'${gate.rubric}'`;
  return [
    ...named(
      'criterion',
      `a criterion of ${whose}`,
      gate.criterion,
      partsOf(({ criteria }) => criteria.map(({ id }) => id)),
    ),
    ...named(
      'objective',
      `an objective of ${whose}`,
      gate.objective,
      partsOf(({ criteria }) => criteria.map(({ objective }) => objective)),
    ),
  ];
}

/** Rubrics of the data that the gate selects; undefined where a name is wrong, which is told elsewhere. */
function selectedRubrics(
  suite: Suite,
  gate: VerdictGate,
  rubrics: ReadonlyMap<string, Rubric>,
): Rubric[] | undefined {
  const byId = new Map([...rubrics.values()].map((rubric) => [rubric.id, rubric]));
  const data = suite.data.filter(({ id }) => gate.data === undefined || id === gate.data);
  if (data.length === 0 || (gate.rubric !== undefined && !byId.has(gate.rubric))) return undefined;
  const judged = data
    .flatMap((one) => one.rubrics ?? suite.rubrics)
    .map((entry) => rubrics.get(entry) ?? byId.get(entry));
  if (judged.includes(undefined)) return undefined;
  return [...new Set(judged.filter((rubric) => rubric !== undefined))].filter(
    ({ id }) => gate.rubric === undefined || id === gate.rubric,
  );
}

function measured(gate: Extract<VerdictGate, { kind: 'figure' | 'comparison' }>): Problem[] {
  const { measure, min, max } = gate;
  const difference = gate.kind === 'comparison';
  return [
    ...(min === undefined && max === undefined
      ? [{ path: [], message: `expected min or max${difference ? ' of the difference' : ''}, got neither` }]
      : []),
    ...(min !== undefined && max !== undefined && min > max
      ? [{ path: ['min'], message: `expected at most max, ${max}, got ${min}` }]
      : []),
    ...(['min', 'max'] as const).flatMap((name) => bounds(gate[name], name, measure, difference)),
    ...(gate.pass !== undefined && !passing.includes(measure)
      ? [{ path: ['pass'], message: `expected it with measure ${passing.join(', ')} only, got ${measure}` }]
      : []),
    ...(gate.model !== undefined && measure !== 'win-rate'
      ? [{ path: ['model'], message: `expected it with measure win-rate only, got ${measure}` }]
      : []),
    ...(measure === 'flip-rate' && (gate.criterion !== undefined || gate.objective !== undefined)
      ? [
          {
            path: [gate.criterion === undefined ? 'objective' : 'criterion'],
            message: 'expected none with measure flip-rate: orders are compared by whole verdicts',
          },
        ]
      : []),
  ];
}

/** A threshold that nothing can meet, or everything, is a slip, such as 80 for 0.8. */
function bounds(
  value: number | undefined,
  name: string,
  measure: SuiteMeasure,
  difference: boolean,
): Problem[] {
  const span = measure === 'kappa' ? 2 : 1;
  const [low, high] = difference ? [-span, span] : [measure === 'kappa' ? -1 : 0, 1];
  if (value === undefined || (value >= low && value <= high)) return [];
  const hint = value > 1 && value <= 100 ? `; write ${value / 100} for ${value} %` : '';
  return [
    { path: [name], message: `expected a number from ${low} to ${high} for ${measure}, got ${value}${hint}` },
  ];
}

function against({ baselines }: Suite, name: string): Problem[] {
  const noun = "one of the suite's 'baselines', or 'baseline' for the folder of --baseline";
  return named('against', noun, name, [...Object.keys(baselines), 'baseline']);
}

function named(field: string, noun: string, name: string | undefined, legal: readonly string[]): Problem[] {
  if (name === undefined || legal.includes(name)) return [];
  return [{ path: [field], message: unknownName(noun, name, legal) }];
}
