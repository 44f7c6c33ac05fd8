/** What a terminal shows of a suite: how it ended, what failed and why, and the figures of each run. */
import type { SuiteCheck, SuiteFigure, SuiteResult, SuiteRun } from '../schema.ts';
import {
  byUrgency,
  checkWords,
  figuresOf,
  figureWords,
  itemWords,
  measureWords,
  outstandingSlices,
  partWords,
  sliceWords,
  statusWords,
  subjectWords,
  unscoredWords,
} from '../suite/output-words.ts';
import { count, harmless, plural, type Terminal, table, wrap } from './terminal.ts';

/** Options of {@link describeSuite}. */
export interface DescribeOptions {
  /** Where the result stands. Default: not said. */
  readonly folder?: string;
  /** Gates that passed, slices that stand out and samples that fell: how many of each are named. Default: 10. */
  readonly most?: number;
}

/**
 * A suite's result for people: gates with those that failed first, the figures of each run, and why it is incomplete. No line is
 * wider than the terminal, and none begins with a text of users or data: GitHub would take `::` there for a command.
 */
export function describeSuite(
  result: SuiteResult,
  terminal: Pick<Terminal, 'width' | 'style'>,
  { folder, most = 10 }: DescribeOptions = {},
): string {
  const page = { width: terminal.width, style: terminal.style.bind(terminal), most };
  const { suite, filter, incomplete, runs, checks } = result;
  const colour = { passed: 'green', failed: 'red', incomplete: 'yellow' } as const;
  const sections = [
    [
      ...title(`suite ${suite.name} ${statusWords(result)}`, [colour[result.status], 'bold'], page),
      ...(suite.description === undefined ? [] : folded(suite.description, '  ', page)),
      ...(filter === undefined ? [] : folded(`only what the filter ${filter.join(' ')} selects`, '  ', page)),
    ],
    incomplete.length === 0
      ? []
      : [
          ...title('incomplete', ['bold'], page),
          ...incomplete.flatMap((reason) => folded(reason, '  - ', page)),
        ],
    gateLines(checks, page),
    ...runs.map((run) => runLines(result, run, page)),
    folder === undefined ? [] : folded(`files in ${folder}`, '', page),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

interface Page {
  readonly width: number;
  readonly most: number;
  style: Terminal['style'];
}

const marks = { passed: '✓', failed: '✗', unmeasured: '?' } as const;
const colours = { passed: 'green', failed: 'red', unmeasured: 'yellow' } as const;

function gateLines(checks: readonly SuiteCheck[], page: Page): string[] {
  if (checks.length === 0) return [];
  const ordered = byUrgency(checks);
  const passed = ordered.filter(({ status }) => status === 'passed');
  const more = passed.length - page.most;
  return [
    ...title('gates', ['bold'], page),
    ...ordered.filter(({ status }) => status !== 'passed').flatMap((check) => troubleLines(check, page)),
    ...passed
      .slice(0, page.most)
      .flatMap((check) => [
        ...gateLine(check, page),
        ...folded(check.expected, '    expected ', page),
        ...folded(check.found, '    found    ', page),
      ]),
    ...(more > 0 ? [`  and ${count(more)} more passed`] : []),
  ];
}

/** A gate that did not pass, with what was asked, what there was, why it is there, and what fell. */
function troubleLines(check: SuiteCheck, page: Page): string[] {
  const { expected, found, description, items = [], fell = items.length } = check;
  const shown = items.slice(0, page.most);
  const more = fell - shown.length;
  return [
    ...gateLine(check, page),
    ...folded(expected, '    expected ', page),
    ...folded(found, '    found    ', page),
    ...(description === undefined ? [] : folded(description, '    because  ', page)),
    ...shown.flatMap((item) => folded(itemWords(item), '    - ', page)),
    ...(shown.length > 0 && more > 0 ? [`    and ${count(more)} more`] : []),
  ];
}

function gateLine(check: SuiteCheck, page: Page): string[] {
  const { status, gate } = check;
  const lead = `  ${marks[status]} ${checkWords[status]} `;
  return folded(`${gate} on ${subjectWords(check)}`, lead, page).map((line, index) =>
    index === 0 ? line.replace(lead, () => page.style(colours[status], lead)) : line,
  );
}

function runLines(result: SuiteResult, run: SuiteRun, page: Page): string[] {
  const figures = figuresOf(result, run);
  const whole = figures.filter(({ slice }) => slice === null);
  const outstanding = outstandingSlices(figures);
  const slices = figures.length - whole.length;
  const reasons = [
    ...new Set(
      whole.flatMap((figure) =>
        figure.figure.estimate === null && figure.figure.reason !== undefined
          ? [`${measureWords(figure)}: none, ${figure.figure.reason}`]
          : [],
      ),
    ),
  ];
  return [
    ...title(`${run.data} judged by ${run.judge}`, ['bold'], page),
    ...folded(countWords(run), '  ', page),
    ...(whole.length === 0 ? [] : figureTable(whole, page)),
    ...reasons.flatMap((reason) => folded(reason, '  ', page)),
    ...outstanding.slice(0, page.most).flatMap(({ figure, whole }) => {
      const { rubric, measure } = figure;
      const own = figureWords(figure.figure, measure);
      const words = `${sliceWords(figure.slice)}: ${measureWords(figure)} under ${rubric}, ${partWords(figure)}: ${own}, n ${figure.figure.n}; all ${figureWords(whole.figure, measure)}`;
      return folded(words, '  stands out ', page);
    }),
    ...(outstanding.length > page.most
      ? [`  ${count(outstanding.length)} of ${count(slices)} slices stand out`]
      : []),
    ...folded(
      `${count(run.tokens.prompt)} tokens read, ${count(run.tokens.generated)} written · ${run.models.join(', ')} · ${run.folder}`,
      '  ',
      page,
    ),
  ];
}

function countWords(run: SuiteRun): string {
  const why = unscoredWords(run);
  return [
    `${count(run.scored)} of ${plural(run.verdicts, 'verdict')} scored`,
    ...(why === '' ? [] : [`judgments without a score: ${why}`]),
    ...(run.abstained > 0 ? [`${count(run.abstained)} abstain`] : []),
    ...(run.pending > 0 ? [`${count(run.pending)} still to be judged`] : []),
    ...(run.refused > 0 ? [`${plural(run.refused, 'row')} refused`] : []),
  ].join(' · ');
}

/** Figures as a table, or, where that is wider than the terminal, one below the other. */
function figureTable(figures: readonly SuiteFigure[], page: Page): string[] {
  const rows = figures.map((figure) => [
    safe(partWords(figure)),
    safe(figure.rubric),
    safe(measureWords(figure)),
    figureWords(figure.figure, figure.measure),
    count(figure.figure.n),
    count(figure.unscored),
  ]);
  const numbers = ['figure', 'n', 'unscored'];
  const lines = table(['figures of', 'rubric', 'measure', ...numbers], rows, numbers)
    .split('\n')
    .map((line) => `  ${line}`);
  if (lines.every((line) => line.length <= page.width)) return lines;
  return figures.flatMap((figure) => [
    ...folded(`${partWords(figure)} of ${figure.rubric}`, '  ', page),
    ...folded(
      `${measureWords(figure)} ${figureWords(figure.figure, figure.measure)}, n ${count(figure.figure.n)}, ${count(figure.unscored)} unscored`,
      '    ',
      page,
    ),
  ]);
}

function title(text: string, format: Parameters<Terminal['style']>[0], page: Page): string[] {
  return folded(text, '', page).map((line) => page.style(format, line));
}

/** Text as lines of the terminal's width behind a lead, those after the first behind as much room and a mark. */
function folded(text: string, lead: string, page: Page): string[] {
  const indent = `${' '.repeat(Math.max(0, lead.length - 2))}│ `.slice(-Math.max(2, lead.length));
  const room = Math.max(20, page.width - Math.max(lead.length, indent.length));
  const [first = '', ...others] = wrap(safe(text), room, 12);
  const marked = lead.trim() === '' && first.startsWith('::') ? `│ ${first}` : first;
  return [`${lead}${marked}`.slice(0, page.width), ...others.map((line) => `${indent}${line}`)];
}

/** One line that drives neither a terminal nor a runner of GitHub, which looks for `##[` anywhere. */
function safe(text: string): string {
  return harmless(text).replace(/\s+/g, ' ').replaceAll('##[', '## [');
}
