/**
 * What each defence is worth: how often attacks turn a verdict under the full protocol, with each defence removed alone, and with none.
 *
 *   node bench/defences.ts --model NAME [--pairs 6] [--answers 8] [--injections 3] [--threads N]   append results
 *   node bench/defences.ts --dry                                                                  say how much would be read
 *   node bench/defences.ts --report                                                               write the table
 *
 * Pairs and wrong answers are those of juror card, picked by the hash of their id, and so are the injections that each one meets.
 * The variants change the prompts that were planned, here and not in the product. Results are kept in bench/results/defences.jsonl.
 */
import { parseArgs } from 'node:util';
import { canonicalJson } from '../src/canonical.ts';
import { loadCuts } from '../src/card/cuts.ts';
import type { DeliberationResult, Engine } from '../src/engine/engine.ts';
import { openLlama } from '../src/engine/llama.ts';
import { resolveModel } from '../src/engine/models.ts';
import { planSample } from '../src/judge/plan.ts';
import { completeProtocol } from '../src/judge/protocol.ts';
import { type LoadedRubric, loadRubric } from '../src/rubric.ts';
import type { Sample } from '../src/schema.ts';
import { type Attack, attacksOn } from './defences-attacks.ts';
import { type DefenceResult, writeDefencesReport } from './defences-report.ts';
import { type Reading, readVariant, roundsOf, type Variant, variants } from './defences-variants.ts';
import { judgedFlags, keepRow, pickByHash, readRows } from './rows.ts';
import { countOf, sum } from './support.ts';

const { data: _, ...shared } = judgedFlags;
const { values: flags } = parseArgs({
  options: {
    ...shared,
    pairs: { type: 'string', default: '6' },
    answers: { type: 'string', default: '8' },
    injections: { type: 'string', default: '3' },
    dry: { type: 'boolean', default: false },
  },
});

/** One sample, the answer of it that is attacked, and the attacks that a variant meets. */
interface Item {
  readonly sample: Sample;
  readonly loaded: LoadedRubric;
}
interface Task {
  readonly item: Item;
  readonly variant: Variant;
  readonly attacks: readonly Attack[];
}
const protocol = completeProtocol();

if (flags.report) writeDefencesReport();
else await measure();

async function measure(): Promise<void> {
  const done = new Set(readRows<DefenceResult>('defences').map(keyOf));
  const tasks = (await readItems()).flatMap((item) =>
    variants.flatMap((variant): Task[] => {
      const { sample } = item;
      if (variant.pairsOnly && sample.responses.length === 1) return [];
      const attacks = attacksOn(sample, variant, countOf('injections', flags.injections)).filter(
        ({ probe, family }) =>
          (variant.probes?.includes(probe) ?? true) &&
          !done.has(keyOf({ model: flags.model, variant: variant.name, probe, family, id: sample.id })),
      );
      return attacks.length === 0 ? [] : [{ item, variant, attacks }];
    }),
  );
  await using engine = await openLlama({
    model: await resolveModel(flags.model),
    ...(flags.threads === undefined ? {} : { threads: Number(flags.threads) }),
  });
  await printEstimate(tasks, engine);
  if (flags.dry) return;
  for (const [id, own] of Map.groupBy(tasks, ({ item }) => item.sample.id)) {
    // Variants that share a prompt ask for it once.
    const asked = remembering(engine);
    for (const task of own) await judgeTask(task, asked.engine);
    console.log(`${flags.model} ${id}: ${asked.evaluated()} tokens evaluated`);
  }
}

async function judgeTask({ item, variant, attacks }: Task, engine: Engine): Promise<void> {
  const [first] = attacks;
  if (!first) return;
  const read = async (sample: Sample): Promise<Reading & { readonly cluster: string }> => {
    const [plan] = await planSample(sample, item.loaded, engine, protocol);
    if (!plan) throw new Error(`${sample.id}: expected a plan, got none`);
    const reading = await readVariant(plan, variant, first.attackedId, { engine, protocol });
    return { ...reading, cluster: plan.cluster };
  };
  const base = await read(item.sample);
  for (const { sample, probe, family } of attacks) {
    const { support, won, cluster } = await read(sample);
    const replaces = probe === 'master-keys' || probe === 'null-answer';
    keepRow('defences', {
      ...{ model: flags.model, variant: variant.name, probe, family, id: item.sample.id, cluster },
      beatable: support !== null && (replaces || (base.support !== null && !base.won)),
      won,
      shift: support === null || base.support === null ? null : support - base.support,
    } satisfies DefenceResult);
  }
}

/** Pairs with a worse answer, and wrong answers. */
async function readItems(): Promise<Item[]> {
  const items: Item[] = [];
  for (const { name, rubric, samples } of await loadCuts()) {
    const loaded = await loadRubric(rubric);
    const attackable = samples.filter(({ label, responses }) =>
      name === 'pairs' ? responses.some(({ id }) => id === label) : label === 0,
    );
    const count = countOf(name, flags[name]);
    items.push(...pickByHash(attackable, ({ id }) => id, count).map((sample) => ({ sample, loaded })));
  }
  return items;
}

/** The engine, which is asked every request once, and the tokens that it evaluated for them. */
function remembering(engine: Engine): { readonly engine: Engine; evaluated(): number } {
  const results = new Map<string, DeliberationResult>();
  const { id, concurrency, protocol: read } = engine;
  const asked: Engine = {
    ...{ id, concurrency, protocol: read },
    async deliberate(request, options) {
      const key = canonicalJson(request);
      const result = results.get(key) ?? (await engine.deliberate(request, options));
      results.set(key, result);
      return result;
    },
    logprob: (request, options) => engine.logprob(request, options),
    embed: (conversations, options) => engine.embed(conversations, options),
    async [Symbol.asyncDispose]() {},
  };
  const samples = () =>
    [...results.values()].flatMap((result) => (result.status === 'done' ? result.samples : []));
  const usages = () => samples().flatMap(({ usage, answers }) => [usage, ...answers.map((own) => own.usage)]);
  return { engine: asked, evaluated: () => sum(usages().map(({ evaluated }) => evaluated)) };
}

/** Two and a half characters of such texts, with many digits, make a token; segments that a request shares with the one before are held. */
async function printEstimate(tasks: readonly Task[], engine: Engine): Promise<void> {
  const asked = new Set<string>();
  let [whole, fresh] = [0, 0];
  let before: readonly string[] = [];
  for (const { item, variant, attacks } of tasks)
    for (const sample of [item.sample, ...attacks.map((attack) => attack.sample)])
      for (const plan of await planSample(sample, item.loaded, engine, protocol))
        for (const { prefix, questions } of roundsOf(plan, variant)) {
          const asks = questions.map(({ text, opening }) => `${text}${opening}`);
          const segments = [...prefix.flatMap((turn) => turn.segments), ...asks];
          const key = JSON.stringify(segments);
          if (asked.has(key)) continue;
          asked.add(key);
          const shared = segments.findIndex((text, index) => text !== before[index]);
          const lengths = segments.map(({ length }) => length);
          whole += sum(lengths);
          fresh += sum(lengths.slice(shared));
          before = segments;
        }
  console.log(
    `${asked.size} requests of about ${thousands(whole / 2.5)} tokens, of which about ${thousands(fresh / 2.5)} are not held from the request before`,
  );
}

function thousands(count: number): string {
  return (Math.round(count / 1000) * 1000).toLocaleString('en');
}

function keyOf(row: Pick<DefenceResult, 'model' | 'variant' | 'probe' | 'family' | 'id'>): string {
  return JSON.stringify([row.model, row.variant, row.probe, row.family, row.id]);
}
