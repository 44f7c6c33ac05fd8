/**
 * Engine efficiency: how much of the raw engine's speed is left when juror judges.
 *
 *     node bench/engine.ts [--model smollm2-135m] [--judgments 100] [--critique none|brief] [--repeats 3] [--threads N]
 *                          [--data FILE] [--json] [--write docs/benchmarks.md]
 *
 * Pairs are judged in both orders through the library, with an empty store in memory. In the same run, block by block in turns,
 * node-llama-cpp alone reads the same prompts whole, with the same threads, batch size and context, and with a critique writes
 * after them. Efficiency = (tokens evaluated ÷ raw reading speed + tokens written ÷ raw writing speed) ÷ juror's wall time.
 */
import { parseArgs } from 'node:util';
import { type LlamaEngine, openLlama } from '../src/engine/llama.ts';
import { resolveModel } from '../src/engine/models.ts';
import { createJudge } from '../src/judge/judge.ts';
import { add, noUsage } from '../src/judge/perform.ts';
import { type LoadedRubric, loadRubric } from '../src/rubric.ts';
import { CritiqueMode, type Sample, type Usage } from '../src/schema.ts';
import { memoryStore } from '../src/store/memory.ts';
import { createRawContext, createRawMeter, loadRaw, type Pace } from './raw.ts';
import {
  blocksOf,
  collect,
  commonFlags,
  countOf,
  dataName,
  deliberationsOf,
  machine,
  readPairs,
  report,
  spread,
  spreadText,
  sum,
  table,
  timed,
} from './support.ts';

const { values: flags } = parseArgs({
  options: {
    ...commonFlags,
    judgments: { type: 'string', default: '100' },
    repeats: { type: 'string', default: '3' },
    critique: { type: 'string', default: 'none' },
  },
});
const critique = CritiqueMode.parse(flags.critique);
/** Pairs that one side does before the other side's turn. */
const blockSize = 5;

const pairs = await readPairs(flags.data, Math.ceil(countOf('judgments', flags.judgments) / 2));
const loaded = await loadRubric('better-answer');
const model = await resolveModel(flags.model);
await using engine = await openLlama({
  model,
  gpu: 'off',
  ...(flags.threads === undefined ? {} : { threads: countOf('threads', flags.threads) }),
});
const raw = await loadRaw(model.path);
const meterOf = async (flashAttention: boolean) =>
  createRawMeter(await createRawContext(raw, { ...engine.info, flashAttention }));
/** The same settings as juror's, and the other choice of flash attention: what juror's choice costs or saves. */
const flashAttention = engine.info.flashAttention === 'on' || critique === 'none';
const meter = await meterOf(flashAttention);
const otherMeter = await meterOf(!flashAttention);
const blocks = await Promise.all(
  blocksOf(pairs, blockSize).map(async (samples) => ({
    samples,
    prompts: await promptsOf(samples, loaded, engine),
  })),
);

// Neither side's first decode counts: it allocates.
for (const each of [meter, otherMeter]) await each.read([[blocks[0]?.prompts[0]?.flat() ?? []]]);
await judgeAll(pairs.slice(0, 1), loaded, engine);

/** One repetition over all pairs. */
interface Measurement {
  readonly judgments: number;
  readonly usage: Usage;
  readonly seconds: number;
  readonly whole: Pace;
  readonly cut: Pace;
  /** Whole prompts with the other choice of flash attention. */
  readonly other: Pace;
  readonly written: Pace;
  readonly efficiency: number;
}

const measurements: Measurement[] = [];
for (let repeat = 0; repeat < countOf('repeats', flags.repeats); repeat++) {
  measurements.push(await measure(repeat % 2 === 1));
  console.error(`repetition ${repeat + 1}: efficiency ${measurements.at(-1)?.efficiency.toFixed(3)}`);
}
const [first] = measurements;
if (first === undefined) throw new Error('nothing was measured');

