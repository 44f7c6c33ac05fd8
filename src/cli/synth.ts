/** `juror synth DATA`: comparisons whose winner is known, from answers and edits that make them worse. */
import { basename } from 'node:path';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { readSamples, writeRows } from '../dataset.ts';
import type { TextGenerator } from '../engine/generate.ts';
import { JurorError } from '../errors.ts';
import { editOperators, selectOperators } from '../preference/edit-operators.ts';
import { synthesise } from '../preference/synthesise.ts';
import { syntheticPairs } from '../preference/synthetic-pairs.ts';
import { createSynthesisReport, type SynthesisReport } from '../preference/synthetic-report.ts';
import { addEngineFlags, modelNames, openEngine } from './engine.ts';
import { flag, gather, positiveNumber, wholeNumber } from './flags.ts';
import { interruptible } from './interrupt.ts';
import { createRefusals, requireReadable } from './judging.ts';
import { count, harmless, percent, plural, processTerminal, type Terminal, table } from './terminal.ts';

/** The verb. */
export function synthCommand(): CommandUnknownOpts {
  return define().action(async (data, flags) => {
    process.exitCode = await interruptible((signal) => synth(data, flags, signal));
  });
}

type Flags = ReturnType<ReturnType<typeof define>['opts']>;

function define() {
  const command = new Command('synth')
    .description('make comparisons whose winner is known: answers of DATA and edits that make them worse')
    .argument('<data>', 'rows with a prompt and one answer or more; of labelled ones the winner is edited')
    .addOption(
      flag(
        '--operators <names>',
        'names, or all that need no model; repeatable, or with commas (default: all)',
      ).argParser(gather),
    )
    .addOption(
      flag('--per-answer <n>', 'most edits of one answer, each by another operator')
        .argParser(wholeNumber(1))
        .default(1),
    )
    .option('--balance-length', 'as many originals longer than their edits as shorter')
    .addOption(
      flag('--as <kind>', 'pairs: labelled rows that juror judge reads; preferences: rows to train on')
        .choices(['pairs', 'preferences'] as const)
        .default('pairs' as const),
    )
    .addOption(flag('--out <file>', '.jsonl, .csv or .parquet').makeOptionMandatory())
    .addOption(
      flag('--certainty <p>', 'belief that an edited answer is worse, above 0.5 and below 1')
        .argParser(positiveNumber)
        .default(0.95),
    )
    .addOption(flag('--limit <n>', 'the first n samples').argParser(wholeNumber(0)))
    .addOption(flag('--seed <n>', 'of everything random').argParser(wholeNumber(0)).default(0))
    .addOption(flag('--model <name>', `${modelNames}; for changed-instruction only`))
    .addOption(
      flag('--max-tokens <n>', 'budget of what a model writes').argParser(wholeNumber(1)).default(256),
    )
    .option('--json', 'print the figures as JSON')
    .option('--quiet', 'no progress')
    .addHelpText(
      'after',
      `\nOperators:\n${editOperators.map(({ name, objective, description }) => `  ${name.padEnd(20)} ${objective}: ${description}`).join('\n')}`,
    );
  return addEngineFlags(command);
}

