/**
 * The same judgments by juror and by its peers: same model file, same pairs, same question, one run.
 *
 *     node bench/peers.ts [--model smollm2-135m] [--pairs 24] [--exact 12] [--python VENV/bin/python] [--threads N]
 *                         [--data FILE] [--json] [--write docs/benchmarks.md]
 *
 * Everybody judges a block of pairs in turns, one pair at a time. `--python` names a Python that has llama-cpp-python; without it
 * those peers are left out. `--exact` is how many pairs the exactness of the read-outs is measured on.
 */
import { parseArgs } from 'node:util';
import { wilsonInterval } from '../src/aggregate/interval.ts';
import { openLlama } from '../src/engine/llama.ts';
import { resolveModel } from '../src/engine/models.ts';
import { loadRubric } from '../src/rubric.ts';
import { type Difference, measureExactness } from './exactness.ts';
import { itemOf, type Peer, type Reply } from './peer.ts';
import { jurorPeers } from './peers-juror.ts';
import { openNodePeers } from './peers-node.ts';
import { openPythonPeers } from './peers-python.ts';
import { loadRaw } from './raw.ts';
import {
  blocksOf,
  commonFlags,
  countOf,
  dataName,
  deliberationsOf,
  machine,
  percent,
  readPairs,
  report,
  rotated,
  spread,
  spreadText,
  sum,
  table,
} from './support.ts';

const { values: flags } = parseArgs({
  options: {
    ...commonFlags,
    pairs: { type: 'string', default: '24' },
    exact: { type: 'string', default: '12' },
    python: { type: 'string' },
  },
});
/** Pairs that one does before the next one's turn: more than juror's sequences, so that nothing of a pair is still cached. */
const blockSize = 4;

const pairCount = countOf('pairs', flags.pairs);
if (pairCount % blockSize > 0 || pairCount < 2 * blockSize)
  throw new Error(`--pairs: expected a multiple of ${blockSize} from ${2 * blockSize} up, got ${pairCount}`);
const samples = await readPairs(flags.data, pairCount);
const loaded = await loadRubric('better-answer');
const model = await resolveModel(flags.model);
await using engine = await openLlama({
  model,
  gpu: 'off',
  ...(flags.threads === undefined ? {} : { threads: countOf('threads', flags.threads) }),
});
/** The peers' own default, which is on. */
const settings = { ...engine.info, flashAttention: 'auto' } as const;
const raw = await loadRaw(model.path);
const work = await Promise.all(
  samples.map(async (sample) => {
    const [deliberation] = await deliberationsOf(sample, loaded, engine);
    const [critical] = await deliberationsOf(sample, loaded, engine, { critique: 'brief' });
    if (deliberation === undefined || critical === undefined) throw new Error(`${sample.id}: nothing to ask`);
    return { sample, deliberation, item: itemOf(sample.id, critical, loaded) };
  }),
);
const last = work.at(-1);
if (last === undefined) throw new Error('expected pairs');

await using python =
  flags.python === undefined ? null : await openPythonPeers(flags.python, model.path, settings);
const peers = [
  ...jurorPeers(engine, loaded, samples),
  ...(await openNodePeers(raw, settings, last.item)),
  ...(python?.peers ?? []),
];
// The first decode of each allocates; it does not count. The last pair is out of every cache again when its turn comes.
for (const peer of peers) await peer.judge(last.item);

/** Replies of each peer, by block. */
const replies = new Map<Peer, Reply[][]>(peers.map((peer) => [peer, []]));
const blocks = blocksOf(work, blockSize);
for (const [index, block] of blocks.entries()) {
  for (const peer of rotated(peers, index)) {
    const judged: Reply[] = [];
    for (const { item } of block) judged.push(await peer.judge(item));
    replies.get(peer)?.push(judged);
  }
  console.error(`block ${index + 1} of ${blocks.length}`);
}

/** Labels of the pairs that have one and are no ties. */
const labels = new Map(
  samples.flatMap(({ id, label, responses }) => {
    const place = responses.findIndex((response) => response.id === label);
    return place < 0 ? [] : [[id, place === 0 ? 'A' : 'B'] as const];
  }),
);
const figures = peers.map((peer) => figuresOf(peer, replies.get(peer) ?? []));
const differences = await measureExactness(
  raw,
  settings,
  engine,
  work.slice(0, countOf('exact', flags.exact)),
);
const versions = [engine.info.build, ...(python ? [`llama-cpp-python ${python.version}`] : [])].join(', ');
const heading = `${model.name}, ${samples.length} pairs of ${dataName(flags.data)} (${labels.size} with a label), ${machine(engine.info.threads)}, ${versions}.`;
report(
  [
    { name: `peers-${model.name}`, text: `${heading}\n\n${peerTable()}` },
    {
      name: `exactness-${model.name}`,
      text: `${model.name}, ${differences[0]?.n} pairs, ${engine.info.build}.\n\n${exactnessTable(differences)}`,
    },
  ],
  { model: model.name, sha256: model.sha256, info: engine.info, peers: figures, differences },
  flags,
);

function figuresOf(peer: Peer, judged: readonly (readonly Reply[])[]) {
  const all = judged.flat();
  const base = peers.find(({ protocol }) => protocol === peer.protocol);
  const seconds = (replied: readonly Reply[]) => sum(replied.map((reply) => reply.seconds));
  const byBlock = judged.map(
    (block, index) => seconds(block) / seconds((base && replies.get(base)?.[index]) ?? []),
  );
  const labelled = work.flatMap(({ item }, index) => {
    const label = labels.get(item.id);
    return label === undefined ? [] : [all[index]?.winner === label];
  });
  const read = all.flatMap((reply) => (reply.read === null ? [] : [reply.read]));
  return {
    name: peer.name,
    protocol: peer.protocol,
    secondsPerVerdict: seconds(all) / all.length,
    ratio: seconds(all) / seconds((base && replies.get(base)?.flat()) ?? []),
    ratioByBlock: spread(byBlock),
    read: read.length === all.length ? sum(read) / all.length : null,
    written: sum(all.map((reply) => reply.written)) / all.length,
    accuracy: wilsonInterval(labelled.filter(Boolean).length, labelled.length),
    unparsed: all.filter(({ winner }) => winner === null).length / all.length,
  };
}

function peerTable(): string {
  const rowsOf = (protocol: Peer['protocol']) =>
    figures
      .filter((figure) => figure.protocol === protocol)
      .map(({ name, secondsPerVerdict, ratio, ratioByBlock, read, written, accuracy, unparsed }) => [
        name,
        secondsPerVerdict.toFixed(2),
        ratio.toFixed(2),
        spreadText(ratioByBlock, 2),
        read === null ? '–' : read.toFixed(0),
        written.toFixed(0),
        `${percent(accuracy.estimate)} (${percent(accuracy.low)}–${percent(accuracy.high)})`,
        percent(unparsed),
      ]);
  const head = ['s per verdict', 'ratio', 'by block', 'read', 'written', 'accuracy, %', 'unparsed, %'];
  return [
    table(['verdict only', ...head], rowsOf('verdict')),
    table(['reason first', ...head], rowsOf('reason')),
  ].join('\n\n');
}

function exactnessTable(list: readonly Difference[]): string {
  const digits = (value: number) => (value === 0 ? '0' : value < 1e-9 ? '< 1e-9' : value.toPrecision(2));
  return table(
    ['read-out', 'same', 'greatest Δ P(A)', 'greatest Δ log-odds'],
    list.map(({ what, n, same, probability, logOdds }) => [
      what,
      `${same} of ${n}`,
      digits(probability),
      digits(logOdds),
    ]),
  );
}
