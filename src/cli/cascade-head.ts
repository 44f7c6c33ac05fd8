import type { Engine } from '../engine/engine.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { type CascadeHead, type CascadeScorerOptions, scorerHead } from '../loop/cascade-head.ts';
import { openFeatures } from '../reward/features.ts';
import { readHead } from '../reward/head-file.ts';
import { openScorer } from '../reward/scorer.ts';
import { shippedHead } from '../reward/shipped-heads.ts';
import { type EngineFlags, openEngine } from './engine.ts';
import { openMachineFeatures } from './feature-store.ts';
import type { Terminal } from './terminal.ts';

/** How a head is opened. */
export interface OpenHeadOptions {
  /** Its folder; default the head that comes with juror for the backbone. */
  readonly folder: string | undefined;
  readonly scorer: CascadeScorerOptions;
  /** Backbone to read with; default the one that it was trained on, by its name, and without a folder the first local judge. */
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
  await using opening = new AsyncDisposableStack();
  const { record: _ofTheJudge, baseUrl: _too, ...local } = flags;
  const open = async (model: string) =>
    opening.use((await openEngine({ ...local, model }, terminal, signal, listen)).engine);
  const named = folder === undefined ? undefined : await readHead(folder);
  const fits = ({ id }: Engine) =>
    id.kind === 'llama' && (named === undefined || id.digest === named.record.feature.digest);
  const known = backbone === undefined ? engines.find(fits) : undefined;
  const model = backbone ?? named?.record.feature.model;
  if (known === undefined && model === undefined)
    throw new JurorError(
      'usage',
      '--head: expected one, or --backbone, as no judge is a local model, got neither',
    );
  const engine = known ?? (await open(model as string));
  const head = named ?? (await shippedHead(engine.id));
  const { feature } = head.record;
  const store = opening.use(openMachineFeatures(flags));
  const features = await openFeatures(engine, store, { readOut: feature.readOut, suffix: feature.suffix });
  const scorer = openScorer({ head, features, onEvent: listen });
  const opened = opening.move();
  return { head: scorerHead(scorer, options.scorer), [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
