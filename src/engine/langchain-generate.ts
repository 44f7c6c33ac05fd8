/** Free text from a remote model. */

import { JurorError } from '../errors.ts';
import { UnanswerableRequest } from './engine.ts';
import { checkedGeneration, type Generation, type GenerationResult } from './generate.ts';
import { cut, type Remote, refuseFiltered, send } from './langchain-remote.ts';
import { type Bounds, Unanswered } from './langchain-request.ts';

/**
 * Have a remote model write. Stop texts and schemas are a JurorError `usage`: what of them a provider keeps is not known. Throws
 * UnanswerableRequest for what does not fit or is refused, JurorError `engine` where the server fails, and `aborted`.
 */
export async function generateRemotely(
  remote: Remote,
  given: Generation,
  bounds: Bounds,
): Promise<GenerationResult> {
  const { messages, maxTokens, temperature, topP, seed, stop, schema } = checkedGeneration(given);
  if (stop.length > 0 || schema !== null)
    throw new JurorError('usage', 'expected no stop texts and no schema for a remote model, got some');
  try {
    const reply = await send(
      remote,
      messages,
      { maxTokens, temperature, ...(topP < 1 ? { topP } : {}), seed },
      bounds,
    );
    refuseFiltered(reply.finish);
    return { text: reply.text, finish: cut(reply.finish) ? 'length' : 'stop', usage: reply.usage };
  } catch (error) {
    if (!(error instanceof Unanswered) || error.reason === 'final') throw error;
    throw error.reason === 'engine'
      ? new JurorError('engine', error.message)
      : new UnanswerableRequest(error.reason, error.message);
  }
}
