/** Whether a run of a suite meets its gates. */
import type { Figure } from '../aggregate/interval.ts';
import { JurorError } from '../errors.ts';
import type {
  ComparisonGate,
  FigureGate,
  JudgeCard,
  RegressionGate,
  SuiteCheck,
  SuiteGate,
} from '../schema.ts';
import { compareItems, findRegressions } from './compare.ts';
import {
  describePairing,
  type Earlier,
  earlierItems,
  pairUp,
  readBaseline,
  sliceless,
} from './gate-baseline.ts';
import { checkCard, type JudgeIdentity } from './gate-card.ts';
import { type GateTarget, gateGroups, gatePart, gateTargets, type JudgedRun } from './gate-targets.ts';
import {
  countOf,
  describeFigure,
  describeMeasure,
  describeSize,
  describeSlice,
  describeThreshold,
  sentence,
  some,
} from './gate-words.ts';
import type { JudgedItem } from './item.ts';
import { type Measured, measureItems } from './measure.ts';

/** What gates are held against. */
export interface GateInput {
  /** The verdicts of this run. */
  readonly items: readonly JudgedItem[];
  /** The least score that passes, where a gate does not say. Default 0.5. */
  readonly pass?: number;
  /** Earlier runs by name. Default none. */
  readonly baselines?: Readonly<Record<string, readonly JudgedItem[]>>;
  /** Report cards by the `file` of their gates. Default none. */
  readonly cards?: Readonly<Record<string, JudgeCard>>;
  /** What judges are, by the suite's names; what cards are held against. Default none. */
  readonly judges?: Readonly<Record<string, JudgeIdentity>>;
  /** What was to be judged, so that what has no verdict at all is not passed over. Default what the items are of. */
  readonly runs?: readonly JudgedRun[];
}

/** A bound that misses a threshold by less meets it: rounding. */
const TOLERANCE = 1e-9;
/** The most regressions that a check lists; it counts them all. */
const LISTED = 100;

/**
 * Every check of every gate, in the order of the gates, then by judge, data, rubric and slice. A gate that leaves data, judge or rubric open holds for
 * each of them that it can be about; one that finds nothing to measure is `unmeasured`, never passed.
 *
 * Nothing is drawn: the same items give the same checks, in whatever order they come. Throws JurorError `usage` for a gate
 * without a threshold or with a criterion and an objective.
 */
export function checkGates(gates: readonly SuiteGate[], input: GateInput): SuiteCheck[] {
  const groups = gateGroups(input.items, input.runs ?? []);
  const baselines = new Map(
    Object.entries(input.baselines ?? {}).map(([name, items]) => [name, readBaseline(items)]),
  );
  const judges = new Set(input.items.map(({ judge }) => judge));
  return gates.flatMap((gate) => {
    if (gate.kind === 'card') return checkCard(gate, input);
    requireThreshold(gate);
    return gateTargets(gate, groups).map((target) => {
      if (gate.kind === 'figure') return checkFigure(gate, target, input);
      const earlier = earlierItems(gate.against, target, baselines, judges.size);
      return gate.kind === 'comparison'
        ? checkComparison(gate, target, earlier, input)
        : checkRegressions(gate, target, earlier);
    });
  });
}

function checkFigure(gate: FigureGate, target: GateTarget, input: GateInput): SuiteCheck {
  const measured = measuredOf(gate, input);
  const expected = `${describeMeasure(measured, gate, target.rubric)} ${describeThreshold(gate)}`;
  if (target.miss !== undefined) return unmeasured(gate, target, expected, target.miss);
  const { figure, unscored } = measureItems(target.items, measured);
  const rest = sentence(some(unscored, 'unscored'), sliceless(gate, target));
  return {
    ...shape(gate, target, expected),
    status: statusOf(figure, gate),
    found: sentence(
      describeFigure(figure, [gate.min, gate.max]),
      figure.n > 0 && describeSize(figure, target.mode),
      rest,
    ),
    figure,
  };
}

