/** Inputs to rows, and what a card tells of them. */
import { basename } from 'node:path';
import { writeRows } from '../dataset.ts';
import { JurorError } from '../errors.ts';
import { makingsOf, type PreferenceCard, tooLongOf } from '../preference/card.ts';
import { preferenceFigures } from '../preference/figures.ts';
import { type Filtered, type FilterOptions, filterPreferences } from '../preference/filters.ts';
import { type FormatRow, preferenceRow, unpairedRows } from '../preference/formats.ts';
import {
  type InputOptions,
  knownOf,
  type PreferenceInput,
  preferencesOf,
  solutionsOf,
} from '../preference/inputs.ts';
import { requireOneUnit } from '../preference/margin-unit.ts';
import { nearDuplicates } from '../preference/near-duplicates.ts';
import { stepwiseRow } from '../preference/solutions.ts';
import { type PreferenceFacts, type PreferenceSpool, spoolPreferences } from '../preference/spool.ts';
import type { PrefsFlags } from './prefs-flags.ts';

/** What of a card the writing knows; `made` is how many preferences or solutions there were before filters. */
export type Made = Pick<PreferenceCard, 'rows' | 'tiesIn' | 'makings' | 'filters' | 'figures' | 'tooLong'> & {
  readonly made: number;
};

/** Write preferences in a format of pairs or single answers. Throws JurorError `data` when the filters leave none. */
export async function writePairs(
  inputs: readonly PreferenceInput[],
  options: InputOptions,
  flags: PrefsFlags,
): Promise<Made> {
  const { book } = options;
  using spool = await spoolPreferences(all(inputs, options), (preference) => knownOf(preference, book));
  const filtered = filterPreferences(spool.facts, filtersOf(flags, spool));
  const { kept, ties } = filtered;
  const inPlace = flags.format === 'jsonl' && flags.ties === undefined;
  const written = inPlace ? [...kept, ...ties].sort((left, right) => left.index - right.index) : kept;
  if (written.length === 0) throw nothingLeft(spool.facts.length, filtered, flags);
  if (flags.margin === true && flags.format !== 'jsonl') requireOneUnit(written, '--margin');
  const rows = await writeRows(flags.out, rowsOf(written, spool, flags, options));
  if (flags.ties !== undefined) await writeRows(flags.ties, rowsOf(ties, spool, flags, options));
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
  flags: PrefsFlags,
  options: InputOptions,
): Generator<FormatRow> {
  const { format, ...rest } = flags;
  const columns = {
    margin: rest.margin === true,
    probability: rest.probability === true,
    provenance: rest.provenance === true,
  };
  if (format === 'unpaired' || format === 'unpaired-conversational')
    yield* unpairedRows(facts, spool, {
      ...columns,
      conversational: format === 'unpaired-conversational',
      onUndecided: () => options.leftOut?.('undecided', ''),
    });
  else if (format !== 'stepwise')
    for (const { index } of facts) yield preferenceRow(spool.get(index), format, columns);
}

/** Write solutions in the stepwise format. Throws JurorError `data` when there are none. */
export async function writeSolutions(
  inputs: readonly PreferenceInput[],
  options: InputOptions,
  flags: PrefsFlags,
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
  const solutions = rows();
  const first = await solutions.next();
  if (first.done)
    throw new JurorError('data', 'expected solutions in steps to write, got none from the inputs');
  async function* again() {
    yield first.value as FormatRow;
    yield* solutions;
  }
  const written = await writeRows(flags.out, again());
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

function filtersOf(flags: PrefsFlags, spool: PreferenceSpool): FilterOptions {
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

function nothingLeft(before: number, { ties, filters }: Filtered, flags: PrefsFlags): JurorError {
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
