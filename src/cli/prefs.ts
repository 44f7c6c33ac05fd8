/** `juror prefs RUN...`: verdicts, rankings, rewards and labels to preference data for trainers, with a card beside it. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { writeRows } from '../dataset.ts';
import { JurorError } from '../errors.ts';
import {
  type CardFile,
  describeCard,
  makingsOf,
  type PreferenceCard,
  tooLongOf,
} from '../preference/card.ts';
import { preferenceFigures } from '../preference/figures.ts';
import { type Filtered, type FilterOptions, filterPreferences } from '../preference/filters.ts';
import { type FormatRow, preferenceFormats, preferenceRow, unpairedRows } from '../preference/formats.ts';
import {
  type InputOptions,
  knownOf,
  type PreferenceInput,
  preferencesOf,
  recogniseInput,
  solutionsOf,
} from '../preference/inputs.ts';
import { nearDuplicates } from '../preference/near-duplicates.ts';
import { openSampleBook } from '../preference/sample-book.ts';
import { stepwiseRow } from '../preference/solutions.ts';
import { type PreferenceFacts, type PreferenceSpool, spoolPreferences } from '../preference/spool.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { flag, fraction, gather, positiveNumber, wholeNumber } from './flags.ts';
import { describePreferences } from './preferences.ts';
import { processTerminal } from './terminal.ts';

/** The verb. */
export function prefsCommand(): CommandUnknownOpts {
  return define().action(async (input, others, flags) => {
    process.exitCode = await prefs([input, ...others], flags);
  });
}

type Flags = ReturnType<ReturnType<typeof define>['opts']>;

function define() {
  return new Command('prefs')
    .description('turn verdicts, rankings, rewards or labels into preference data for trainers, with a card')
    .argument('<input>', 'a run folder, rewards of juror implicit or combine, preferences, or labelled data')
    .argument('[inputs...]', 'more of them')
    .addOption(flag('--out <file>', 'the preferences: .jsonl or .parquet').makeOptionMandatory())
    .addOption(
      flag('--format <name>', 'shape of the rows')
        .choices(preferenceFormats)
        .default('jsonl' as const),
    )
    .addOption(
      flag(
        '--data <file>',
        'where the texts are that were judged, and labels to compare with; repeatable',
      ).argParser(gather),
    )
    .addOption(flag('--rubric <id>', 'of a run with several rubrics, which one'))
    .addOption(
      flag('--process <how>', 'stepwise: what counts of a solution')
        .choices(['last', 'min', 'mean', 'product'] as const)
        .default('min' as const),
    )
    .addOption(
      flag('--temperature <n>', 'rewards of juror combine: a difference of n is log-odds of 1')
        .argParser(positiveNumber)
        .default(1),
    )
    .addOption(flag('--with-abstained', 'use verdicts that abstain'))
    .addOption(flag('--with-content-free', 'use verdicts on answers that say nothing'))
    .addOption(flag('--min-margin <n>', 'least margin, in its unit').argParser(fraction(1e9)))
    .addOption(flag('--min-probability <p>', 'least probability of the chosen answer').argParser(fraction(1)))
    .addOption(flag('--order-consistent', 'both orders must name the same winner'))
    .addOption(
      flag('--min-agreement <p>', 'least share of a panel that names the winner').argParser(fraction(1)),
    )
    .addOption(flag('--agree-with-labels', 'drop what a label contradicts'))
    .addOption(flag('--no-near-duplicates', 'drop what nearly repeats an earlier prompt and chosen answer'))
    .addOption(
      flag('--similarity <j>', 'least Jaccard similarity of near duplicates')
        .argParser(fraction(1))
        .default(0.8),
    )
    .addOption(flag('--pairs-per-prompt <n>', 'most pairs of one prompt').argParser(wholeNumber(1)))
    .addOption(
      flag('--pick <how>', 'which of them')
        .choices(['best-margin', 'random'] as const)
        .default('best-margin' as const),
    )
    .addOption(flag('--balance-length', 'as many pairs whose chosen answer is longer as shorter'))
    .addOption(
      flag(
        '--ties <file>',
        'write ties there, in the same format (default: with jsonl in --out, else nowhere)',
      ),
    )
    .addOption(flag('--margin', 'add a column margin'))
    .addOption(flag('--probability', 'add a column probability'))
    .addOption(flag('--provenance', 'add columns that say where each row comes from'))
    .addOption(flag('--card <file>', 'the card (default: the file of --out with .md added)'))
    .addOption(
      flag('--max-length <tokens>', 'count rows that a trainer with this limit drops').argParser(
        wholeNumber(1),
      ),
    )
    .addOption(flag('--bytes-per-token <n>', 'how tokens are estimated').argParser(positiveNumber).default(4))
    .addOption(
      flag('--tolerate <share>', 'share of verdicts without a score up to which the exit code is 0')
        .argParser(fraction(1))
        .default(0),
    )
    .addOption(flag('--seed <n>', 'of draws').argParser(wholeNumber(0)).default(0))
    .option('--json', 'print the figures as JSON');
}

