/** Rewards as text: what was combined how, what came of it, and what it goes with. */
import type { Figure } from '../aggregate/interval.ts';
import type { Normalization } from '../aggregate/normalize.ts';
import {
  COMBINED,
  type RewardAgreement,
  type RewardColumn,
  type RewardReport,
} from '../aggregate/reward-report.ts';
import type { ObjectiveGate, ObjectiveWeights, Scalarization } from '../aggregate/scalarization.ts';
import type { RewardAnswer } from '../judge/reward-answers.ts';
import { fittingRule } from '../judge/reward-weights.ts';
import type { CombinedRewards } from '../judge/rewards.ts';
import { defaultPanel, type PanelRules } from '../judge/rules.ts';
import type { WeightRule } from '../schema.ts';
import { number, share } from './figures.ts';
import { describeJudges } from './summary.ts';
import { count, harmless, plural, type Terminal, table } from './terminal.ts';

/** What the rewards were made from, and how. */
export interface RewardContext {
  readonly kind: Scalarization['kind'];
  /** Where no rule fits. */
  readonly weights: ObjectiveWeights;
  readonly rules: readonly RuleUse[];
  readonly gates: readonly ObjectiveGate[];
  readonly before: Normalization | null;
  readonly after: Normalization | null;
  readonly panel: PanelRules | undefined;
  readonly answers: readonly RewardAnswer[];
}

/** How many prompts a rule weighted; `rule` is null for those that none fits. */
export interface RuleUse {
  readonly rule: number | null;
  readonly when: string;
  readonly weights: ObjectiveWeights | null;
  readonly prompts: number;
}

/** Reasons listed; further ones are counted. */
const listed = 5;

/** The uses of rules in their order, and of none at all; empty without rules. */
export function ruleUses(rules: readonly WeightRule[], prompts: CombinedRewards['prompts']): RuleUse[] {
  if (rules.length === 0) return [];
  const fitting = prompts.map(({ prompt }) => fittingRule(rules, prompt));
  const uses = (rule: number | null) => fitting.filter((place) => place === rule).length;
  return [
    ...rules.map(({ when, weights }, rule) => ({
      rule,
      when: Object.entries(when)
        .map(([field, names]) => `${field} ${[names].flat().join(' or ')}`)
        .join(', '),
      weights,
      prompts: uses(rule),
    })),
    { rule: null, when: 'others', weights: null, prompts: uses(null) },
  ];
}

/** The figures of rewards. */
export function describeRewards(report: RewardReport, context: RewardContext, terminal: Terminal): string {
  const { counts } = report;
  const head = `${plural(counts.answers, 'answer')} of ${plural(counts.prompts, 'prompt')}, ${counts.unscored === 0 ? 'all scored' : `${count(counts.unscored)} without a score`}`;
  return [
    [
      terminal.style(counts.unscored === 0 ? 'green' : 'yellow', head),
      ...describeReasons(counts.reasons),
      ...describeHow(report, context),
      ...describePanels(context),
    ].join('\n'),
    `95 % intervals in brackets, clustered by prompt\n\n${columnsTable(report)}`,
    correlationTable(report),
    describeCounts(counts),
    ...report.agreement.map(agreementTable),
  ].join('\n\n');
}

function describeHow(report: RewardReport, { kind, weights, rules, gates, before, after }: RewardContext) {
  const listWeights = (of: ObjectiveWeights) =>
    Object.entries(of)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, weight]) => `${name} ${weight}`)
      .join(', ');
  const ruled = rules.flatMap((use) => Object.keys(use.weights ?? {}));
  const used = [...ruled, ...gates.map(({ objective }) => objective)];
  const idle = Object.keys(report.objectives).filter((name) => !weights[name] && !used.includes(name));
  const steps = [
    ...(before ? [`each objective's ${before} before`] : []),
    ...(after ? [`${after} after`] : []),
  ];
  return [
    `${[kind, ...steps].join(', ')} · ${listWeights(weights)}${idle.length > 0 ? ` · not counted: ${idle.join(', ')}` : ''}`,
    ...rules.map(({ when, weights, prompts }) => {
      return `  ${harmless(when)}: ${weights ? `${listWeights(weights)}, ` : ''}${plural(prompts, 'prompt')}`;
    }),
    ...gates.map(({ objective, below, cap }) => `at most ${cap} where ${objective} is below ${below}`),
  ];
}

