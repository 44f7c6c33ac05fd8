/** Scores of a data file beside its labels, as figures and as text. */
import { type AgreementReport, type AgreementRow, agreementReport } from '../aggregate/agree.ts';
import { type Figure, meanInterval, undefinedFigure } from '../aggregate/interval.ts';
import { logistic } from '../aggregate/logits.ts';
import type { ScoredSample } from '../reward/score-samples.ts';
import type { Scorer } from '../reward/scorer.ts';
import type { HeadScore } from '../schema.ts';
import { describeAgreement } from './agreement.ts';
import { share } from './figures.ts';
import { count, percent, plural, type Terminal, table } from './terminal.ts';

/** What `juror score` prints. */
export interface ScoresReport {
  readonly samples: number;
  readonly answers: number;
  readonly scored: number;
  /** Why answers have no score → how many. */
  readonly unscored: Readonly<Record<string, number>>;
  /** Tokens evaluated, tokens whose states were found, and both together over the scored answers. */
  readonly tokens: { readonly read: number; readonly found: number; readonly perAnswer: number | null };
  /** Samples with a best answer against another, and those of them that the head had better not decide. */
  readonly compared: number;
  readonly abstained: number;
  /** Labelled samples of prompts that the head was trained on: scored, and in none of the figures of agreement. */
  readonly ofTheHead: number;
  /** Of samples with two answers; null without labels. */
  readonly pairs: AgreementReport | null;
  /** Of samples with one answer; null without labels. */
  readonly single: AgreementReport | null;
  /** Of samples with three answers or more that name the best: the mean share of the others that score below it, and are shorter. */
  readonly several: { readonly head: Figure; readonly length: Figure } | null;
}

/** Gathers scores as they come; texts are not kept. */
export interface ScoreCollector {
  add(sample: ScoredSample): void;
  report(seed: number): ScoresReport;
}

/** An empty collector for what this scorer says. */
export function createScoreCollector({ record, comparable }: Scorer): ScoreCollector {
  const pairs: AgreementRow[] = [];
  const single: (AgreementRow & { readonly raw: number | null })[] = [];
  const several: { cluster: string; head: number | null; length: number }[] = [];
  const unscored = new Map<string, number>();
  let [samples, answers, scored, read, found, compared, abstained] = [0, 0, 0, 0, 0, 0, 0];
  const trainedOn = new Set(record.training.clusters);
  let ofTheHead = 0;
  const outcome = record.loss.kind === 'cross-entropy';
  return {
    add({ sample, score, ...cost }) {
      samples++;
      read += cost.read;
      found += cost.found;
      for (const response of score.responses) {
        answers++;
        if (response.status === 'scored') scored++;
        else unscored.set(response.reason, (unscored.get(response.reason) ?? 0) + 1);
      }
      if (score.best !== null) compared++;
      if (score.best?.abstained) abstained++;
      if (trainedOn.has(score.cluster)) {
        if (sample.label !== undefined) ofTheHead++;
        return;
      }
      const lengths = sample.responses.map(({ text }) => text.length);
      const missing = score.responses.flatMap((own) => (own.status === 'unscored' ? [own.reason] : []));
      const shared = {
        cluster: score.cluster,
        lean: null,
        flipped: null,
        lengths,
        unscored: missing,
        ...groupOf(sample),
      };
      if (lengths.length === 2) pairs.push({ ...shared, ...pairOf(score, sample.label) });
      else if (lengths.length === 1) {
        const [only] = score.responses;
        const raw = only?.status === 'scored' ? only.score : null;
        const label = typeof sample.label === 'number' ? sample.label : null;
        single.push({ ...shared, label, raw, score: raw === null ? null : logistic(raw), winner: null });
      } else if (typeof sample.label === 'string') {
        const best = sample.responses.findIndex(({ id }) => id === sample.label);
        if (best < 0) return;
        const values = score.responses.map((own) => (own.status === 'scored' ? own.score : null));
        several.push({
          cluster: score.cluster,
          head: shareBelow(values, best),
          length: shareBelow(lengths, best) ?? 0,
        });
      }
    },
    report(seed) {
      const labelled = (rows: readonly AgreementRow[]) => rows.some(({ label }) => label !== null);
      return {
        samples,
        answers,
        scored,
        unscored: Object.fromEntries([...unscored].sort()),
        tokens: { read, found, perAnswer: scored === 0 ? null : (read + found) / scored },
        compared,
        abstained,
        ofTheHead,
        pairs: labelled(pairs) ? pairReport(pairs, comparable, seed) : null,
        single: labelled(single) ? singleReport(single, outcome, seed) : null,
        several: several.length === 0 ? null : severalReport(several, seed),
      };
    },
  };
}

