/** `juror sample PROMPTS`: answers to prompts, several of each, by any models that write. */
import { readFile } from 'node:fs/promises';
import { Command, type CommandUnknownOpts, InvalidArgumentError } from '@commander-js/extra-typings';
import { readPrompts } from '../dataset.ts';
import type { TextGenerator } from '../engine/generate.ts';
import { JurorError } from '../errors.ts';
import { type SampleAnswersOptions, sampleAnswers } from '../preference/sample-answers.ts';
import { openSampleFile } from '../preference/sample-file.ts';
import type { Sample } from '../schema.ts';
import { addEngineFlags, defaultModel, modelNames } from './engine.ts';
import { flag, fraction, gather, readNumber, wholeNumber } from './flags.ts';
import { interruptible } from './interrupt.ts';
import { createRefusals, explainInterruption } from './judging.ts';
import {
  count,
  duration,
  harmless,
  percent,
  plural,
  processTerminal,
  type Terminal,
  table,
} from './terminal.ts';
import { openWriter } from './writer.ts';

/** The verb. */
export function sampleCommand(): CommandUnknownOpts {
  return define().action(async (prompts, flags) => {
    process.exitCode = await interruptible((signal) => sample(prompts, flags, signal));
  });
}

type Flags = ReturnType<ReturnType<typeof define>['opts']>;

function define() {
  const command = new Command('sample')
    .description('write answers to prompts: several of each, by one model or more')
    .argument('<prompts>', 'rows with a prompt; answers that they have are left out')
    .addOption(
      flag('--model <name>', `${modelNames}; repeatable (default: ${defaultModel})`).argParser(gather),
    )
    .addOption(
      flag('--temperature <list>', 'each of them for every prompt; 0 is greedy, and gives one answer')
        .argParser(readTemperatures)
        .default([0.7]),
    )
    .addOption(
      flag('--samples <n>', 'answers for each model and temperature').argParser(wholeNumber(1)).default(1),
    )
    .addOption(flag('--max-tokens <n>', 'budget of one answer').argParser(wholeNumber(1)).default(512))
    .addOption(flag('--top-p <p>', 'nucleus').argParser(fraction(1)).default(1))
    .addOption(flag('--system <file>', 'a system turn for prompts without one'))
    .option('--unique', 'leave out answers that another answer to the prompt equals, instead of marking them')
    .addOption(flag('--out <file>', 'a row for each prompt, .jsonl').makeOptionMandatory())
    .addOption(flag('--limit <n>', 'the first n prompts').argParser(wholeNumber(0)))
    .addOption(flag('--seed <n>', 'of everything random').argParser(wholeNumber(0)).default(0))
    .addOption(
      flag('--tolerate <share>', 'share of answers not written up to which the exit code is 0')
        .argParser(fraction(1))
        .default(0),
    )
    .option('--json', 'print the figures as JSON')
    .option('--quiet', 'no progress');
  return addEngineFlags(command);
}

async function sample(data: string, flags: Flags, signal: AbortSignal): Promise<number> {
  const terminal = processTerminal({ quiet: flags.quiet ?? false });
  if (!/\.(jsonl|ndjson)$/i.test(flags.out))
    throw new JurorError('usage', `--out: expected a .jsonl file, got '${flags.out}'`);
  const system = flags.system === undefined ? undefined : await readSystem(flags.system);
  for await (const _ of readPrompts(data, { onBadRow: () => {}, limit: 1 })) break;
  // A file that is none of ours must not cost the models' loading.
  const file = await openSampleFile(flags.out);
  await using opened = new AsyncDisposableStack();
  const writers = await openWriters(flags, terminal, signal, opened);

  const refusals = createRefusals(terminal);
  const reading = { onBadRow: refusals.refuse, ...(flags.limit === undefined ? {} : { limit: flags.limit }) };
  const figures = createFigures(terminal);
  const options: SampleAnswersOptions = {
    temperatures: flags.temperature,
    samples: flags.samples,
    maxTokens: flags.maxTokens,
    topP: flags.topP,
    seed: flags.seed,
    unique: flags.unique ?? false,
    find: file.find,
    signal,
    onAnswer: figures.answered,
    onFailure(failure) {
      figures.failed();
      terminal.warn(`juror: ${harmless(`${failure.promptId}: ${failure.model}: ${failure.message}`)}`);
    },
    ...(system === undefined ? {} : { system }),
  };
  try {
    for await (const row of sampleAnswers(writers, readPrompts(data, reading), options)) {
      await file.keep(row);
      figures.add(row);
    }
  } catch (error) {
    throw explainInterruption(error, flags.out);
  } finally {
    figures.stop();
  }
  const otherRows = await file.finish();
  const report = { ...figures.report(), refusedRows: refusals.count(), otherRows };
  if (flags.json) terminal.print(JSON.stringify({ ...report, out: flags.out }, null, 2));
  else terminal.print([...described(report), harmless(flags.out)].join('\n\n'));
  if (report.refusedRows > 0) return 2;
  return report.failed <= flags.tolerate * (report.failed + report.written + report.found) ? 0 : 3;
}

