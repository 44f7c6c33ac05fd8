/** Results of suites as a run ends with them, and the same with hostile text in every place that text can come to. */
import type { SuiteCheck, SuiteFigure, SuiteResult, SuiteRun } from '../../src/schema.ts';

/** How a suite may end. */
export type SuiteEnding = SuiteResult['status'];

/** Options of {@link suiteResult}. */
export interface SuiteResultOptions {
  /**
   * What stands in every text that comes from users or data: one text for all, or several, one after another. Default: plain
   * words. The result need not fit its schema.
   */
  readonly text?: string | Iterator<string>;
  /** Default 1: each further run has the same figures under another judge. */
  readonly judges?: number;
}

/** A suite of two data files under two rubrics; `failed` and `incomplete` have gates that are so. */
export function suiteResult(ending: SuiteEnding, { text, judges = 1 }: SuiteResultOptions = {}): SuiteResult {
  const say = (plain: string) =>
    text === undefined ? plain : typeof text === 'string' ? text : String(text.next().value ?? plain);
  const names = Array.from({ length: judges }, (_, index) =>
    say(index === 0 ? 'small' : `small-${index + 1}`),
  );
  const incomplete = ending === 'incomplete';
  const runs = names.flatMap((judge) => [
    run(say('answers'), judge, say, incomplete),
    run(say('pairs'), judge, say, false),
  ]);
  return {
    schemaVersion: 1,
    juror: '0.1.0',
    suite: {
      name: say('support-bot'),
      description: say('What every release of the support bot must keep.'),
      digest: 'd1'.repeat(32),
    },
    ...(text === undefined ? {} : { filter: [say('')] }),
    status: ending,
    incomplete: incomplete
      ? [
          say('4 % of verdicts have no score, more than the 0 % that are tolerated'),
          say('gate german: nothing to measure'),
        ]
      : [],
    tolerance: { unscored: 0, found: incomplete ? 0.04 : 0 },
    runs,
    figures: runs.flatMap((one) => figures(one, say)),
    checks: runs.flatMap((one) => checks(one, say, ending)).concat(card(say, names[0] ?? 'small')),
  };
}

type Say = (plain: string) => string;

function run(data: string, judge: string, say: Say, incomplete: boolean): SuiteRun {
  return {
    data,
    judge,
    folder: say(`runs/${data}.${judge}`),
    file: say(`data/${data}.jsonl`),
    rubrics: [say('helpfulness')],
    models: [say('smollm2-135m')],
    refused: incomplete ? 2 : 0,
    verdicts: incomplete ? 48 : 50,
    scored: incomplete ? 46 : 50,
    pending: incomplete ? 2 : 0,
    abstained: 3,
    unscored: incomplete ? { context: 3, engine: 1 } : {},
    judgments: 100,
    tokens: { prompt: 48_210, generated: 3_120 },
  };
}

function figures({ data, judge }: SuiteRun, say: Say): SuiteFigure[] {
  const rubric = say('helpfulness');
  const base = { data, judge, rubric, unscored: 2 };
  const figure = (estimate: number, half: number, n = 48) => ({
    estimate,
    low: estimate - half,
    high: estimate + half,
    n,
    clusters: n - 3,
  });
  const slice = (value: string) => ({ name: say('language'), value: say(value) });
  return [
    { ...base, measure: 'score', part: { kind: 'whole' }, slice: null, figure: figure(0.58, 0.07) },
    { ...base, measure: 'pass-rate', part: { kind: 'whole' }, slice: null, figure: figure(0.625, 0.13) },
    {
      ...base,
      measure: 'score',
      part: { kind: 'criterion', id: say('clarity') },
      slice: null,
      figure: figure(0.66, 0.06),
    },
    {
      ...base,
      measure: 'score',
      part: { kind: 'criterion', id: say('accuracy') },
      slice: null,
      figure: figure(0.5, 0.1),
    },
    {
      ...base,
      measure: 'score',
      part: { kind: 'objective', id: say('quality') },
      slice: null,
      figure: figure(0.58, 0.07),
    },
    {
      ...base,
      measure: 'score',
      part: { kind: 'whole' },
      slice: slice('en'),
      figure: figure(0.62, 0.08, 30),
    },
    {
      ...base,
      measure: 'score',
      part: { kind: 'whole' },
      slice: slice('de'),
      figure: figure(0.31, 0.11, 17),
    },
    {
      ...base,
      measure: 'kappa',
      part: { kind: 'whole' },
      slice: null,
      figure: { estimate: null, low: null, high: null, n: 0, clusters: 0, reason: say('no labels') },
    },
  ];
}

function checks({ data, judge }: SuiteRun, say: Say, ending: SuiteEnding): SuiteCheck[] {
  const base = { data, judge, rubric: say('helpfulness'), slice: null };
  const failed = ending === 'passed' ? 'passed' : 'failed';
  const drop = { estimate: -0.12, low: -0.19, high: -0.05, n: 48, clusters: 45 };
  return [
    {
      ...base,
      gate: say('helpful'),
      kind: 'figure',
      status: 'passed',
      expected: say('mean score of helpfulness ≥ 0.5 (worst bound)'),
      found: say('0.58 (0.51–0.65), 48 answers'),
      figure: { estimate: 0.58, low: 0.51, high: 0.65, n: 48, clusters: 45 },
    },
    {
      ...base,
      gate: say('no-worse'),
      kind: 'comparison',
      status: failed,
      expected: say('difference from main ≥ −0.02 (estimate)'),
      found: say('−0.12 (−0.19 to −0.05), 48 answers'),
      description: say('Releases may not lose to the one before.'),
      figure: drop,
    },
    {
      ...base,
      gate: say('no-regressions'),
      kind: 'regressions',
      status: failed,
      expected: say('at most 0 samples that fell by more than 0.3'),
      found: say('2 fell'),
      description: say('Answers that were good stay good.'),
      figure: null,
      items:
        ending === 'passed'
          ? []
          : [
              { sampleId: say('refund-7'), responseIds: [say('response')], before: 0.9, after: 0.2 },
              { sampleId: say('greeting-1'), responseIds: [say('response')], before: 0.7, after: null },
            ],
      fell: ending === 'passed' ? 0 : 2,
    },
    {
      ...base,
      gate: say('german'),
      kind: 'figure',
      slice: { name: say('language'), value: say('de') },
      status: ending === 'incomplete' ? 'unmeasured' : 'passed',
      expected: say('mean score of helpfulness where language=de ≥ 0.3 (estimate)'),
      found:
        ending === 'incomplete'
          ? say('nothing: no sample has language=de')
          : say('0.31 (0.20–0.42), 17 answers'),
      figure: null,
    },
  ];
}

function card(say: Say, judge: string): SuiteCheck {
  return {
    gate: say('judge-is-good'),
    kind: 'card',
    data: null,
    judge,
    rubric: null,
    slice: null,
    status: 'passed',
    expected: say('a report card that allows gates'),
    found: say('gate'),
    figure: null,
  };
}
