/** How a judge deliberates: the settings that every key is made of. */
import { JurorError } from '../errors.ts';
import type { CritiqueMode } from '../schema.ts';
import type { StepSource } from './stepwise.ts';

/** Raised when the same request would be answered another way. Part of every key. */
export const PROTOCOL_VERSION = 1;

/** What decides how a judge deliberates. */
export interface Protocol {
  readonly seed: number;
  readonly critique: CritiqueMode;
  /** Critiques per judgment. */
  readonly samples: number;
  /** 0 is greedy. */
  readonly temperature: number;
  /** Budget of one critique, in tokens. */
  readonly critiqueTokens: number;
  /** How an answer without steps is cut into them for a stepwise rubric; `given`: not at all. */
  readonly steps: StepSource;
}

/** The protocol with its defaults. Throws JurorError `usage` for a combination that means nothing. */
export function completeProtocol(options: Partial<Protocol> = {}): Protocol {
  const critique = options.critique ?? 'none';
  const samples = options.samples ?? 1;
  if (!Number.isInteger(samples) || samples < 1)
    throw new JurorError('usage', `samples: expected 1 or more, got ${samples}`);
  if (samples > 1 && (critique === 'none' || critique === 'after'))
    throw new JurorError(
      'usage',
      `samples: expected 1 with critique '${critique}', where every sample would be the same, got ${samples}`,
    );
  if (!Number.isInteger(options.seed ?? 0))
    throw new JurorError('usage', `seed: expected an integer, got ${options.seed}`);
  return {
    seed: options.seed ?? 0,
    critique,
    samples,
    temperature: options.temperature ?? (samples > 1 ? 0.7 : 0),
    critiqueTokens: options.critiqueTokens ?? (critique === 'full' ? 320 : 96),
    steps: options.steps ?? 'given',
  };
}
