/** Who of a panel decided, and what may be said without the others. */
import { JurorError } from '../errors.ts';

/** A score, a label or a distribution; never null, which is silence. */
export type Said = number | string | Readonly<Record<string, number>>;

/** Nothing was said, and why. */
export interface Silence {
  readonly value: null;
  readonly reason: string;
}

/** What was said, or why nothing was. */
export type Reduced<Value extends Said> = { readonly value: Value } | Silence;

/** One judge or sample; `id` is unique in its panel. */
export type Member<Value extends Said = number> = { readonly id: string } & Reduced<Value>;

/** How many members must decide: every one, more than half, or a count from 1 to their number. */
export type Quorum = 'all' | 'majority' | number;

/** What a panel declares before it is reduced. There is no default: whoever tolerates silence says so. */
export interface PanelOptions {
  readonly quorum: Quorum;
}

/** Who decided. */
export interface Turnout {
  readonly decided: number;
  readonly total: number;
  /** The count that had to decide. */
  readonly quorum: number;
  /** Who gave nothing, and why; by id. */
  readonly abstained: readonly { readonly id: string; readonly reason: string }[];
}

/**
 * A panel's value, and whom it stands on. `complete`: every member decided. `partial`: the quorum did, and `reason` names
 * the silent. `undecided`: too few did, or what they said has no value under the reducer; `reason` says which.
 */
export type Collective<Value> = Turnout &
  (
    | { readonly status: 'complete'; readonly value: Value; readonly reason: null }
    | { readonly status: 'partial'; readonly value: Value; readonly reason: string }
    | { readonly status: 'undecided'; readonly value: null; readonly reason: string }
  );

/** A panel's members by id, so that nothing can depend on the order they came in. */
export interface Panel<Value> {
  readonly deciding: readonly { readonly id: string; readonly value: Value }[];
  readonly abstained: Turnout['abstained'];
  readonly total: number;
}

/** Sorts the members by id. None at all, and an id that comes twice, are errors. */
export function seat<Value extends Said>(members: readonly Member<Value>[]): Panel<Value> {
  if (members.length === 0) throw new JurorError('usage', 'expected at least one member, got none');
  const sorted = [...members].sort((left, right) => (left.id < right.id ? -1 : left.id > right.id ? 1 : 0));
  const twice = sorted.find(({ id }, place) => id === sorted[place + 1]?.id);
  if (twice) throw new JurorError('usage', `expected members with ids of their own, got "${twice.id}" twice`);
  return {
    deciding: sorted.flatMap((member) => (isSilent(member) ? [] : [{ id: member.id, value: member.value }])),
    abstained: sorted.flatMap((member) =>
      isSilent(member) ? [{ id: member.id, reason: member.reason }] : [],
    ),
    total: members.length,
  };
}

/** The panel's value where the quorum decided; `reduce` is only called then. */
export function settle<Value extends Said>(
  { deciding, abstained, total }: Panel<unknown>,
  options: PanelOptions,
  reduce: () => Reduced<Value>,
): Collective<Value> {
  const decided = deciding.length;
  const quorum = countQuorum(options.quorum, total);
  const turnout = { decided, total, quorum, abstained };
  const silent = abstained.map(({ id, reason }) => `${id} (${reason})`).join(', ');
  const counted = `${decided} of ${total} decided`;
  const named = silent === '' ? '' : `; abstained: ${silent}`;
  if (decided < quorum) {
    const reason = `${counted}, quorum ${quorum}${named}`;
    return { ...turnout, status: 'undecided', value: null, reason };
  }
  const reduced = reduce();
  if (isSilent(reduced)) {
    const reason = `${reduced.reason}; ${counted}${named}`;
    return { ...turnout, status: 'undecided', value: null, reason };
  }
  return abstained.length === 0
    ? { ...turnout, status: 'complete', value: reduced.value, reason: null }
    : { ...turnout, status: 'partial', value: reduced.value, reason: `${counted}${named}` };
}

function isSilent(part: Reduced<Said>): part is Silence {
  return part.value === null;
}

function countQuorum(quorum: Quorum, total: number): number {
  if (quorum === 'all') return total;
  if (quorum === 'majority') return Math.floor(total / 2) + 1;
  if (Number.isInteger(quorum) && quorum >= 1 && quorum <= total) return quorum;
  throw new JurorError('usage', `expected a quorum of "all", "majority" or 1 to ${total}, got ${quorum}`);
}