const onOff = (choice: boolean) => (choice ? 'on' : 'off');
const speed = ({ tokens, seconds }: Pace) => tokens / seconds;
const rows = [
  ['judgments', String(first.judgments)],
  ['prompt tokens evaluated', String(first.usage.evaluated)],
  ['prompt tokens found in the cache', String(first.usage.reused)],
  ['tokens written', String(first.usage.generated)],
  ['juror, wall time (s)', spreadText(spread(measurements.map(({ seconds }) => seconds)), 2)],
  [
    'raw reading, whole prompts (tokens/s)',
    spreadText(spread(measurements.map(({ whole }) => speed(whole))), 1),
  ],
  [
    'raw reading, in juror’s segments (tokens/s)',
    spreadText(spread(measurements.map(({ cut }) => speed(cut))), 1),
  ],
  [
    `raw reading, whole prompts, flash attention ${onOff(!flashAttention)} (tokens/s)`,
    spreadText(spread(measurements.map(({ other }) => speed(other))), 1),
  ],
  ...(first.written.tokens > 0
    ? [['raw writing (tokens/s)', spreadText(spread(measurements.map(({ written }) => speed(written))), 1)]]
    : []),
  ['**efficiency**', `**${spreadText(spread(measurements.map(({ efficiency }) => efficiency)), 3)}**`],
];
const heading = `${model.name}, ${dataName(flags.data)}, critique ${critique}, ${measurements.length} repetitions, ${machine(engine.info.threads)}, flash attention ${onOff(flashAttention)}, ${engine.info.build}: median (range).`;
report(
  [
    {
      name: `engine-${model.name}-${critique}`,
      text: `${heading}\n\n${table(['figure', 'value'], rows)}`,
    },
  ],
  { model: model.name, sha256: model.sha256, critique, info: engine.info, measurements },
  flags,
);

async function measure(jurorFirst: boolean): Promise<Measurement> {
  const judged: { usage: Usage; judgments: number; seconds: number }[] = [];
  const measured: Awaited<ReturnType<typeof readRaw>>[] = [];
  for (const { samples, prompts } of blocks) {
    const measureRaw = async () => measured.push(await readRaw(prompts));
    if (!jurorFirst) await measureRaw();
    judged.push(await judgeAll(samples, loaded, engine));
    if (jurorFirst) await measureRaw();
  }
  const usage = judged.map((block) => block.usage).reduce(add, noUsage);
  const seconds = sum(judged.map((block) => block.seconds));
  const whole = total(measured.map((block) => block.whole));
  const written = total(measured.map((block) => block.written));
  const rawSeconds =
    (usage.evaluated * whole.seconds) / whole.tokens +
    (usage.generated === 0 ? 0 : (usage.generated * written.seconds) / written.tokens);
  return {
    judgments: sum(judged.map((block) => block.judgments)),
    usage,
    seconds,
    whole,
    cut: total(measured.map((block) => block.cut)),
    other: total(measured.map((block) => block.other)),
    written,
    efficiency: rawSeconds / seconds,
  };
}

/** The first order's prompt of each pair, in segments; with a critique, up to where the judge begins to write. */
async function promptsOf(
  samples: readonly Sample[],
  rubric: LoadedRubric,
  llama: LlamaEngine,
): Promise<number[][][]> {
  return Promise.all(
    samples.map(async (sample) => {
      const [deliberation] = await deliberationsOf(sample, rubric, llama, { critique });
      const [segments] = deliberation ? await llama.tokens(deliberation) : [];
      if (segments === undefined) throw new Error(`${sample.id}: nothing to read`);
      return critique === 'brief' || critique === 'full' ? segments.slice(0, -1) : segments;
    }),
  );
}

async function readRaw(prompts: readonly (readonly (readonly number[])[])[]) {
  const whole = await meter.read(prompts.map((segments) => [segments.flat()]));
  const other = await otherMeter.read(prompts.map((segments) => [segments.flat()]));
  const cut = await meter.read(prompts);
  const nothing = { tokens: 0, seconds: 0 };
  // As many tokens as a brief critique may have.
  const written =
    critique === 'none'
      ? nothing
      : await meter.write(
          prompts.map((segments) => segments.flat()),
          96,
        );
  return { whole, other, cut, written };
}

/** Judge a block from an empty store, from the first request to the last verdict. */
async function judgeAll(samples: readonly Sample[], rubric: LoadedRubric, llama: LlamaEngine) {
  let usage = noUsage;
  let judgments = 0;
  const judge = createJudge({
    engine: llama,
    rubrics: [rubric],
    critique,
    store: memoryStore(),
    onEvent: (event) => {
      if (event.type !== 'judgment-finish') return;
      judgments++;
      usage = add(usage, event.spent);
      if (event.judgment.outcome.status === 'unscored') throw new Error(event.judgment.outcome.message);
    },
  });
  const { seconds } = await timed(() => collect(judge.judgeAll(samples)));
  return { usage, judgments, seconds };
}

function total(paces: readonly Pace[]): Pace {
  return {
    tokens: sum(paces.map(({ tokens }) => tokens)),
    seconds: sum(paces.map(({ seconds }) => seconds)),
  };
}
