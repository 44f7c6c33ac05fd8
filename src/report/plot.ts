/** Plots as SVG, drawn here and read without a script. */
import type { TopLevelSpec } from 'vega-lite';
import { type Markup, markup, trusted } from './markup.ts';

/** What a plot says in words, for those who do not see it. */
export interface PlotWords {
  readonly title: string;
  readonly description: string;
}

/** A specification whose data are numbers: no text of the data's may be in it. */
export type PlotSpecification = TopLevelSpec;

/** Colours are those of the page, light or dark. */
const look = {
  aria: false,
  background: undefined,
  font: 'inherit',
  view: { stroke: null },
  axis: {
    labelColor: 'var(--soft)',
    titleColor: 'var(--soft)',
    labelFont: 'inherit',
    titleFont: 'inherit',
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 8,
    domainColor: 'var(--line)',
    tickColor: 'var(--line)',
    gridColor: 'var(--line)',
    domain: false,
    tickSize: 4,
  },
} as const;

/** Draw a plot. Equal specifications give equal bytes. */
export async function drawPlot(specification: PlotSpecification, words: PlotWords): Promise<Markup> {
  // Loading them takes longer than most verbs run.
  const [{ parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const { spec } = compile({ ...specification, background: 'transparent' }, { config: look as never });
  const view = new View(parse(spec), { renderer: 'none' });
  const drawn = await view.toSVG();
  view.finalize();
  const [, width, height] = /^<svg[^>]*? viewBox="0 0 (\S+) (\S+)">/.exec(drawn) ?? [];
  const inner = drawn
    .slice(drawn.indexOf('>') + 1, drawn.lastIndexOf('</svg>'))
    // Labels that vega hides where they overlap; and roles, of which the whole has one.
    .replace(/<text [^>]*opacity="0"[^>]*>[^<]*<\/text>/g, '')
    .replace(/ (?:role|aria-[a-z]+)="[^"]*"/g, '');
  const label = `${words.title}. ${words.description}`;
  return markup`<svg class="plot" role="img" aria-label="${label}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><title>${words.title}</title>${trusted(inner)}</svg>`;
}
