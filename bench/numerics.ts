/**
 * How near the engine's numbers are to float32 arithmetic on the same weights, and how noisy `numerics: fast` is.
 *
 *     node bench/numerics.ts [--threads N]
 *
 * Prints the table of docs/decisions/0002-numerics.md. The reference is fixtures/golden/numerics.json.
 */
import { parseArgs } from 'node:util';
import { pearson } from '../src/aggregate/correlation.ts';
import { estimate } from '../src/aggregate/statistic.ts';
import { type LlamaOptions, openLlama } from '../src/engine/llama.ts';
import { testModel } from '../test/support/model.ts';
import { cosine, differences, readGolden, readLabels, referenceLabels } from '../test/support/numerics.ts';

const { values } = parseArgs({ options: { threads: { type: 'string' } } });
const threads = values.threads === undefined ? {} : { threads: Number(values.threads) };
const { items, sha256 } = readGolden();
const model = await testModel();
if (model.sha256 !== sha256) throw new Error(`expected the model ${sha256}, got ${model.sha256}`);
const reference = referenceLabels(items);
const logOddsOf = (labels: readonly { logOdds: number }[]) => labels.map(({ logOdds }) => logOdds);
const round = (value: number, digits = 4) => Number(value.toFixed(digits));

async function measure(settings: Partial<LlamaOptions>) {
  await using engine = await openLlama({ model, gpu: 'off', ...threads, ...settings });
  const labels = await readLabels(engine, items);
  const vectors = await engine.embed(items.map(({ messages }) => messages));
  const cosines = items.map(({ hiddenState }, index) =>
    cosine(vectors[index] ?? new Float32Array(), hiddenState),
  );
  return { labels, cosines };
}

const variants = [
  { flashAttention: true, cacheType: 'f16' },
  { flashAttention: false, cacheType: 'f16' },
  { flashAttention: true, cacheType: 'f32' },
  { flashAttention: false, cacheType: 'f32' },
] as const;
const measured = [];
for (const variant of variants)
  measured.push({ variant, ...(await measure({ ...variant, numerics: 'exact' })) });

console.log(
  `${items.length} prompts, ${model.name}, log-odds of two labels and hidden states against float32`,
);
console.table(
  measured.map(({ variant, labels, cosines }) => {
    const odds = differences(logOddsOf(labels), logOddsOf(reference));
    const mass = differences(
      labels.map(({ labelMass }) => labelMass),
      reference.map(({ labelMass }) => labelMass),
    );
    return {
      'flash attention': variant.flashAttention ? 'on' : 'off',
      cache: variant.cacheType,
      correlation: round(estimate(pearson(logOddsOf(labels), logOddsOf(reference))).value ?? Number.NaN, 5),
      'mean |Δ log-odds|': round(odds.mean),
      'max |Δ log-odds|': round(odds.max),
      'mean |Δ label mass|': round(mass.mean),
      'cosine, mean': round(cosines.reduce((sum, value) => sum + value, 0) / cosines.length, 6),
      'cosine, least': round(Math.min(...cosines), 6),
    };
  }),
);

/** Mean and standard error of each prompt's error under one variant minus its error under the first. */
const errors = measured.map(({ labels }) =>
  labels.map(({ logOdds }, index) => Math.abs(logOdds - (reference[index]?.logOdds ?? Number.NaN))),
);
for (const [index, { variant }] of measured.entries()) {
  if (index === 0) continue;
  const paired = (errors[index] ?? []).map((error, row) => error - (errors[0]?.[row] ?? Number.NaN));
  const mean = paired.reduce((sum, value) => sum + value, 0) / paired.length;
  const variance = paired.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (paired.length - 1);
  const name = `flash attention ${variant.flashAttention ? 'on' : 'off'}, ${variant.cacheType}`;
  console.log(
    `${name}: error against that of the first row ${round(mean)} ± ${round(Math.sqrt(variance / paired.length))} (standard error)`,
  );
}

const exact = logOddsOf(measured[0]?.labels ?? []);
await using engine = await openLlama({
  model,
  gpu: 'off',
  ...threads,
  flashAttention: true,
  numerics: 'fast',
  sequences: 8,
});
const fast = logOddsOf(await readLabels(engine, items));
const noise = differences(fast, exact);
const distance = differences(fast, logOddsOf(reference));
console.log(
  `fast, 8 sequences, against exact: mean |Δ log-odds| ${round(noise.mean)}, max ${round(noise.max)}; against float32: mean ${round(distance.mean)}`,
);
