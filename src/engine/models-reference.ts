/** What a user names: a model of the catalogue, an address, a pinned name or a path. */
import { createHash } from 'node:crypto';
import { JurorError } from '../errors.ts';
import { type CatalogueEntry, catalogueEntry, type ModelSource, plainAddress } from './models-catalogue.ts';
import { refuseSplit } from './models-check.ts';
import type { Pin } from './models-home.ts';

/** What is wanted: an entry of the catalogue, or something like one made from an address. */
export interface Wanted {
  readonly name: string;
  readonly sizeBytes?: number;
  readonly sha256: string | null;
  readonly sources: readonly ModelSource[];
  readonly licence?: string;
  readonly purpose?: string;
  /** Where a model that is known by its pin alone came from, in words. */
  readonly origin?: string;
}

/** What `text` names, or undefined when it is a path. Throws JurorError `model` when it can be neither. */
export function wantedFrom(
  text: string,
  entries: readonly CatalogueEntry[],
  pins: Readonly<Record<string, Pin>>,
): Wanted | undefined {
  const source = addressSource(text);
  if (source) {
    refuseSplit(text);
    return { name: nameOf(source), sha256: null, sources: [source] };
  }
  const pin = Object.hasOwn(pins, text) ? pins[text] : undefined;
  const named = entries.some(({ name }) => name === text);
  if (pin && !named) return { name: text, sha256: pin.sha256, sources: [], origin: pin.source };
  if (!named && (/\.gguf$/i.test(text) || /[/\\]/.test(text))) return undefined;
  return catalogueEntry(text, entries);
}

function addressSource(text: string): Extract<ModelSource, { kind: 'huggingface' | 'url' }> | undefined {
  if (text.startsWith('hf:')) {
    const match = /^hf:([\w.-]+\/[\w.-]+)(?:@([^/]+))?\/(.+\.gguf)$/.exec(text);
    const [, repository, revision, file] = match ?? [];
    if (repository === undefined || file === undefined) {
      throw new JurorError('model', `expected hf:owner/repository[@revision]/file.gguf, got "${text}"`);
    }
    return { kind: 'huggingface', repository, file, ...(revision === undefined ? {} : { revision }) };
  }
  if (!/^https?:/.test(text)) return undefined;
  if (!URL.canParse(text)) throw new JurorError('model', `expected an address, got "${text}"`);
  const { protocol, hostname } = new URL(text);
  if (protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname)) {
    throw new JurorError('model', `expected an https address, got ${plainAddress(text)}`);
  }
  return { kind: 'url', url: text };
}

/** A name that is safe as a file name and differs for every address. */
function nameOf(source: Extract<ModelSource, { kind: 'huggingface' | 'url' }>): string {
  const file = source.kind === 'url' ? new URL(source.url).pathname : source.file;
  const stem = (file.split('/').at(-1) ?? '').replace(/\.gguf$/i, '').replace(/[^\w.-]+/g, '-');
  const id = createHash('sha256').update(JSON.stringify(source)).digest('hex').slice(0, 8);
  return `${stem.replace(/^[.-]+/, '').slice(0, 80) || 'model'}-${id}`;
}
