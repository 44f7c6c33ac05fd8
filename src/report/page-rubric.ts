/** One rubric of one run: figures, distributions, pairs, labels, judges, samples. */
import { type Markup, type MarkupValue, markup } from './markup.ts';
import { labelsPart } from './page-labels.ts';
import { contestedPart, unscoredPart } from './page-samples.ts';
import type { ReportSection } from './page-sections.ts';
import { band, figureName, measureOf, name, shareRow } from './parts.ts';
import { histogramFigure } from './plots.ts';
import type { PairsReport, PanelReport, ReportFigure, RubricReport } from './report.ts';
import { type Column, dataTable } from './table.ts';
import { count, decimal, estimateText, figureText, intervalText, plural } from './text.ts';

/** The section. */
export async function rubricSection(section: ReportSection): Promise<Markup> {
  const { id, title, report, run, figures } = section;
  return markup`<section aria-labelledby="${id}"><h2 id="${id}" tabindex="-1">${title}</h2>
${report !== null && markup`<p class="soft">${report.rubric.description}</p><p class="soft small">${countsLine(report)}</p>`}
${run.missing !== null && markup`<p class="soft">${run.missing}</p>`}
${figuresPart(figures)}
${report !== null && report.groupsLeftOut > 0 && markup`<p class="soft small">${plural(report.groupsLeftOut, 'group')} with fewer verdicts are left out here.</p>`}
${report !== null && (await ofRun(report, run))}
</section>`;
}

async function ofRun(report: RubricReport, run: ReportSection['run']): Promise<Markup> {
  return markup`${await distributionPart(report)}
${report.pairs !== null && pairsPart(report.pairs)}
${await labelsPart(report)}
${report.panel !== null && (await panelPart(report.panel))}
${report.ladder !== null && ladderPart(report.ladder)}
${unscoredPart(report.unscored, report.counts.unscored)}
${contestedPart(report.contested, run.texts)}`;
}

function countsLine({ mode, counts }: RubricReport): string {
  const { planned, scored, unscored, pending, abstained, contentFree } = counts;
  const kind = { pairwise: 'pairs', pointwise: 'single answers', stepwise: 'solutions in steps' }[mode];
  const parts = [
    kind,
    plural(planned, 'verdict'),
    `${count(scored)} scored`,
    `${count(unscored)} unscored`,
    ...(pending > 0 ? [`${count(pending)} pending`] : []),
    ...(abstained > 0 ? [`${count(abstained)} abstain (they have a score all the same)`] : []),
    ...(contentFree > 0 ? [`${count(contentFree)} about an answer that says nothing`] : []),
  ];
  return parts.join(' · ');
}

const figureColumns = (first: string): Column[] => [
  { name: first },
  { name: 'Measure' },
  { name: 'Figure', number: true },
  { name: '95\u00a0% interval', number: true },
  { name: 'From 0 to 1' },
  { name: 'n', number: true },
  { name: 'unscored', number: true },
];

/** Rows of a slice that are shown without being asked for. */
const openRows = 12;

function figuresPart(figures: readonly ReportFigure[]): Markup {
  if (figures.length === 0) return markup``;
  const whole = figures.filter(({ slice }) => slice === null);
  const slices = new Map<string, ReportFigure[]>();
  for (const figure of figures) {
    if (figure.slice === null) continue;
    const own = slices.get(figure.slice.name);
    if (own) own.push(figure);
    else slices.set(figure.slice.name, [figure]);
  }
  return markup`<h3>Figures</h3>${dataTable(
    'Figures of all samples',
    figureColumns('Part'),
    whole.map((figure) => figureRow(partName(figure), figure)),
    { wide: true },
  )}${[...slices].map(([slice, own]) => {
    const table = dataTable(
      'Figures by slice',
      figureColumns('Value'),
      own.map((figure) =>
        figureRow(
          figure.part.kind === 'whole'
            ? name(figure.slice?.value ?? '')
            : markup`${name(figure.slice?.value ?? '')} <span class="soft">${partName(figure)}</span>`,
          figure,
        ),
      ),
      { wide: true },
    );
    return markup`<h3>By ${name(slice)}</h3>${own.length > openRows ? markup`<details><summary>${plural(own.length, 'figure')}</summary>${table}</details>` : table}`;
  })}`;
}

function figureRow(first: MarkupValue, shown: ReportFigure): MarkupValue[] {
  const { measure, figure, unscored } = shown;
  const { unit } = measureOf(measure);
  return [
    first,
    figureName(shown),
    estimateText(figure, unit),
    figure.estimate === null ? (figure.reason ?? '–') : intervalText(figure, unit),
    band(figure),
    count(figure.n),
    count(unscored),
  ];
}

function partName({ part }: ReportFigure): string {
  return part.kind === 'whole' ? 'all' : `${part.kind} ${part.id}`;
}

