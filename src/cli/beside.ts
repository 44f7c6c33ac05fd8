/** Verdicts of a run that are shown beside other figures on the same samples. */

import type { Winner } from '../aggregate/pairs.ts';
import { sameTexts } from '../aggregate/same-texts.ts';
import { promptCluster, textDigest } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import { verdictOf } from '../judge/run.ts';
import type { Sample } from '../schema.ts';
import { readPlan } from '../store/export.ts';
import { readRun } from '../store/run.ts';
import type { PlanRow } from '../store/store.ts';

/** A verdict, and what tells whether it is on the pair at hand. */
interface BesideVerdict extends Pick<PlanRow, 'responseIds' | 'cluster' | 'characters' | 'texts'> {
  /** The better response's id, or `tie`. */
  readonly winner: string;
}

/** Of each judge of pairs, named `judge: RUBRIC`: sample's id → its verdict. */
export type RunWinners = ReadonlyMap<string, ReadonlyMap<string, BesideVerdict>>;

/** The winners that a run's verdicts on pairs name. Throws JurorError `usage` where it has none. */
export async function readWinners(folder: string): Promise<RunWinners> {
  await using run = await readRun(folder);
  const derive = verdictOf(run);
  const winners = new Map<string, Map<string, BesideVerdict>>();
  for await (const { row, judgments } of readPlan(run)) {
    if (row.mode !== 'pairwise' || judgments === null) continue;
    const { winner } = derive(row, judgments);
    if (winner === null) continue;
    const name = `judge: ${row.rubric.id}`;
    const own = winners.get(name) ?? new Map<string, BesideVerdict>();
    const { responseIds, cluster, characters, texts } = row;
    winners.set(name, own.set(row.sampleId, { winner, responseIds, cluster, characters, texts }));
  }
  if (winners.size > 0) return winners;
  throw new JurorError('usage', '--beside: expected a run with verdicts on pairs, got none', {
    place: { file: folder },
  });
}

/**
 * Each judge's winner of a pair; `none` where some judge has none, `other` where the run judged another prompt or other answers under
 * the same names.
 */
export function winnersOn(sample: Sample, winners: RunWinners): Record<string, Winner> | 'none' | 'other' {
  const named: Record<string, Winner> = {};
  const [first, second] = sample.responses;
  for (const [name, verdicts] of winners) {
    const verdict = verdicts.get(sample.id);
    if (verdict === undefined) return 'none';
    if (!isOn(verdict, sample)) return 'other';
    if (verdict.winner === 'tie') named[name] = 'tie';
    else if (verdict.winner === first?.id) named[name] = 'first';
    else if (verdict.winner === second?.id) named[name] = 'second';
    else return 'other';
  }
  return named;
}

function isOn(
  { responseIds, cluster, characters, texts }: BesideVerdict,
  { prompt, responses }: Sample,
): boolean {
  const places = responses.map(({ id }) => responseIds.indexOf(id));
  const at = <Value>(values: readonly Value[]) => places.flatMap((place) => values[place] ?? []);
  const own = {
    lengths: responses.map(({ text }) => text.length),
    texts: responses.map(({ text }) => textDigest(text)),
  };
  return (
    cluster === promptCluster(prompt) &&
    sameTexts({ lengths: at(characters), texts: texts && at(texts) }, own)
  );
}
