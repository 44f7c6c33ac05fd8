/** Strategies with their defaults, checked. */
import { JurorError } from '../errors.ts';
import { GuideStrategy } from '../schema.ts';

type Given<Strategy> = Strategy extends { readonly kind: infer Kind }
  ? { readonly kind: Kind } & {
      readonly [Field in Exclude<keyof Strategy, 'kind'>]?: Strategy[Field] | undefined;
    }
  : never;
/** A strategy, of which all but the kind, and for `rejection` the score that is enough, may be left out. */
export type GivenStrategy = Given<GuideStrategy>;

const sampling = { temperatures: [0.8], topP: 0.95, seed: 0, pessimism: 0 };
const defaults: Readonly<Record<GuideStrategy['kind'], object>> = {
  'best-of': { ...sampling, maxTokens: 256, n: 4, patience: null },
  rejection: { ...sampling, maxTokens: 256, n: 16 },
  beam: {
    ...sampling,
    n: 4,
    width: 2,
    boundary: 'line',
    stepTokens: 96,
    maxSteps: 16,
    independent: false,
    lookahead: 0,
  },
};

/**
 * The strategy with its defaults: 4 answers (rejection: at most 16) of at most 256 tokens at temperature 0.8 and top-p 0.95; beams of
 * lines, 2 wide, of at most 16 steps of 96 tokens. Throws JurorError `usage`, naming the field.
 */
export function completeStrategy(given: GivenStrategy): GuideStrategy {
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  const { data, error } = GuideStrategy.safeParse({
    ...(defaults[given.kind] ?? {}),
    ...Object.fromEntries(known),
  });
  const issue = error?.issues[0];
  if (data === undefined)
    throw new JurorError('usage', issue?.message ?? 'expected a strategy', {
      place: { field: issue?.path.join('.') ?? '' },
    });
  if (data.kind === 'beam' && data.n % data.width !== 0)
    throw new JurorError(
      'usage',
      `expected n to be a multiple of the width ${data.width}, since n / width are kept, got ${data.n}`,
      { place: { field: 'n' } },
    );
  return data;
}
