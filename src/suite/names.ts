/** Names that users give, and what is said of those that are none. */
import { suggest } from '../problems.ts';

/** What is said of a name that is none of the legal ones. */
export function unknownName(noun: string, name: string, legal: readonly string[]): string {
  if (legal.length === 0) return `expected ${noun}, of which there is none, got '${name}'`;
  return `expected ${noun} (${legal.join(', ')}), got '${name}'${suggest(name, legal)}`;
}
