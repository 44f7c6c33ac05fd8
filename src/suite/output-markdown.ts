/** A suite's result for a pull request: GitHub flavoured Markdown in which no text of users or data can become markup. */
import type { SuiteCheck, SuiteFigure, SuiteResult, SuiteRun } from '../schema.ts';
import {
  byUrgency,
  checkWords,
  figuresOf,
  figureWords,
  itemWords,
  outstandingSlices,
  partWords,
  sliceWords,
  statusWords,
  subjectWords,
  unscoredWords,
} from './output-words.ts';

/** Most characters of a comment on GitHub. */
export const mostMarkdownCharacters = 65_536;

/** Characters of one text; what is more is cut. */
const mostOfOne = 300;
/** Samples named for one gate. */
const mostItems = 10;

/**
 * The result as Markdown of at most `mostMarkdownCharacters`: how it ended and why, gates with those that failed first, and
 * the figures of each run to unfold; what does not fit is left out, and said to be.
 *
 * Texts stand as `<code>` in blocks of HTML: nothing within such a block is Markdown, `&`, `<`, `>` and quotes are references,
 * and what GitHub makes of bare text (mentions, issues, links, emoji) it does not make of code.
 */
export function suiteMarkdown(result: SuiteResult): string {
  const { checks, incomplete, runs, suite } = result;
  const head = [
    `<h2>${code(suite.name)} ${statusWords(result)}</h2>`,
    ...(suite.description === undefined ? [] : [`<p>${code(suite.description)}</p>`]),
    ...(result.filter === undefined
      ? []
      : [`<p>Only what the filter ${code(result.filter.join(' '))} selects.</p>`]),
  ].join('\n');
  const why =
    incomplete.length === 0
      ? []
      : [
          [
            '<p>Incomplete:</p>',
            '<ul>',
            ...incomplete.slice(0, 20).map((reason) => `<li>${code(reason)}</li>`),
            '</ul>',
          ].join('\n'),
        ];
  const ordered = byUrgency(checks);
  const blocks: readonly (readonly [what: string, text: string])[] = [
    ...why.map((text) => ['reasons', text] as const),
    ...ordered
      .filter(({ status }) => status !== 'passed')
      .map((check) => ['gates', troubleOf(check)] as const),
    ...passedTables(ordered.filter(({ status }) => status === 'passed')).map(
      (text) => ['gates', text] as const,
    ),
    ...runs.map((run) => ['runs', runDetails(result, run)] as const),
  ];
  const foot = '<p>All of it: <code>suite.json</code></p>';
  let room = mostMarkdownCharacters - head.length - foot.length - 200;
  const shown: string[] = [];
  const left = new Map<string, number>();
  for (const [what, text] of blocks) {
    if (text.length + 2 > room) {
      left.set(what, (left.get(what) ?? 0) + 1);
      continue;
    }
    room -= text.length + 2;
    shown.push(text);
  }
  const parts = [...left].map(([what, n]) => `${n} ${n === 1 ? 'block' : 'blocks'} of ${what}`);
  const cut = parts.length === 0 ? [] : [`<p>Left out, for want of room: ${parts.join(', ')}.</p>`];
  return `${[head, ...shown, ...cut, foot].join('\n\n')}\n`;
}

/** Text of users or data. One line, nothing in it that drives a terminal or turns the direction of writing. */
function code(text: string): string {
  const line = text
    .toWellFormed()
    .replace(/\s+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
    .trim();
  const cut = line.length <= mostOfOne ? line : `${line.slice(0, mostOfOne - 1).toWellFormed()}…`;
  return `<code>${cut.replace(/[&<>"'`]/g, (character) => `&#${character.codePointAt(0)};`)}</code>`;
}

/** A gate that did not pass. */
function troubleOf(check: SuiteCheck): string {
  const { gate, status, expected, found, description, items = [], fell = items.length } = check;
  const more = fell - Math.min(items.length, mostItems);
  return [
    `<p><strong>${checkWords[status]}</strong> ${code(gate)} on ${code(subjectWords(check))}<br>`,
    `expected ${code(expected)}<br>`,
    `found ${code(found)}${description === undefined ? '' : `<br>\n${code(description)}`}</p>`,
    ...(items.length === 0
      ? []
      : [
          '<ul>',
          ...items.slice(0, mostItems).map((item) => `<li>${code(itemWords(item))}</li>`),
          ...(more > 0 ? [`<li>and ${more} more</li>`] : []),
          '</ul>',
        ]),
  ].join('\n');
}

/** Gates that passed, to unfold, in tables of fifty. */
function passedTables(checks: readonly SuiteCheck[]): string[] {
  const rows = checks.map((check) => [
    code(check.gate),
    code(subjectWords(check)),
    code(check.expected),
    code(check.found),
  ]);
  return Array.from({ length: Math.ceil(rows.length / 50) }, (_, page) =>
    details(
      `${rows.length} ${rows.length === 1 ? 'check' : 'checks'} passed`,
      table(['gate', 'on', 'expected', 'found'], rows.slice(page * 50, page * 50 + 50)),
    ),
  );
}

/** Counts and figures of one run, to unfold. */
function runDetails(result: SuiteResult, run: SuiteRun): string {
  const figures = figuresOf(result, run);
  const outstanding = outstandingSlices(figures).map(({ figure }) => figure);
  const rows = [...figures.filter(({ slice }) => slice === null), ...outstanding].map(figureRow);
  const others = figures.length - rows.length;
  return details(
    `${code(run.data)} judged by ${code(run.judge)}: ${run.scored} of ${run.verdicts} verdicts scored`,
    [
      table(['rubric', 'measure', 'of', 'slice', 'figure', 'n', 'unscored'], rows.slice(0, 100)),
      rows.length > 100 || others > 0
        ? `<p>${others + Math.max(0, rows.length - 100)} more figures in <code>suite.json</code>; slices are shown where their interval has nothing in common with that of all samples</p>`
        : '',
      `<p>${[
        run.pending > 0 ? `${run.pending} pending` : '',
        run.refused > 0 ? `${run.refused} rows refused` : '',
        run.abstained > 0 ? `${run.abstained} abstain` : '',
        unscoredWords(run) ? `unscored: ${code(unscoredWords(run))}` : '',
        `${run.judgments} judgments, ${run.tokens.prompt} tokens read, ${run.tokens.generated} written`,
        code(run.models.join(', ')),
        code(run.folder),
      ]
        .filter(Boolean)
        .join(' · ')}</p>`,
    ]
      .filter(Boolean)
      .join('\n'),
  );
}

function figureRow(figure: SuiteFigure): string[] {
  const { reason } = figure.figure;
  return [
    code(figure.rubric),
    figure.model === undefined ? figure.measure : `${figure.measure} of ${code(figure.model)}`,
    code(partWords(figure)),
    figure.slice === null ? '' : code(sliceWords(figure.slice)),
    figureWords(figure.figure, figure.measure) + (reason === undefined ? '' : ` ${code(reason)}`),
    String(figure.figure.n),
    String(figure.unscored),
  ];
}

function details(summary: string, content: string): string {
  return `<details>\n<summary>${summary}</summary>\n${content}\n</details>`;
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], tag: 'td' | 'th') =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return ['<table>', row(headings, 'th'), ...rows.map((cells) => row(cells, 'td')), '</table>'].join('\n');
}
