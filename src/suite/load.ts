/** A suite from a file: YAML, JSON or a module, with its rubrics, checked as a whole before anything is run. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { contentHash } from '../canonical.ts';
import { JurorError, nearestName } from '../errors.ts';
import { type Problem, suggest } from '../problems.ts';
import { type LoadedRubric, listRubrics, loadRubric } from '../rubric.ts';
import { Suite } from '../schema.ts';
import { checkValue, parseYaml, type YamlOptions } from '../yaml.ts';
import { combinationsOf, type SuiteCombination } from './combinations.ts';
import { fromSuite } from './paths.ts';
import { suiteFaults } from './suite-faults.ts';
import { importSuite } from './suite-module.ts';

/** A checked suite and what it stands on. */
export interface LoadedSuite {
  readonly suite: Suite;
  /** The suite's file, as it was given. */
  readonly file: string;
  /** Its folder, which its paths are relative to. */
  readonly folder: string;
  /** SHA-256 of its content, defaults filled in, and of its rubrics'. */
  readonly digest: string;
  /** Entry of its `rubrics` → the rubric. */
  readonly rubrics: ReadonlyMap<string, LoadedRubric>;
  /** Every run that it is made of. */
  readonly combinations: readonly SuiteCombination[];
  /** The files that it is made of, itself among them: what a watcher watches. */
  readonly files: readonly string[];
}

/** Options of {@link loadSuite}. */
export interface LoadSuiteOptions {
  /** Replaces the seed of the suite's protocol, and so makes another suite of it. */
  readonly seed?: number | undefined;
  /** How often a module was loaded before, so that a changed one is read anew. Default 0. */
  readonly time?: number | undefined;
}

/**
 * Load a suite: a .yaml, .yml or .json file, or a .ts, .mts, .js or .mjs module that exports one. Throws JurorError `suite` that
 * lists every fault with file, line (YAML and JSON), field and nearest legal name, and `rubric` for a faulty rubric file.
 */
export async function loadSuite(file: string, options: LoadSuiteOptions = {}): Promise<LoadedSuite> {
  const read = await reader(file, options.time);
  const folder = dirname(file);
  const surroundings = await look(read(), folder);
  const { seed } = options;
  const written = read((suite) => suiteFaults(suite, surroundings));
  const suite =
    seed === undefined ? written : Suite.parse({ ...written, protocol: { ...written.protocol, seed } });
  const { rubrics } = surroundings;
  return {
    suite,
    file,
    folder,
    digest: suiteDigest(suite, [...rubrics.values()]),
    rubrics,
    combinations: combinationsOf(suite, rubrics),
    files: [file, ...fileEntries(suite).map(({ path }) => fromSuite(folder, path))],
  };
}

/** SHA-256 of a suite's content and its rubrics'; what editors keep in it does not count. */
export function suiteDigest({ $schema: _, ...suite }: Suite, rubrics: readonly LoadedRubric[]): string {
  return contentHash({ suite, rubrics: rubrics.map(({ digest }) => digest) });
}

type Reader = (check?: (suite: Suite) => readonly Problem[]) => Suite;

/** The file's content, to be checked once without and once with what lies around it. */
async function reader(file: string, time: number | undefined): Promise<Reader> {
  const optionsOf = (check: Parameters<Reader>[0]): YamlOptions<Suite> => ({
    file,
    code: 'suite',
    ...(check ? { check } : {}),
  });
  if (!/\.(ya?ml|json|m?[jt]s)$/i.test(file))
    throw new JurorError('suite', 'expected a .yaml, .yml, .json, .ts, .mts, .js or .mjs file', {
      place: { file },
    });
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new JurorError('suite', await missing(file, 'suite'), { place: { file } });
  if (/\.m?[jt]s$/i.test(file)) {
    const value = await importSuite(file, time);
    return (check) => checkValue(value, Suite, optionsOf(check));
  }
  const text = await readFile(file, 'utf8');
  return (check) => parseYaml(text, Suite, optionsOf(check));
}

/** Load the rubrics and look for the files. */
async function look(suite: Suite, folder: string) {
  const rubrics = new Map<string, LoadedRubric>();
  const files: Problem[] = [];
  const ready = await listRubrics();
  for (const [index, entry] of suite.rubrics.entries()) {
    const path = ['rubrics', index];
    if (!isFile(entry) && !ready.includes(entry)) {
      const expected = `expected a ready rubric (${ready.join(', ')}) or a .yaml, .yml or .json file`;
      files.push({ path, message: `${expected}, got '${entry}'${suggest(entry, ready)}` });
      continue;
    }
    const file = fromSuite(folder, entry);
    if (isFile(entry) && !(await isThere(file))) continue;
    const loaded = await loadRubric(isFile(entry) ? file : entry);
    rubrics.set(entry, loaded);
    if (loaded.rubric.mode === 'listwise')
      files.push({ path, message: `expected a pointwise, pairwise or stepwise rubric, got a listwise one` });
  }
  for (const { path, field, noun } of fileEntries(suite)) {
    const file = fromSuite(folder, path);
    if (!(await isThere(file))) files.push({ path: field, message: await missing(file, noun) });
  }
  return { rubrics, files };
}

/** The files that a suite names; folders of baselines may come to be later. */
function fileEntries(suite: Suite): { path: string; field: readonly PropertyKey[]; noun: string }[] {
  return [
    ...suite.data.map(({ file }, index) => ({ path: file, field: ['data', index, 'file'], noun: 'data' })),
    ...suite.rubrics.flatMap((path, index) =>
      isFile(path) ? [{ path, field: ['rubrics', index], noun: 'rubric' }] : [],
    ),
    ...suite.judges.flatMap(({ replay }, index) =>
      replay === undefined ? [] : [{ path: replay, field: ['judges', index, 'replay'], noun: 'recording' }],
    ),
    ...(suite.calibration === undefined
      ? []
      : [{ path: suite.calibration, field: ['calibration'], noun: 'calibration' }]),
    ...suite.gates.flatMap((gate, index) =>
      gate.kind === 'card' ? [{ path: gate.file, field: ['gates', index, 'file'], noun: 'report card' }] : [],
    ),
  ];
}

function isFile(rubric: string): boolean {
  return /\.(ya?ml|json)$/i.test(rubric);
}

async function isThere(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() ?? false;
}

/** What is said of a file that is not there. */
async function missing(file: string, noun: string): Promise<string> {
  const beside = await readdir(dirname(file)).catch(() => undefined);
  const near = nearestName(basename(file), beside ?? []);
  return `expected a ${noun} file, got none at ${file}${near && near !== basename(file) ? `, did you mean '${near}'?` : ''}`;
}
