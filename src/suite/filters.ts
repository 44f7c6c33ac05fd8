/** `--filter`: which part of a suite is run. Values of one kind are alternatives; kinds narrow each other. */
import { JurorError } from '../errors.ts';
import type { Rubric, SuiteGate } from '../schema.ts';
import type { SuiteCombination } from './combinations.ts';
import { canBeAbout } from './gate-faults.ts';
import type { LoadedSuite } from './load.ts';
import { unknownName } from './names.ts';

/** Filters by kind; an empty list leaves everything. */
export interface SuiteFilters {
  readonly data: readonly string[];
  readonly rubric: readonly string[];
  readonly judge: readonly string[];
  readonly gate: readonly string[];
  /** Slice → values. */
  readonly slice: Readonly<Record<string, readonly string[]>>;
  /** Patterns of sample ids, with `*` and `?`. */
  readonly sample: readonly string[];
}

const kinds = ['data', 'rubric', 'judge', 'gate', 'sample'] as const;

/** Filters from texts such as `data=support` and `slice:language=de`. Throws JurorError `usage` for a name that the suite lacks. */
export function readFilters(texts: readonly string[], { suite, combinations }: LoadedSuite): SuiteFilters {
  const legal = {
    data: suite.data.map(({ id }) => id),
    rubric: unique(combinations.flatMap(({ rubrics }) => rubrics.map(({ rubric }) => rubric.id))),
    judge: unique(combinations.map(({ judge }) => judge)),
    gate: suite.gates.map(({ id }) => id),
  };
  const filters = { data: [], rubric: [], judge: [], gate: [], sample: [] } as Record<
    (typeof kinds)[number],
    string[]
  >;
  const slices = new Map<string, string[]>();
  for (const text of texts) {
    const [, kind = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const slice = /^slice:(.+)$/s.exec(kind)?.[1];
    if (slice !== undefined) {
      if (!suite.slices.includes(slice))
        throw refused(unknownName('a slice of the suite', slice, suite.slices));
      slices.set(slice, [...(slices.get(slice) ?? []), value]);
    } else if (isKind(kind) && value !== '') {
      if (kind !== 'sample' && !legal[kind].includes(value))
        throw refused(unknownName(nouns[kind], value, legal[kind]));
      filters[kind].push(value);
    } else {
      const expected = 'data=ID, rubric=ID, judge=ID, gate=ID, sample=PATTERN or slice:NAME=VALUE';
      throw refused(
        isKind(kind) || kind === ''
          ? `expected ${expected}, got '${text}'`
          : unknownName('what to filter by', kind, [
              ...kinds,
              ...suite.slices.map((name) => `slice:${name}`),
            ]),
      );
    }
  }
  return { ...filters, slice: Object.fromEntries(slices) };
}

const nouns = {
  data: 'data of the suite',
  rubric: 'a rubric of the suite',
  judge: 'a judge of the suite',
  gate: 'a gate of the suite',
} as const;

/** What is left of a suite. */
export interface SelectedSuite {
  readonly combinations: readonly SuiteCombination[];
  /** Gates that are about something that is left. */
  readonly gates: readonly SuiteGate[];
  /** Whether a sample is left, by its id and slices. */
  admits(sampleId: string, slices: Readonly<Record<string, string>>): boolean;
}

/** Apply filters. A filter on gates leaves what these gates look at. Throws JurorError `usage` where nothing is left. */
export function selectSuite({ suite, combinations }: LoadedSuite, filters: SuiteFilters): SelectedSuite {
  const gates = suite.gates.filter(({ id }) => allows(filters.gate, id));
  const wanted = ({ data, judge, judges }: SuiteCombination, rubric: Rubric): boolean =>
    allows(filters.data, data.id) &&
    allows(filters.judge, judge) &&
    allows(filters.rubric, rubric.id) &&
    (filters.gate.length === 0 ||
      gates.some((gate) =>
        looksAt(gate, { data: data.id, judge, rubric, members: judges.map(({ id }) => id) }),
      ));
  const left = combinations.flatMap((combination) => {
    const rubrics = combination.rubrics.filter(({ rubric }) => wanted(combination, rubric));
    return rubrics.length === 0 ? [] : [{ ...combination, rubrics }];
  });
  if (left.length === 0) throw refused('expected something of the suite, got filters that leave nothing');
  const patterns = filters.sample.map(patternOf);
  return {
    combinations: left,
    gates: gates.filter((gate) =>
      left.some(({ data, judge, judges, rubrics }) =>
        rubrics.some(
          ({ rubric }) =>
            looksAt(gate, { data: data.id, judge, rubric, members: judges.map(({ id }) => id) }) &&
            mayMeet(gate, filters.slice),
        ),
      ),
    ),
    admits: (sampleId, slices) =>
      (patterns.length === 0 || patterns.some((pattern) => pattern.test(sampleId))) &&
      Object.entries(filters.slice).every(([name, values]) => values.includes(slices[name] ?? '')),
  };
}

interface Looked {
  readonly data: string;
  readonly judge: string;
  readonly rubric: Rubric;
  /** Judges of a panel. */
  readonly members: readonly string[];
}

function looksAt(gate: SuiteGate, { data, judge, rubric, members }: Looked): boolean {
  if (gate.kind === 'card') return gate.judge === undefined || members.includes(gate.judge);
  return (
    (gate.data ?? data) === data &&
    (gate.judge ?? judge) === judge &&
    (gate.rubric ?? rubric.id) === rubric.id &&
    canBeAbout(gate, rubric)
  );
}

/** A gate about another value of a slice than those that are left has nothing to look at. */
function mayMeet(gate: SuiteGate, slices: SuiteFilters['slice']): boolean {
  if (gate.kind === 'card') return true;
  return Object.entries(gate.slice ?? {}).every(
    ([name, value]) => slices[name]?.includes(String(value)) ?? true,
  );
}

function isKind(kind: string): kind is (typeof kinds)[number] {
  return (kinds as readonly string[]).includes(kind);
}

function allows(names: readonly string[], name: string): boolean {
  return names.length === 0 || names.includes(name);
}

function patternOf(text: string): RegExp {
  const escaped = text.replace(/[\\^$.+()[\]{}|]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'su');
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

function refused(message: string): JurorError {
  return new JurorError('usage', `--filter: ${message}`);
}
