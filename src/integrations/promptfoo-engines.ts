/** Engines that providers, graders and assertions of one process share: a model is held once. */
import { canonicalJson } from '../canonical.ts';
import type { Engine } from '../engine/engine.ts';
import { type EngineChoice, openEngineByName } from '../engine/open.ts';
import { recordEngine } from '../engine/replay.ts';

/** Which engine, and whether what it says is kept for a replay. */
export interface SharedChoice
  extends Pick<EngineChoice, 'model' | 'baseUrl' | 'replay' | 'threads' | 'context'> {
  /** A file that everything asked is appended to, to be played back as `replay`. */
  readonly record?: string | undefined;
}

interface Held {
  readonly opening: Promise<Engine>;
  users: number;
}

const held = new Map<string, Held>();

/** The engine of a choice, opened with the first user. Every user lets it go once; with the last one it is closed. */
export async function holdEngine(
  choice: SharedChoice,
): Promise<{ readonly engine: Engine; release(): Promise<void> }> {
  const key = canonicalJson(choice);
  const own = held.get(key) ?? { opening: open(choice), users: 0 };
  held.set(key, own);
  own.users++;
  let released = false;
  const release = async () => {
    if (released) return;
    released = true;
    own.users--;
    if (own.users > 0) return;
    held.delete(key);
    await own.opening.then(
      (engine) => engine[Symbol.asyncDispose](),
      () => undefined,
    );
  };
  try {
    return { engine: await own.opening, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function open({ record, ...choice }: SharedChoice): Promise<Engine> {
  const engine = await openEngineByName(choice);
  return record === undefined ? engine : recordEngine(engine, record);
}
