/** Judged rows that are kept in bench/results, one JSONL file a benchmark: what is there is not judged again. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type LlamaEngine, openLlama } from '../src/engine/llama.ts';
import { jurorHome, resolveModel } from '../src/engine/models.ts';
import { openCache } from '../src/store/cache.ts';
import { memoryStore } from '../src/store/memory.ts';

/** Flags of every benchmark that judges labelled data. */
export const judgedFlags = {
  data: { type: 'string' },
  model: { type: 'string', default: 'smollm2-135m' },
  threads: { type: 'string' },
  report: { type: 'boolean', default: false },
} as const;

/** The page that quality benchmarks write their blocks into. */
export const qualityPage = fileURLToPath(new URL('../docs/quality.md', import.meta.url));

/** The rows that a benchmark has kept, in their order. */
export function readRows<Row>(name: string): Row[] {
  const file = fileOf(name);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

/** Keep one row more. */
export function keepRow(name: string, row: object): void {
  appendFileSync(fileOf(name), `${JSON.stringify(row)}\n`);
}

/** The first items by the hash of their id: the same for everybody, and a smaller cut is the beginning of a larger one. */
export function pickByHash<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  count: number,
): Item[] {
  const order = (item: Item) => createHash('sha256').update(idOf(item)).digest('hex');
  return items
    .map((item) => ({ item, place: order(item) }))
    .sort((left, right) => (left.place < right.place ? -1 : 1))
    .slice(0, count)
    .map(({ item }) => item);
}

/** A local model, and a store over the machine's judgments: what any run has judged is not judged again. */
export async function openBench(flags: { readonly model: string; readonly threads?: string | undefined }) {
  const engine = await openModel(flags.model, flags.threads);
  const store = await openCache(memoryStore(), jurorHome());
  return {
    engine,
    store,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
    },
  };
}

/** A local model alone. */
export async function openModel(name: string, threads: string | undefined): Promise<LlamaEngine> {
  return openLlama({
    model: await resolveModel(name),
    ...(threads === undefined ? {} : { threads: Number(threads) }),
  });
}

/** What implicit rewards of these models are kept under. Throws where no reference is named. */
export function overReference(flags: {
  readonly model: string;
  readonly 'reference-model'?: string | undefined;
}): { readonly name: string; readonly reference: string } {
  const reference = flags['reference-model'];
  if (reference === undefined)
    throw new Error('--reference-model: expected the model that the policy was tuned from');
  return { name: `${flags.model} over ${reference}`, reference };
}

/** Where the labelled sets lie. */
export function dataFolder({ data }: { readonly data?: string | undefined }): string {
  if (data === undefined) throw new Error('--data: expected the folder of the labelled sets');
  return data;
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(`./results/${name}.jsonl`, import.meta.url));
}
