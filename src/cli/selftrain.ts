/** `juror selftrain DATA`: rounds of comparisons that were made, a head on them, and anchors to say whether it is better. */
import { basename } from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { readSamples } from '../dataset.ts';
import type { Engine } from '../engine/engine.ts';
import type { TextGenerator } from '../engine/generate.ts';
import { jurorHome } from '../engine/models.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { createJudge } from '../judge/judge.ts';
import { selfTrain } from '../loop/self-train.ts';
import { type EnginePartsOptions, engineParts } from '../loop/self-train-engine.ts';
import type { AnchorPair } from '../loop/self-train-parts.ts';
import { selectOperators } from '../preference/edit-operators.ts';
import { openFeatures } from '../reward/features.ts';
import { readTrainingFiles } from '../reward/training-files.ts';
import { type LoadedRubric, loadRubric } from '../rubric.ts';
import type { Sample } from '../schema.ts';
import { openCache } from '../store/cache.ts';
import { memoryStore } from '../store/memory.ts';
import { openEngine } from './engine.ts';
import { openMachineFeatures } from './feature-store.ts';
import { interruptible } from './interrupt.ts';
import { createRefusals, explainInterruption, protocolOf, type Refusals } from './judging.ts';
import { limitsOf, type SelftrainFlags, selftrainFlags } from './selftrain-flags.ts';
import { describeLoop, describeRound } from './selftrain-text.ts';
import { harmless, plural, processTerminal } from './terminal.ts';

/** The verb. */
export function selftrainCommand(): CommandUnknownOpts {
  return selftrainFlags().action(async (data, flags) => {
    process.exitCode = await interruptible((signal) => selftrain(data, flags, signal));
  });
}

async function selftrain(data: string, flags: SelftrainFlags, signal: AbortSignal): Promise<number> {
  const terminal = processTerminal({ quiet: flags.quiet ?? false });
  const operators = selectOperators(flags.operators ?? ['all']);
  const rubric = flags.rubric === undefined ? null : await loadRubric(flags.rubric);
  requirePairwise(rubric);
  const refusals = createRefusals(terminal);
  const anchors = await readAnchors(flags.anchors, refusals);
  const samples = await readAll(data, flags.limit, refusals);

  const listen: Listener = (event) => {
    if (event.type === 'warning') terminal.note(`juror: ${harmless(event.message)}`);
  };
  const { engine, description } = await openEngine(flags, terminal, signal, listen);
  await using _engine = engine;
  using features = openMachineFeatures(flags);
  const memory = memoryStore();
  await using store = flags.cache ? await openCache(memory, jurorHome()) : memory;
  const reader = await openFeatures(engine, features, {
    readOut: flags.readOut,
    suffix: flags.suffix ?? null,
  });
  terminal.note(
    `${description} · ${plural(operators.length, 'edit operator')}${rubric ? ` · judged under ${rubric.rubric.id}` : ''}`,
  );
  const parts = engineParts({
    features: reader,
    operators,
    run: basename(data),
    ...writerOf(operators, engine, flags.model),
    ...(rubric
      ? {
          judge: {
            judge: createJudge({ engine, rubrics: [rubric], store, onEvent: listen, ...protocolOf(flags) }),
            rubric,
            engine: engine.id,
          },
        }
      : {}),
  });
  const result = await selfTrain(flags.out, { samples, anchors }, parts, {
    rounds: flags.rounds,
    seed: flags.seed,
    pairsPerRound: flags.pairsPerRound,
    judgedShare: flags.judgedShare,
    randomShare: flags.randomShare,
    probeShare: flags.probeShare,
    poolAnswers: flags.poolAnswers,
    limits: limitsOf(flags),
    promotion: { measure: flags.measure, alpha: flags.alpha, spending: flags.alphaSpending },
    patience: flags.patience,
    signal,
    onRound: (round) => terminal.note(harmless(describeRound(round))),
  }).catch((error: unknown) => {
    throw explainInterruption(error, flags.out);
  });
  if (flags.json)
    terminal.print(JSON.stringify({ ...result, refusedRows: refusals.count(), out: flags.out }, null, 2));
  else {
    terminal.print(harmless(describeLoop(result, flags.out)));
    if (refusals.count() > 0)
      terminal.print(`\n${plural(refusals.count(), 'row')} refused; see the messages above`);
  }
  if (refusals.count() > 0) return 2;
  return result.rounds.at(-1)?.decision.current == null ? 1 : 0;
}

/** Pairs of labelled data, or of a file of preferences. */
async function readAnchors(file: string, { refuse }: Refusals): Promise<AnchorPair[]> {
  const { rows } = await readTrainingFiles([file], { kind: 'pairs', onBadRow: refuse });
  const sides = rows.pairs.map(
    (pair) => [rows.texts[pair.left], rows.texts[pair.right], pair.target] as const,
  );
  return sides.flatMap(([first, second, target]) =>
    first && second ? [{ prompt: first.prompt, first: first.text, second: second.text, target }] : [],
  );
}

async function readAll(file: string, limit: number | undefined, { refuse }: Refusals): Promise<Sample[]> {
  return await Array.fromAsync(
    readSamples(file, { onBadRow: refuse, ...(limit === undefined ? {} : { limit }) }),
  );
}

function requirePairwise(rubric: LoadedRubric | null): void {
  if (rubric && rubric.rubric.mode !== 'pairwise')
    throw new JurorError(
      'usage',
      `--rubric: expected a rubric that compares pairs, got '${rubric.rubric.id}', which is ${rubric.rubric.mode}`,
    );
}

/** The engine as a writer, where an edit needs one. */
function writerOf(
  operators: EnginePartsOptions['operators'],
  engine: Engine,
  model: string,
): Pick<EnginePartsOptions, 'generator'> {
  const needing = operators.find((operator) => 'write' in operator);
  if (needing === undefined) return {};
  if ('generate' in engine && typeof engine.generate === 'function')
    return { generator: engine as Engine & TextGenerator };
  throw new JurorError(
    'usage',
    `--model: expected a model that writes, for the edit ${needing.name}, got '${model}', which only judges`,
  );
}
