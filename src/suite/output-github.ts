/** Notes on what did not pass, as workflow commands of GitHub Actions. */
import type { SuiteCheck, SuiteResult } from '../schema.ts';
import { byUrgency, subjectWords } from './output-words.ts';

/** Notes of one kind that GitHub shows for a step. */
const mostOfAKind = 10;

/** A line for each gate that failed (`error`) or was not measured (`warning`), and for each reason why the suite is incomplete. */
export function githubAnnotations(result: SuiteResult, file?: string): readonly string[] {
  const checks = byUrgency(result.checks);
  const failed = checks
    .filter(({ status }) => status === 'failed')
    .map((check) => gateNote('error', check, file));
  const warnings = [
    ...result.incomplete.map((reason) => note('warning', `${result.suite.name} is incomplete`, reason, file)),
    ...checks
      .filter(({ status }) => status === 'unmeasured')
      .map((check) => gateNote('warning', check, file)),
  ];
  return [...failed.slice(0, mostOfAKind), ...warnings.slice(0, mostOfAKind)];
}

function gateNote(level: 'error' | 'warning', check: SuiteCheck, file: string | undefined): string {
  const { gate, expected, found, description } = check;
  const why = description === undefined ? '' : `\n${description}`;
  return note(level, `${gate} on ${subjectWords(check)}`, `expected ${expected}, got ${found}${why}`, file);
}

function note(level: 'error' | 'warning', title: string, message: string, file: string | undefined): string {
  const properties = [...(file === undefined ? [] : [`file=${property(file)}`]), `title=${property(title)}`];
  return `::${level} ${properties.join(',')}::${data(message)}`;
}

/** As `@actions/core` escapes messages; what drives a terminal is made visible. */
function data(text: string): string {
  return text
    .toWellFormed()
    .replace(
      /(?![\r\n])[\p{Cc}\p{Cf}\u2028\u2029]/gu,
      (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
    )
    .replace(/[%\r\n]/g, (character) => encodeURIComponent(character));
}

function property(text: string): string {
  return data(text).replace(/[:,]/g, (character) => encodeURIComponent(character));
}