function pairOf(score: HeadScore, label: unknown): Pick<AgreementRow, 'label' | 'score' | 'winner'> {
  const [first, second] = score.responses.map(({ id }) => id);
  const place = (id: unknown) =>
    id === first ? 'first' : id === second ? 'second' : id === 'tie' ? 'tie' : null;
  const { best } = score;
  if (best === null) return { label: place(label), score: null, winner: null };
  const winner = best.winner === null ? 'tie' : place(best.winner);
  const sure = best.probability ?? 1;
  return {
    label: place(label),
    winner,
    score: winner === 'tie' ? 0.5 : winner === 'first' ? sure : 1 - sure,
  };
}

function pairReport(rows: readonly AgreementRow[], comparable: boolean, seed: number): AgreementReport {
  const report = agreementReport(rows, { mode: 'pairwise', seed });
  if (comparable) return report;
  const none = undefinedFigure('scores of this head are no log-odds');
  return { ...report, figures: { ...report.figures, brier: none, logLoss: none } };
}

/** Scores of outcomes are probabilities; others are on the labels' own scale, onto which the report stretches them. */
function singleReport(
  rows: readonly (AgreementRow & { readonly raw: number | null })[],
  outcome: boolean,
  seed: number,
): AgreementReport {
  if (outcome) return agreementReport(rows, { mode: 'pointwise', seed });
  const values = rows.flatMap(({ raw, label }) => [raw, label].filter((value) => typeof value === 'number'));
  const [min, max] = [Math.min(...values), Math.max(...values)];
  if (!(min < max)) return agreementReport(rows, { mode: 'pointwise', seed });
  const onScale = rows.map((row) => ({
    ...row,
    score: row.raw === null ? null : (row.raw - min) / (max - min),
  }));
  return agreementReport(onScale, { mode: 'pointwise', seed, labelRange: { min, max } });
}

/** Share of the others below the value at a place; equal ones count half. Null where it is unscored or nothing else is scored. */
function shareBelow(values: readonly (number | null)[], place: number): number | null {
  const own = values[place] ?? null;
  const others = values.filter((value, at): value is number => at !== place && value !== null);
  if (own === null || others.length === 0) return null;
  return others.reduce((sum, other) => sum + (Math.sign(own - other) + 1) / 2, 0) / others.length;
}

function severalReport(
  rows: readonly { readonly cluster: string; readonly head: number | null; readonly length: number }[],
  seed: number,
): NonNullable<ScoresReport['several']> {
  const known = rows.flatMap(({ head, ...row }) => (head === null ? [] : [{ head, ...row }]));
  const clusters = known.map(({ cluster }) => cluster);
  const figure = (values: readonly number[]) =>
    values.length === 0
      ? undefinedFigure('no best answer has a score beside another')
      : meanInterval(values, clusters, { seed });
  return { head: figure(known.map(({ head }) => head)), length: figure(known.map(({ length }) => length)) };
}

function groupOf({ metadata }: ScoredSample['sample']): { readonly group?: string } {
  const subset = metadata?.subset;
  return typeof subset === 'string' ? { group: subset } : {};
}

/** The report as text. */
export function describeScores(report: ScoresReport, terminal: Terminal): string {
  const { samples, answers, scored, unscored, tokens, compared, abstained, ofTheHead } = report;
  const reasons = Object.entries(unscored).map(([reason, n]) => `${reason} ${count(n)}`);
  const head = `${plural(answers, 'answer')} of ${plural(samples, 'sample')}, ${scored === answers ? 'all scored' : `${count(answers - scored)} unscored (${reasons.join(', ')})`}`;
  const lines = [
    terminal.style(scored === answers ? 'green' : 'yellow', head),
    `${count(tokens.read)} tokens read, ${count(tokens.found)} found${tokens.perAnswer === null ? '' : `, ${count(Math.round(tokens.perAnswer))} for each answer`}`,
    ...(compared === 0
      ? []
      : [
          `abstains from ${count(abstained)} of ${plural(compared, 'sample')} with two answers or more (${percent(abstained / compared)})`,
        ]),
    ...(ofTheHead === 0
      ? []
      : [
          `${plural(ofTheHead, 'labelled sample')} of prompts that the head was trained on: scored, and in no figure below`,
        ]),
  ];
  return [
    lines.join('\n'),
    ...(report.pairs === null ? [] : [describeAgreement('head', report.pairs)]),
    ...(report.single === null ? [] : [describeAgreement('head', report.single)]),
    ...(report.several === null ? [] : [severalTable(report.several)]),
  ].join('\n\n');
}

function severalTable({ head, length }: NonNullable<ScoresReport['several']>): string {
  return table(
    ['', 'the best answer above the others', 'n'],
    [
      ['head', share(head), count(head.n)],
      ['length', share(length), count(length.n)],
    ],
    ['n'],
  );
}
