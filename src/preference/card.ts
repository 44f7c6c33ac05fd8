/** The card that lies beside a file of preferences: what is in it, how it was made, and what to mind. */
import type { Figure } from '../aggregate/interval.ts';
import type { Bin, PreferenceFigures } from './figures.ts';
import type { FilterCount } from './filters.ts';
import type { FormatRow, PreferenceFormat } from './formats.ts';
import type { PreferenceFacts } from './spool.ts';

/** A file that the preferences were made from or are in. */
export interface CardFile {
  readonly name: string;
  /** SHA-256 of its bytes. */
  readonly digest: string;
}

/** What a card tells. */
export interface PreferenceCard {
  readonly file: CardFile;
  readonly rows: number;
  readonly format: PreferenceFormat;
  /** Where the ties went: a file, this one, or null for nowhere. */
  readonly tiesIn: string | null;
  /** The command, as a shell reads it. */
  readonly command: string;
  readonly inputs: readonly CardFile[];
  readonly makings: readonly { readonly making: string; readonly count: number }[];
  readonly leftOut: Readonly<Record<string, number>>;
  readonly filters: readonly FilterCount[];
  readonly figures: PreferenceFigures | null;
  readonly tooLong: TooLong | null;
  readonly seed: number;
}

/** Rows that a trainer with a limit would drop or cut. */
export interface TooLong {
  readonly limit: number;
  /** How tokens were told: by this many bytes of UTF-8 each. */
  readonly bytesPerToken: number;
  readonly rows: number;
}

/** Preferences with a prompt and an answer of more tokens than a limit, estimated from bytes; templates are not counted. */
export function tooLongOf(facts: readonly PreferenceFacts[], limit: number, bytesPerToken: number): TooLong {
  const rows = facts.filter(({ longestBytes }) => Math.ceil(longestBytes / bytesPerToken) > limit).length;
  return { limit, bytesPerToken, rows };
}

/** How preferences were made, and how many of them each way. */
export function makingsOf(facts: readonly PreferenceFacts[]): PreferenceCard['makings'] {
  const groups = Map.groupBy(facts, ({ making }) => making);
  return [...groups].map(([making, of]) => ({ making, count: of.length }));
}

/** The card in Markdown; equal facts give equal text. */
export function describeCard(card: PreferenceCard): string {
  const { file, format, figures, rows } = card;
  return `${[
    `# ${named(file.name)}`,
    [
      `- Rows: ${rows}, format \`${format}\``,
      ...(figures
        ? [
            `- Preferences: ${figures.preferences} of ${figures.prompts} prompts, at most ${figures.mostForOnePrompt} for one`,
            `- Ties: ${figures.ties}, ${card.tiesIn === null ? 'left out' : `in ${named(card.tiesIn)}`}`,
          ]
        : []),
      `- SHA-256: ${file.digest}`,
      '- Licence: (fill in: of the prompts and answers, and what the licence of the judge says of its output)',
    ].join('\n'),
    '## How it was made',
    `\`\`\`sh\n${card.command}\n\`\`\``,
    [
      ...card.makings.map(({ making, count }) => `- ${count}: ${describeMaking(making)}`),
      ...card.inputs.map(({ name, digest }) => `- ${named(name)}: SHA-256 ${digest}`),
      `- Seed ${card.seed}`,
    ].join('\n'),
    ...section('Left out before filters', leftOutLines(card.leftOut)),
    ...section(
      'Filters',
      card.filters.length === 0
        ? ['None.']
        : [
            '| filter | does not pass | passes all others |',
            '|---|---:|---:|',
            ...card.filters.map(({ filter, dropped, alone }) => `| \`${filter}\` | ${dropped} | ${alone} |`),
          ],
    ),
    ...(figures ? figureSections(figures) : []),
    ...section('Length limit', card.tooLong ? [describeTooLong(card.tooLong)] : []),
  ].join('\n\n')}\n`;
}

/** A line about rows that are too long. */
export function describeTooLong({ limit, bytesPerToken, rows }: TooLong): string {
  return `Longer than ${limit} tokens: ${rows} rows (estimated, a token for every ${bytesPerToken} bytes, without a chat template). TRL's RewardTrainer drops such rows without a word; DPOTrainer cuts them.`;
}