function describeReasons(reasons: Readonly<Record<string, number>>): string[] {
  const sorted = Object.entries(reasons).sort(
    ([left, one], [right, other]) => other - one || (left < right ? -1 : 1),
  );
  const rest = sorted.length - listed;
  return [
    ...sorted.slice(0, listed).map(([reason, n]) => `  ${count(n)}: ${harmless(reason)}`),
    ...(rest > 0 ? [`  and ${plural(rest, 'further reason')}`] : []),
  ];
}

function describePanels({ answers, panel = defaultPanel }: RewardContext): string[] {
  const objectives = Object.keys(answers[0]?.panels ?? {}).sort();
  const pairs = opposed(answers);
  return [
    ...objectives.flatMap((objective) => {
      const own = answers.flatMap(({ panels, objectives }) => {
        const said = panels?.[objective];
        return said ? [{ ...said, score: objectives[objective] ?? null }] : [];
      });
      const decided = Object.groupBy(own, (said) => String(said.decided));
      const lines = describeJudges({
        panel: {
          members: own[0]?.total ?? 0,
          decided: Object.fromEntries(Object.entries(decided).map(([n, of]) => [n, of?.length ?? 0])),
          undecided: own.filter(({ score }) => score === null).length,
        },
      });
      const members = harmless(Object.keys(own[0]?.members ?? {}).join(' + '));
      const rules = `${panel.reducer}, quorum ${panel.quorum}`;
      return lines.map(
        (line) => `${objective}: ${line.replace(/^panel of \d+/, `$& (${rules}), ${members}`)}`,
      );
    }),
    ...(pairs > 0
      ? [
          `${plural(pairs, 'prompt')} with several samples compared: their probabilities are of different opponents`,
        ]
      : []),
  ];
}

/** Prompts whose answers were compared within several samples, never across. */
function opposed(answers: readonly RewardAnswer[]): number {
  const compared = answers.filter(({ comparative }) => comparative.length > 0);
  const prompts = [...Map.groupBy(compared, ({ cluster }) => cluster).values()];
  return prompts.filter((own) => new Set(own.map(({ sampleId }) => sampleId)).size > 1).length;
}

function columnsTable({ objectives, score }: RewardReport): string {
  const row = (name: string, { mean, missing, withLength }: RewardColumn) => [
    name,
    number(withoutRounding(mean)),
    number(withLength),
    count(mean.n),
    count(missing),
  ];
  const rows = Object.entries(objectives).map(([name, column]) => row(name, column));
  return table(
    ['', 'mean', 'ρ with length', 'n', 'missing'],
    [...rows, row(COMBINED, score)],
    ['n', 'missing'],
  );
}

function correlationTable({ objectives, score }: RewardReport): string {
  const columns = [...Object.entries(objectives), [COMBINED, score] as const];
  const names = columns.map(([name]) => name);
  return table(
    ['ρ (Spearman)', ...names],
    columns.map(([name, { correlations }]) => [
      name,
      ...names.map((other) => (other === name ? '' : twoPlaces(correlations[other] ?? null))),
    ]),
    names,
  );
}

/** A mean of normalised scores is often 0 but for rounding, which must not show as −0. */
function withoutRounding(figure: Figure): Figure {
  const rounded = (value: number | null) => (value !== null && Math.abs(value) < 1e-9 ? 0 : value);
  return {
    ...figure,
    estimate: rounded(figure.estimate),
    low: rounded(figure.low),
    high: rounded(figure.high),
  };
}

function twoPlaces(value: number | null): string {
  return value === null ? '–' : value.toFixed(2).replace(/^-0\.00$/, '0.00');
}

function describeCounts({
  answers,
  front,
  capped,
  comparable,
  withoutSpread,
  flags,
}: RewardReport['counts']): string {
  const found = Object.entries(flags).map(([name, of]) => {
    const kinds = Object.entries(of).map(([flag, n]) => `${flag} ${n}`);
    return `${name} ${kinds.join(', ')}`;
  });
  return [
    `on the Pareto front of their prompt ${count(front)} of ${count(answers)}`,
    `capped ${count(capped)}`,
    `prompts without spread ${count(withoutSpread)} of ${count(comparable)} with two scores or more${found.length > 0 ? ` (${found.join('; ')})` : ''}`,
  ].join(' · ');
}

function agreementTable({ kind, score, objectives, length }: RewardAgreement): string {
  const show = kind === 'best-first' ? share : number;
  const title = {
    'best-first': 'the best answer above the others',
    auc: 'AUC with labels',
    spearman: 'ρ with labels',
  }[kind];
  return table(
    ['', title, 'n'],
    [[COMBINED, score] as const, ...Object.entries(objectives), ['length', length] as const].map(
      ([name, figure]) => [name, show(figure), count(figure.n)],
    ),
    ['n'],
  );
}
