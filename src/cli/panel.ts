/** Several models: the flags that make them a panel or a ladder, and opening them one after another. */
import { Command, type OptionValues } from '@commander-js/extra-typings';
import type { Quorum } from '../aggregate/turnout.ts';
import type { Engine } from '../engine/engine.ts';
import { isRemoteModel } from '../engine/langchain-providers.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import {
  type DecisionRules,
  defaultPanel,
  type PanelReducer,
  type PanelRules,
  readAbstention,
  readQuorum,
  readReducer,
} from '../judge/rules.ts';
import {
  addEngineFlags,
  defaultModel,
  type EngineFlags,
  modelNames,
  type OpenedEngine,
  openEngine,
} from './engine.ts';
import { flag, gather } from './flags.ts';
import type { Terminal } from './terminal.ts';

/** Values of {@link addPanelFlags}. */
export type PanelFlags = Omit<EngineFlags, 'model' | 'replay'> &
  ReturnType<ReturnType<typeof panelFlags>['opts']>;

/** Engines that are closed together. */
export interface OpenedEngines extends AsyncDisposable {
  readonly opened: readonly OpenedEngine[];
  readonly engines: readonly Engine[];
}

/** Add the flags that choose engines and say how they judge together. */
export function addPanelFlags<Arguments extends unknown[], Options extends OptionValues>(
  command: Command<Arguments, Options>,
): Command<Arguments, Options & PanelFlags> {
  for (const option of panelFlags().options) command.addOption(option);
  return addEngineFlags(command) as unknown as Command<Arguments, Options & PanelFlags>;
}

function panelFlags() {
  return new Command()
    .addOption(
      flag('--model <name>', `${modelNames}; repeatable: a panel (default: ${defaultModel})`).argParser(
        gather,
      ),
    )
    .addOption(
      flag(
        '--replay <file>',
        'play a recording back instead of running a model; repeatable, one for each',
      ).argParser(gather),
    )
    .addOption(
      flag('--panel <how>', 'mean, median, majority, worst or mean-std:λ of several models (default: mean)'),
    )
    .addOption(
      flag('--quorum <n>', 'how many of them must decide: all, majority or a count (default: all)').argParser(
        readQuorum,
      ),
    )
    .addOption(
      flag(
        '--abstain <rule>',
        'band:X, center:X, disagreement:X, flipped, content-free: abstain on such verdicts; repeatable',
      ).argParser(gather),
    )
    .addOption(flag('--escalate', 'ask each further model only where the one before abstains'));
}

/** How the models that the flags name judge together. Throws JurorError `usage` for flags that mean nothing together. */
export function decisionRules({ panel, quorum, abstain, escalate }: PanelFlags): DecisionRules {
  const rules = panelRules(panel, quorum);
  return {
    ...(rules === undefined ? {} : { panel: rules }),
    ...(abstain === undefined ? {} : { abstain: readAbstention(abstain) }),
    ...(escalate ? { escalate } : {}),
  };
}

/** `--panel` and `--quorum`; undefined where neither is given. Throws JurorError `usage`. */
export function panelRules(panel: string | undefined, quorum: Quorum | undefined): PanelRules | undefined {
  if (panel !== undefined) readReducer(panel);
  if (panel === undefined && quorum === undefined) return undefined;
  return {
    reducer: (panel as PanelReducer | undefined) ?? defaultPanel.reducer,
    quorum: quorum ?? defaultPanel.quorum,
  };
}

/** How many models the flags name. */
export function countModels({ model, replay }: PanelFlags): number {
  return (replay ?? model ?? [defaultModel]).length;
}

/** Open every model that the flags name, one after another; when one cannot be opened, the others are closed. */
export async function openEngines(
  flags: PanelFlags,
  terminal: Terminal,
  signal: AbortSignal,
  listen: Listener,
): Promise<OpenedEngines> {
  const { model = [defaultModel], replay, baseUrl, ...shared } = flags;
  if (flags.record !== undefined && countModels(flags) > 1)
    throw new JurorError('usage', `--record: expected one model, got ${countModels(flags)}`);
  const remote = model.some(isRemoteModel);
  const opened: OpenedEngine[] = [];
  const close = async () => {
    for (const { engine } of opened) await engine[Symbol.asyncDispose]();
  };
  const each = replay
    ? replay.map((file) => ({ model: defaultModel, replay: file }))
    : model.map((name) => ({
        model: name,
        // A server is of the remote ones; with none of them openEngine says what is wrong.
        ...(baseUrl !== undefined && (!remote || isRemoteModel(name)) ? { baseUrl } : {}),
      }));
  try {
    for (const own of each) opened.push(await openEngine({ ...shared, ...own }, terminal, signal, listen));
  } catch (error) {
    await close();
    throw error;
  }
  return { opened, engines: opened.map(({ engine }) => engine), [Symbol.asyncDispose]: close };
}

/** Who judges, in one line. */
export function describeEngines(
  opened: readonly OpenedEngine[],
  { panel = defaultPanel, escalate }: DecisionRules,
): string {
  const [only] = opened;
  if (opened.length === 1 && only) return only.description;
  const named = opened.map(({ description }) => description);
  if (escalate) return `ladder of ${opened.length}: ${named.join(' → ')}`;
  return `panel of ${opened.length} (${panel.reducer}, quorum ${panel.quorum}): ${named.join(' + ')}`;
}