async function openWriters(
  flags: Flags,
  terminal: Terminal,
  signal: AbortSignal,
  opened: AsyncDisposableStack,
): Promise<TextGenerator[]> {
  const writers: TextGenerator[] = [];
  const models = flags.model ?? [defaultModel];
  if (models.length > 1 && (flags.replay ?? flags.record) !== undefined)
    throw new JurorError('usage', `--model: expected one beside a recording, got ${models.join(', ')}`);
  for (const model of models)
    writers.push(opened.use(await openWriter({ ...flags, model }, terminal, signal)));
  return writers;
}

async function readSystem(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trimEnd();
  } catch (error) {
    throw new JurorError('usage', `--system: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readTemperatures(text: string): number[] {
  return text.split(',').map((part) => {
    const value = readNumber(part);
    if (value === null || value < 0)
      throw new InvalidArgumentError(`expected numbers of 0 or more with commas between, got '${text}'`);
    return value;
  });
}

/** What one model wrote at one temperature. */
interface Written {
  answers: number;
  cut: number;
  duplicates: number;
  tokens: number;
}

function createFigures(terminal: Terminal) {
  const progress = terminal.progress();
  const begun = performance.now();
  const counts = { prompts: 0, written: 0, found: 0, failed: 0, leftOut: 0 };
  const rows = new Map<string, Written & { model: string; temperature: number }>();
  let seconds = 0;
  return {
    answered({ found }: { readonly found: boolean }) {
      counts[found ? 'found' : 'written']++;
      const rate = counts.written / Math.max((performance.now() - begun) / 1000, 0.001);
      const done = counts.written + counts.found;
      progress.update({ label: 'answers', done, total: undefined, detail: `${rate.toFixed(2)}/s` });
    },
    failed() {
      counts.failed++;
    },
    add({ responses, metadata }: Sample) {
      counts.prompts++;
      counts.leftOut += Array.isArray(metadata?.dropped) ? metadata.dropped.length : 0;
      for (const { model = '', metadata: facts } of responses) {
        const temperature = Number(facts?.temperature);
        const name = JSON.stringify([model, temperature]);
        const row = rows.get(name) ?? { model, temperature, answers: 0, cut: 0, duplicates: 0, tokens: 0 };
        rows.set(name, row);
        row.answers++;
        row.tokens += Number(facts?.generated);
        if (facts?.finish === 'length') row.cut++;
        if (facts?.duplicateOf !== undefined) row.duplicates++;
      }
    },
    stop() {
      seconds = (performance.now() - begun) / 1000;
      progress.stop();
    },
    report: () => ({ ...counts, seconds, models: [...rows.values()] }),
  };
}

type Report = ReturnType<ReturnType<typeof createFigures>['report']> & {
  readonly refusedRows: number;
  readonly otherRows: number;
};

function described(report: Report): string[] {
  const { prompts, written, found, failed, leftOut, seconds, models, refusedRows, otherRows } = report;
  const columns = ['answers', 'tokens each', 'cut by the budget', 'equal to another'];
  const rows = models.map(({ model, temperature, answers, tokens, cut, duplicates }) => [
    model,
    String(temperature),
    count(answers),
    (tokens / answers).toFixed(1),
    percent(cut / answers),
    percent(duplicates / answers),
  ]);
  const notes = [
    ...(failed > 0 ? [`${plural(failed, 'answer')} not written; see the messages above`] : []),
    ...(leftOut > 0 ? [`${plural(leftOut, 'answer')} left out that another one equals`] : []),
    ...(otherRows > 0
      ? [`${plural(otherRows, 'row')} of other prompts kept after those of this command`]
      : []),
    ...(refusedRows > 0 ? [`${plural(refusedRows, 'row')} refused; see the messages above`] : []),
  ];
  return [
    [
      plural(prompts, 'prompt'),
      `${plural(written, 'answer')} made in ${duration(seconds)} · ${count(found)} found`,
    ].join('\n'),
    ...(rows.length > 0
      ? [table(['model', 'temperature', ...columns], rows, ['temperature', ...columns])]
      : []),
    ...(notes.length > 0 ? [notes.join('\n')] : []),
  ];
}
