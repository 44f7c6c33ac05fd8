/** Suites in a folder of their own, judged by engines that draw from hashes. */
import { mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sample, SuiteInput } from '../../src/schema.ts';
import { type LoadedSuite, loadSuite } from '../../src/suite/load.ts';
import { type RunSuiteOptions, runSuite, type SuiteEngineOpener } from '../../src/suite/run.ts';
import { fakeEngine } from '../support/fake-engine.ts';

/** Answers to a few prompts, some of which share one. */
export function answers(count: number): Sample[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `s${index}`,
    prompt: `question ${Math.floor(index / 2)}`,
    responses: [{ id: 'r', text: `answer ${index}` }],
    label: (index % 3) / 2,
    metadata: { language: index % 2 === 0 ? 'de' : 'en', subset: `group ${index % 4}`, level: index % 3 },
  }));
}

/** Pairs of answers. */
export function pairs(count: number): Sample[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `p${index}`,
    prompt: `task ${Math.floor(index / 2)}`,
    responses: [
      { id: 'a', text: `left ${index}` },
      { id: 'b', text: `right ${index}` },
    ],
    label: index % 2 === 0 ? 'a' : 'b',
    metadata: { language: 'en' },
  }));
}

/** Answers and the rubric that they are judged under. */
export const answersData = { id: 'answers', file: 'answers.jsonl', rubrics: ['helpfulness'] };
const pairsData = { id: 'pairs', file: 'pairs.jsonl', rubrics: ['better-answer'] };

/** A suite of answers and pairs with one judge. */
export const plain = {
  name: 'plain',
  data: [answersData, pairsData],
  rubrics: ['helpfulness', 'better-answer'],
  judges: [{ id: 'small' }],
  slices: ['language', 'group'],
} satisfies SuiteInput;

/** Opens engines by judge: those of another id have another opinion. */
export const openFake: SuiteEngineOpener = async ({ id }) => fakeEngine({ opinion: id, digest: id });

/** A folder with data and a suite. */
export interface SuiteFolder extends AsyncDisposable {
  readonly path: string;
  at(name: string): string;
  write(name: string, content: string | readonly unknown[]): Promise<void>;
  load(suite?: SuiteInput): Promise<LoadedSuite>;
  /** Run without the machine's cache, by fake engines. */
  run(suite: SuiteInput, options?: Partial<RunSuiteOptions>): ReturnType<typeof runSuite>;
}

/** Make a folder with `answers.jsonl` and `pairs.jsonl`. */
export async function suiteFolder({ rows = 8 } = {}): Promise<SuiteFolder> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'juror-suite-'));
  const at = (name: string) => join(folder.path, name);
  const write = (name: string, content: string | readonly unknown[]) =>
    writeFile(
      at(name),
      typeof content === 'string' ? content : content.map((row) => `${JSON.stringify(row)}\n`).join(''),
    );
  await write('answers.jsonl', answers(rows));
  await write('pairs.jsonl', pairs(rows));
  const load = async (suite: SuiteInput = plain) => {
    await write('suite.json', JSON.stringify(suite));
    return loadSuite(at('suite.json'));
  };
  return {
    path: folder.path,
    at,
    write,
    load,
    run: async (suite, options = {}) =>
      runSuite(await load(suite), { out: at('out'), cache: false, openEngine: openFake, ...options }),
    [Symbol.asyncDispose]: () => folder.remove(),
  };
}

/** The content of every file of a folder that is no journal, by its path in it. */
export async function contents(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile() && /\.(json|jsonl)$/.test(entry.name),
  );
  const files = await Promise.all(
    names.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length + 1), await readFile(path, 'utf8')] as const;
    }),
  );
  return Object.fromEntries(files.sort(([left], [right]) => (left < right ? -1 : 1)));
}
