/** Files of other tools as samples. */
import type { PromptRow } from '../dataset/prompts.ts';
import { JurorError, nearestName } from '../errors.ts';
import type { Sample } from '../schema.ts';
import { arenaHardRows } from './import-arena-hard.ts';
import { inspectRows } from './import-inspect.ts';
import { mtBenchRows } from './import-mt-bench.ts';
import { promptfooRows } from './import-promptfoo.ts';
import { alpacaEvalRows, judgeBenchRows, rewardBenchRows, ultraFeedbackRows } from './import-rows.ts';
import { type Reader, samplesOf } from './rows.ts';

/** Formats that other tools read and write. */
export const exchangeFormats = [
  'mt-bench',
  'alpaca-eval',
  'arena-hard',
  'judgebench',
  'rewardbench',
  'ultrafeedback',
  'promptfoo',
  'inspect',
] as const;
/** One of {@link exchangeFormats}. */
export type ExchangeFormat = (typeof exchangeFormats)[number];

/** Options of {@link importSamples}. */
export interface ImportOptions {
  /** Told of what cannot be used; reading goes on. Default: the first one is thrown. */
  readonly onBadRow?: ((error: JurorError) => void) | undefined;
  /** Arena-Hard: the model that others were compared with. Default: as the file or its category says. */
  readonly baseline?: string | undefined;
  /** Most samples to read. Default: all. */
  readonly limit?: number | undefined;
}

const readers: Readonly<Record<ExchangeFormat, Reader>> = {
  'mt-bench': mtBenchRows,
  'alpaca-eval': alpacaEvalRows,
  'arena-hard': arenaHardRows,
  judgebench: judgeBenchRows,
  rewardbench: rewardBenchRows,
  ultrafeedback: ultraFeedbackRows,
  promptfoo: promptfooRows,
  inspect: inspectRows,
};

/** The format of a name. Throws JurorError `usage`, with the nearest name, for another one. */
export function exchangeFormat(name: string): ExchangeFormat {
  const found = exchangeFormats.find((format) => format === name);
  if (found !== undefined) return found;
  const near = nearestName(name, exchangeFormats);
  const hint = near === undefined ? '' : `; did you mean '${near}'?`;
  throw new JurorError(
    'usage',
    `format: expected one of ${exchangeFormats.join(', ')}, got '${name}'${hint}`,
  );
}

/**
 * Samples of another tool's file or folder, in its order, with its labels and votes; rows that only ask become prompts, without responses
 * (docs/import.md lists what is read). Streams: memory is that of one row; the answers of MT-Bench and Arena-Hard, which lie in files
 * of their own, are held. Throws JurorError `data` for what cannot be read.
 */
export async function* importSamples(
  format: ExchangeFormat,
  path: string,
  options: ImportOptions = {},
): AsyncGenerator<Sample | PromptRow> {
  const { baseline, limit = Number.POSITIVE_INFINITY } = options;
  const report =
    options.onBadRow ??
    ((error: JurorError) => {
      throw error;
    });
  let count = 0;
  if (limit <= 0) return;
  for await (const sample of samplesOf(readers[format](path, { report, baseline }), report)) {
    yield sample;
    count++;
    if (count >= limit) return;
  }
}
