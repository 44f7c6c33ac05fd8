/** What the benchmarks share: flags, pairs, figures, tables, and the blocks of docs/benchmarks.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSamples } from '../src/dataset.ts';
import type { Deliberation, Engine } from '../src/engine/engine.ts';
import { planSample } from '../src/judge/plan.ts';
import { completeProtocol, type Protocol } from '../src/judge/protocol.ts';
import type { LoadedRubric } from '../src/rubric.ts';
import type { Sample } from '../src/schema.ts';
import { type GoldenPrompts, goldenFiles } from '../test/support/numerics.ts';

/** Flags of every benchmark, for `parseArgs`. */
export const commonFlags = {
  model: { type: 'string', default: 'smollm2-135m' },
  data: { type: 'string' },
  threads: { type: 'string' },
  json: { type: 'boolean', default: false },
  write: { type: 'string', multiple: true, default: [] as string[] },
} as const;

/** A flag that counts something. */
export function countOf(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`--${name}: expected 1 or more, got ${text}`);
  return count;
}

/**
 * Real pairs: the first of a data file, or where none is given the demo's and then those of the golden prompts, which are cut to
 * 240 characters an answer and have no label. Throws when there are too few.
 */
export async function readPairs(file: string | undefined, count: number): Promise<Sample[]> {
  const demo = fileURLToPath(new URL('../fixtures/demo/pairs.jsonl', import.meta.url));
  const pairs = (await collect(readSamples(file ?? demo))).filter(({ responses }) => responses.length === 2);
  if (file === undefined)
    pairs.push(...goldenPairs().filter(({ id }) => !pairs.some((pair) => pair.id === id)));
  if (pairs.length < count) throw new Error(`expected ${count} pairs, got ${pairs.length}`);
  return pairs.slice(0, count);
}

/** What the pairs are read from, for people. */
export function dataName(file: string | undefined): string {
  return file === undefined ? 'fixtures' : basename(file);
}

function goldenPairs(): Sample[] {
  const { prompts }: GoldenPrompts = JSON.parse(readFileSync(goldenFiles.prompts, 'utf8'));
  return prompts.map(({ id, prefix }) => {
    const [prompt, a, b] = (prefix.at(-1)?.segments ?? []).map((text) =>
      text.slice(text.indexOf('\n') + 1).trimEnd(),
    );
    if (prompt === undefined || a === undefined || b === undefined) throw new Error(`${id}: expected a pair`);
    return {
      id,
      prompt,
      responses: [
        { id: 'a', text: a },
        { id: 'b', text: b },
      ],
    };
  });
}

/** What the engine is asked about one sample under a rubric, one deliberation for each order of its answers. */
export async function deliberationsOf(
  sample: Sample,
  loaded: LoadedRubric,
  engine: Pick<Engine, 'id'>,
  protocol: Partial<Protocol> = {},
): Promise<Deliberation[]> {
  const plans = await planSample(sample, loaded, engine, completeProtocol(protocol));
  return plans.flatMap(({ rounds }) =>
    rounds.map(({ prefix, questions, critique, seedOf }) => ({
      prefix,
      questions,
      critique: critique && { ...critique, seeds: [seedOf(0)] },
    })),
  );
}

/** Everything a stream yields. */
export async function collect<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** Consecutive parts of at most `size`. */
export function blocksOf<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** The list, beginning at another place, so that nobody is always first. */
export function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const start = by % Math.max(1, items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}

/** Sum. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Median and range of a few measurements. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

/** Median (of an even number: the mean of the middle two) and range. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
  return { median, least: sorted[0] ?? Number.NaN, greatest: sorted.at(-1) ?? Number.NaN };
}

/** `0.93 (0.91–0.95)`. */
export function spreadText({ median, least, greatest }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${least.toFixed(digits)}–${greatest.toFixed(digits)})`;
}

/** A share in whole percent, without the sign. */
export function percent(value: number | null): string {
  return value === null ? '–' : (100 * value).toFixed(0);
}

/** A difference of shares in whole percentage points, with its sign unless it is rounded to 0. */
export function signed(value: number | null): string {
  if (value === null) return '–';
  const points = (100 * Math.abs(value)).toFixed(0);
  return points === '0' ? '0' : `${value < 0 ? '−' : '+'}${points}`;
}

/** Seconds that something takes, and what came of it. */
export async function timed<Result>(
  work: () => Promise<Result>,
): Promise<{ seconds: number; result: Result }> {
  const start = performance.now();
  const result = await work();
  return { seconds: (performance.now() - start) / 1000, result };
}

/** The machine in words. */
export function machine(threads: number): string {
  const cores = availableParallelism();
  return `${cores} ${cores === 1 ? 'core' : 'cores'}, no GPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}, Node ${process.versions.node.split('.')[0]}`;
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    `|${head.map((_, index) => (index === 0 ? '---' : '--:')).join('|')}|`,
    ...rows.map(line),
  ].join('\n');
}

/** A part of the documents that a benchmark writes, between `<!-- bench:NAME:begin -->` and `<!-- bench:NAME:end -->`. */
export interface Block {
  readonly name: string;
  readonly text: string;
}

/** Print blocks, or the figures as JSON; and write each block into every one of the files that has its place. */
export function report(
  blocks: readonly Block[],
  figures: unknown,
  flags: { readonly json: boolean; readonly write: readonly string[] },
): void {
  console.log(
    flags.json ? JSON.stringify(figures, undefined, 2) : blocks.map(({ text }) => text).join('\n\n'),
  );
  if (flags.write.length === 0) return;
  for (const block of blocks)
    if (flags.write.filter((file) => writeBlock(file, block)).length === 0)
      throw new Error(`${flags.write.join(', ')}: expected <!-- bench:${block.name}:begin --> and its end`);
}

function writeBlock(file: string, { name, text }: Block): boolean {
  const [begin, end] = [`<!-- bench:${name}:begin -->`, `<!-- bench:${name}:end -->`];
  const document = readFileSync(file, 'utf8');
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) return false;
  writeFileSync(file, `${document.slice(0, from + begin.length)}\n\n${text}\n\n${document.slice(to)}`);
  return true;
}
