/** How verdicts are decided: by a panel, by a ladder of judges, and when a judge had better not. As options and as settings of a run. */
import type { AbstentionRules } from '../aggregate/abstention.ts';
import type { Reducer } from '../aggregate/ensemble.ts';
import type { Quorum } from '../aggregate/turnout.ts';
import { JurorError, nearestName } from '../errors.ts';
import type { Rubric } from '../schema.ts';

/**
 * How the scores of a panel's members become one: their mean, their median, what more than half of **all** members say, the
 * worst, or the mean less λ standard deviations (n − 1), but at least 0. The last two are of one answer: a pair has no worse side.
 */
export type PanelReducer = 'mean' | 'median' | 'majority' | 'worst' | `mean-std:${number}`;

/** What a panel declares before it is asked. */
export interface PanelRules {
  readonly reducer: PanelReducer;
  /** How many members must decide: `all`, `majority` (more than half), or a count. */
  readonly quorum: Quorum;
}

/** When a verdict abstains; see AbstentionRules. Judgments do not keep the mass of their labels. */
export type VerdictAbstention = Omit<AbstentionRules, 'labelMass'>;

/** What decides a verdict besides its judgments. */
export interface DecisionRules {
  /** Several engines: default the mean of all of them, with every one deciding. */
  readonly panel?: PanelRules | undefined;
  /** Default: a verdict with a score never abstains. Scores and winners stay either way. */
  readonly abstain?: VerdictAbstention | undefined;
  /** Engines are a ladder: each is asked only where the one before abstains or has no score. Default false. */
  readonly escalate?: boolean | undefined;
}

/** A panel that tolerates no silence. */
export const defaultPanel: PanelRules = { reducer: 'mean', quorum: 'all' };

const reducers = ['mean', 'median', 'majority', 'worst', 'mean-std:λ'];

/** The reducer of a name. Throws JurorError `usage`. */
export function readReducer(name: string): Reducer {
  if (name === 'mean' || name === 'median' || name === 'majority') return { kind: name };
  if (name === 'worst') return { kind: 'worst-case' };
  const [head = '', text = ''] = name.split(/:(.*)/s);
  const lambda = Number(text);
  if (head === 'mean-std' && text.trim() !== '' && lambda >= 0 && lambda < Number.POSITIVE_INFINITY)
    return { kind: 'penalized-mean', lambda, floor: 0 };
  const near = nearestName(head, reducers);
  throw new JurorError(
    'usage',
    `panel: expected one of ${reducers.join(', ')} with λ a number from 0 up, got '${name}'${near && near !== name ? `, did you mean '${near}'?` : ''}`,
  );
}

/** A quorum as text: `all`, `majority` or a count. Throws JurorError `usage`. */
export function readQuorum(text: string): Quorum {
  if (text === 'all' || text === 'majority') return text;
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1 && text.trim() !== '') return count;
  throw new JurorError('usage', `quorum: expected all, majority or a count from 1 up, got '${text}'`);
}

/** Rules as text, such as `band:0.1,flipped`; the same rules give the same text. */
export function abstentionText({
  band,
  center,
  disagreement,
  flipped,
  contentFree,
}: VerdictAbstention): string {
  const bounds = Object.entries({ band, center, disagreement });
  return [
    ...bounds.flatMap(([name, bound]) => (bound === undefined ? [] : [`${name}:${bound}`])),
    ...(flipped ? ['flipped'] : []),
    ...(contentFree ? ['content-free'] : []),
  ].join(',');
}

/** Rules from text: `flipped`, `content-free`, and `band`, `center` and `disagreement` with a bound from 0 to 1. Throws JurorError `usage`. */
export function readAbstention(parts: readonly string[]): VerdictAbstention {
  const rules: Partial<Record<'band' | 'center' | 'disagreement', number>> &
    Partial<Record<'flipped' | 'contentFree', boolean>> = {};
  for (const part of parts) {
    const [name = '', text = ''] = part.split(/:(.*)/s);
    const bound = Number(text);
    if (part === 'flipped') rules.flipped = true;
    else if (part === 'content-free') rules.contentFree = true;
    else if (
      (name === 'band' || name === 'center' || name === 'disagreement') &&
      text.trim() !== '' &&
      bound >= 0 &&
      bound <= 1
    )
      rules[name] = bound;
    else {
      const near = nearestName(name, ['band', 'center', 'disagreement', 'flipped', 'content-free']);
      throw new JurorError(
        'usage',
        `abstain: expected flipped, content-free, or band, center or disagreement with a bound from 0 to 1 such as band:0.1, got '${part}'${near && near !== name ? `, did you mean '${near}'?` : ''}`,
      );
    }
  }
  return rules;
}

/** Throws JurorError `usage` for rules that mean nothing for so many engines, or for one of the rubrics. */
export function requireRules(
  { panel, abstain, escalate }: DecisionRules,
  engines: number,
  rubrics: readonly Pick<Rubric, 'id' | 'mode'>[],
): void {
  if (abstain !== undefined) readAbstention(abstentionText(abstain).split(',').filter(Boolean));
  if (escalate && engines < 2)
    throw new JurorError('usage', `escalate: expected two engines or more, got ${engines}`);
  if (panel === undefined) return;
  if (escalate) throw new JurorError('usage', 'expected a panel or a ladder (escalate) of engines, got both');
  if (engines < 2) throw new JurorError('usage', `panel: expected two engines or more, got ${engines}`);
  const { kind } = readReducer(panel.reducer);
  readQuorum(String(panel.quorum));
  if (typeof panel.quorum === 'number' && panel.quorum > engines)
    throw new JurorError(
      'usage',
      `quorum: expected at most ${engines} of ${engines} engines, got ${panel.quorum}`,
    );
  const pairwise = rubrics.find(({ mode }) => mode === 'pairwise');
  if (pairwise && (kind === 'worst-case' || kind === 'penalized-mean'))
    throw new JurorError(
      'usage',
      `panel: expected mean, median or majority for the pairwise rubric '${pairwise.id}', got '${panel.reducer}', which would favour the answer named second`,
    );
}

/** The settings that a run folder keeps; none for one engine without rules. */
export function settingsOf(rules: DecisionRules, engines: number): Record<string, string | boolean> {
  const panel = rules.panel ?? (engines > 1 && !rules.escalate ? defaultPanel : undefined);
  return {
    ...(panel ? { panel: panel.reducer, quorum: String(panel.quorum) } : {}),
    ...(rules.abstain ? { abstain: abstentionText(rules.abstain) } : {}),
    ...(rules.escalate ? { escalate: true } : {}),
  };
}

/** The rules of a run folder's settings. Throws JurorError `usage` for settings that are none. */
export function rulesOf(settings: Readonly<Record<string, unknown>>): DecisionRules {
  const { panel, quorum, abstain, escalate } = settings;
  return {
    ...(typeof panel === 'string'
      ? { panel: { reducer: panel as PanelReducer, quorum: readQuorum(String(quorum)) } }
      : {}),
    ...(typeof abstain === 'string' ? { abstain: readAbstention(abstain.split(',').filter(Boolean)) } : {}),
    ...(escalate === true ? { escalate } : {}),
  };
}
