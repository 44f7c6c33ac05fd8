/** What came of guided writing, collected prompt by prompt, as a record and as text. */
import { type BestOfPrompt, type BestOfReport, bestOfReport } from '../aggregate/best-of-report.ts';
import { type Figure, meanInterval } from '../aggregate/interval.ts';
import type { Guided, GuideStrategy, JudgmentUsage } from '../schema.ts';
import { number, reasons, share } from './figures.ts';
import { count, duration, excerpt, harmless, plural, type Terminal, table } from './terminal.ts';

/** Characters of a reason in the report; a record has all of it. */
const longestReason = 300;

/** The figures of a run over a data file. */
export interface GuideReport {
  readonly prompts: number;
  readonly chosen: number;
  /** Prompts of which no answer has a score: nothing was written, or nothing could be scored. */
  readonly failed: number;
  /** Reason → prompts. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly candidates: number;
  readonly tokens: Guided['tokens'];
  readonly gold: GoldReport | null;
}

/** What the answers are worth, by whom. */
interface GoldReport {
  readonly name: string;
  /** Prompts whose answers the gold scorer has no score for. */
  readonly without: number;
  /** Worth of the chosen answers; prompts without one are left out. */
  readonly chosen: Figure;
  /** Best of n for each n; null where a subset of the answers is not drawn as so many answers would be. */
  readonly curve: BestOfReport | null;
  /** Why there is no curve; null where there is one. */
  readonly withoutCurve: string | null;
}

/** Collects what came of prompts. */
export interface GuideCollector {
  /** `gold` is what its answers are worth, in the order of the candidates; null where that is not known. */
  add(guided: Guided, gold?: BestOfPrompt | null): void;
  report(seed: number): GuideReport;
}

/** Make a collector; `gold` names who says what answers are worth. */
export function createGuideCollector(strategy: GuideStrategy, gold: string | undefined): GuideCollector {
  const worth: BestOfPrompt[] = [];
  const chosenWorth: { readonly cluster: string; readonly gold: number }[] = [];
  const reasons: Record<string, number> = {};
  let [prompts, chosen, failed, candidates, without] = [0, 0, 0, 0, 0];
  let writing: JudgmentUsage = { prompt: 0, generated: 0 };
  let judging = writing;
  return {
    add(guided, own) {
      prompts++;
      if (guided.chosen !== null) chosen++;
      if (guided.candidates.every(({ score }) => score === null)) {
        failed++;
        const reason = guided.failure?.message ?? guided.candidates[0]?.reason ?? guided.why;
        reasons[reason] = (reasons[reason] ?? 0) + 1;
      }
      candidates += guided.candidates.length;
      writing = sum(writing, guided.tokens.writing);
      judging = sum(judging, guided.tokens.judging);
      if (gold === undefined) return;
      if (!own) without++;
      else {
        worth.push(own);
        const place = guided.candidates.findIndex(({ id }) => id === guided.chosen);
        const answer = own.answers[place];
        if (answer) chosenWorth.push({ cluster: own.cluster, gold: answer.gold });
      }
    },
    report(seed) {
      const withoutCurve = whyNoCurve(strategy);
      const figure = meanInterval(
        chosenWorth.map(({ gold }) => gold),
        chosenWorth.map(({ cluster }) => cluster),
        { seed },
      );
      const worthOf = (name: string): GoldReport => ({
        name,
        without,
        chosen: figure,
        curve: withoutCurve === null ? bestOfReport(worth, { seed }) : null,
        withoutCurve,
      });
      return {
        prompts,
        chosen,
        failed,
        reasons,
        candidates,
        tokens: { writing, judging },
        gold: gold === undefined ? null : worthOf(gold),
      };
    },
  };
}

/** A curve over n stands on subsets of the answers, each as likely as any other of its size. */
function whyNoCurve(strategy: GuideStrategy): string | null {
  if (strategy.kind !== 'best-of' || strategy.patience !== null)
    return 'how many answers are drawn depends on their scores';
  if (new Set(strategy.temperatures).size > 1)
    return 'temperatures take turns, so fewer answers would be other ones than a subset of these';
  return null;
}

function sum(left: JudgmentUsage, right: JudgmentUsage): JudgmentUsage {
  return { prompt: left.prompt + right.prompt, generated: left.generated + right.generated };
}

/** What came of it, and what it cost. */
export function describeGuided(
  report: GuideReport,
  cost: { readonly made: number; readonly found: number; readonly seconds: number },
  terminal: Terminal,
): string {
  const { prompts, chosen, failed, candidates, tokens, gold } = report;
  const left = prompts - chosen - failed;
  const head = [
    `${plural(prompts, 'prompt')}, ${plural(candidates, 'candidate')}, ${chosen === prompts ? 'all with a choice' : `${count(chosen)} with a choice`}`,
    ...(left > 0 ? [`${count(left)} without one good enough`] : []),
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
  ].join(', ');
  const lines = [
    terminal.style(failed === 0 ? 'green' : 'yellow', head),
    `${plural(cost.made, 'prompt')} made in ${duration(cost.seconds)} · ${count(cost.found)} found · tokens: ${count(tokens.writing.generated)} written after ${count(tokens.writing.prompt)} read, judging ${count(tokens.judging.generated)} written after ${count(tokens.judging.prompt)} read`,
  ];
  for (const [reason, times] of Object.entries(report.reasons))
    lines.push(`  ${count(times)}: ${excerpt(reason, longestReason)}`);
  if (gold) lines.push('', ...describeGold(gold));
  return lines.join('\n');
}

function describeGold({ name, without, chosen, curve, withoutCurve }: GoldReport): string[] {
  const missing = without > 0 ? `; ${plural(without, 'prompt')} without are left out` : '';
  if (curve === null || curve.points.length === 0)
    return [
      `worth of the chosen answers, by ${harmless(name)}: ${number(chosen)} over ${plural(chosen.n, 'prompt')}${missing}`,
      ...(withoutCurve === null ? [] : [`no curve over n: ${withoutCurve}`]),
    ];
  const show = name === 'reference' ? share : number;
  const { points, enough, prompts } = curve;
  const rows = points.map(({ n, divergence, best, gain, majority, weighted, oracle, score }) => [
    count(n),
    divergence.toFixed(2),
    show(best),
    show(gain),
    show(majority),
    show(weighted),
    show(oracle),
    score.estimate === null ? '–' : score.estimate.toFixed(3),
  ]);
  const last = points.at(-1);
  const why = last
    ? reasons([
        ['majority', last.majority],
        ['weighted', last.weighted],
        ['score', last.score],
      ])
    : [];
  return [
    `worth of the best of n by ${harmless(name)}, over ${plural(prompts, 'prompt')}${missing}`,
    '95 % intervals in brackets, clustered by prompt',
    '',
    table(['n', 'KL ≤', 'best', 'less random', 'majority', 'weighted', 'oracle', 'score'], rows, [
      'n',
      'KL ≤',
    ]),
    ...why,
    ...(enough === null ? [] : [`the lower bound of best does not rise after n = ${enough}`]),
  ];
}
