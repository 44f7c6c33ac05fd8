/** Which engine is which: what it is called changes nothing. */
import { contentHash } from '../canonical.ts';
import type { EngineId } from '../schema.ts';

/** Everything about an engine that can change its answers; its name cannot. */
export function nameless({ model: _name, ...engine }: EngineId): Omit<EngineId, 'model'> {
  return engine;
}

/** Content hash that two engines share only when they give the same answers. */
export function engineIdentity(engine: EngineId): string {
  return contentHash(nameless(engine));
}

/**
 * What each engine is called in a verdict, by identity: its name and the first digits of its model's digest, and where two would
 * be called the same, those of its identity. The order of the engines does not matter.
 */
export function engineLabels(engines: readonly EngineId[]): Map<string, string> {
  const named = engines.map((engine) => {
    return { identity: engineIdentity(engine), label: `${engine.model} ${engine.digest.slice(0, 12)}` };
  });
  return new Map(
    named.map(({ identity, label }) => {
      const shared = named.some((other) => other.label === label && other.identity !== identity);
      return [identity, shared ? `${label} ${identity.slice(0, 12)}` : label];
    }),
  );
}
