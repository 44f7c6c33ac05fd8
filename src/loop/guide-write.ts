/** Writing answers and steps: seeds that follow from what is written, so that neither order nor interruption shows. */
import { seedFrom } from '../aggregate/random.ts';
import { contentHash } from '../canonical.ts';
import type { GenerateOptions, Generation, GenerationResult, TextGenerator } from '../engine/generate.ts';
import type { GuideStrategy, JudgmentUsage, Message, Sample } from '../schema.ts';

/** Writes to one prompt, and counts what it takes. */
export interface Writer {
  readonly strategy: GuideStrategy;
  readonly usage: () => JudgmentUsage;
  /** A whole answer. */
  write(draw: Draw, maxTokens: number): Promise<GenerationResult>;
  /** What follows `steps`, up to the next border. */
  writeStep(steps: readonly string[], draw: Draw, options: StepOptions): Promise<WrittenStep>;
}

/** What decides a draw besides the text before it. */
export interface Draw {
  readonly seed: number;
  readonly temperature: number;
}

/** What ends a step. */
export interface StepOptions {
  readonly boundary: 'line' | 'blank-line';
  readonly maxTokens: number;
}

/** One step. */
export interface WrittenStep {
  /** With the border that ended it. */
  readonly text: string;
  /** The answer is whole: there is no next step. */
  readonly ended: boolean;
}

const borders = { line: '\n', 'blank-line': '\n\n' } as const;
/** Borders that may stand before a step's first word. */
const blanks = 3;

/** The i-th draw after some text. */
export function drawAfter(
  { seed, temperatures }: GuideStrategy,
  prompt: Sample['prompt'],
  before: readonly (string | number)[],
  index: number,
): Draw {
  return {
    seed: seedFrom(seed, contentHash({ prompt, before }), index),
    temperature: temperatures[index % temperatures.length] ?? 0,
  };
}

/** Make a writer. */
export function createWriter(
  generator: TextGenerator,
  prompt: Sample['prompt'],
  strategy: GuideStrategy,
  options: GenerateOptions,
): Writer {
  const messages: readonly Message[] =
    typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt;
  let total: JudgmentUsage = { prompt: 0, generated: 0 };
  const generate = async (
    request: Pick<Generation, 'maxTokens' | 'stop'> & Partial<Pick<Generation, 'prefix'>>,
    { seed, temperature }: Draw,
  ): Promise<GenerationResult> => {
    const whole = { messages, ...request, temperature, topP: strategy.topP, seed, schema: null };
    const result = await generator.generate(whole, options);
    const { evaluated, reused, generated } = result.usage;
    total = { prompt: total.prompt + evaluated + reused, generated: total.generated + generated };
    return result;
  };
  return {
    strategy,
    usage: () => total,
    write: (draw, maxTokens) => generate({ maxTokens, stop: [] }, draw),
    async writeStep(steps, draw, { boundary, maxTokens }) {
      let text = '';
      for (let blank = 0; blank <= blanks; blank++) {
        const prefix = text === '' ? steps : [...steps, text];
        const result = await generate(
          { ...(prefix.length > 0 ? { prefix } : {}), maxTokens, stop: [borders[boundary]] },
          draw,
        );
        text += result.text;
        if (result.stoppedBy === undefined) return { text, ended: result.finish === 'stop' };
        text += result.stoppedBy;
        if (text.trim() !== '') break;
      }
      return { text, ended: false };
    },
  };
}
