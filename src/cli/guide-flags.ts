/** The flags that say how answers are found, and the strategy that they ask for. */
import { Command, type OptionValues } from '@commander-js/extra-typings';
import { JurorError } from '../errors.ts';
import { completeStrategy } from '../loop/guide-strategy.ts';
import type { GuideStrategy } from '../schema.ts';
import { anyNumber, flag, fraction, gather, readNumber, wholeNumber } from './flags.ts';

/** Values of {@link addStrategyFlags}. */
export type StrategyFlags = ReturnType<ReturnType<typeof strategyFlags>['opts']>;

/** Add the flags of all strategies. */
export function addStrategyFlags<Arguments extends unknown[], Options extends OptionValues>(
  command: Command<Arguments, Options>,
): Command<Arguments, Options & StrategyFlags> {
  for (const option of strategyFlags().options) command.addOption(option);
  return command as unknown as Command<Arguments, Options & StrategyFlags>;
}

function strategyFlags() {
  return new Command()
    .addOption(
      flag('--strategy <kind>', 'the best of n answers, answers until one is accepted, or steps in beams')
        .choices(['best-of', 'rejection', 'beam'] as const)
        .default('best-of' as const),
    )
    .addOption(
      flag('--n <n>', 'answers, most answers, or beams (default: 4; rejection: 16)').argParser(
        wholeNumber(1),
      ),
    )
    .addOption(flag('--temperature <t>', 'repeatable: answers take turns (default: 0.8)').argParser(gather))
    .addOption(
      flag('--top-p <share>', 'tokens of so much probability (default: 0.95)').argParser(fraction(1)),
    )
    .addOption(flag('--max-tokens <n>', 'of an answer (default: 256)').argParser(wholeNumber(1)))
    .addOption(
      flag('--pessimism <n>', 'deviations of a score that are taken off it (default: 0)').argParser(
        fraction(100),
      ),
    )
    .addOption(
      flag('--patience <n>', 'best-of: draw so many at a time, until a round raises nothing').argParser(
        wholeNumber(1),
      ),
    )
    .addOption(flag('--accept <score>', 'rejection: the score that is enough').argParser(anyNumber))
    .addOption(
      flag('--width <n>', 'beam: ways in which a beginning goes on (default: 2)').argParser(wholeNumber(1)),
    )
    .addOption(
      flag('--step <border>', 'beam: what ends a step (default: line)').choices([
        'line',
        'blank-line',
      ] as const),
    )
    .addOption(flag('--step-tokens <n>', 'beam: of a step (default: 96)').argParser(wholeNumber(1)))
    .addOption(flag('--max-steps <n>', 'beam: of an answer (default: 16)').argParser(wholeNumber(1)))
    .addOption(flag('--independent', 'beam: trees of their own, one beginning of each goes on'))
    .addOption(
      flag('--lookahead <n>', 'beam: greedy steps to score a beginning by (default: 0)').argParser(
        wholeNumber(0),
      ),
    );
}

/** Which flags belong to which strategy. */
const own: Readonly<Record<GuideStrategy['kind'], readonly (keyof StrategyFlags)[]>> = {
  'best-of': ['maxTokens', 'patience'],
  rejection: ['maxTokens', 'accept'],
  beam: ['width', 'step', 'stepTokens', 'maxSteps', 'independent', 'lookahead'],
};

/** The strategy that the flags ask for. Throws JurorError `usage` for a flag of another one. */
export function strategyOf(flags: StrategyFlags, seed: number): GuideStrategy {
  const { strategy: kind, n, temperature, topP, pessimism } = flags;
  const foreign = Object.values(own)
    .flat()
    .find((name) => flags[name] !== undefined && !own[kind].includes(name));
  if (foreign !== undefined)
    throw new JurorError('usage', `expected a flag of --strategy ${kind}, got ${spelled(foreign)}`);
  const temperatures = temperature?.map((text) => {
    const value = readNumber(text);
    if (value !== null && value >= 0) return value;
    throw new JurorError('usage', `--temperature: expected a number of 0 or more, got '${text}'`);
  });
  const shared = { n, temperatures, topP, pessimism, seed };
  if (kind === 'best-of')
    return completeStrategy({ kind, ...shared, maxTokens: flags.maxTokens, patience: flags.patience });
  if (kind === 'rejection') {
    if (flags.accept === undefined)
      throw new JurorError('usage', '--accept: expected the score that is enough, got none');
    return completeStrategy({ kind, ...shared, maxTokens: flags.maxTokens, accept: flags.accept });
  }
  const { width, step: boundary, stepTokens, maxSteps, independent, lookahead } = flags;
  return completeStrategy({ kind, ...shared, width, boundary, stepTokens, maxSteps, independent, lookahead });
}

function spelled(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
