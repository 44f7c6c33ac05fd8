/** An engine in front of another one. */
import type { Engine } from './engine.ts';

/** The methods of an engine that hand on to another one; its getters survive a spread only when copied by name, as they are here. */
export function delegateEngine(engine: Engine): Engine {
  return {
    id: engine.id,
    concurrency: engine.concurrency,
    protocol: engine.protocol,
    deliberate: (request, options) => engine.deliberate(request, options),
    logprob: (request, options) => engine.logprob(request, options),
    embed: (conversations, options) => engine.embed(conversations, options),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}
