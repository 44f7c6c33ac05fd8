/** The losses that heads are trained with, by name, and what each takes. */
import { JurorError, nearestName } from '../errors.ts';

/** `λ·mean((s_left + s_right)²)`, which also places the bias (Eisenstein et al., arXiv 2312.09244, equation 2). */
export interface Centering {
  /** λ; 0.01 is what TRL recommends. Default 0: the bias is placed so that the mean training score is 0. */
  readonly centering?: number;
}

/**
 * What is minimised, before the penalty: the weighted mean over pairs, orders or known targets. An option that a loss does not take is
 * an error, and so is data that it would have to ignore. Δ = s_left − s_right; p, m: a pair's target and margin.
 */
export type HeadLoss =
  | BradleyTerryLoss
  | RobustLoss
  | DavidsonLoss
  | MarginLoss
  | PlackettLuceLoss
  | CrossEntropyLoss
  | RegressionLoss
  | QuantileLoss;

/** p·softplus(m − Δ) + (1 − p)·softplus(m + Δ); with m = 0 the cross-entropy of Bradley and Terry's model. */
export interface BradleyTerryLoss extends Centering {
  readonly kind: 'bradley-terry';
  /** ε in [0, ½): p becomes p + ε·(1 − 2p). Default 0. */
  readonly labelSmoothing?: number;
}

/**
 * Bradley-Terry for targets that are known to be flipped with probability ε: the loss whose mean over such flips is the loss on the
 * clean targets (Natarajan et al., NIPS 2013; for preferences Chowdhury et al., arXiv 2403.00409). p becomes (p − ε)/(1 − 2ε), the
 * inverse of label smoothing, so it may leave [0, 1] and the loss falls without bound, linearly in Δ. The penalty grows with the
 * square of the weights and bounds the sum from below: training needs `l2` > 0.
 */
export interface RobustLoss extends Centering {
  readonly kind: 'robust';
  /** ε in [0, ½). */
  readonly flipRate: number;
}

/**
 * Davidson's ties (JASA 65, 1970): odds e^{Δ/2} : e^{−Δ/2} : ν of left, right and a tie. Marked ties count as such; the target of the
 * others divides between left and right. Takes no margins.
 */
export interface DavidsonLoss extends Centering {
  readonly kind: 'davidson';
  /** ν > 0. Default: learned, for which the data must have ties and others. */
  readonly tieOdds?: number;
}

/** Margin ranking: p·max(0, M − Δ)ⁿ + (1 − p)·max(0, M + Δ)ⁿ with M = `margin` + m. */
export interface MarginLoss extends Centering {
  readonly kind: 'margin';
  /** At least 0, added to every pair's own. Default 1. */
  readonly margin?: number;
  /**
   * n. 1, the hinge, has kinks: the line search asks for weak Wolfe conditions, with which L-BFGS goes on over kinks by subgradients
   * (Lewis and Overton, 2013), but it ends where the loss does not fall any more, not where a gradient vanishes. 2 is smooth. Default 1.
   */
  readonly power?: 1 | 2;
}

/** −log of the probability of each order (Luce 1959, Plackett 1975): Σ_k [log Σ_{j≥k} exp s_j − s_k], best first. */
export interface PlackettLuceLoss {
  readonly kind: 'plackett-luce';
}

/** softplus(s) − y·s for targets y in [0, 1], hard or soft: of outcomes, and of steps where each row is a step. */
export interface CrossEntropyLoss {
  readonly kind: 'cross-entropy';
}

/** ½(s − y)². Linear heads are solved in closed form. */
export interface RegressionLoss {
  readonly kind: 'regression';
}

/**
 * The pinball loss of every τ (Koenker and Bassett, Econometrica 46, 1978), one output for each objective and τ, objective by objective.
 * Outputs may cross where data are few: read them with {@link sortQuantiles}.
 */
export interface QuantileLoss {
  readonly kind: 'quantile';
  /** Each τ in (0, 1), rising. */
  readonly quantiles: readonly number[];
  /**
   * How far the kink is rounded: τu + h·softplus(−u/h), u = y − s, with h this many standard deviations of the objective's targets.
   * 0 is the pinball itself, by subgradients, see {@link MarginLoss.power}. Default 0.01.
   */
  readonly smoothing?: number;
}

