/** The flags that choose an engine, and the engine they choose. */
import { Command, type OptionValues } from '@commander-js/extra-typings';
import type { Engine } from '../engine/engine.ts';
import { openLangChain } from '../engine/langchain.ts';
import { isRemoteModel } from '../engine/langchain-providers.ts';
import { openLlama } from '../engine/llama.ts';
import { resolveModel } from '../engine/models.ts';
import { openReplay, recordEngine } from '../engine/replay.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { flag, wholeNumber } from './flags.ts';
import { bytes, plural, type Terminal } from './terminal.ts';

/** What `--model` takes. */
export const modelNames =
  'a catalogue name, a .gguf file, hf:owner/repository/file or a remote provider:model';
/** Who judges where nothing is said. */
export const defaultModel = 'smollm2-135m';

/** Values of {@link addEngineFlags}. */
export type EngineFlags = ReturnType<ReturnType<typeof engineFlags>['opts']>;

/** An engine, and a line about it for people. */
export interface OpenedEngine {
  readonly engine: Engine;
  readonly description: string;
  readonly purpose: string | undefined;
}

/** Add the flags that choose an engine. */
export function addEngineFlags<Arguments extends unknown[], Options extends OptionValues>(
  command: Command<Arguments, Options>,
): Command<Arguments, Options & EngineFlags> {
  const added = new Set(command.options.map((option) => option.attributeName()));
  for (const option of engineFlags().options)
    if (!added.has(option.attributeName())) command.addOption(option);
  return command as unknown as Command<Arguments, Options & EngineFlags>;
}

function engineFlags() {
  return new Command()
    .addOption(flag('--model <name>', modelNames).default(defaultModel))
    .addOption(flag('--replay <file>', 'play a recording back instead of running a model'))
    .addOption(flag('--base-url <url>', 'server of an openai:model, such as http://localhost:8000/v1'))
    .addOption(
      flag('--gpu <kind>', 'compute layer')
        .choices(['auto', 'cuda', 'vulkan', 'metal', 'off'] as const)
        .default('auto' as const),
    )
    .addOption(
      flag(
        '--numerics <kind>',
        'exact: same request, same bits; fast: batched (default: exact on a CPU, fast on a GPU)',
      ).choices(['exact', 'fast'] as const),
    )
    .addOption(flag('--context <tokens>', 'tokens per sequence (default: 8192)').argParser(wholeNumber(256)))
    .addOption(
      flag('--threads <n>', 'threads of each engine child (default: measured)').argParser(wholeNumber(1)),
    )
    .addOption(flag('--children <n>', 'engine processes (default: 1)').argParser(wholeNumber(1)))
    .addOption(flag('--pin', 'trust a model file of unknown digest on first use, and hold it to that digest'))
    .addOption(flag('--record <file>', 'record all that is asked of the model to a file'));
}

/** Open what the flags name, showing download and loading. */
export async function openEngine(
  flags: EngineFlags,
  terminal: Terminal,
  signal: AbortSignal,
  listen: Listener,
): Promise<OpenedEngine> {
  if (flags.replay !== undefined) {
    const engine = await openReplay(flags.replay);
    return { engine, description: `${engine.id.model}, replayed`, purpose: undefined };
  }
  if (isRemoteModel(flags.model)) return openRemote(flags, signal, listen);
  if (flags.baseUrl !== undefined)
    throw new JurorError(
      'usage',
      `--base-url: expected a model named provider:model with it, such as openai:NAME, got '${flags.model}'`,
    );
  const fetching = terminal.progress();
  const loading = terminal.progress({ passing: true });
  const onEvent: Listener = (event) => {
    if (event.type === 'model-download') {
      const [done, total] = [event.receivedBytes, event.totalBytes].map((value) => Math.round(value / 1e6));
      fetching.update({
        label: `fetching ${event.model}`,
        done: done ?? 0,
        total: total || undefined,
        detail: `MB from ${event.source}`,
      });
    }
    if (event.type === 'engine-load' && event.progress < 1)
      loading.update({
        label: `loading ${event.model}`,
        done: Math.round(event.progress * 100),
        total: 100,
        detail: '%',
      });
    listen(event);
  };
  const asked = { onEvent, signal, ...(flags.pin ? { pin: true } : {}) };
  const model = await resolveModel(flags.model, asked).finally(() => fetching.stop());
  const engine = await openLlama({
    model,
    gpu: flags.gpu,
    onEvent,
    signal,
    ...(flags.numerics === undefined ? {} : { numerics: flags.numerics }),
    ...(flags.context === undefined ? {} : { contextSize: flags.context }),
    ...(flags.threads === undefined ? {} : { threads: flags.threads }),
    ...(flags.children === undefined ? {} : { children: flags.children }),
  }).finally(() => loading.stop());
  const { info } = engine;
  const where = info.device === 'cpu' ? `cpu, ${plural(info.threads, 'thread')}` : info.device;
  return {
    engine: await recorded(engine, flags.record),
    description: `${model.name} (${bytes(model.sizeBytes)}, ${where}, ${info.numerics})`,
    purpose: model.purpose,
  };
}

async function openRemote(
  { model, baseUrl, record }: EngineFlags,
  signal: AbortSignal,
  onEvent: Listener,
): Promise<OpenedEngine> {
  const engine = await openLangChain({
    model,
    onEvent,
    signal,
    ...(baseUrl === undefined ? {} : { baseUrl }),
  });
  const where = baseUrl === undefined ? 'remote' : new URL(baseUrl).host;
  return {
    engine: await recorded(engine, record),
    description: `${model} (${where}, ${engine.protocol})`,
    purpose: undefined,
  };
}

/** The engine, recorded where a file is named; closed again where that file cannot take its recording. */
async function recorded(engine: Engine, file: string | undefined): Promise<Engine> {
  if (file === undefined) return engine;
  return recordEngine(engine, file).catch(async (error: unknown) => {
    await engine[Symbol.asyncDispose]();
    throw error;
  });
}
