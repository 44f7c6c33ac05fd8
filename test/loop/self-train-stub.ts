/** A world in which the truth is known: a text is its features, and what is better is a direction in them. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cholesky, solveCholesky } from '../../src/aggregate/matrix.ts';
import { createRandom, type Random, seedFrom } from '../../src/aggregate/random.ts';
import { promptCluster } from '../../src/canonical.ts';
import { type FeatureMatrix, rowOf } from '../../src/head/data.ts';
import type { AnchorPair, LoopHead, SelfTrainParts } from '../../src/loop/self-train-parts.ts';
import { preferenceOf } from '../../src/preference/record.ts';
import type { Preference, Sample } from '../../src/schema.ts';

export const size = 4;
/** What is better; the last number of a text is its length, which says nothing. */
export const truth = [1, 1, 1, 0];

export function textOf(vector: readonly number[]): string {
  const numbers = vector.slice(0, size - 1).map((value) => value.toFixed(4));
  return numbers.join(' ').padEnd(60 + Math.round(20 * (vector[size - 1] ?? 0)), '.');
}

export function vectorOf(text: string): Float32Array {
  const numbers = text.replace(/\.*$/, '').split(' ').map(Number);
  return Float32Array.from([...numbers, (text.length - 60) / 20]);
}

export function better(text: string): number {
  return vectorOf(text).reduce((sum, value, place) => sum + value * (truth[place] ?? 0), 0);
}

export const drawVector = (random: Random): number[] =>
  Array.from({ length: size }, (_, place) =>
    place === size - 1 ? random.uniform() * 2 - 1 : random.normal(),
  );

export function makeData(prompts: number, anchors: number, seed = 1) {
  const random = createRandom(seed);
  const samples: Sample[] = Array.from({ length: prompts }, (_, index) => ({
    id: `s${index}`,
    prompt: `question ${index}`,
    responses: ['a', 'b'].map((id) => ({ id, text: textOf(drawVector(random)) })),
  }));
  const pairs: AnchorPair[] = Array.from({ length: anchors }, (_, index) => {
    const [first, second] = [textOf(drawVector(random)), textOf(drawVector(random))];
    return { prompt: `anchor ${index}`, first, second, target: better(first) > better(second) ? 1 : 0 };
  });
  return { samples, anchors: pairs };
}

/** An edit takes something from one coordinate of the first answer: of the coordinate whose turn it is. */
export function editOf(sample: Sample, coordinate: number, seed: number, flipped = false): Preference {
  const random = createRandom(seedFrom(sample.id, coordinate, seed));
  const vector = Array.from(vectorOf(sample.responses[0]?.text ?? ''));
  const worse = vector.map((value, place) =>
    place === coordinate
      ? value - 1 - random.uniform()
      : value + (place < size - 1 ? 0.1 * random.normal() : 0),
  );
  worse[size - 1] = random.uniform() * 2 - 1;
  const [left, right] = [textOf(vector), textOf(worse)].map((text, place) => ({ id: `${place}`, text }));
  return preferenceOf({
    sampleId: sample.id,
    cluster: promptCluster(sample.prompt),
    prompt: sample.prompt,
    left: left as { id: string; text: string },
    right: right as { id: string; text: string },
    probability: flipped ? 0.03 : 0.97,
    tie: false,
    margin: flipped ? -1 : 1,
    marginUnit: 'nats',
    objectives: {},
    orderConsistent: null,
    agreement: null,
    // What is turned round outweighs what was said before.
    weight: flipped ? 3 : 1,
    source: {
      method: 'synthetic',
      run: null,
      keys: [],
      round: null,
      edit: { operator: `lower-${coordinate}`, seed, objective: 'quality' },
    },
  });
}

export function judgedPair(sample: Sample, probability: number, orderConsistent = true): Preference {
  const [left, right] = sample.responses;
  return preferenceOf({
    sampleId: sample.id,
    cluster: promptCluster(sample.prompt),
    prompt: sample.prompt,
    left: { id: left?.id ?? '', text: left?.text ?? '' },
    right: { id: right?.id ?? '', text: right?.text ?? '' },
    probability,
    tie: false,
    margin: Math.log(probability / (1 - probability)),
    marginUnit: 'nats',
    objectives: {},
    orderConsistent,
    agreement: null,
    source: { method: 'pairwise', run: 'stub', keys: [], round: null },
  });
}

export type StubHead = { weight: number[]; inverse: number[] };