/** A loss with its defaults. */
export type CompleteLoss =
  | Required<BradleyTerryLoss>
  | Required<RobustLoss>
  | (Omit<Required<DavidsonLoss>, 'tieOdds'> & { readonly tieOdds: number | null })
  | Required<MarginLoss>
  | PlackettLuceLoss
  | CrossEntropyLoss
  | RegressionLoss
  | Required<QuantileLoss>;

const optionsOf: Readonly<Record<HeadLoss['kind'], readonly string[]>> = {
  'bradley-terry': ['labelSmoothing', 'centering'],
  robust: ['flipRate', 'centering'],
  davidson: ['tieOdds', 'centering'],
  margin: ['margin', 'power', 'centering'],
  'plackett-luce': [],
  'cross-entropy': [],
  regression: [],
  quantile: ['quantiles', 'smoothing'],
};

/** Every loss by name. */
export const headLossKinds = Object.keys(optionsOf) as readonly HeadLoss['kind'][];

/** The loss with its defaults. Throws JurorError `usage` for unknown names and options, and for values out of range. */
export function completeLoss(loss: HeadLoss): CompleteLoss {
  const takes = Object.hasOwn(optionsOf, loss.kind) ? optionsOf[loss.kind] : undefined;
  if (takes === undefined) throw unknownName('a loss', String(loss.kind), headLossKinds);
  for (const name of Object.keys(loss))
    if (name !== 'kind' && !takes.includes(name)) throw unknownName(`an option of ${loss.kind}`, name, takes);
  const { centering = 0 } = loss as Centering;
  requireNumber('centering', centering, centering >= 0, '0 or more');
  switch (loss.kind) {
    case 'bradley-terry': {
      const { labelSmoothing = 0 } = loss;
      requireNumber(
        'labelSmoothing',
        labelSmoothing,
        labelSmoothing >= 0 && labelSmoothing < 0.5,
        '0 to below 0.5',
      );
      return { kind: loss.kind, labelSmoothing, centering };
    }
    case 'robust':
      requireNumber('flipRate', loss.flipRate, loss.flipRate >= 0 && loss.flipRate < 0.5, '0 to below 0.5');
      return { kind: loss.kind, flipRate: loss.flipRate, centering };
    case 'davidson': {
      const { tieOdds = null } = loss;
      if (tieOdds !== null) requireNumber('tieOdds', tieOdds, tieOdds > 0, 'above 0');
      return { kind: loss.kind, tieOdds, centering };
    }
    case 'margin': {
      const { margin = 1, power = 1 } = loss;
      requireNumber('margin', margin, margin >= 0, '0 or more');
      requireNumber('power', power, power === 1 || power === 2, '1 or 2');
      return { kind: loss.kind, margin, power, centering };
    }
    case 'quantile': {
      const { quantiles, smoothing = 0.01 } = loss;
      if (!quantiles?.length) throw new JurorError('usage', 'quantiles: expected one or more, got none');
      for (const [place, value] of quantiles.entries())
        requireNumber(
          'quantiles',
          value,
          value > 0 && value < 1 && value > (quantiles[place - 1] ?? 0),
          'rising between 0 and 1',
        );
      requireNumber('smoothing', smoothing, smoothing >= 0, '0 or more');
      return { kind: loss.kind, quantiles, smoothing };
    }
    default:
      return loss;
  }
}

/** Throws JurorError `usage` unless a number is finite and as it should be. */
export function requireNumber(name: string, value: number, legal: boolean, expected: string): void {
  if (!legal || !Number.isFinite(value))
    throw new JurorError('usage', `${name}: expected ${expected}, got ${value}`);
}

/** Says which names there are, and the nearest. */
export function unknownName(what: string, name: string, legal: readonly string[]): JurorError {
  const nearest = nearestName(name, legal);
  const list = legal.length === 0 ? 'none' : legal.join(', ');
  return new JurorError(
    'usage',
    `expected ${what} (${list}), got "${name}"${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`,
  );
}
