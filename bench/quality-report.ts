/** Tables of docs/quality.md from bench/results/quality.jsonl. */
import { pairAgreement } from '../src/aggregate/agreement.ts';
import { pairBaselines } from '../src/aggregate/baselines.ts';
import { pearson, spearman } from '../src/aggregate/correlation.ts';
import { clusterBootstrap, type Figure } from '../src/aggregate/interval.ts';
import type { Winner } from '../src/aggregate/pairs.ts';
import { qualityPage, readRows } from './rows.ts';
import { percent, report } from './support.ts';

/** One judged row. */
export interface QualityResult {
  readonly model: string;
  readonly set: string;
  readonly protocol: string;
  readonly id: string;
  readonly label: string | number;
  readonly lengths: readonly number[];
  readonly winner?: string | null;
  readonly score?: number | null;
  readonly forward?: number | null;
  readonly flipped?: boolean | null;
  readonly lean?: number | null;
}

const scoreSet = 'prometheus_vicuna';
/** A protocol with fewer rows than this says nothing. */
const fewestRows = 10;
const names: Readonly<Record<string, string>> = {
  naive: 'naive greedy JSON, one order',
  forward: 'label log-odds, one order',
  none: 'juror: log-odds, both orders',
  described: 'before: long question, labels described',
  unanchored: 'before: long question, labels bare',
  plain: 'before: bare question, labels named twice',
  brief: 'juror: brief critique, both orders',
  full: 'juror: full critique, both orders',
  pointwise: 'juror: each answer alone, higher P(correct)',
};

/** Replace the block between the markers of docs/quality.md. */
export function writeQualityReport(): void {
  const results = readRows<QualityResult>('quality');
  const models = [...new Set(results.map(({ model }) => model))];
  const text = models
    .map((model) =>
      modelTables(
        model,
        results.filter((result) => result.model === model),
      ),
    )
    .join('\n\n');
  report([{ name: 'quality', text }], results, { json: false, write: [qualityPage] });
}

function modelTables(model: string, results: readonly QualityResult[]): string {
  const rows = [...Map.groupBy(results, ({ set }) => set)].flatMap(([set, own]) =>
    set === scoreSet ? scoreRows(set, own) : pairRows(set, own),
  );
  const isFormer = ({ protocol }: QualityResult) => names[protocol]?.startsWith('before') === true;
  rows.push(...pairRows('all pairs', pooled(results.filter((result) => !isFormer(result)))));
  const compared = pooled(results);
  if (compared.some(isFormer)) rows.push(...pairRows('all pairs, before and after', compared));
  return [
    `### ${model}`,
    '',
    '| set | n | protocol | figure | 95 % interval | notes |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

/** The pairs of all sets, on the rows that every protocol with enough of them has judged. */
function pooled(results: readonly QualityResult[]): QualityResult[] {
  const pairs = results
    .filter(({ set }) => set !== scoreSet)
    .map((result) => ({ ...result, id: `${result.set}/${result.id}` }));
  const protocols = [...Map.groupBy(pairs, ({ protocol }) => protocol).values()].filter(
    (own) => own.length >= 4 * fewestRows,
  );
  const ids = protocols.map((own) => new Set(own.map(({ id }) => id)));
  return protocols.flat().filter(({ id }) => ids.every((known) => known.has(id)));
}

/** Every protocol on its rows; the baselines on those of the default. */
function pairRows(set: string, results: readonly QualityResult[]): string[] {
  const byProtocol = Map.groupBy(results, ({ protocol }) => protocol);
  const first = byProtocol.get('none') ?? [];
  const labels = first.map(({ label }) => winnerOf(String(label)));
  const lengths = first.map((result) => result.lengths);
  const clusters = first.map(({ id }) => id);
  const lines: string[] = [];
  const line = (name: string, figure: Figure, notes = '') =>
    lines.push(`| ${set} | ${figure.n} | ${name} | ${share(figure)} | ${notes} |`);
  for (const [protocol, own] of byProtocol) {
    if (own.length < fewestRows) continue;
    const winners = own.map(({ winner }) =>
      winner === null || winner === undefined ? 'tie' : winnerOf(winner),
    );
    const ownLabels = own.map(({ label }) => winnerOf(String(label)));
    const unparsed = own.filter(({ winner }) => winner === null || winner === undefined).length;
    const flips = own.filter(({ flipped }) => flipped).length;
    const leans = own.flatMap(({ lean }) => (typeof lean === 'number' ? [lean] : []));
    const firstWins = winners.filter((winner) => winner === 'first').length;
    const notes =
      protocol === 'naive' || protocol === 'pointwise'
        ? `first chosen ${firstWins} of ${own.length}${unparsed ? `, ${unparsed} not parsed` : ''}`
        : `orders disagree on ${flips}, lean ${(leans.reduce((sum, lean) => sum + lean, 0) / leans.length).toFixed(2)} nats`;
    if (protocol === 'none') {
      const forward = own.map(
        ({ forward }): Winner =>
          forward === null || forward === undefined ? 'tie' : forward > 0.5 ? 'first' : 'second',
      );
      line(
        names.forward ?? '',
        pairAgreement(
          forward,
          ownLabels,
          own.map(({ id }) => id),
        ).decidedAccuracy,
      );
    }
    line(
      names[protocol] ?? protocol,
      pairAgreement(
        winners,
        ownLabels,
        own.map(({ id }) => id),
      ).decidedAccuracy,
      notes,
    );
  }
  const baselines = pairBaselines(labels, labels, lengths, clusters);
  for (const { rule, figures } of Object.values(baselines)) line(`*${rule}*`, figures.decidedAccuracy);
  return lines;
}

function scoreRows(set: string, results: readonly QualityResult[]): string[] {
  const lines: string[] = [];
  for (const [protocol, own] of Map.groupBy(results, ({ protocol }) => protocol)) {
    const scored = own.filter(({ score }) => typeof score === 'number');
    const scores = scored.map(({ score }) => score ?? 0);
    const labels = scored.map(({ label }) => Number(label));
    const clusters = scored.map(({ id }) => id);
    const r = clusterBootstrap(pearson(scores, labels), clusters);
    const rho = clusterBootstrap(spearman(scores, labels), clusters);
    const name = protocol === 'none' ? 'juror: expected score' : (names[protocol] ?? protocol);
    const unparsed = own.length - scored.length;
    lines.push(
      `| ${set} | ${scored.length} | ${name} | r = ${plain(r)} | ρ = ${rho.estimate?.toFixed(2) ?? '–'}${unparsed ? `, ${unparsed} not parsed` : ''} |`,
    );
    if (protocol === 'none') {
      const byLength = clusterBootstrap(
        pearson(
          scored.map(({ lengths }) => lengths[0] ?? 0),
          labels,
        ),
        clusters,
      );
      lines.push(
        `| ${set} | ${scored.length} | *length of the answer* | r = ${plain(byLength)} | a constant score has no correlation |`,
      );
    }
  }
  return lines;
}

function winnerOf(label: string): Winner {
  return label === 'a' ? 'first' : label === 'b' ? 'second' : 'tie';
}

function share({ estimate, low, high }: Figure): string {
  return `${percent(estimate)} % | ${percent(low)}–${percent(high)}`;
}

function plain({ estimate, low, high }: Figure): string {
  return `${estimate?.toFixed(2) ?? '–'} | ${low?.toFixed(2) ?? '–'} to ${high?.toFixed(2) ?? '–'}`;
}