function figureSections(figures: PreferenceFigures): string[] {
  const { labels, duplicates } = figures;
  return [
    ...section('Balance', [
      `- Chosen answer first in the data: ${share(figures.chosenFirst)}`,
      `- Chosen answer longer: ${share(figures.chosenLonger)}; that is what "the longer one wins" gets here. Of one length: ${figures.equalLength}`,
      `- Mean difference of lengths, chosen less rejected: ${decimals(figures.lengthDifference, 1)} characters`,
      `- Mean probability of the chosen answer: ${decimals(figures.meanProbability, 3)}`,
    ]),
    ...section('Agreement with labels', [
      ...(labels.labelled === 0
        ? ['No label to compare with.']
        : [
            `- The label prefers the chosen answer: ${share(labels.agreement)}`,
            `- Beside it, on the same rows: the longer one ${share(labels.longer)}, the first one ${share(labels.first)}`,
          ]),
      ...(labels.labelTies > 0 ? [`- Labelled as ties, compared with nothing: ${labels.labelTies}`] : []),
    ]),
    ...section('Consistency', [
      `- Both orders name the same winner, before filters: ${share(figures.orderConsistent)}`,
      `- Exact duplicates: ${duplicates.exact}; pairs that an earlier row prefers the other way round: ${duplicates.contradicting}`,
    ]),
    ...Object.entries(figures.margins).flatMap(([unit, bins]) =>
      section(`Margins in ${unit}`, [`\`\`\`text\n${histogramLines(bins).join('\n')}\n\`\`\``]),
    ),
  ];
}

function section(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${heading}`, lines.join('\n')];
}

function leftOutLines(leftOut: PreferenceCard['leftOut']): string[] {
  return Object.entries(leftOut)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([reason, count]) => `- ${count}: ${reason}`);
}

function describeMaking(making: string): string {
  const {
    method,
    run,
    rubric,
    engines = [],
    round,
  }: FormatRow & {
    readonly rubric?: { readonly id: string; readonly version: string; readonly digest: string };
    readonly engines?: readonly { readonly model: string; readonly digest: string }[];
  } = JSON.parse(making);
  const judges = engines.map(({ model, digest }) => `${named(model)} (${digest.slice(0, 12)})`).join(' + ');
  return [
    String(method),
    ...(run === null ? [] : [`of ${named(String(run))}`]),
    ...(rubric ? [`under \`${rubric.id}\` ${rubric.version} (${rubric.digest.slice(0, 12)})`] : []),
    ...(judges ? [`by ${judges}`] : []),
    ...(round === null ? [] : [`round ${round}`]),
  ].join(', ');
}

/** A histogram as text: a bar for each bin. */
export function histogramLines(bins: readonly Bin[]): string[] {
  const most = Math.max(1, ...bins.map(({ count }) => count));
  return bins.map(({ from, to, count }) => {
    const bar = '#'.repeat(Math.ceil((count / most) * 40));
    return `${from.toFixed(2).padStart(7)} – ${to.toFixed(2).padStart(7)} ${String(count).padStart(7)} ${bar}`.trimEnd();
  });
}

function share({ estimate, low, high, n }: Figure): string {
  if (estimate === null) return '–';
  const interval =
    low === null || high === null ? '' : ` [${(low * 100).toFixed(1)}, ${(high * 100).toFixed(1)}]`;
  return `${(estimate * 100).toFixed(1)} %${interval} of ${n}`;
}

function decimals(value: number | null, places: number): string {
  return value === null ? '–' : value.toFixed(places);
}

/** A name that Markdown leaves as it is. */
function named(name: string): string {
  return `\`${name.replaceAll('`', "'").replaceAll(/\s+/g, ' ')}\``;
}
