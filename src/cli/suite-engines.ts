/** Engines of a suite's judges: replayed, recorded, and held open while a suite is watched. */
import { canonicalJson } from '../canonical.ts';
import { delegateEngine } from '../engine/delegate-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { given } from '../engine/open.ts';
import type { SuiteEngineOpener } from '../suite/run.ts';
import { defaultModel, openEngine } from './engine.ts';
import type { Terminal } from './terminal.ts';

/** Files of judges that replace or record their models. */
export interface SuiteEngineFiles {
  readonly replay: ReadonlyMap<string, string>;
  readonly record: ReadonlyMap<string, string>;
}

/** Opens judges as the other verbs do, with download and loading shown. */
export function suiteEngines(terminal: Terminal, { replay, record }: SuiteEngineFiles): SuiteEngineOpener {
  return async (judge, { onEvent, signal }) => {
    const { id, model = defaultModel, gpu = 'auto', baseUrl, numerics, threads, context } = judge;
    const opened = await openEngine(
      {
        model,
        gpu,
        ...given({ baseUrl, numerics, threads, context }),
        ...given({ replay: replay.get(id) ?? judge.replay, record: record.get(id) }),
      },
      terminal,
      signal ?? new AbortController().signal,
      onEvent,
    );
    terminal.note(`${id}: ${opened.description}`);
    if (opened.purpose) terminal.note(`${opened.engine.id.model} is ${opened.purpose}`);
    return opened.engine;
  };
}

/** Engines that stay open between runs. */
export interface HeldEngines extends AsyncDisposable {
  readonly open: SuiteEngineOpener;
  /** A run is over: what it did not ask for is closed. */
  settle(): Promise<void>;
}

/** Holds engines of models; recordings are read anew, since they change. `signal` ends the loading of those that are opened. */
export function holdEngines(open: SuiteEngineOpener, signal: AbortSignal): HeldEngines {
  const held = new Map<string, Engine>();
  const asked = new Set<string>();
  const closeUnless = async (keep: (key: string) => boolean) => {
    for (const [key, engine] of held) {
      if (keep(key)) continue;
      held.delete(key);
      await engine[Symbol.asyncDispose]();
    }
  };
  return {
    async open(judge, options) {
      if (judge.replay !== undefined) return open(judge, options);
      const key = canonicalJson(judge);
      asked.add(key);
      const engine = held.get(key) ?? (await open(judge, { ...options, signal }));
      held.set(key, engine);
      return shared(engine);
    },
    async settle() {
      await closeUnless((key) => asked.has(key));
      asked.clear();
    },
    [Symbol.asyncDispose]: () => closeUnless(() => false),
  };
}

/** The engine for somebody who must not close it. */
function shared(engine: Engine): Engine {
  return { ...delegateEngine(engine), async [Symbol.asyncDispose]() {} };
}
