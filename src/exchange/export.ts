/** Verdicts of a run in the files of other tools. */
import { mkdir } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { JurorError } from '../errors.ts';
import type { SampleBook } from '../preference/sample-book.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import type { Run } from '../store/run.ts';
import { inspectWriter } from './export-inspect.ts';
import { mtBenchWriter } from './export-mt-bench.ts';
import { alpacaEvalWriter, arenaHardWriter, judgeBenchWriter } from './export-pairs.ts';
import { promptfooWriter } from './export-promptfoo.ts';
import { rewardBenchWriter } from './export-rewardbench.ts';
import { ultraFeedbackWriter } from './export-ultrafeedback.ts';
import type { ExchangeFormat } from './import.ts';
import { type JudgedRow, openJudged } from './judged.ts';
import type { Writer } from './writing.ts';

/** Options of {@link exportVerdictsAs}. */
export interface ExchangeOptions {
  /** The data that were judged; some formats hold texts, and metadata such as a question's id come from here. */
  readonly book?: SampleBook | undefined;
  /** Of a run with several rubrics, which one. */
  readonly rubric?: string | undefined;
  /** AlpacaEval and Arena-Hard: the model that others are compared with. Default: the first answer of each pair. */
  readonly baseline?: string | undefined;
}

/** What was written, and what was not. */
export interface Exchanged {
  /** Verdicts written or counted. */
  readonly verdicts: number;
  /** Verdicts that the run still lacks judgments for. */
  readonly pending: number;
  /** What this format never holds. */
  readonly loses: readonly string[];
  /** Why verdicts are not whole in the file → how many. */
  readonly lost: Readonly<Record<string, number>>;
}

const writers: Readonly<Record<ExchangeFormat, Writer>> = {
  'mt-bench': mtBenchWriter,
  'alpaca-eval': alpacaEvalWriter,
  'arena-hard': arenaHardWriter,
  judgebench: judgeBenchWriter,
  rewardbench: rewardBenchWriter,
  ultrafeedback: ultraFeedbackWriter,
  promptfoo: promptfooWriter,
  inspect: inspectWriter,
};

/**
 * Write the verdicts of a run as another tool's results; the file is replaced whole or left alone, and equal runs give equal bytes.
 * Streams. Throws JurorError `usage` for an ending or a kind of verdict that the format does not have and for data that it needs, and
 * `data` where the data are not what was judged.
 */
export async function exportVerdictsAs(
  run: Run,
  format: ExchangeFormat,
  path: string,
  options: ExchangeOptions = {},
): Promise<Exchanged> {
  const writer = writers[format];
  const ending = extname(path).toLowerCase();
  if (!writer.endings.includes(ending))
    throw new JurorError(
      'usage',
      `--out: expected a name ending in ${writer.endings.join(' or ')} for ${format}, got '${path}'`,
    );
  const judged = openJudged(run, options);
  if (!writer.modes.includes(judged.mode))
    throw new JurorError(
      'usage',
      `${format}: expected ${writer.modes.join(' or ')} verdicts, got ${judged.mode} ones of '${judged.rubric.id}'`,
    );
  const whole = writer.needsData || (format === 'inspect' && ending === '.json');
  if (whole && options.book === undefined)
    throw new JurorError(
      'usage',
      `--data: expected the data that were judged, whose texts ${format} holds, got none`,
    );
  const counts = { verdicts: 0, pending: 0 };
  const lost: Record<string, number> = {};
  async function* rows(): AsyncGenerator<JudgedRow> {
    for await (const row of judged.rows(() => {
      counts.pending++;
    })) {
      counts.verdicts++;
      yield row;
    }
  }
  const lose = (reason: string) => {
    lost[reason] = (lost[reason] ?? 0) + 1;
  };
  await mkdir(dirname(path), { recursive: true });
  await writeAtomically(
    path,
    writer.write({ run: judged, rows: rows(), baseline: options.baseline, lose }, ending),
  );
  return { ...counts, loses: writer.loses, lost };
}