async function distributionPart({ mode, distributions, counts }: RubricReport): Promise<Markup> {
  if (counts.scored === 0) return markup``;
  const pairwise = mode === 'pairwise';
  const plots: Markup[] = [];
  for (const { criterion, counts: bins } of distributions) {
    const of = criterion === null ? '' : ` of ${criterion}`;
    const total = bins.reduce((sum, size) => sum + size, 0);
    plots.push(
      await histogramFigure({
        counts: bins,
        noun: 'verdict',
        axis: pairwise ? 'Probability that the first is better' : 'Score',
        title: pairwise ? `Probabilities${of}` : `Scores${of}`,
        description: `${plural(total, 'verdict')} by ${pairwise ? 'the probability that the answer that stands first in the data is better' : 'score, from 0 to 1'}.`,
      }),
    );
  }
  return markup`<h3>Distribution</h3><div class="figures">${plots}</div>`;
}

function pairsPart(pairs: PairsReport): Markup {
  const { winners, flipped, bothOrders, orderConsistency, firstShownWins, positionLean, models } = pairs;
  const total = winners.first + winners.second + winners.tie;
  if (total === 0) return markup``;
  const won: readonly (readonly [string, number])[] = [
    ['first', winners.first],
    ['second', winners.second],
    ...(winners.tie > 0 ? ([['tie', winners.tie]] as const) : []),
  ];
  const rows: MarkupValue[][] = [
    [
      'Both orders name the same winner',
      figureText(orderConsistency, 'share'),
      '100 %',
      count(orderConsistency.n),
    ],
    ['The answer shown first wins', figureText(firstShownWins, 'share'), '50 %', count(firstShownWins.n)],
    [
      'Log-odds given to the one shown first, nats',
      figureText(positionLean, 'number'),
      '0',
      count(positionLean.n),
    ],
  ];
  return markup`<h3>Winners and order</h3>
<div class="share">${won.map(([who, n]) => shareRow(markup`${who} <span class="soft">${count(n)}</span>`, n / total))}</div>
${
  bothOrders > 0 &&
  markup`<p>The two orders name different winners in ${count(flipped)} of ${plural(bothOrders, 'pair')}. Verdicts average both.</p>${dataTable(
    'What the order does',
    [
      { name: 'Order' },
      { name: 'Found (95\u00a0% interval)', number: true },
      { name: 'fair', number: true },
      { name: 'n', number: true },
    ],
    rows,
  )}`
}
${models.length > 0 && modelsPart(pairs)}`;
}

function modelsPart({ models, modelsLeftOut }: PairsReport): Markup {
  const labelled = models.some(({ labels }) => labels.n > 0);
  const columns: Column[] = [
    { name: 'Model' },
    { name: 'against' },
    { name: 'wins, as judged', number: true },
    { name: 'were all of one length', number: true },
    ...(labelled ? [{ name: 'by the labels', number: true }] : []),
    { name: 'n', number: true },
  ];
  return markup`<h3>Models</h3>${dataTable(
    'Win rates of models',
    columns,
    models.map(({ model, against, judged, lengthControlled, labels }) => [
      name(model),
      name(against),
      figureText(judged, 'share'),
      lengthControlled.estimate === null ? '–' : figureText(lengthControlled, 'share'),
      ...(labelled ? [figureText(labels, 'share')] : []),
      count(judged.n),
    ]),
  )}${modelsLeftOut > 0 && markup`<p class="soft small">${plural(modelsLeftOut, 'pair')} of models that meet less often are left out here; juror agree --json has them.</p>`}`;
}

async function panelPart({
  reducer,
  quorum,
  members,
  disagreement,
  undecided,
}: PanelReport): Promise<Markup> {
  const columns: Column[] = [
    { name: 'Judge' },
    { name: 'mean score (95\u00a0% interval)', number: true },
    { name: 'on the panel’s side', number: true },
    { name: 'n', number: true },
    { name: 'silent', number: true },
  ];
  const plot = await histogramFigure({
    counts: disagreement.counts,
    noun: 'verdict',
    axis: 'Largest less smallest score',
    title: 'How far the judges are apart',
    description: `On average ${decimal(disagreement.mean.estimate)} (95\u00a0% interval ${intervalText(disagreement.mean, 'number')}).`,
  });
  return markup`<h3>Judges of the panel</h3><p class="soft">They become one verdict by ${reducer}, quorum ${quorum}${undecided > 0 && `; ${plural(undecided, 'verdict')} stayed undecided`}.</p>
${dataTable(
  'Judges of the panel',
  columns,
  members.map((member) => [
    name(member.name),
    figureText(member.meanScore, 'number'),
    figureText(member.withPanel, 'share'),
    count(member.meanScore.n),
    count(member.silent),
  ]),
)}<div class="figures">${plot}</div>`;
}

function ladderPart(ladder: Readonly<Record<string, number>>): Markup {
  return markup`<h3>Who decided</h3>${dataTable(
    'Verdicts by the judge that decided',
    [{ name: 'Judge' }, { name: 'verdicts', number: true }],
    Object.entries(ladder).map(([who, n]) => [name(who), count(n)]),
  )}`;
}
