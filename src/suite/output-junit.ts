/** A suite's result as JUnit XML, in the dialect that GitLab, Jenkins and the readers for GitHub have in common (`junit-10.xsd`). */
import { XMLBuilder } from 'fast-xml-parser';
import type { SuiteCheck, SuiteResult, SuiteRun } from '../schema.ts';
import {
  byUrgency,
  checkWords,
  figuresOf,
  figureWords,
  itemWords,
  measureWords,
  partWords,
  sliceWords,
  statusWords,
  unscoredWords,
} from './output-words.ts';

/** A test case as the builder takes it. */
interface Case {
  readonly '@_name': string;
  readonly '@_classname': string;
  readonly failure?: Ending;
  readonly error?: Ending;
  readonly skipped?: Ending;
}

interface Ending {
  readonly '@_message': string;
  readonly '@_type': string;
  readonly '#text'?: string;
}

/**
 * The result as one XML document: a test suite for each run, with a case `judged` and one for each gate that looks at it, after one
 * for the suite as a whole (`complete`, gates on report cards, and what was left out). A gate that failed is a `failure`; one that
 * could not be measured, rows without a verdict and an incomplete suite are an `error`; what `--filter` and parts leave out is
 * `skipped`. Characters that XML cannot hold are removed. There is no time in it: equal results give equal bytes.
 */
export function junitXml(result: SuiteResult): string {
  const { name } = result.suite;
  const suites = [wholeSuite(result), ...result.runs.map((run) => runSuite(result, run))];
  const counts = suites.map(({ '@_tests': tests, '@_failures': failures, '@_errors': errors }) => ({
    tests,
    failures,
    errors,
  }));
  const sum = (key: 'tests' | 'failures' | 'errors') =>
    counts.reduce((total, count) => total + count[key], 0);
  return builder.build({
    '?xml': { '@_version': '1.0', '@_encoding': 'UTF-8' },
    testsuites: {
      '@_name': name,
      '@_tests': sum('tests'),
      '@_failures': sum('failures'),
      '@_errors': sum('errors'),
      testsuite: suites,
    },
  });
}

