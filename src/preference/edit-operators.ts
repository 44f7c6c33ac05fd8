/** Every edit with a known direction, by name. */
import { JurorError, nearestName } from '../errors.ts';
import { changedInstruction } from './changed-instruction.ts';
import { unsupportedClaim } from './edit-claim.ts';
import { dropSentences, pad, truncate } from './edit-length.ts';
import { negate } from './edit-negation.ts';
import { swapNumber } from './edit-number.ts';
import type { EditOperator } from './edit-operator.ts';
import { otherAnswer, refusal } from './edit-replace.ts';
import { corruptStep, shuffleSteps } from './edit-steps.ts';
import { languageMix, typos } from './edit-surface.ts';

/** Every operator, in the order of reports. */
export const editOperators: readonly EditOperator[] = [
  dropSentences,
  truncate,
  swapNumber,
  negate,
  unsupportedClaim,
  corruptStep,
  shuffleSteps,
  otherAnswer,
  changedInstruction,
  refusal,
  pad,
  typos,
  languageMix,
];

/**
 * Operators by name, in the order of {@link editOperators}; `all` stands for those that need no model. Throws JurorError `usage` for
 * an unknown name.
 */
export function selectOperators(names: readonly string[]): EditOperator[] {
  const legal = editOperators.map(({ name }) => name);
  for (const name of names) {
    if (name === 'all' || legal.includes(name)) continue;
    const near = nearestName(name, ['all', ...legal]);
    const hint = near === undefined ? '' : `; did you mean '${near}'?`;
    throw new JurorError(
      'usage',
      `operators: expected all or names among ${legal.join(', ')}, got '${name}'${hint}`,
    );
  }
  const all = names.includes('all');
  return editOperators.filter((operator) => names.includes(operator.name) || (all && 'apply' in operator));
}
