/** The local model as LangChain embeddings. */
import { Embeddings, type EmbeddingsParams } from '@langchain/core/embeddings';
import type { Engine } from '../engine/engine.ts';
import { JurorError } from '../errors.ts';

/** Options of {@link JurorEmbeddings}. */
export interface JurorEmbeddingsFields extends EmbeddingsParams {
  /** A local engine. It stays the caller's: close it after the last call. */
  readonly engine: Pick<Engine, 'embed'>;
  /** Scale every vector to length 1. Default false: the hidden state as it is. */
  readonly normalize?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Last token's final hidden state of each text as a user's only message. A chat model's states are not trained to compare texts: a
 * model made for embeddings retrieves better.
 */
export class JurorEmbeddings extends Embeddings {
  readonly engine: Pick<Engine, 'embed'>;
  readonly normalize: boolean;
  readonly signal: AbortSignal | undefined;

  constructor(fields: JurorEmbeddingsFields) {
    super(fields);
    this.engine = fields.engine;
    this.normalize = fields.normalize ?? false;
    this.signal = fields.signal;
  }

  /** One vector for each text, in their order. The first failure ends the others. */
  override async embedDocuments(documents: string[]): Promise<number[][]> {
    const failed = new AbortController();
    const signal = this.signal ? AbortSignal.any([this.signal, failed.signal]) : failed.signal;
    try {
      return await Promise.all(documents.map((document) => this.embed(document, signal)));
    } finally {
      failed.abort();
    }
  }

  override async embedQuery(document: string): Promise<number[]> {
    return this.embed(document, this.signal);
  }

  private async embed(text: string, signal: AbortSignal | undefined): Promise<number[]> {
    const [embedding] = await this.engine.embed(
      [[{ role: 'user', content: text }]],
      signal ? { signal } : {},
    );
    if (embedding === undefined) throw new JurorError('engine', 'expected a vector, got none');
    return this.normalize ? unit(embedding.vector) : [...embedding.vector];
  }
}

function unit(vector: Float32Array): number[] {
  const length = Math.hypot(...vector);
  if (!(length > 0 && Number.isFinite(length)))
    throw new JurorError('engine', `expected a vector with a direction, got one of length ${length}`);
  return Array.from(vector, (value) => value / length);
}
