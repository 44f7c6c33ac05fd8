/** `juror card`: a judge's report card. */
import { join } from 'node:path';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { cardFiles, makeCard } from '../card/card.ts';
import { jurorHome } from '../engine/models.ts';
import { JurorError } from '../errors.ts';
import type { JudgeCard } from '../schema.ts';
import { addEngineFlags, openEngine } from './engine.ts';
import { share } from './figures.ts';
import { flag, wholeNumber } from './flags.ts';
import { interruptible } from './interrupt.ts';
import { addDeliberationFlags, protocolOf } from './judging.ts';
import { createMeter } from './meter.ts';
import { count, harmless, processTerminal, type Terminal, table } from './terminal.ts';

/** The verb. */
export function cardCommand(): CommandUnknownOpts {
  return define().action(async (flags) => {
    await interruptible((signal) => card(flags, signal));
  });
}

type Flags = ReturnType<ReturnType<typeof define>['opts']>;

function define() {
  const command = new Command('card')
    .description('measure a judge on public cuts and under attack, and say what it may be used for')
    .addOption(
      flag(
        '--out <dir>',
        'run folder; the same command goes on where it stopped (default: .juror/cards/MODEL)',
      ),
    )
    .addOption(
      flag('--limit <n>', 'the first n samples of each cut: quick, with wide intervals').argParser(
        wholeNumber(1),
      ),
    );
  return addEngineFlags(addDeliberationFlags(command));
}

async function card(flags: Flags, signal: AbortSignal): Promise<void> {
  const terminal = processTerminal({ quiet: flags.quiet ?? false });
  const meter = createMeter(terminal);
  const opened = await openEngine(flags, terminal, signal, meter.listen);
  await using engine = opened.engine;
  const folder = flags.out ?? join('.juror', 'cards', engine.id.model.replace(/[^\w.-]+/g, '-'));
  terminal.note(`report card · ${opened.description}`);
  meter.begin();
  let made: JudgeCard;
  try {
    made = await makeCard({
      engine,
      folder,
      signal,
      ...protocolOf(flags),
      ...(flags.limit === undefined ? {} : { limit: flags.limit }),
      ...(flags.cache ? { cacheHome: jurorHome() } : {}),
      onPlan: (samples) => meter.expect(samples),
      onEvent: (event) => {
        meter.listen(event);
        if (event.type === 'verdict-finish') meter.finish(event.verdict);
      },
    });
  } catch (error) {
    if (!(JurorError.isInstance(error) && error.code === 'aborted')) throw error;
    throw new JurorError(
      'aborted',
      `interrupted; everything finished is kept in ${folder}, the same command goes on from there`,
    );
  } finally {
    meter.stop();
  }
  if (flags.json) return terminal.print(JSON.stringify(made, null, 2));
  terminal.print(describeCard(made, terminal));
  terminal.print(`\n${join(folder, cardFiles.page)} · ${cardFiles.card} · verdicts.jsonl · judgments.jsonl`);
}

const uses: Readonly<Record<JudgeCard['verdict']['use'], string>> = {
  gate: 'may gate a build',
  assist: 'may not gate a build; it may help people who check its verdicts',
  trial: 'may not gate a build; it is for trying juror and for tests',
};

function describeCard({ engine, verdict, probes }: JudgeCard, terminal: Terminal): string {
  const { mayGate, use, requirements } = verdict;
  const sorted = [...requirements].sort((left, right) => Number(left.met) - Number(right.met));
  return [
    terminal.style(mayGate ? 'green' : 'yellow', `${harmless(engine.model)} ${uses[use]}`),
    '95 % intervals, clustered by prompt',
    '',
    table(
      ['', 'requirement', 'found'],
      sorted.map(({ met, requirement, found }) => [met ? 'met' : 'not met', requirement, found]),
    ),
    '',
    table(
      ['probe', 'pairs turned', 'n', 'answers turned', 'n'],
      probes.map(({ name, pairs, answers }) => [
        name,
        share(pairs.flips),
        count(pairs.flips.n),
        share(answers.flips),
        count(answers.flips.n),
      ]),
      ['n'],
    ),
  ].join('\n');
}
