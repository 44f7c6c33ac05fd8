/** What came of implicit rewards, collected sample by sample, as a record and as text. */
import {
  type AnswerWay,
  type ImplicitAnswer,
  type ImplicitPair,
  implicitAnswer,
  implicitAnswerReport,
  implicitPair,
  implicitPairReport,
  type LeftOutWay,
  leftOutWays,
  type PairWay,
} from '../aggregate/implicit-report.ts';
import type { ImplicitRewards, Sample } from '../schema.ts';
import { type RunWinners, winnersOn } from './beside.ts';
import { number, share } from './figures.ts';
import { count, duration, plural, type Terminal, table } from './terminal.ts';

/** The figures of a run over a data file. */
export interface ImplicitReport {
  readonly samples: number;
  readonly responses: number;
  readonly unscored: number;
  /** Reason → responses. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Tokens of the scored responses. */
  readonly tokens: number;
  /** Labelled pairs of scored responses that the run named by `--beside` has no verdict on: they are left out. */
  readonly notBeside: number;
  /** Those of them under whose names the run judged another prompt or other answers. */
  readonly otherBeside: number;
  readonly pairs: {
    readonly compared: number;
    readonly ways: readonly PairWay[];
    /** Ways that not all of them have. */
    readonly leftOut: readonly LeftOutWay[];
  };
  readonly answers: {
    readonly compared: number;
    readonly prompts: number;
    readonly ways: readonly AnswerWay[];
    readonly leftOut: readonly LeftOutWay[];
  };
}

/** Collects rewards. */
export interface RewardCollector {
  add(sample: Sample, rewards: ImplicitRewards): void;
  report(seed: number): ImplicitReport;
}

/** Make a collector; `beside` has the winners that judges named. */
export function createRewardCollector(beside: RunWinners | undefined): RewardCollector {
  const pairs: ImplicitPair[] = [];
  const answers: ImplicitAnswer[] = [];
  const reasons: Record<string, number> = {};
  let [samples, responses, tokens, notBeside, otherBeside] = [0, 0, 0, 0, 0];
  return {
    add(sample, rewards) {
      samples++;
      for (const response of rewards.responses) {
        responses++;
        if (response.status === 'scored') tokens += response.tokens;
        else reasons[response.reason] = (reasons[response.reason] ?? 0) + 1;
      }
      const verdicts = beside ? winnersOn(sample, beside) : {};
      const said = typeof verdicts === 'object';
      const pair = implicitPair(sample, rewards, said ? verdicts : {});
      if (pair && said) pairs.push(pair);
      else if (pair) {
        notBeside++;
        if (verdicts === 'other') otherBeside++;
      }
      const answer = implicitAnswer(sample, rewards);
      if (answer) answers.push(answer);
    },
    report: (seed) => ({
      samples,
      responses,
      unscored: Object.values(reasons).reduce((sum, times) => sum + times, 0),
      reasons,
      tokens,
      notBeside,
      otherBeside,
      pairs: {
        compared: pairs.length,
        ways: pairs.length > 0 ? implicitPairReport(pairs, { seed }) : [],
        leftOut: leftOutWays(pairs.map(({ first, second }) => [first, second])),
      },
      answers: {
        compared: answers.length,
        prompts: new Set(answers.map(({ cluster }) => cluster)).size,
        ways: answers.length > 0 ? implicitAnswerReport(answers, { seed }) : [],
        leftOut: leftOutWays(answers.map(({ scores }) => [scores])),
      },
    }),
  };
}

/** What came of it, and what it cost. */
export function describeRewards(
  report: ImplicitReport,
  cost: { readonly made: number; readonly found: number; readonly seconds: number },
  terminal: Terminal,
): string {
  const { samples, responses, unscored, reasons, tokens, pairs, answers, notBeside, otherBeside } = report;
  const why = Object.entries(reasons).map(([reason, times]) => `${reason} ${count(times)}`);
  const head = `${plural(samples, 'sample')}, ${plural(responses, 'response')}, ${unscored === 0 ? 'all scored' : `${count(unscored)} unscored (${why.join(', ')})`}`;
  const lines = [
    terminal.style(unscored === 0 ? 'green' : 'yellow', head),
    `${plural(cost.made, 'sample')} made in ${duration(cost.seconds)} · ${count(cost.found)} found · ${count(tokens)} tokens of responses`,
  ];
  const others = otherBeside > 0 ? ` (it judged other texts under ${count(otherBeside)} of the names)` : '';
  if (pairs.compared > 0) {
    const without =
      notBeside > 0 ? `; ${count(notBeside)} without a verdict of the run are left out${others}` : '';
    lines.push('', `${plural(pairs.compared, 'pair')} compared with labels${without}`, intervals, '');
    lines.push(pairTable(pairs.ways), ...leftOutLines(pairs.leftOut, 'pair'));
  } else if (notBeside > 0)
    lines.push('', `${plural(notBeside, 'pair')}, none with a verdict of the run${others}`);
  if (answers.compared > 0)
    lines.push(
      '',
      `${plural(answers.compared, 'response')} of ${plural(answers.prompts, 'prompt')} compared with labels`,
      intervals,
      '',
      answerTable(answers.ways),
      ...leftOutLines(answers.leftOut, 'response'),
    );
  return lines.join('\n');
}

const intervals = '95 % intervals in brackets, clustered by prompt';

function leftOutLines(leftOut: readonly LeftOutWay[], what: string): string[] {
  return leftOut.map(
    ({ name, without, reason }) => `left out: ${name}, for ${plural(without, what)} without: ${reason}`,
  );
}

function pairTable(ways: readonly PairWay[]): string {
  const tied = ways.some(({ figures }) => figures.decidedAccuracy.n !== figures.accuracy.n);
  return table(
    ['', tied ? 'accuracy without tied labels' : 'accuracy', 'less longer answer', 'ties', 'n'],
    ways.map(({ name, figures, gain, ties }) => [
      name,
      share(figures.decidedAccuracy),
      name === 'longer answer' ? '' : share(gain),
      count(ties),
      count(figures.decidedAccuracy.n),
    ]),
    ['ties', 'n'],
  );
}

function answerTable(ways: readonly AnswerWay[]): string {
  return table(
    ['', 'AUC', 'best one is right', 'prompts with both'],
    ways.map(({ name, areaUnderCurve, picked }) => [
      name,
      number(areaUnderCurve),
      share(picked),
      count(picked.n),
    ]),
    ['prompts with both'],
  );
}