const builder = new XMLBuilder({
  attributeNamePrefix: '@_',
  ignoreAttributes: false,
  format: true,
  suppressEmptyNode: true,
  suppressBooleanAttributes: false,
  // The builder's own entities would take line breaks in attributes for spaces when they are read again.
  processEntities: false,
  tagValueProcessor: (_name, value) => escaped(String(value)),
  attributeValueProcessor: (_name, value) =>
    escaped(String(value)).replace(/[\t\n"]/g, (character) => `&#${character.codePointAt(0)};`),
});

/** Text without what XML 1.0 forbids; carriage returns stay what they are. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>\r]/g, (character) => entities[character] ?? '');
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };

/** What is about no single run. */
function wholeSuite(result: SuiteResult) {
  const { name, description, digest } = result.suite;
  const { incomplete, status, shard, filter, tolerance, checks } = result;
  const complete: Case = {
    '@_name': 'complete',
    '@_classname': name,
    ...(status === 'incomplete'
      ? { error: ending('incomplete', incomplete[0] ?? 'the suite is incomplete', incomplete) }
      : {}),
  };
  const left = [
    ...(filter === undefined ? [] : [`only what --filter ${filter.join(' ')} selects was judged`]),
    ...(shard === undefined
      ? []
      : [`this is part ${shard.index} of ${shard.count}: gates are checked when all are merged`]),
  ];
  const skipped = left.map(
    (message, index): Case => ({
      '@_name': index === 0 && filter !== undefined ? 'what the filter leaves out' : 'gates of the whole',
      '@_classname': name,
      skipped: ending('skipped', message, []),
    }),
  );
  const runs = new Set(result.runs.map(runName));
  const alone = checks.filter(({ data, judge }) => !runs.has(`${data}.${judge}`));
  return suiteOf(
    name,
    [complete, ...skipped, ...byUrgency(alone).map((check) => caseOf(name, check))],
    [
      ['juror', result.juror],
      ['digest', digest],
      ['status', statusWords(result)],
      ['unscored', `${tolerance.found} of at most ${tolerance.unscored}`],
      ...(description === undefined ? [] : [['description', description] as const]),
    ],
  );
}

/** One run: what was judged, its gates, and its figures as properties. */
function runSuite(result: SuiteResult, run: SuiteRun) {
  const name = `${result.suite.name}.${runName(run)}`;
  const missing = [
    ...(run.pending > 0 ? [`${run.pending} of ${run.verdicts + run.pending} verdicts lack a judgment`] : []),
    ...(run.refused > 0 ? [`${run.refused} rows of ${run.file} were refused`] : []),
  ];
  const judged: Case = {
    '@_name': 'judged',
    '@_classname': name,
    // What is tolerated makes no report red.
    ...(missing.length > 0 && result.status === 'incomplete'
      ? { error: ending('incomplete', missing.join('; '), missing) }
      : {}),
  };
  const checks = result.checks.filter(({ data, judge }) => data === run.data && judge === run.judge);
  return suiteOf(
    name,
    [judged, ...byUrgency(checks).map((check) => caseOf(name, check))],
    [
      ['folder', run.folder],
      ['models', run.models.join(', ')],
      ['rubrics', run.rubrics.join(', ')],
      ['verdicts', `${run.scored} of ${run.verdicts} scored`],
      ['pending', String(run.pending)],
      ['refused', String(run.refused)],
      ['abstained', String(run.abstained)],
      ['unscored', unscoredWords(run) || 'none'],
      ['tokens', `${run.tokens.prompt} read, ${run.tokens.generated} written`],
      ...figuresOf(result, run).map((figure): readonly [string, string] => [
        [measureWords(figure), figure.rubric, partWords(figure), sliceWords(figure.slice)]
          .filter(Boolean)
          .join(' '),
        `${figureWords(figure.figure, figure.measure)}, n = ${figure.figure.n}, ${figure.unscored} unscored`,
      ]),
    ],
    run.file,
  );
}

function runName({ data, judge }: Pick<SuiteRun, 'data' | 'judge'>): string {
  return `${data}.${judge}`;
}

function suiteOf(
  name: string,
  cases: readonly Case[],
  properties: readonly (readonly [string, string])[],
  file?: string,
) {
  const count = (key: 'failure' | 'error' | 'skipped') => cases.filter((one) => key in one).length;
  return {
    '@_name': name,
    '@_tests': cases.length,
    '@_failures': count('failure'),
    '@_errors': count('error'),
    '@_skipped': count('skipped'),
    ...(file === undefined ? {} : { '@_file': file }),
    properties: { property: properties.map(([key, value]) => ({ '@_name': key, '@_value': value })) },
    testcase: cases,
  };
}

function caseOf(classname: string, check: SuiteCheck): Case {
  const { gate, rubric, slice, status, expected, found, description, items = [], fell } = check;
  const name = [gate, rubric, sliceWords(slice)].filter((part) => part).join(' · ');
  const message = `expected ${expected}, got ${found}`;
  const details = [
    ...(description === undefined ? [] : [description]),
    `${checkWords[status]}: ${message}`,
    ...(fell === undefined
      ? []
      : [`${fell} fell${items.length < fell ? `; the worst ${items.length}:` : ':'}`]),
    ...items.map(itemWords),
  ];
  return {
    '@_name': name,
    '@_classname': classname,
    ...(status === 'failed' ? { failure: ending(check.kind, message, details) } : {}),
    ...(status === 'unmeasured' ? { error: ending('unmeasured', message, details) } : {}),
  };
}

function ending(type: string, message: string, details: readonly string[]): Ending {
  return {
    '@_message': message,
    '@_type': type,
    ...(details.length > 0 ? { '#text': details.join('\n') } : {}),
  };
}
