/** Margins of different units are never compared, nor written into one column. */
import { JurorError } from '../errors.ts';
import type { Preference } from '../schema.ts';

/**
 * The one unit of margins; undefined where there are none. Ties have a margin of 0 in any unit, and are not asked. Throws JurorError `data`
 * for several units, naming them; `what` is what needs one.
 */
export function requireOneUnit(
  margins: Iterable<Pick<Preference, 'marginUnit' | 'tie'>>,
  what: string,
): Preference['marginUnit'] | undefined {
  const units = new Map<Preference['marginUnit'], number>();
  for (const { marginUnit, tie } of margins)
    if (!tie) units.set(marginUnit, (units.get(marginUnit) ?? 0) + 1);
  const [only, other] = units.keys();
  if (other === undefined) return only;
  const counted = [...units].sort().map(([unit, count]) => `${count} in ${unit}`);
  throw new JurorError('data', `${what}: expected margins of one unit, got ${counted.join(' and ')}`);
}
