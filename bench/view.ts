/** How long `juror view` takes from its start to the first page of items, and the memory that it takes: of a large run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { countOf, machine, report, spread, spreadText, sum, table, timed } from './support.ts';
import { writeLargeRun } from './view-run.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '100000' },
    repetitions: { type: 'string', default: '5' },
    folder: { type: 'string', default: fileURLToPath(new URL('../.juror/bench/view', import.meta.url)) },
    json: { type: 'boolean', default: false },
    write: { type: 'string', multiple: true, default: [] as string[] },
  },
});
const pairs = countOf('pairs', values.pairs);
const repetitions = countOf('repetitions', values.repetitions);
const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
if (!existsSync(main)) throw new Error('expected a build: npm run build');

const folder = join(values.folder, String(pairs));
if (!existsSync(join(folder, 'run', 'verdicts.jsonl'))) {
  await mkdir(folder, { recursive: true });
  const { seconds } = await timed(() => writeLargeRun(folder, pairs));
  console.error(`${pairs} pairs written in ${seconds.toFixed(0)} s`);
}

/** One start of the viewer; seconds since then, megabytes of its memory. */
interface Opening {
  readonly first: number;
  readonly processor: number;
  readonly memory: number;
  readonly sorted: number;
  readonly searched: number;
  readonly item: number;
}

async function open(): Promise<Opening> {
  const start = performance.now();
  const viewer = spawn(process.execPath, [main, 'view', join(folder, 'run'), '--no-open'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise((resolve) => viewer.once('exit', resolve));
  try {
    const [address = ''] = await once(createInterface({ input: viewer.stdout }), 'line');
    const entered = await fetch(address, { redirect: 'manual' });
    const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
    const ask = async (path: string): Promise<number> => {
      const { seconds, result } = await timed(async () =>
        (await fetch(new URL(path, address), { headers: { cookie } })).text(),
      );
      if (!result.startsWith('{"t') && !result.startsWith('{"index"')) throw new Error(result);
      return seconds;
    };
    await ask('/api/run');
    await ask('/api/items');
    const first = (performance.now() - start) / 1000;
    const memory = peak(viewer.pid);
    const processor = processorTime(viewer.pid);
    const sorted = await ask('/api/items?sort=uncertain&disagreement=flipped');
    const searched = await ask('/api/items?text=market+9999%3F');
    const item = await ask('/api/items/4242');
    return { first, processor, memory, sorted, searched, item };
  } finally {
    viewer.kill('SIGINT');
    await ended;
  }
}

/** Seconds of all threads so far; the kernel counts hundredths. */
function processorTime(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Largest resident set so far, in MiB. */
function peak(pid: number | undefined): number {
  const [, kilobytes] = /VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

const openings: Opening[] = [];
await open();
for (let repetition = 0; repetition < repetitions; repetition++) openings.push(await open());
const of = (name: keyof Opening, digits: number, scale = 1): string =>
  spreadText(spread(openings.map((opening) => opening[name] * scale)), digits);
const size = (name: string): number => readFileSync(join(folder, name)).length;
const text = [
  `${pairs.toLocaleString('en-US')} pairs, ${(2 * pairs).toLocaleString('en-US')} judgments, data and verdicts ${(sum(['data.jsonl', 'run/verdicts.jsonl'].map(size)) / 1e6).toFixed(0)} MB, ${repetitions} starts after one, ${machine(1)}: median (range).`,
  table(
    ['figure', 'value'],
    [
      ['start to first page (s)', of('first', 2)],
      ['processor time by then, all threads (s)', of('processor', 2)],
      ['peak memory by then (MiB)', of('memory', 0)],
      ['sorted and filtered page (ms)', of('sorted', 0, 1000)],
      ['first search of the texts (s)', of('searched', 2)],
      ['one item (ms)', of('item', 0, 1000)],
    ],
  ),
].join('\n\n');
report([{ name: 'view', text }], { pairs, openings }, values);
