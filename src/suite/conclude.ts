/** From judged runs to the result of a suite: figures, gates, status, files. */
import { stat } from 'node:fs/promises';
import { readCard } from '../card/card.ts';
import type { Listener } from '../events.ts';
import type { EngineId, JudgeCard, SuiteCheck, SuiteGate, SuiteResult, SuiteRun } from '../schema.ts';
import { jurorVersion } from '../store/manifest.ts';
import { suiteFigures } from './figures.ts';
import type { JudgeIdentity } from './gate-card.ts';
import { checkGates } from './gates.ts';
import type { JudgedItem } from './item.ts';
import type { LoadedSuite } from './load.ts';
import { asSeenFrom, fromSuite } from './paths.ts';
import { readSuiteItems, type SuiteDefinition, writeSuiteFiles } from './result-files.ts';
import type { Shard } from './samples.ts';

/** What a result is concluded from. */
export interface ConcludeOptions {
  readonly out: string;
  readonly runs: readonly SuiteRun[];
  readonly items: readonly JudgedItem[];
  /** Judge of the suite → its engine. */
  readonly engines: Readonly<Record<string, EngineId>>;
  /** Data → digest of its samples. */
  readonly samples: Readonly<Record<string, string>>;
  /** Data → whether its labels are levels. */
  readonly levels: Readonly<Record<string, boolean>>;
  readonly gates: readonly SuiteGate[];
  readonly shard: Shard | undefined;
  readonly filter: readonly string[];
  /** Folder of the baseline named `baseline`, as seen from the process. */
  readonly baseline: string | undefined;
  readonly onEvent: Listener;
}

/** Derive the result of a suite and write it to its folder. The same runs give the same bytes. */
export async function concludeSuite(loaded: LoadedSuite, options: ConcludeOptions): Promise<SuiteResult> {
  const { suite, folder } = loaded;
  const { out, runs, items, shard, filter } = options;
  const { pass, slices } = suite;
  const checks =
    shard === undefined
      ? checkGates(options.gates, {
          items,
          pass,
          runs,
          baselines: await readBaselines(loaded, options),
          cards: await readCards(options.gates, folder),
          judges: judgesOf(loaded, options.engines),
        })
      : [];
  const found = Math.max(...runs.map(missingShare));
  const incomplete = [
    ...reasons(runs, suite.unscored, shard !== undefined || filter.length > 0),
    ...(shard === undefined && filter.length > 0 && runs.every((run) => sizeOf(run) === 0)
      ? ['no sample is left by the filter']
      : []),
    ...unmeasured(checks),
  ];
  const failed = checks.some(({ status }) => status === 'failed');
  const result: SuiteResult = {
    schemaVersion: 1,
    juror: jurorVersion(),
    suite: {
      name: suite.name,
      ...(suite.description === undefined ? {} : { description: suite.description }),
      digest: loaded.digest,
    },
    ...(shard ? { shard: { ...shard } } : {}),
    ...(filter.length > 0 ? { filter: [...filter] } : {}),
    status: incomplete.length > 0 ? 'incomplete' : failed ? 'failed' : 'passed',
    incomplete,
    tolerance: { unscored: suite.unscored, found },
    runs: [...runs],
    figures: suiteFigures(items, { slices, pass }),
    checks,
  };
  await writeSuiteFiles(out, { result, items, definition: definitionOf(loaded, options) });
  return result;
}

function definitionOf(
  { suite, folder, rubrics }: LoadedSuite,
  { out, samples, levels, engines }: ConcludeOptions,
): SuiteDefinition {
  return {
    suite,
    rubrics: [...rubrics].map(([entry, loaded]) => ({ entry, ...loaded })),
    folder: asSeenFrom(out, folder),
    samples: { ...samples },
    levels: { ...levels },
    engines: { ...engines },
  };
}

function sizeOf({ verdicts, pending }: SuiteRun): number {
  return verdicts + pending;
}

/** Share of a run's verdicts that have no score. */
function missingShare(run: SuiteRun): number {
  const all = sizeOf(run);
  return all === 0 ? 0 : (all - run.scored) / all;
}

/** Why the runs themselves are incomplete. The share is each run's own: a judge that was silent on few data does not hide among many. */
function reasons(runs: readonly SuiteRun[], tolerated: number, part: boolean): string[] {
  return runs.flatMap((run) => {
    const { folder, refused, scored, pending } = run;
    const all = sizeOf(run);
    const missing = all - scored;
    const why = Object.entries(run.unscored).map(([reason, count]) => `${reason} ${count}`);
    const detail = [...why, ...(pending > 0 ? [`pending ${pending}`] : [])].join(', ');
    return [
      ...(refused > 0 ? [`${folder}: ${refused} ${refused === 1 ? 'row was' : 'rows were'} refused`] : []),
      ...(missingShare(run) > tolerated
        ? [
            `${folder}: ${missing} of ${all} verdicts have no score, tolerated ${Number((tolerated * 100).toPrecision(12))} % (${detail})`,
          ]
        : []),
      ...(all === 0 && !part ? [`${folder}: no sample was judged`] : []),
    ];
  });
}

function unmeasured(checks: readonly SuiteCheck[]): string[] {
  const gates = checks.filter(({ status }) => status === 'unmeasured');
  return [...new Set(gates.map(({ gate, found }) => `gate ${gate} is unmeasured: ${found}`))];
}

/** What report cards are held against. */
function judgesOf(
  { suite, combinations }: LoadedSuite,
  engines: ConcludeOptions['engines'],
): Record<string, JudgeIdentity> {
  const rubricsOf = (id: string) => {
    const own = combinations.filter(({ judges }) => judges.some((judge) => judge.id === id));
    const rubrics = own.flatMap(({ rubrics }) =>
      rubrics.map(({ rubric, digest }) => [rubric.id, digest] as const),
    );
    return [...new Map(rubrics)].map(([rubric, digest]) => ({ id: rubric, digest }));
  };
  return Object.fromEntries(
    Object.entries(engines).map(([id, { digest, model }]) => [
      id,
      { digest, model, rubrics: rubricsOf(id), critique: suite.protocol.critique },
    ]),
  );
}

async function readCards(gates: readonly SuiteGate[], folder: string): Promise<Record<string, JudgeCard>> {
  const cards: Record<string, JudgeCard> = {};
  for (const gate of gates)
    if (gate.kind === 'card') cards[gate.file] = await readCard(fromSuite(folder, gate.file));
  return cards;
}

/** Items of the baselines that gates name; one whose folder is not there is told and left out. */
async function readBaselines(
  { suite, folder }: LoadedSuite,
  { gates, baseline, onEvent }: ConcludeOptions,
): Promise<Record<string, JudgedItem[]>> {
  const folders = new Map(
    Object.entries(suite.baselines).map(([name, path]) => [name, fromSuite(folder, path)]),
  );
  if (baseline !== undefined) folders.set('baseline', baseline);
  const named = new Set(gates.flatMap((gate) => ('against' in gate ? [gate.against] : [])));
  const found: Record<string, JudgedItem[]> = {};
  for (const name of named) {
    const path = folders.get(name);
    if (path !== undefined && (await stat(path).catch(() => undefined)))
      found[name] = await readSuiteItems(path);
    else
      onEvent({
        type: 'warning',
        message:
          path === undefined
            ? `a gate compares with 'baseline': --baseline DIR names an earlier result`
            : `baseline '${name}': nothing at ${path}; keep a result there that is to be compared with`,
      });
  }
  return found;
}
