/** What a suite would run, without running it. */
import type { SuiteGate } from '../schema.ts';
import { readFilters, selectSuite } from '../suite/filters.ts';
import type { LoadedSuite } from '../suite/load.ts';
import { countSuiteSamples, type RunSuiteOptions } from '../suite/run.ts';
import { count, harmless, type Terminal, table } from './terminal.ts';

/** Runs with their samples, and gates, as tables or as JSON. */
export async function listSuite(
  loaded: LoadedSuite,
  {
    filter = [],
    shard,
    json,
  }: Pick<RunSuiteOptions, 'filter' | 'shard'> & { readonly json?: true | undefined },
  terminal: Terminal,
): Promise<string> {
  const { combinations, gates } = selectSuite(loaded, readFilters(filter, loaded));
  const runs = [];
  for (const combination of combinations) {
    const { data, judge, judges, rubrics, folder } = combination;
    runs.push({
      folder,
      data: data.id,
      judge,
      models: judges.map(({ model, replay }) => replay ?? model ?? 'smollm2-135m'),
      rubrics: rubrics.map(({ rubric }) => rubric.id),
      samples: await countSuiteSamples(loaded, combination, { filter, shard }),
    });
  }
  const left = shard === undefined ? gates : [];
  if (json)
    return JSON.stringify({ name: loaded.suite.name, digest: loaded.digest, runs, gates: left }, null, 2);
  const rows = runs.map(({ data, judge, models, rubrics, samples }) => [
    data,
    judge,
    models.join(' + '),
    rubrics.join(', '),
    count(samples),
  ]);
  return harmless(
    [
      table(['data', 'judge', 'model', 'rubrics', 'samples'], rows, ['samples']),
      ...(left.length > 0
        ? [
            '',
            table(
              ['gate', 'kind', 'about'],
              left.map((gate) => [gate.id, gate.kind, aboutOf(gate)]),
            ),
          ]
        : []),
      ...(shard === undefined ? [] : ['', terminal.style('dim', 'a shard checks no gates; --merge does')]),
    ].join('\n'),
  );
}

/** What a gate looks at and asks, in the words of its fields. */
function aboutOf({ id: _, kind: __, description: ___, ...rest }: SuiteGate): string {
  return Object.entries(rest)
    .filter(([name, value]) => value !== undefined && !(name === 'bound' && value === 'worst'))
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ');
}
