import type { Engine } from '../engine/engine.ts';
import { isTextGenerator, type TextGenerator } from '../engine/generate.ts';
import { jurorHome } from '../engine/models.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { referenceScorer } from '../loop/guide-gold.ts';
import { headScorer } from '../loop/guide-head.ts';
import { judgeScorer, type StepReducer } from '../loop/guide-judge.ts';
import type { AnswerScorer } from '../loop/guide-scorer.ts';
import { openFeatures } from '../reward/features.ts';
import { type Head, readHead } from '../reward/head-file.ts';
import { type LoadedRubric, loadRubric } from '../rubric.ts';
import { openCache } from '../store/cache.ts';
import { memoryStore } from '../store/memory.ts';
import { type EngineFlags, openEngine } from './engine.ts';
import { openMachineFeatures } from './feature-store.ts';
import { type DeliberationFlags, protocolOf } from './judging.ts';
import type { Terminal } from './terminal.ts';

/** The flags that name them. */
export interface PartsFlags extends EngineFlags, DeliberationFlags {
  readonly rubric?: string | undefined;
  /** Folder of a reward head, instead of a rubric. */
  readonly head?: string | undefined;
  readonly gold?: string | undefined;
  readonly reduce: StepReducer;
  readonly judgeModel?: string | undefined;
  readonly judgeReplay?: string | undefined;
}

/** What a guided run works with. */
export interface GuideParts extends AsyncDisposable {
  readonly generator: Engine & TextGenerator;
  readonly description: string;
  readonly scorer: AnswerScorer;
  readonly gold: AnswerScorer | undefined;
}

/** Open what the flags name. Without a rubric or a head, answers are scored by their final values. */
export async function openGuideParts(
  flags: PartsFlags,
  terminal: Terminal,
  signal: AbortSignal,
  listen: Listener,
): Promise<GuideParts> {
  // A name that means nothing must not cost a model's loading.
  const rubrics = {
    scorer: flags.rubric === undefined ? undefined : await loadRubric(flags.rubric),
    gold: flags.gold === undefined || flags.gold === 'reference' ? undefined : await loadRubric(flags.gold),
  };
  const head = flags.head === undefined ? undefined : await readHead(flags.head);
  const opened: (AsyncDisposable | Disposable)[] = [];
  const close = async () => {
    for (const part of opened.splice(0).reverse())
      if (Symbol.asyncDispose in part) await part[Symbol.asyncDispose]();
      else part[Symbol.dispose]();
  };
  try {
    const { engine: generator, description } = await openEngine(flags, terminal, signal, listen);
    opened.push(generator);
    if (!isTextGenerator(generator))
      throw new JurorError('usage', `expected an engine that writes text, got '${generator.id.model}'`);
    const asked = rubrics.scorer !== undefined || rubrics.gold !== undefined || head !== undefined;
    const own = flags.judgeModel === undefined && flags.judgeReplay === undefined;
    const judge: Engine =
      own || !asked ? generator : (await openEngine(judgeFlags(flags), terminal, signal, listen)).engine;
    if (judge !== generator) opened.push(judge);
    const memory = memoryStore();
    const store = asked && flags.cache ? await openCache(memory, jurorHome()) : memory;
    opened.push(store);
    const scorerOf = (rubric: LoadedRubric) =>
      judgeScorer({ engine: judge, rubric, store, reduce: flags.reduce, ...protocolOf(flags) });
    const scorerOfHead = async (own: Head) => {
      const states = openMachineFeatures(flags);
      opened.push(states);
      const { readOut, suffix } = own.record.feature;
      const features = await openFeatures(judge, states, { readOut, suffix });
      return headScorer({ head: own, features, onEvent: listen });
    };
    const plainGold = flags.gold === undefined ? undefined : referenceScorer();
    return {
      generator,
      description,
      scorer: head ? await scorerOfHead(head) : rubrics.scorer ? scorerOf(rubrics.scorer) : referenceScorer(),
      gold: rubrics.gold !== undefined ? scorerOf(rubrics.gold) : plainGold,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function judgeFlags(flags: PartsFlags): PartsFlags {
  const { record: _writerOnly, replay, judgeReplay, judgeModel, ...rest } = flags;
  const played = judgeReplay ?? (judgeModel === undefined ? replay : undefined);
  const model = judgeModel ?? rest.model;
  return { ...rest, model, ...(played === undefined ? {} : { replay: played }) };
}