export interface StubOptions {
  /** Which coordinate the edits of a round lower. Default: that of its number. */
  readonly coordinate?: (round: number | null, index: number) => number;
  readonly flipped?: (round: number | null) => boolean;
  readonly judge?: SelfTrainParts<StubHead>['judge'];
  /** Called before each call of an engine. */
  readonly touch?: () => void;
}

export function stubParts({
  coordinate = (round, index) => round ?? index % 3,
  flipped = () => false,
  judge = null,
  touch = () => {},
}: StubOptions = {}): SelfTrainParts<StubHead> {
  return {
    identity: { stub: '1' },
    async *synthesise(samples, { round, seed }) {
      for (const [index, sample] of samples.entries()) {
        touch();
        yield editOf(sample, coordinate(round, index), seed, flipped(round));
      }
    },
    judge:
      judge &&
      async function* (samples, options) {
        for await (const judged of judge(samples, options)) {
          touch();
          yield judged;
        }
      },
    async *read(texts) {
      for (const { text } of texts) {
        touch();
        yield { status: 'read', vector: vectorOf(text ?? ''), tokens: 1, cached: false };
      }
    },
    train(comparisons) {
      touch();
      return { head: fitHead(comparisons), details: { l2: 1 } };
    },
    async writeHead(folder, head) {
      touch();
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'head.json'), JSON.stringify(head));
      touch();
    },
    async readHead(folder) {
      touch();
      return headOf(JSON.parse(await readFile(join(folder, 'head.json'), 'utf8')));
    },
  };
}

function headOf({ weight, inverse }: StubHead): LoopHead {
  return {
    score: (features) =>
      Float64Array.from({ length: features.rows }, (_, row) =>
        rowOf(features, row).reduce((sum, value, place) => sum + value * (weight[place] ?? 0), 0),
      ),
    deviation: (features, left, right) =>
      Float64Array.from(left, (row, pair) => {
        const z = differenceOf(features, row, right[pair] ?? 0);
        let sum = 0;
        for (let i = 0; i < size; i++)
          for (let j = 0; j < size; j++) sum += (z[i] ?? 0) * (inverse[i * size + j] ?? 0) * (z[j] ?? 0);
        return Math.sqrt(sum);
      }),
  };
}

function differenceOf(features: FeatureMatrix, left: number, right: number): number[] {
  const other = rowOf(features, right);
  return Array.from(rowOf(features, left), (value, place) => value - (other[place] ?? 0));
}

/** Newton's method on the penalised likelihood of soft labels. */
function fitHead(comparisons: readonly Preference[]): StubHead {
  const rows = comparisons.map(({ chosen, rejected, probability, weight }) => {
    const [left, right] = [vectorOf(chosen.text), vectorOf(rejected.text)];
    return { z: Array.from(left, (value, place) => value - (right[place] ?? 0)), probability, weight };
  });
  const w = new Array<number>(size).fill(0);
  let hessian = new Float64Array(size * size);
  for (let step = 0; step < 25; step++) {
    hessian = new Float64Array(size * size);
    const gradient = w.map((value) => value);
    for (let i = 0; i < size; i++) hessian[i * size + i] = 1;
    for (const { z, probability, weight } of rows) {
      const p = 1 / (1 + Math.exp(-z.reduce((sum, value, place) => sum + value * (w[place] ?? 0), 0)));
      for (let i = 0; i < size; i++) {
        gradient[i] = (gradient[i] ?? 0) + weight * (p - probability) * (z[i] ?? 0);
        for (let j = 0; j < size; j++)
          hessian[i * size + j] =
            (hessian[i * size + j] ?? 0) + weight * p * (1 - p) * (z[i] ?? 0) * (z[j] ?? 0);
      }
    }
    const factor = cholesky(hessian, size) as Float64Array;
    const move = solveCholesky(factor, size, gradient);
    for (let i = 0; i < size; i++) w[i] = (w[i] ?? 0) - (move[i] ?? 0);
  }
  const factor = cholesky(hessian, size) as Float64Array;
  const inverse = w.flatMap((_, column) =>
    Array.from(
      solveCholesky(
        factor,
        size,
        w.map((_, row) => Number(row === column)),
      ),
    ),
  );
  return { weight: w, inverse };
}

/** Every file of a folder and what it holds. */
export async function contentsOf(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && !entry.name.startsWith('.lock')) {
      const file = join(entry.parentPath, entry.name);
      files[file.slice(folder.length + 1)] = await readFile(file, 'utf8');
    } else if (entry.isDirectory()) files[join(entry.parentPath, entry.name).slice(folder.length + 1)] = '/';
  return files;
}
