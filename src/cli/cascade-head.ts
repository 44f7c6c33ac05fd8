import type { Engine } from '../engine/engine.ts';
import type { Listener } from '../events.ts';
import { type CascadeHead, type CascadeScorerOptions, scorerHead } from '../loop/cascade-head.ts';
import { openFeatures } from '../reward/features.ts';
import { readHead } from '../reward/head-file.ts';
import { openScorer } from '../reward/scorer.ts';
import { type EngineFlags, openEngine } from './engine.ts';
import { openMachineFeatures } from './feature-store.ts';
import type { Terminal } from './terminal.ts';

/** How a head is opened. */
export interface OpenHeadOptions {
  /** Its folder. */
  readonly folder: string;
  readonly scorer: CascadeScorerOptions;
  /** Backbone to read with; default the one that it was trained on, by its name. */
  readonly backbone: string | undefined;
  /** Engines that are open already: the backbone may be one of them. */
  readonly engines: readonly Engine[];
  readonly flags: Omit<EngineFlags, 'model' | 'replay'>;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly listen: Listener;
}

/** Open a head; disposing closes what was opened for it. Throws JurorError `data` or `model`. */
export async function openHead(
  options: OpenHeadOptions,
): Promise<{ readonly head: CascadeHead } & AsyncDisposable> {
  const { folder, backbone, engines, flags, terminal, signal, listen } = options;
  const head = await readHead(folder);
  const { feature } = head.record;
  await using opening = new AsyncDisposableStack();
  const { record: _ofTheJudge, baseUrl: _too, ...local } = flags;
  const known =
    backbone === undefined && engines.find(({ id }) => id.kind === 'llama' && id.digest === feature.digest);
  const engine =
    known ||
    opening.use(
      (await openEngine({ ...local, model: backbone ?? feature.model }, terminal, signal, listen)).engine,
    );
  const store = opening.use(openMachineFeatures(flags));
  const features = await openFeatures(engine, store, { readOut: feature.readOut, suffix: feature.suffix });
  const scorer = openScorer({ head, features, onEvent: listen });
  const opened = opening.move();
  return { head: scorerHead(scorer, options.scorer), [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
