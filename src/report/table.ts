/** Tables of figures. */
import { type Markup, type MarkupValue, markup, trusted } from './markup.ts';

/** A column. The first one heads its rows. */
export interface Column {
  readonly name: string;
  /** Flushed right, in digits of one width. */
  readonly number?: boolean;
}

/** How a table is set. */
export interface TableOptions {
  /** It fills the page. */
  readonly wide?: boolean;
  /** Its cells hold sentences: where the page is narrow, each row is a list of them, each with the name of its column. */
  readonly stacked?: boolean;
}

/** A table that scrolls by itself where the page is narrow. Each row has a cell for every column. */
export function dataTable(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly MarkupValue[])[],
  { wide = false, stacked = false }: TableOptions = {},
): Markup {
  // A row that is set as a list is a row all the same; browsers forget it without the roles.
  const role = (name: string) => stacked && trusted(` role="${name}"`);
  const kind = wide || stacked ? trusted(` class="${wide ? 'wide' : ''}${stacked ? ' stacked' : ''}"`) : '';
  const cells = (row: readonly MarkupValue[]) =>
    row.map((cell, place) =>
      place === 0
        ? markup`<th scope="row"${role('rowheader')}>${cell}</th>`
        : columns[place]?.number
          ? markup`<td class="number"${role('cell')}>${cell}</td>`
          : markup`<td${role('cell')}>${stacked && markup`<span class="column" aria-hidden="true">${columns[place]?.name}</span>`}${cell}</td>`,
    );
  return markup`<div class="scroll" role="group" aria-label="${caption}" tabindex="0"><table${kind}${role('table')}>
<caption class="hidden">${caption}</caption>
<thead${role('rowgroup')}><tr${role('row')}>${columns.map(({ name, number }) => (number ? markup`<th scope="col" class="number"${role('columnheader')}>${name}</th>` : markup`<th scope="col"${role('columnheader')}>${name}</th>`))}</tr></thead>
<tbody${role('rowgroup')}>${rows.map((row) => markup`<tr${role('row')}>${cells(row)}</tr>\n`)}</tbody>
</table></div>`;
}
