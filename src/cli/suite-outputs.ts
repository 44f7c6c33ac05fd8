/** What becomes of a suite's result: files, summaries for people, telemetry; and the same of plain runs. */
import { appendFile } from 'node:fs/promises';
import { Command, type OptionValues } from '@commander-js/extra-typings';
import { JurorError } from '../errors.ts';
import type { SuiteResult } from '../schema.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { figureCsv, verdictCsv } from '../suite/output-csv.ts';
import { githubAnnotations } from '../suite/output-github.ts';
import { suiteMarkdown } from '../suite/output-markdown.ts';
import { capturesContent, sendTelemetry } from '../suite/output-telemetry.ts';
import { captureVariable } from '../suite/output-telemetry-names.ts';
import { suiteSources, type VerdictSource, verdictLines } from '../suite/output-verdicts.ts';
import { flag } from './flags.ts';
import { describeSuite } from './suite-text.ts';
import { count, excerpt, harmless, type Terminal } from './terminal.ts';

/** Values of {@link addVerdictFlags}. */
export type VerdictFlags = ReturnType<ReturnType<typeof verdictFlags>['opts']>;
/** Values of {@link addOutputFlags}. */
export type OutputFlags = VerdictFlags & ReturnType<ReturnType<typeof suiteFlags>['opts']>;

function verdictFlags() {
  return new Command()
    .addOption(flag('--csv <file>', 'the verdicts, one a row, as CSV'))
    .addOption(flag('--jsonl <file>', 'the verdicts, one a line, as JSON Lines'))
    .addOption(
      flag(
        '--telemetry [url]',
        'send verdicts as OpenTelemetry events (default: OTEL_EXPORTER_OTLP_ENDPOINT, else http://localhost:4318)',
      ),
    )
    .addOption(flag('--capture-content', 'with --telemetry: send critiques and messages of errors too'));
}

function suiteFlags() {
  return new Command()
    .addOption(flag('--junit <file>', 'the gates as JUnit XML'))
    .addOption(flag('--markdown <file>', 'a summary for a pull request; - is stdout'))
    .addOption(flag('--figures <file>', 'the figures, one a row, as CSV'))
    .addOption(
      flag(
        '--github',
        "in GitHub Actions: the summary on the job's page, and a note for each gate that did not pass",
      ),
    )
    .option('--json', 'print the whole result as JSON');
}

/** Add the flags of outputs that a suite has. */
export function addOutputFlags<Arguments extends unknown[], Options extends OptionValues>(
  command: Command<Arguments, Options>,
): Command<Arguments, Options & OutputFlags> {
  for (const option of [...suiteFlags().options, ...verdictFlags().options]) command.addOption(option);
  return command as unknown as Command<Arguments, Options & OutputFlags>;
}

/** Add the flags of outputs that any run has. */
export function addVerdictFlags<Arguments extends unknown[], Options extends OptionValues>(
  command: Command<Arguments, Options>,
): Command<Arguments, Options & VerdictFlags> {
  for (const option of verdictFlags().options) command.addOption(option);
  return command as unknown as Command<Arguments, Options & VerdictFlags>;
}

/** What of these flags cannot be done; for before any model is asked. Throws JurorError `usage`. */
export function requireOutputFlags({
  json,
  markdown,
  telemetry,
  captureContent,
}: Partial<OutputFlags>): void {
  if (json && markdown === '-')
    throw new JurorError('usage', '--markdown: expected a file with --json, which prints on stdout too');
  if (captureContent && telemetry === undefined)
    throw new JurorError('usage', '--capture-content: expected --telemetry, which it is about');
}

