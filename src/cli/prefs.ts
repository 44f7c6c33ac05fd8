/** `juror prefs RUN...`: verdicts, rankings, rewards and labels to preference data for trainers, with a card beside it. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { JurorError } from '../errors.ts';
import { type CardFile, describeCard, type PreferenceCard } from '../preference/card.ts';
import { type InputOptions, type PreferenceInput, recogniseInput } from '../preference/inputs.ts';
import { openSampleBook } from '../preference/sample-book.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { describePreferences } from './preferences.ts';
import { definePrefs, type PrefsFlags, requirePrefsFlags } from './prefs-flags.ts';
import { writePairs, writeSolutions } from './prefs-write.ts';
import { processTerminal } from './terminal.ts';

/** The verb. */
export function prefsCommand(): CommandUnknownOpts {
  return definePrefs().action(async (input, others, flags) => {
    process.exitCode = await prefs([input, ...others], flags);
  });
}

async function prefs(paths: readonly string[], flags: PrefsFlags): Promise<number> {
  const terminal = processTerminal();
  requirePrefsFlags(flags);
  const inputs: PreferenceInput[] = [];
  for (const path of new Set(paths)) inputs.push(await recogniseInput(path));
  const labelled = inputs.flatMap(({ path, kind }) => (kind === 'labels' ? [path] : []));
  const needy = inputs.find(({ kind }) => kind !== 'labels' && kind !== 'preference');
  const data = [...new Set([...(flags.data ?? []), ...labelled])];
  if (needy && data.length === 0)
    throw new JurorError(
      'usage',
      '--data: expected the data that were judged: a run keeps digests of texts, not the texts',
      { place: { file: needy.path } },
    );
  using book = await openSampleBook(data);
  const leftOut: Record<string, number> = {};
  const options: InputOptions = {
    book,
    rubric: flags.rubric,
    process: flags.process,
    temperature: flags.temperature,
    withAbstained: flags.withAbstained === true,
    withContentFree: flags.withContentFree === true,
    leftOut: (reason) => {
      leftOut[reason] = (leftOut[reason] ?? 0) + 1;
    },
  };
  const made =
    flags.format === 'stepwise'
      ? await writeSolutions(inputs, options, flags)
      : await writePairs(inputs, options, flags);
  const silent = (leftOut.unscored ?? 0) + (leftOut.pending ?? 0);
  const card: PreferenceCard = {
    ...made,
    file: await fileOf(flags.out),
    format: flags.format,
    command: commandLine(),
    inputs: await Promise.all(
      [...filesOf(inputs), ...data.filter((file) => !labelled.includes(file))].map(fileOf),
    ),
    leftOut,
    seed: flags.seed,
  };
  const cardFile = flags.card ?? `${flags.out}.md`;
  await writeAtomically(cardFile, [describeCard(card)]);
  if (flags.json) terminal.print(JSON.stringify({ ...card, out: flags.out, card: cardFile }, null, 2));
  else
    terminal.print(
      describePreferences(card, [flags.out, ...(flags.ties ? [flags.ties] : []), cardFile], terminal),
    );
  return silent > flags.tolerate * (silent + made.made) ? 3 : 0;
}

/** The files behind inputs; of a run what it was configured as. */
function filesOf(inputs: readonly PreferenceInput[]): string[] {
  return inputs.map(({ path, kind }) =>
    kind === 'run' ? `${path.replace(/\/+$/, '')}/manifest.json` : path,
  );
}

async function fileOf(path: string): Promise<CardFile> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { name: path, digest: hash.digest('hex') };
}

/** The command as a shell reads it. */
function commandLine(): string {
  const words = process.argv
    .slice(2)
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  return ['juror', ...words].join(' ');
}
