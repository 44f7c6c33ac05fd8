/** Ids of rows: those they give, or made from their content. */
import { contentHash } from '../canonical.ts';
import { type ErrorPlace, JurorError } from '../errors.ts';

/** The ids of a file so far. */
export interface Ids {
  readonly lines: Map<string, number>;
  /** How often a made id was needed, from the second time. */
  readonly occurrences: Map<string, number>;
}

/** No ids yet. */
export function newIds(): Ids {
  return { lines: new Map(), occurrences: new Map() };
}

/** Gives a sample its id and refuses one that another line has. */
export function identify<Row extends object>(
  draft: Row & { readonly id: string | undefined },
  { lines, occurrences }: Ids,
  place: ErrorPlace,
  line: number,
): Omit<Row, 'id'> & { id: string } {
  const { id: given, ...content } = draft;
  if (given !== undefined) {
    const other = lines.get(given);
    if (other !== undefined) {
      throw new JurorError('data', `expected an id of its own, got "${given}" as on line ${other}`, {
        place: { ...place, field: 'id' },
      });
    }
    lines.set(given, line);
    return { id: given, ...content };
  }
  const base = contentHash(content).slice(0, 16);
  let id = base;
  for (let occurrence = occurrences.get(base) ?? 2; lines.has(id); occurrence++) {
    id = `${base}-${occurrence}`;
    occurrences.set(base, occurrence);
  }
  lines.set(id, line);
  return { id, ...content };
}
