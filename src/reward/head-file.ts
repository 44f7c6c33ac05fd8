/** Heads as folders: the numbers, a page for people, and what the training said. */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JurorError } from '../errors.ts';
import type { HeadBelief } from '../head/opinion.ts';
import { RewardHead } from '../schema.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { readableJson } from '../store/manifest.ts';
import { recordText } from '../store/store.ts';
import { beliefOf, headTensors, type TakeTensor } from './head-tensors.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

/** A head with its numbers. */
export interface Head {
  readonly record: RewardHead;
  /** Members, their combination, and what is known of their doubts. */
  readonly belief: HeadBelief;
  /** SHA-256 of its file. */
  readonly digest: string;
}

/** Names of the files in a head's folder. */
export const headFiles = {
  numbers: 'head.safetensors',
  page: 'README.md',
  training: 'training.json',
} as const;

/** What stands in a folder beside the numbers. */
export interface HeadPapers {
  /** The page for people, in Markdown. */
  readonly page: string;
  /** Everything that the training said, as plain JSON data. */
  readonly training: unknown;
}

/**
 * Write a head's folder; equal heads give equal bytes, and each file is old or new, never a mix. Returns the head with the digest of its
 * file. Throws JurorError `store` where it cannot be written.
 */
export async function writeHead(
  folder: string,
  { record, belief }: Omit<Head, 'digest'>,
  { page, training }: HeadPapers,
): Promise<Head> {
  const bytes = encodeHead({ record, belief });
  await mkdir(folder, { recursive: true });
  await writeAtomically(join(folder, headFiles.page), [page]);
  await writeAtomically(join(folder, headFiles.training), [readableJson(training)]);
  // The file that makes a folder a head comes last.
  await writeAtomically(join(folder, headFiles.numbers), [bytes]);
  return { record, belief, digest: digestOf(bytes) };
}

/** The bytes of a head's file. Throws JurorError `data` for a record of another shape than the numbers have. */
export function encodeHead({ record, belief }: Omit<Head, 'digest'>): Uint8Array<ArrayBuffer> {
  const metadata = { juror: recordText(RewardHead, record) };
  const bytes = encodeSafetensors({ tensors: headTensors(belief), metadata });
  decodeHead(bytes, '');
  return bytes;
}

/** Read a head's folder. Throws JurorError `data`, naming the file and what is wrong in it, for anything else. */
export async function readHead(folder: string): Promise<Head> {
  const file = join(folder, headFiles.numbers);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new JurorError('data', 'expected a head, got no readable file at this path', {
      place: { file },
      cause,
    });
  });
  return { ...decodeHead(bytes, file), digest: digestOf(bytes) };
}

function decodeHead(bytes: Uint8Array, file: string): Omit<Head, 'digest'> {
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  const record = recordOf(metadata.juror, file);
  const left = new Set(tensors.keys());
  const take: TakeTensor = (name, kind, shape) => {
    const tensor = tensors.get(name);
    left.delete(name);
    const wanted = `${kind} of ${shape.map((length) => length ?? 'any length').join(' × ')}`;
    if (tensor === undefined) throw unfit(file, name, `expected ${wanted}, got no such tensor`);
    const fits =
      tensor.shape.length === shape.length &&
      shape.every((length, place) => length === null || length === tensor.shape[place]);
    if (tensor.kind !== kind || !fits)
      throw unfit(file, name, `expected ${wanted}, got ${tensor.kind} of ${tensor.shape.join(' × ')}`);
    if (!tensor.values.every(Number.isFinite))
      throw unfit(file, name, 'expected finite numbers, got others among them');
    // The kind was compared just now, which TypeScript cannot follow through the map.
    return tensor.values as never;
  };
  const belief = beliefOf(record, take);
  const [other] = left;
  if (other !== undefined) throw unfit(file, other, 'expected no such tensor in this head');
  return { record, belief };
}

function recordOf(text: string | undefined, file: string): RewardHead {
  if (text === undefined)
    throw unfit(file, '__metadata__.juror', 'expected the record of a head, got tensors of another program');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw unfit(file, '__metadata__.juror', 'expected JSON, got another text', cause);
  }
  const { data, error } = RewardHead.safeParse(content);
  if (data) return consistent(data, file);
  const issue = error.issues[0];
  const field = ['__metadata__.juror', ...(issue?.path ?? [])].join('.');
  throw unfit(file, field, `expected the record of a head, got another: ${issue?.message}`, error);
}

/** What the numbers are read by must agree with itself. */
function consistent(record: RewardHead, file: string): RewardHead {
  const { objectives, combination, posterior, members, hidden } = record;
  if (posterior !== null && (members > 1 || hidden !== null || objectives.length > 1))
    throw unfit(
      file,
      '__metadata__.juror.posterior',
      'expected none, as this is not one linear member with one objective',
    );
  const counts = combination && [
    combination.weights.length,
    combination.lengthSlopes.length,
    (combination.units ?? combination.weights).length,
  ];
  const fits = counts === null ? objectives.length === 1 : counts.every((n) => n === objectives.length);
  if (fits && new Set(objectives).size === objectives.length) return record;
  throw unfit(
    file,
    '__metadata__.juror.combination',
    `expected a weight for each of ${objectives.length} objectives`,
  );
}

function unfit(file: string, field: string, message: string, cause?: unknown): JurorError {
  return new JurorError('data', message, { place: { ...(file === '' ? {} : { file }), field }, cause });
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