function checkComparison(
  gate: ComparisonGate,
  target: GateTarget,
  earlier: Earlier,
  input: GateInput,
): SuiteCheck {
  const measured = measuredOf(gate, input);
  const expected = `change of ${describeMeasure(measured, gate, target.rubric)} against ${gate.against} ${describeThreshold(gate)}`;
  if (target.miss !== undefined) return unmeasured(gate, target, expected, target.miss);
  if (typeof earlier === 'string') return unmeasured(gate, target, expected, earlier);
  const pairing = pairUp(gate, target, earlier);
  const { difference, here, there, unscored, unchanged } = compareItems(pairing.pairs, measured);
  const leftOut = describePairing(gate, target, pairing, unscored);
  return {
    ...shape(gate, target, expected),
    status: statusOf(difference, gate),
    found: sentence(
      describeFigure(difference, [gate.min, gate.max]),
      difference.n > 0 && `${describeSize(difference, target.mode)} in both`,
      here.estimate !== null &&
        there.estimate !== null &&
        `${here.estimate.toFixed(2)} here and ${there.estimate.toFixed(2)} there`,
      unchanged && 'no verdict changed',
      leftOut,
    ),
    figure: difference,
  };
}

function checkRegressions(gate: RegressionGate, target: GateTarget, earlier: Earlier): SuiteCheck {
  const part = gatePart(gate);
  const subject = part.kind === 'whole' ? target.rubric : part.id;
  const expected = `at most ${countOf(gate.max, target.mode)}${subject === null ? '' : ` under ${subject}`} that fell by more than ${gate.drop} against ${gate.against}${describeSlice(gate)}`;
  if (target.miss !== undefined) return unmeasured(gate, target, expected, target.miss);
  if (typeof earlier === 'string') return unmeasured(gate, target, expected, earlier);
  const pairing = pairUp(gate, target, earlier);
  const { fallen, compared, unscored } = findRegressions(pairing.pairs, part, gate.drop);
  const leftOut = describePairing(gate, target, pairing, unscored);
  if (compared === 0) {
    const reason =
      unscored > 0 ? `none of ${unscored} has a score in both runs` : 'no sample is in both runs';
    return unmeasured(gate, target, expected, sentence(reason, leftOut));
  }
  return {
    ...shape(gate, target, expected),
    status: fallen.length <= gate.max ? 'passed' : 'failed',
    found: sentence(`${fallen.length} of ${countOf(compared, target.mode)} in both fell`, leftOut),
    figure: null,
    items: fallen.slice(0, LISTED),
    fell: fallen.length,
  };
}

/** Passed only where each threshold is met by the bound that is asked for; unmeasured where there is no such bound. */
function statusOf(
  { estimate, low, high }: Figure,
  { min, max, bound }: FigureGate | ComparisonGate,
): SuiteCheck['status'] {
  const pick = (worst: number | null, best: number | null) =>
    bound === 'estimate' ? estimate : bound === 'worst' ? worst : best;
  const [least, most] = [pick(low, high), pick(high, low)];
  if (least === null || most === null) return 'unmeasured';
  const meets =
    (min === undefined || least >= min - TOLERANCE) && (max === undefined || most <= max + TOLERANCE);
  return meets ? 'passed' : 'failed';
}

function measuredOf(gate: FigureGate | ComparisonGate, { pass = 0.5 }: GateInput): Measured {
  return { measure: gate.measure, part: gatePart(gate), pass: gate.pass ?? pass, model: gate.model };
}

function shape(gate: Exclude<SuiteGate, { kind: 'card' }>, target: GateTarget, expected: string) {
  const { data, judge, rubric, slice } = target;
  const { id, kind, description } = gate;
  return {
    gate: id,
    kind,
    data,
    judge,
    rubric,
    slice,
    expected,
    ...(description === undefined ? {} : { description }),
  };
}

function unmeasured(
  gate: Exclude<SuiteGate, { kind: 'card' }>,
  target: GateTarget,
  expected: string,
  found: string,
): SuiteCheck {
  return { ...shape(gate, target, expected), status: 'unmeasured', found, figure: null };
}

function requireThreshold(gate: Exclude<SuiteGate, { kind: 'card' }>): void {
  if (gate.criterion !== undefined && gate.objective !== undefined)
    throw new JurorError('usage', `gate '${gate.id}': expected a criterion or an objective, got both`);
  if (gate.kind === 'regressions') return;
  if (gate.min === undefined && gate.max === undefined)
    throw new JurorError('usage', `gate '${gate.id}': expected min, max or both, got neither`);
}
