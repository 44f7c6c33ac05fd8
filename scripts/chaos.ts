/**
 * Kill a judging run again and again and compare what it exports with an undisturbed run, byte by byte.
 *
 *   node scripts/chaos.ts --rows 40 --kills 20 --seed 1
 *
 * Three runs are disturbed: the command is killed with SIGKILL at random moments and started again; the engine's child alone is killed;
 * the engine's child is stopped with SIGSTOP. Ends with 0 when all three export what the undisturbed run does.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createRandom } from '../src/aggregate/random.ts';
import { DEFAULT_MODEL } from '../src/engine/models.ts';
import {
  countJudgments,
  type Ending,
  hashExports,
  hashFiles,
  startJuror,
  tokensOf,
} from '../test/support/command.ts';
import { childrenOf } from '../test/support/processes.ts';

const { values: flags } = parseArgs({
  options: {
    data: {
      type: 'string',
      default: fileURLToPath(new URL('../fixtures/chaos/pairs.jsonl', import.meta.url)),
    },
    rubric: { type: 'string', default: 'better-answer' },
    model: { type: 'string', default: DEFAULT_MODEL },
    rows: { type: 'string', default: '40' },
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    threads: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const rows = Number(flags.rows);
const kills = Number(flags.kills);
const random = createRandom(Number(flags.seed));
const folder = mkdtempSync(join(tmpdir(), 'juror-chaos-'));
const judgments = 2 * rows;

function start(name: string) {
  const args = ['judge', flags.data, '--rubric', flags.rubric, '--critique', 'none', '--limit', flags.rows];
  const engine = ['--model', flags.model, ...(flags.threads ? ['--threads', flags.threads] : [])];
  return startJuror([...args, ...engine, '--out', join(folder, name), '--no-cache', '--json', '--quiet']);
}

const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Check an ending, say what it was, and return how long an undisturbed judgment took. */
function report(name: string, ending: Ending, since: number): void {
  if (ending.code !== 0)
    throw new Error(`${name} ended with ${ending.code ?? ending.signal}: ${ending.stderr}`);
  const { made, found, evaluated } = tokensOf(ending);
  console.log(
    `${name}: ${seconds(since)}, ${made} judgments made and ${found} found, ${evaluated} tokens evaluated`,
  );
}

async function undisturbed(name: string): Promise<number> {
  const since = performance.now();
  report(name, await start(name).ended, since);
  return performance.now() - since;
}

/** Kill the command itself at moments spread over its work, and go on each time. */
async function killParent(name: string, wholeMs: number): Promise<void> {
  const since = performance.now();
  const out = join(folder, name);
  const moments: string[] = [];
  for (let kill = 1; kill <= kills; kill++) {
    const running = start(name);
    // Progress is wanted in the mean: an even share of the rest, and the time that a start takes.
    const share = (wholeMs / (kills + 1)) * 2 * random.uniform();
    const before = await countJudgments(out);
    const early = random.below(4) === 0;
    while (!early && running.child.exitCode === null && (await countJudgments(out)) === before)
      await pause(20);
    await pause(early ? random.uniform() * 1500 : share / 2);
    running.child.kill('SIGKILL');
    const { signal } = await running.ended;
    moments.push(`${await countJudgments(out)}${signal === 'SIGKILL' ? '' : ' (had ended)'}`);
  }
  console.log(
    `${name}: killed ${kills} times, with so many of ${judgments} judgments done: ${moments.join(', ')}`,
  );
  report(name, await start(name).ended, since);
}

/** Send a signal to the child alone, `times` times. */
async function hitChild(name: string, signal: NodeJS.Signals, times: number): Promise<void> {
  const since = performance.now();
  const out = join(folder, name);
  const running = start(name);
  for (let hit = 1; hit <= times; hit++) {
    const wanted = Math.floor((judgments * (hit - random.uniform())) / times);
    while (running.child.exitCode === null && (await countJudgments(out)) < wanted) await pause(20);
    await pause(random.uniform() * 300);
    const [child] = childrenOf(running.child.pid ?? 0);
    if (child === undefined) continue;
    process.kill(child, signal);
    console.log(`${name}: ${signal} after ${await countJudgments(out)} of ${judgments} judgments`);
  }
  report(name, await running.ended, since);
}

const wholeMs = await undisturbed('undisturbed');
const expected = hashExports(join(folder, 'undisturbed'));
await killParent('parent-killed', wholeMs);
await hitChild('child-killed', 'SIGKILL', 5);
await hitChild('child-stopped', 'SIGSTOP', 1);
const differences = ['parent-killed', 'child-killed', 'child-stopped'].flatMap((name) =>
  Object.entries(hashExports(join(folder, name))).flatMap(([file, hash]) =>
    hash === expected[file] ? [] : [`${name}/${file}`],
  ),
);
const before = hashFiles(join(folder, 'undisturbed'));
await undisturbed('undisturbed');
for (const [file, hash] of Object.entries(hashFiles(join(folder, 'undisturbed'))))
  if (before[file] !== hash) differences.push(`undisturbed/${file} after the same command again`);

console.log(
  differences.length === 0
    ? `all exports are byte-identical: ${Object.keys(expected).join(', ')}`
    : `different: ${differences.join(', ')}`,
);
const lines = readFileSync(join(folder, 'undisturbed', 'verdicts.jsonl'), 'utf8')
  .trim()
  .split('\n').length;
if (lines !== rows) console.log(`expected ${rows} verdicts, got ${lines}`);
if (flags.keep) writeFileSync(join(folder, 'hashes.json'), JSON.stringify(expected, null, 2));
else rmSync(folder, { recursive: true });
process.exitCode = differences.length === 0 && lines === rows ? 0 : 1;
