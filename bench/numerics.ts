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
const some = items.filter((_, index) => index % 4 === 0);
const model = await testModel();
if (model.sha256 !== sha256) throw new Error(`expected the model ${sha256}, got ${model.sha256}`);
const reference = referenceLabels(items);

/** Settings that move a logit. With flash attention llama.cpp rounds a float32 cache to float16, so it is not a variant. */
const variants = [
  { flashAttention: 'on', cacheType: 'f16' },
  { flashAttention: 'off', cacheType: 'f16' },
  { flashAttention: 'off', cacheType: 'f32' },
] as const;
type Variant = (typeof variants)[number];

const nameOf = ({ flashAttention, cacheType }: Variant) =>
  `flash attention ${flashAttention}, ${cacheType} cache`;
const logOddsOf = (labels: readonly { logOdds: number }[]) => labels.map(({ logOdds }) => logOdds);
const meanOf = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;

async function labelsOf(settings: Partial<LlamaOptions>) {
  await using engine = await openLlama({ model, gpu: 'off', ...threads, ...settings });
  return await readLabels(engine, items);
}

async function cosinesOf(settings: Partial<LlamaOptions>): Promise<number[]> {
  await using engine = await openLlama({ model, gpu: 'off', ...threads, ...settings });
  const states = await engine.embed(some.map(({ messages }) => messages));
  return some.map(({ hiddenState }, index) =>
    cosine(states[index]?.vector ?? new Float32Array(), hiddenState),
  );
}

console.log(`${model.name}: log-odds of two labels (${items.length} prompts) and hidden states (${some.length}) against float32
| flash attention | cache | correlation | mean abs. Δ log-odds | greatest | mean abs. Δ label mass | cosine, mean | cosine, least |
|---|---|---|---|---|---|---|---|`);
const measured = [];
for (const variant of variants) {
  const labels = await labelsOf({ ...variant, numerics: 'exact' });
  const cosines = await cosinesOf(variant);
  const correlation = estimate(pearson(logOddsOf(labels), logOddsOf(reference))).value;
  const odds = differences(logOddsOf(labels), logOddsOf(reference));
  const mass = meanOf(
    labels.map(({ labelMass }, row) => Math.abs(labelMass - (reference[row]?.labelMass ?? Number.NaN))),
  );
  const cells = [
    variant.flashAttention,
    variant.cacheType,
    correlation?.toFixed(5),
    odds.mean.toFixed(4),
    odds.max.toFixed(4),
    mass.toFixed(4),
    meanOf(cosines).toFixed(6),
    Math.min(...cosines).toFixed(6),
  ];
  console.log(`| ${cells.join(' | ')} |`);
  measured.push({ variant, labels });
}

const errorsOf = (labels: readonly { logOdds: number }[]) =>
  labels.map(({ logOdds }, row) => Math.abs(logOdds - (reference[row]?.logOdds ?? Number.NaN)));
for (const [index, { variant, labels }] of measured.entries())
  for (const other of measured.slice(index + 1)) {
    const against = errorsOf(labels);
    const paired = errorsOf(other.labels).map((error, row) => error - (against[row] ?? Number.NaN));
    const mean = meanOf(paired);
    const standardError = Math.sqrt(meanOf(paired.map((value) => (value - mean) ** 2)) / (paired.length - 1));
    const change = differences(logOddsOf(other.labels), logOddsOf(labels));
    console.log(
      `${nameOf(other.variant)} against ${nameOf(variant)}: error ${mean.toFixed(4)} ± ${standardError.toFixed(4)} (standard error); ` +
        `log-odds move by ${change.mean.toFixed(4)}, at most ${change.max.toFixed(4)}`,
    );
  }

for (const { variant, labels } of measured) {
  const fast = logOddsOf(await labelsOf({ ...variant, numerics: 'fast', sequences: 8 }));
  const noise = differences(fast, logOddsOf(labels));
  const distance = differences(fast, logOddsOf(reference));
  console.log(
    `fast, 8 sequences, ${nameOf(variant)}: against exact mean abs. Δ log-odds ${noise.mean.toFixed(4)}, greatest ${noise.max.toFixed(4)}; ` +
      `against float32 mean ${distance.mean.toFixed(4)}`,
  );
}