/** Options of {@link writeOutputs}. */
export interface OutputOptions {
  /** The suite file, for notes in GitHub Actions; relative to the repository. Default: notes name no file. */
  readonly file?: string;
  /** How verdicts of its runs are derived, such as calibrated. Default: as judged. */
  readonly derive?: VerdictSource['derive'];
  /** Default: the process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Write and print all that the flags ask for: on stdout the summary, or with `--json` the result, or with `--markdown -` the
 * Markdown. `folder` is the one that the result's run folders are relative to. Telemetry that fails is told on stderr and changes
 * nothing; files that cannot be written throw JurorError `store`.
 */
export async function writeOutputs(
  result: SuiteResult,
  folder: string,
  flags: Partial<OutputFlags>,
  terminal: Terminal,
  { file, derive, environment = process.env }: OutputOptions = {},
): Promise<void> {
  requireOutputFlags(flags);
  const { junit, markdown, figures, github, json } = flags;
  const written = [
    ...(await write(junit, () => junitParts(result))),
    ...(await write(markdown === '-' ? undefined : markdown, () => [suiteMarkdown(result)])),
    ...(await write(figures, () => figureCsv(result))),
  ];
  if (json) terminal.print(JSON.stringify(result, null, 2));
  else if (markdown === '-') terminal.print(suiteMarkdown(result).trimEnd());
  else terminal.print(describeSuite(result, terminal, { folder }));
  if (github) await tellGithub(result, file, terminal, environment);
  written.push(...(await writeVerdicts(suiteSources(result, folder, derive), flags, terminal, environment)));
  if (written.length > 0) terminal.note(`wrote ${harmless(written.join(', '))}`);
}

/**
 * Write what the flags ask for of the verdicts of run folders, and return the files. Telemetry that fails is told and changes
 * nothing.
 */
export async function writeVerdicts(
  sources: readonly VerdictSource[],
  { csv, jsonl, telemetry, captureContent }: Partial<VerdictFlags>,
  terminal: Terminal,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<readonly string[]> {
  const written = [
    ...(await write(csv, () => verdictCsv(sources))),
    ...(await write(jsonl, () => verdictLines(sources))),
  ];
  if (telemetry !== undefined)
    await tellTelemetry(sources, telemetry, captureContent ?? false, terminal, environment);
  return written;
}

async function tellTelemetry(
  sources: readonly VerdictSource[],
  telemetry: string | true,
  captureContent: boolean,
  terminal: Terminal,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { capture, unknown } = capturesContent(environment);
  if (unknown !== undefined)
    terminal.warn(
      `juror: ${captureVariable}: expected NO_CONTENT, SPAN_ONLY, EVENT_ONLY or SPAN_AND_EVENT, got '${excerpt(unknown, 40)}'; nothing is captured`,
    );
  const { DiagLogLevel, diag } = await import('@opentelemetry/api');
  // The exporter tells of events that a receiver refused only here.
  const told = new Set<string>();
  const tell = (message: string, ...details: unknown[]) =>
    void told.add(excerpt([message, ...details.map(String)].join(' '), 300));
  diag.setLogger(
    { error: tell, warn: tell, info() {}, debug() {}, verbose() {} },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  try {
    const { sent, failure } = await sendTelemetry(sources, {
      ...(typeof telemetry === 'string' && telemetry !== '' ? { url: telemetry } : {}),
      captureContent: captureContent || capture,
      environment,
    });
    for (const message of told) terminal.warn(`juror: telemetry: ${message}`);
    if (failure !== undefined)
      terminal.warn(`juror: telemetry: sent ${count(sent)} events, then no more: ${excerpt(failure, 300)}`);
    else terminal.note(`sent ${count(sent)} events`);
  } finally {
    diag.disable();
  }
}

/** Loaded only where it is asked for, as telemetry is. */
async function* junitParts(result: SuiteResult) {
  const { junitXml } = await import('../suite/output-junit.ts');
  yield junitXml(result);
}

async function write(
  file: string | undefined,
  parts: () => Iterable<string> | AsyncIterable<string>,
): Promise<string[]> {
  if (file === undefined) return [];
  await writeAtomically(file, parts());
  return [file];
}

/** The summary on the job's page, and notes in the log, where GitHub reads them on stderr too. */
async function tellGithub(
  result: SuiteResult,
  file: string | undefined,
  terminal: Terminal,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { GITHUB_ACTIONS: actions, GITHUB_STEP_SUMMARY: summary } = environment;
  if (!actions && !summary)
    return terminal.note('--github: this is no job of GitHub Actions, so there is nothing to write to');
  if (summary) await appendFile(summary, `${suiteMarkdown(result)}\n`);
  for (const annotation of githubAnnotations(result, file)) terminal.warn(annotation);
}
