/** An engine that writes, for verbs that have texts written. */
import type { Engine } from '../engine/engine.ts';
import { isTextGenerator, type TextGenerator } from '../engine/generate.ts';
import { JurorError } from '../errors.ts';
import { type EngineFlags, openEngine } from './engine.ts';
import { harmless, type Terminal } from './terminal.ts';

/** Open the engine that the flags name. Throws JurorError `usage` for one that only judges. */
export async function openWriter(
  flags: EngineFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Engine & TextGenerator> {
  const { engine, description } = await openEngine(flags, terminal, signal, (event) => {
    if (event.type === 'engine-restart') terminal.note(`juror: ${harmless(event.reason)}; starting it again`);
    if (event.type === 'warning') terminal.note(`juror: ${harmless(event.message)}`);
  });
  terminal.note(description);
  if (isTextGenerator(engine)) return engine;
  await engine[Symbol.asyncDispose]();
  throw new JurorError(
    'usage',
    `--model: expected a model that writes, got ${engine.id.model}, which does not here`,
  );
}
