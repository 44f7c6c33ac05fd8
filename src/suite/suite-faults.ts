/** What a suite's schema cannot state: names that must be there, and settings that mean nothing together. */
import { isRemoteModel } from '../engine/langchain-providers.ts';
import { JurorError } from '../errors.ts';
import { completeProtocol } from '../judge/protocol.ts';
import { type PanelReducer, readAbstention, requireRules } from '../judge/rules.ts';
import type { Problem } from '../problems.ts';
import type { LoadedRubric } from '../rubric.ts';
import type { Suite } from '../schema.ts';
import { decidesTogether, PANEL, runFolder } from './combinations.ts';
import { gateFaults } from './gate-faults.ts';
import { unknownName } from './names.ts';

/** What is known of a suite's surroundings. */
export interface Surroundings {
  /** Entry of `rubrics` → its rubric; an entry that is missing could not be loaded. */
  readonly rubrics: ReadonlyMap<string, LoadedRubric>;
  /** Faults that files have: missing ones, rubrics that cannot be loaded. */
  readonly files: readonly Problem[];
}

/** Files of a result, which no run folder may be named like. */
const reserved = ['suite.json', 'items.jsonl', 'definition.json'];

/** Every fault that the schema cannot see. */
export function suiteFaults(suite: Suite, { rubrics, files }: Surroundings): Problem[] {
  const ids = new Map([...rubrics].map(([entry, { rubric }]) => [entry, rubric]));
  return [
    ...files,
    ...uniqueIds(suite),
    ...folders(suite),
    ...rubricEntries(suite, ids),
    ...judgesOf(suite),
    ...together(suite, [...ids.values()]),
    ...protocolOf(suite),
    ...twice(suite.slices, ['slices']),
    ...gateFaults(suite, ids),
  ];
}

function uniqueIds(suite: Suite): Problem[] {
  return (['data', 'judges', 'gates'] as const).flatMap((field) =>
    repeated(suite[field].map(({ id }) => id)).map(({ value, index, first }) => ({
      path: [field, index, 'id'],
      message: `expected an id of its own, got '${value}' as in ${field}.${first}`,
    })),
  );
}

/** `a.b` under `c` and `a` under `b.c` would share a folder. */
function folders({ data, judges, ...suite }: Suite): Problem[] {
  const names = decidesTogether(suite) ? [PANEL] : judges.map(({ id }) => id);
  const own = data.flatMap(({ id }, index) =>
    names.map((judge) => ({ index, folder: runFolder(id, judge) })),
  );
  const distinct =
    new Set(data.map(({ id }) => id)).size === data.length && new Set(names).size === names.length;
  return own.flatMap(({ index, folder }, place): Problem[] => {
    const path = ['data', index, 'id'];
    if (reserved.includes(folder))
      return [
        { path, message: `expected a name whose run folder is not a file of the result, got ${folder}` },
      ];
    const other = own.findIndex((one) => one.folder === folder);
    if (!distinct || other === place) return [];
    return [
      {
        path,
        message: `expected names whose run folders differ, got ${folder} twice; take dots out of them`,
      },
    ];
  });
}

function rubricEntries(
  { rubrics, data }: Suite,
  loaded: ReadonlyMap<string, { readonly id: string }>,
): Problem[] {
  const sameId = repeated(rubrics.map((entry) => loaded.get(entry)?.id)).map(({ value, index }) => ({
    path: ['rubrics', index],
    message: `expected each rubric once, got '${value}' twice`,
  }));
  const legal = [...new Set([...[...loaded.values()].map(({ id }) => id), ...rubrics])];
  const idOf = (entry: string) => loaded.get(entry)?.id ?? entry;
  // While a rubric cannot be loaded, its id is not known.
  if (loaded.size < new Set(rubrics).size) return sameId;
  const unknown = data.flatMap((one, index) =>
    (one.rubrics ?? []).flatMap((entry, place) =>
      legal.includes(entry)
        ? []
        : [
            {
              path: ['data', index, 'rubrics', place],
              message: unknownName('a rubric of the suite', entry, legal),
            },
          ],
    ),
  );
  const repeatedOnes = data.flatMap((one, index) =>
    twice((one.rubrics ?? []).map(idOf), ['data', index, 'rubrics']),
  );
  if (unknown.length > 0) return [...sameId, ...unknown];
  const used = new Set(data.flatMap((one) => (one.rubrics ?? rubrics).map(idOf)));
  const unused = rubrics.flatMap((entry, index) =>
    used.has(idOf(entry))
      ? []
      : [{ path: ['rubrics', index], message: `no data are judged under '${entry}'` }],
  );
  return [...sameId, ...repeatedOnes, ...unused];
}

function judgesOf({ judges, ...suite }: Suite): Problem[] {
  return judges.flatMap(({ id, model, replay, baseUrl }, index): Problem[] => [
    ...(decidesTogether(suite) && id === PANEL
      ? [
          {
            path: ['judges', index, 'id'],
            message: `expected another name, '${PANEL}' is all judges together`,
          },
        ]
      : []),
    ...(baseUrl !== undefined && replay === undefined && !isRemoteModel(model ?? '')
      ? [
          {
            path: ['judges', index, 'baseUrl'],
            message: `expected a model named provider:model with it, got ${model === undefined ? 'none' : `'${model}'`}`,
          },
        ]
      : []),
  ]);
}

function together(suite: Suite, rubrics: readonly LoadedRubric['rubric'][]): Problem[] {
  const { panel, escalate, abstain, judges } = suite;
  const rules = abstain.flatMap((rule, index) => fault(['abstain', index], () => readAbstention([rule])));
  if (panel !== undefined && escalate)
    return [...rules, { path: ['escalate'], message: 'expected a panel or a ladder of judges, got both' }];
  if (panel !== undefined)
    return [
      ...rules,
      ...fault(['panel'], () =>
        requireRules(
          { panel: { reducer: panel.reducer as PanelReducer, quorum: panel.quorum } },
          judges.length,
          rubrics,
        ),
      ),
    ];
  return [...rules, ...fault(['escalate'], () => requireRules({ escalate }, judges.length, rubrics))];
}

function protocolOf({ protocol }: Suite): Problem[] {
  const { tieBand: _, critiqueTokens, ...rest } = protocol;
  return fault(['protocol'], () =>
    completeProtocol({ ...rest, ...(critiqueTokens === undefined ? {} : { critiqueTokens }) }),
  );
}

/** The fault of a setting that a check throws on, at the field that its message begins with. */
function fault(path: readonly PropertyKey[], check: () => unknown): Problem[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!JurorError.isInstance(error)) throw error;
    const [, field, message = error.message] = /^([a-z]+): (.*)$/is.exec(error.message) ?? [];
    return [{ path: field === undefined || field === path[0] ? path : [...path, field], message }];
  }
}

function twice(values: readonly string[], path: readonly PropertyKey[]): Problem[] {
  return repeated(values).map(({ value, index }) => ({
    path: [...path, index],
    message: `expected each once, got '${value}' twice`,
  }));
}

function repeated<Value>(
  values: readonly (Value | undefined)[],
): { value: Value; index: number; first: number }[] {
  return values.flatMap((value, index) => {
    const first = values.indexOf(value);
    return value === undefined || first === index ? [] : [{ value, index, first }];
  });
}
