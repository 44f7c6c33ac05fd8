/** juror's own ways: one order, both orders, and one order after a brief critique. */
import type { Engine } from '../src/engine/engine.ts';
import { createJudge } from '../src/judge/judge.ts';
import { add, noUsage } from '../src/judge/perform.ts';
import type { LoadedRubric } from '../src/rubric.ts';
import type { CritiqueMode, Sample } from '../src/schema.ts';
import type { Peer, Reply } from './peer.ts';
import { deliberationsOf, timed } from './support.ts';

/** The first one of each protocol is what the others are compared with. */
export function jurorPeers(engine: Engine, loaded: LoadedRubric, samples: readonly Sample[]): Peer[] {
  const byId = new Map(samples.map((sample) => [sample.id, sample]));
  const sampleOf = (id: string): Sample => {
    const sample = byId.get(id);
    if (sample === undefined) throw new Error(`${id}: no such pair`);
    return sample;
  };
  return [
    {
      name: '**juror, one order**',
      protocol: 'verdict',
      judge: ({ id }) => judgeOnce(engine, loaded, sampleOf(id), 'none'),
    },
    {
      name: 'juror, both orders (its default)',
      protocol: 'verdict',
      judge: ({ id }) => judgeTwice(engine, loaded, sampleOf(id)),
    },
    {
      name: '**juror, one order, brief critique**',
      protocol: 'reason',
      judge: ({ id }) => judgeOnce(engine, loaded, sampleOf(id), 'brief'),
    },
  ];
}

/** The data's order alone: what the peers do. */
async function judgeOnce(
  engine: Engine,
  loaded: LoadedRubric,
  sample: Sample,
  critique: CritiqueMode,
): Promise<Reply> {
  const { seconds, result } = await timed(async () => {
    const [deliberation] = await deliberationsOf(sample, loaded, engine, { critique });
    if (deliberation === undefined) throw new Error(`${sample.id}: nothing to ask`);
    return engine.deliberate(deliberation);
  });
  if (result.status !== 'done') throw new Error(result.message);
  const [read] = result.samples;
  const { A, B } = read?.answers[0]?.logProbabilities ?? {};
  if (read === undefined || A === undefined || B === undefined)
    throw new Error('expected the labels A and B');
  const usage = read.answers.map((answer) => answer.usage).reduce(add, read.usage);
  return { winner: A >= B ? 'A' : 'B', seconds, read: usage.evaluated, written: usage.generated };
}

/** The library's own way, with an empty store. */
async function judgeTwice(engine: Engine, loaded: LoadedRubric, sample: Sample): Promise<Reply> {
  let usage = noUsage;
  const judge = createJudge({
    engine,
    rubrics: [loaded],
    onEvent: (event) => {
      if (event.type === 'judgment-finish') usage = add(usage, event.spent);
    },
  });
  const { seconds, result } = await timed(() => judge.judge(sample));
  const winner = sample.responses.findIndex(({ id }) => id === result[0]?.winner);
  return {
    winner: winner < 0 ? null : winner === 0 ? 'A' : 'B',
    seconds,
    read: usage.evaluated,
    written: usage.generated,
  };
}
