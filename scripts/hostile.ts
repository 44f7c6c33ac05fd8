/**
 * Judge hostile rows from end to end and account for each of them.
 *
 *   node scripts/hostile.ts --rows 300
 *
 * Ends with 0 when the command ended with 0, 2 or 3 and every row is scored, or refused or unscored with a reason.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_MODEL, resolveModel } from '../src/engine/models.ts';
import { startJuror } from '../test/support/command.ts';
import { accountFor, hostileFile } from '../test/support/hostile-run.ts';
import { specialTokensOf } from '../test/support/vocabulary.ts';

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '300' },
    rubric: { type: 'string', default: 'helpfulness' },
    model: { type: 'string', default: DEFAULT_MODEL },
    threads: { type: 'string' },
    context: { type: 'string' },
    /** Write the rows here, and judge nothing. */
    write: { type: 'string' },
  },
});

const model = await resolveModel(flags.model);
const specialTokens = (await specialTokensOf(model.path)).map(({ text }) => text);
const { lines, bytes } = hostileFile({ specialTokens, rows: Number(flags.rows) });
console.log(`${lines} rows, ${(bytes.length / 1e6).toFixed(1)} MB, ${specialTokens.length} special tokens`);
if (flags.write === undefined) process.exitCode = await judge();
else writeFileSync(flags.write, bytes);

async function judge(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'juror-hostile-'));
  const data = join(folder, 'hostile.jsonl');
  const out = join(folder, 'run');
  writeFileSync(data, bytes);
  const args = [
    'judge',
    data,
    '--rubric',
    flags.rubric,
    '--model',
    flags.model,
    '--out',
    out,
    '--no-cache',
    '--json',
  ];
  if (flags.threads !== undefined) args.push('--threads', flags.threads);
  if (flags.context !== undefined) args.push('--context', flags.context);
  const since = performance.now();
  const ending = await startJuror(args).ended;
  const seconds = ((performance.now() - since) / 1000).toFixed(1);
  console.log(`ended with ${ending.code ?? ending.signal} after ${seconds} s`);
  const restarts = ending.stderr.split('\n').filter((line) => line.includes('starting it again'));
  if (restarts.length > 0) console.log(`the engine was started again: ${restarts.join(' | ')}`);
  if (![0, 2, 3].includes(ending.code ?? -1)) {
    console.log(ending.stderr.slice(-4000));
    return 1;
  }
  const { scored, refused, unscored, reasons, unaccounted } = await accountFor(out, data, ending);
  console.log(`${scored} scored, ${unscored} unscored (${JSON.stringify(reasons)}), ${refused} refused`);
  for (const complaint of unaccounted) console.log(complaint);
  const isComplete = scored + unscored + refused === lines && unaccounted.length === 0;
  if (!isComplete) console.log(`expected ${lines} rows, each with a score or a reason; kept in ${folder}`);
  else rmSync(folder, { recursive: true });
  // What somebody else killed is no fault of a row.
  const faults = restarts.filter((line) => !line.includes('was killed'));
  return isComplete && faults.length === 0 && !reasons.engine ? 0 : 1;
}
