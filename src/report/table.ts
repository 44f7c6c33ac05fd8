/** Tables of figures. */
import { type Markup, type MarkupValue, markup, trusted } from './markup.ts';

/** A column. The first one heads its rows. */
export interface Column {
  readonly name: string;
  /** Flushed right, in digits of one width. */
  readonly number?: boolean;
}

/** A table that scrolls by itself where the page is narrow. Each row has a cell for every column. `wide` fills the page. */
export function dataTable(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly MarkupValue[])[],
  options: { readonly wide?: boolean } = {},
): Markup {
  const cells = (row: readonly MarkupValue[]) =>
    row.map((cell, place) =>
      place === 0
        ? markup`<th scope="row">${cell}</th>`
        : columns[place]?.number
          ? markup`<td class="number">${cell}</td>`
          : markup`<td>${cell}</td>`,
    );
  return markup`<div class="scroll" role="group" aria-label="${caption}" tabindex="0"><table${options.wide && trusted(' class="wide"')}>
<caption class="hidden">${caption}</caption>
<thead><tr>${columns.map(({ name, number }) => (number ? markup`<th scope="col" class="number">${name}</th>` : markup`<th scope="col">${name}</th>`))}</tr></thead>
<tbody>${rows.map((row) => markup`<tr>${cells(row)}</tr>\n`)}</tbody>
</table></div>`;
}
