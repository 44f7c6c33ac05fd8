/** Which loss is trained with: the one that was asked for or that the data call for, and what it takes. */
import { JurorError } from '../errors.ts';
import { completeLoss, type HeadLoss } from '../head/losses.ts';
import { partOf } from '../head/problem.ts';
import { outputsOf } from './outputs.ts';
import type { TrainHeadOptions } from './train-options.ts';
import type { TrainingFiles } from './training-files.ts';
import type { LabelOptions } from './training-sets.ts';

/**
 * The loss that was asked for, or the one that the data call for. Throws JurorError `usage` for one that does not take such labels, and for
 * options that it does not know; `data` where it would take the data's own margins in a unit that is not its own, or in several.
 */
export function lossFor(
  data: TrainingFiles,
  asked: HeadLoss | undefined,
  { margin, overall }: Pick<TrainHeadOptions, 'margin' | 'overall'>,
): HeadLoss {
  const loss = asked ?? defaultLoss(data, overall);
  const kinds = kindsOf(completeLoss(loss).kind);
  if (kinds.includes(data.kind)) {
    if (margin === 'data') requireMargins(data, loss.kind);
    if (overall !== undefined)
      outputsOf({ kind: data.kind, scores: data.rows.scores }, completeLoss(loss), overall);
    return loss;
  }
  throw new JurorError('usage', `${loss.kind}: expected ${kinds.join(' or ')}, got ${data.kind}`);
}

function requireMargins({ rows }: TrainingFiles, loss: HeadLoss['kind']): void {
  const decided = rows.pairs.filter(({ target }) => target !== 0.5);
  const [nats, score] = (['nats', 'score'] as const).map(
    (unit) => decided.filter(({ marginUnit }) => marginUnit === unit).length,
  ) as [number, number];
  const overLogOdds = loss === 'bradley-terry' || loss === 'robust';
  if (overLogOdds && score > 0)
    throw new JurorError(
      'data',
      `${loss}, --margin data: expected margins in nats, which are taken off log-odds, got ${score} of ${decided.length} in score`,
    );
  if (nats > 0 && score > 0)
    throw new JurorError(
      'data',
      `${loss}, --margin data: expected margins of one unit, got ${nats} in nats and ${score} in score`,
    );
}

function defaultLoss({ kind, rows }: TrainingFiles, overall?: string): HeadLoss {
  if (kind === 'pairs') return { kind: 'bradley-terry' };
  const labels = rows.scores.flatMap(({ targets }) =>
    Object.entries(targets).flatMap(([name, label]) => (name === overall ? [] : [label])),
  );
  const twoValued = labels.every((label) => label === 0 || label === 1);
  return { kind: kind === 'steps' || twoValued ? 'cross-entropy' : 'regression' };
}

/** Which kinds of labels a loss takes; the first is read where the data hold both. */
export function kindsOf(loss: HeadLoss['kind']): readonly TrainingFiles['kind'][] {
  return partOf({ kind: loss }) === 'scores' ? ['scores', 'steps'] : ['pairs'];
}

/**
 * Throws JurorError `usage` for margins or ties that the loss would ignore; `name` says how an option is called where it was given.
 */
export function requireTaken(
  loss: HeadLoss['kind'],
  { margin, ties }: Pick<LabelOptions, 'margin' | 'ties'>,
  name: (option: 'margin' | 'ties') => string = (option) => option,
): void {
  const refuse = (option: 'margin' | 'ties', given: unknown, takers: readonly string[]): never => {
    throw new JurorError(
      'usage',
      `${name(option)}: expected none with the loss ${loss}, which would ignore it, got ${given}; it is for ${takers.join(', ')}`,
    );
  };
  if (margin !== undefined && margin !== 'none' && !marginLosses.includes(loss))
    refuse('margin', margin, marginLosses);
  if (ties !== undefined && !tieLosses.includes(loss)) refuse('ties', ties, tieLosses);
}

const marginLosses: readonly HeadLoss['kind'][] = ['bradley-terry', 'robust', 'margin'];
const tieLosses: readonly HeadLoss['kind'][] = [...marginLosses, 'davidson'];