async function prefs(paths: readonly string[], flags: Flags): Promise<number> {
  const terminal = processTerminal();
  requireFlags(flags);
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

/** What of a card the writing knows; `made` is how many preferences or solutions there were before filters. */
type Made = Pick<PreferenceCard, 'rows' | 'tiesIn' | 'makings' | 'filters' | 'figures' | 'tooLong'> & {
  readonly made: number;
};

async function writePairs(
  inputs: readonly PreferenceInput[],
  options: InputOptions,
  flags: Flags,
): Promise<Made> {
  const { book } = options;
  using spool = await spoolPreferences(all(inputs, options), (preference) => knownOf(preference, book));
  const filtered = filterPreferences(spool.facts, filtersOf(flags, spool));
  const { kept, ties } = filtered;
  const inPlace = flags.format === 'jsonl' && flags.ties === undefined;
  const written = inPlace ? [...kept, ...ties].sort((left, right) => left.index - right.index) : kept;
  if (written.length === 0) throw nothingLeft(spool.facts.length, filtered, flags);
  const rows = await writeRows(flags.out, rowsOf(written, spool, flags));
  if (flags.ties !== undefined) await writeRows(flags.ties, rowsOf(ties, spool, flags));
  return {
    made: spool.facts.length,
    rows,
    tiesIn: inPlace ? basename(flags.out) : flags.ties === undefined ? null : basename(flags.ties),
    makings: makingsOf(written),
    filters: filtered.filters,
    figures: preferenceFigures(spool.facts, filtered),
    tooLong: flags.maxLength === undefined ? null : tooLongOf(written, flags.maxLength, flags.bytesPerToken),
  };
}

async function* all(inputs: readonly PreferenceInput[], options: InputOptions) {
  for (const input of inputs) yield* preferencesOf(input, options);
}

function* rowsOf(
  facts: readonly PreferenceFacts[],
  spool: PreferenceSpool,
  flags: Flags,
): Generator<FormatRow> {
  const { format, ...rest } = flags;
  const columns = {
    margin: rest.margin === true,
    probability: rest.probability === true,
    provenance: rest.provenance === true,
  };
  if (format === 'unpaired' || format === 'unpaired-conversational')
    yield* unpairedRows(facts, spool, { ...columns, conversational: format === 'unpaired-conversational' });
  else if (format !== 'stepwise')
    for (const { index } of facts) yield preferenceRow(spool.get(index), format, columns);
}

async function writeSolutions(
  inputs: readonly PreferenceInput[],
  options: InputOptions,
  flags: Flags,
): Promise<Made> {
  const makings = new Map<string, number>();
  let tooLong = 0;
  async function* rows() {
    for (const input of inputs)
      for await (const solution of solutionsOf(input, options)) {
        const { method, run, steps, prompt } = solution;
        const making = JSON.stringify({ method, run, round: null });
        makings.set(making, (makings.get(making) ?? 0) + 1);
        const size = Buffer.byteLength([JSON.stringify(prompt), ...steps].join('\n'));
        if (size / flags.bytesPerToken > (flags.maxLength ?? Number.POSITIVE_INFINITY)) tooLong++;
        yield stepwiseRow(solution, { provenance: flags.provenance === true });
      }
  }
  const written = await writeRows(flags.out, rows());
  return {
    made: written,
    rows: written,
    tiesIn: null,
    makings: [...makings].map(([making, count]) => ({ making, count })),
    filters: [],
    figures: null,
    tooLong:
      flags.maxLength === undefined
        ? null
        : { limit: flags.maxLength, bytesPerToken: flags.bytesPerToken, rows: tooLong },
  };
}

function filtersOf(flags: Flags, spool: PreferenceSpool): FilterOptions {
  const { similarity } = flags;
  return {
    minMargin: flags.minMargin,
    minProbability: flags.minProbability,
    orderConsistent: flags.orderConsistent === true,
    minAgreement: flags.minAgreement,
    agreeWithLabels: flags.agreeWithLabels === true,
    // `--no-near-duplicates` turns a default of true off.
    ...(flags.nearDuplicates === false
      ? { nearDuplicates: (kept) => nearDuplicates(kept, spool.get, { threshold: similarity }) }
      : {}),
    pairsPerPrompt: flags.pairsPerPrompt,
    pick: flags.pick,
    balanceLength: flags.balanceLength === true,
    seed: flags.seed,
  };
}

function requireFlags(flags: Flags): void {
  const writable = (name: string, file: string | undefined) => {
    if (file !== undefined && !/\.(jsonl|ndjson|parquet)$/i.test(file))
      throw new JurorError('usage', `${name}: expected a .jsonl or .parquet file, got '${file}'`);
  };
  writable('--out', flags.out);
  writable('--ties', flags.ties);
  if (flags.format !== 'stepwise') return;
  const idle = [
    ['--min-margin', flags.minMargin],
    ['--min-probability', flags.minProbability],
    ['--order-consistent', flags.orderConsistent],
    ['--min-agreement', flags.minAgreement],
    ['--agree-with-labels', flags.agreeWithLabels],
    ['--no-near-duplicates', flags.nearDuplicates === false ? true : undefined],
    ['--pairs-per-prompt', flags.pairsPerPrompt],
    ['--balance-length', flags.balanceLength],
    ['--ties', flags.ties],
    ['--margin', flags.margin],
    ['--probability', flags.probability],
  ].find(([, value]) => value !== undefined);
  if (idle)
    throw new JurorError(
      'usage',
      `${idle[0]}: expected a format of pairs, got --format stepwise, whose rows are solutions`,
    );
}

function nothingLeft(before: number, { ties, filters }: Filtered, flags: Flags): JurorError {
  if (before === 0) return new JurorError('data', 'expected preferences to write, got none from the inputs');
  const dropped = filters.map(({ filter, dropped }) => `${filter} ${dropped}`);
  const counted = [...(ties.length > 0 ? [`${ties.length} ties`] : []), ...dropped].join(', ');
  return new JurorError(
    'data',
    `expected preferences to write, got none of ${before} past the filters (${counted})`,
    {
      place: { file: flags.out },
    },
  );
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