async function synth(data: string, flags: Flags, signal: AbortSignal): Promise<number> {
  const terminal = processTerminal({ quiet: flags.quiet ?? false });
  if (flags.certainty <= 0.5 || flags.certainty >= 1)
    throw new JurorError(
      'usage',
      `--certainty: expected a number above 0.5 and below 1, got ${flags.certainty}`,
    );
  await requireReadable(data);
  const operators = selectOperators(flags.operators ?? ['all']);
  const writers = operators.filter((operator) => 'write' in operator);
  if (writers[0] !== undefined && flags.model === undefined && flags.replay === undefined)
    throw new JurorError(
      'usage',
      `--operators: expected --model beside '${writers[0].name}', which a model writes`,
    );
  await using engines = new AsyncDisposableStack();
  const generator =
    writers.length === 0
      ? undefined
      : engines.use(await openWriter({ ...flags, model: flags.model ?? '' }, terminal, signal));

  const refusals = createRefusals(terminal);
  const reading = { onBadRow: refusals.refuse, ...(flags.limit === undefined ? {} : { limit: flags.limit }) };
  const progress = terminal.progress();
  const { add, report } = createSynthesisReport(operators);
  const leftOut = { 'labelled-wrong': 0, empty: 0 };
  let made = 0;
  const preferences = synthesise(readSamples(data, reading), {
    operators,
    perAnswer: flags.perAnswer,
    balanceLength: flags.balanceLength ?? false,
    seed: flags.seed,
    certainty: flags.certainty,
    run: basename(data),
    maxTokens: flags.maxTokens,
    signal,
    ...(generator ? { generator } : {}),
    onLeftOut: (_, reason) => void leftOut[reason]++,
    onTry(attempt) {
      add(attempt);
      if (attempt.outcome === 'failed')
        terminal.warn(`juror: ${harmless(`${attempt.sampleId}: ${attempt.message ?? ''}`)}`);
      if (attempt.outcome === 'made')
        progress.update({ label: 'edited', done: ++made, total: undefined, detail: attempt.operator });
    },
  });
  try {
    await writeRows(
      flags.out,
      flags.as === 'pairs' ? syntheticPairs(preferences, { seed: flags.seed }) : preferences,
    );
  } finally {
    progress.stop();
  }
  const figures = report();
  const refused = refusals.count();
  if (flags.json)
    terminal.print(
      JSON.stringify({ ...figures, leftOut, refusedRows: refused, as: flags.as, out: flags.out }, null, 2),
    );
  else {
    const parts = [describeSynthesis(figures, leftOut)];
    if (refused > 0) parts.push(`${plural(refused, 'row')} refused; see the messages above`);
    terminal.print([...parts, harmless(flags.out)].join('\n\n'));
  }
  return refused > 0 ? 2 : figures.all.failed > 0 ? 3 : 0;
}

async function openWriter(
  flags: Flags & { readonly model: string },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<TextGenerator & AsyncDisposable> {
  const { engine, description } = await openEngine(flags, terminal, signal, (event) => {
    if (event.type === 'warning') terminal.note(`juror: ${harmless(event.message)}`);
  });
  terminal.note(description);
  if ('generate' in engine && typeof engine.generate === 'function')
    return engine as TextGenerator & AsyncDisposable;
  await engine[Symbol.asyncDispose]();
  throw new JurorError(
    'usage',
    `--model: expected a model that writes, got '${flags.model}', which only judges`,
  );
}

function describeSynthesis(
  { operators, all }: SynthesisReport,
  leftOut: Readonly<Record<string, number>>,
): string {
  const columns = ['made', 'no place', 'original longer', 'shorter'];
  const failed = all.failed > 0 ? ['failed'] : [];
  const unbalanced = all.unbalanced > 0 ? ['left out for length'] : [];
  const rowOf = (name: string, objective: string, counts: SynthesisReport['all']) => [
    name,
    objective,
    count(counts.made),
    count(counts.noPlace),
    percent(counts.made === 0 ? null : counts.originalLonger / counts.made),
    percent(counts.made === 0 ? null : counts.originalShorter / counts.made),
    ...(unbalanced.length > 0 ? [count(counts.unbalanced)] : []),
    ...(failed.length > 0 ? [count(counts.failed)] : []),
  ];
  const right = [...columns, ...unbalanced, ...failed];
  const rows = operators.map((row) => rowOf(row.operator, row.objective, row));
  const parts = [
    plural(all.made, 'comparison'),
    table(['operator', 'lowers', ...right], [...rows, rowOf('all', '', all)], right),
  ];
  const none = Object.entries(leftOut).filter(([, value]) => value > 0);
  if (none.length > 0)
    parts.push(
      `left out: ${none.map(([reason, value]) => `${plural(value, 'sample')} ${reason === 'empty' ? 'whose answers say nothing' : 'labelled wrong'}`).join(', ')}`,
    );
  return parts.join('\n\n');
}
