/** A reliability diagram as one self-contained SVG, for light and dark pages. */
import type { ConfidenceReport } from '../aggregate/confidence-report.ts';
import { JurorError } from '../errors.ts';
import type { Verdict } from '../schema.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { count, percent, plural } from './terminal.ts';

/** What a diagram is drawn from. */
export interface DiagramSubject {
  readonly rubricId: string;
  readonly mode: Verdict['mode'];
  readonly parts: { readonly confidence?: ConfidenceReport };
}

const plot = { left: 72, top: 60, width: 320, height: 320 } as const;
const [width, height] = [plot.left + plot.width + 24, plot.top + plot.height + 60];

/** Colours of light and of dark pages; the second set has the same contrast on its paper. */
const style = `
  svg { --paper: #ffffff; --ink: #1f2328; --soft: #59636e; --grid: #d1d9e0; --mark: #0a58ca;
        font: 13px system-ui, sans-serif }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --grid: #3d444d; --mark: #79b8ff }
  }
  text { fill: var(--ink) } .soft { fill: var(--soft) } .title { font-size: 15px; font-weight: 600 }
  .grid { stroke: var(--grid) } .fair { stroke: var(--soft); stroke-dasharray: 4 4 }
  .interval { stroke: var(--mark); stroke-width: 2 } .bin { fill: var(--mark); stroke: var(--paper); stroke-width: 1.5 }
`;

/** Writes the diagram of the only rubric. Throws JurorError `usage` for several, and where nothing has a probability. */
export async function writeDiagram(file: string, subjects: readonly DiagramSubject[]): Promise<void> {
  const [only, ...others] = subjects;
  const refuse = (expected: string): never => {
    throw new JurorError('usage', `--diagram: expected ${expected}`);
  };
  if (!only || others.length > 0)
    return refuse(`--rubric with one of ${subjects.map(({ rubricId }) => rubricId).join(', ')}, got none`);
  const { confidence } = only.parts;
  if (!confidence || only.mode === 'stepwise')
    return refuse(
      `labels that probabilities are of (winners, or two values), got none for '${only.rubricId}'`,
    );
  await writeAtomically(file, [reliabilityDiagram(only.rubricId, only.mode, confidence)]);
}

/** The diagram's text: each bin's mean probability across, the share that came true upwards, with its 95 % interval. */
export function reliabilityDiagram(
  rubricId: string,
  mode: 'pairwise' | 'pointwise',
  { reliability, rows }: ConfidenceReport,
): string {
  // A preferred answer has a probability of at least one half.
  const from = mode === 'pairwise' ? 0.5 : 0;
  const x = (value: number) => round(plot.left + (plot.width * (value - from)) / (1 - from));
  const y = (value: number) => round(plot.top + plot.height * (1 - value));
  const [across, upwards] =
    mode === 'pairwise'
      ? ['Probability of the preferred answer', 'Share of labels that prefer it too']
      : ['Score', 'Mean label'];
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  const grid = ticks.flatMap((tick) => {
    const place = from + tick * (1 - from);
    return [
      `<line class="grid" x1="${plot.left}" x2="${plot.left + plot.width}" y1="${y(tick)}" y2="${y(tick)}"/>`,
      `<text class="soft" x="${plot.left - 8}" y="${y(tick) + 4}" text-anchor="end">${whole(tick)}</text>`,
      `<text class="soft" x="${x(place)}" y="${plot.top + plot.height + 20}" text-anchor="middle">${whole(place)}</text>`,
    ];
  });
  const bins = reliability.flatMap(({ predicted, observed, count: size }) => {
    const { estimate, low, high } = observed;
    if (estimate === null) return [];
    const told = `${percent(predicted)} said, ${percent(estimate)} came true, ${plural(size, 'row')}`;
    return [
      '<g>',
      `<title>${told}</title>`,
      ...(low === null || high === null
        ? []
        : [
            `<line class="interval" x1="${x(predicted)}" x2="${x(predicted)}" y1="${y(low)}" y2="${y(high)}"/>`,
          ]),
      `<circle class="bin" cx="${x(predicted)}" cy="${y(estimate)}" r="6"/>`,
      '</g>',
    ];
  });
  const points = reliability.map(
    ({ predicted, observed, count: size }) =>
      `${percent(predicted)} said and ${percent(observed.estimate)} came true of ${count(size)}`,
  );
  const middle = plot.top + plot.height / 2;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">Reliability of ${escaped(rubricId)}</title>`,
    `<desc id="desc">${across} against ${upwards.toLowerCase()}, in bins of equal mass with 95 % intervals: ${points.join('; ')}. On the dashed line probabilities are what they say.</desc>`,
    `<style>${style}</style>`,
    `<rect width="${width}" height="${height}" fill="var(--paper)"/>`,
    `<text class="title" x="${plot.left}" y="26">${escaped(rubricId)}</text>`,
    `<text class="soft" x="${plot.left}" y="45">${plural(rows, 'row')}, 95 % intervals</text>`,
    ...grid,
    `<line class="fair" x1="${x(from)}" y1="${y(from)}" x2="${x(1)}" y2="${y(1)}"/>`,
    ...bins,
    `<text x="${plot.left + plot.width / 2}" y="${height - 16}" text-anchor="middle">${across}</text>`,
    `<text transform="translate(20 ${middle}) rotate(-90)" text-anchor="middle">${upwards}</text>`,
    '</svg>',
  ].join('\n')}\n`;
}

function whole(share: number): string {
  return `${round(share * 100)} %`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
