/** Verdicts of a run that are shown beside other figures on the same samples. */
import { JurorError } from '../errors.ts';
import { verdictOf } from '../judge/run.ts';
import { readPlan } from '../store/export.ts';
import { readRun } from '../store/run.ts';

/** Of each judge of pairs, named `judge: RUBRIC`: sample's id → id of the better response, or `tie`. */
export type RunWinners = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The winners that a run's verdicts on pairs name. Throws JurorError `usage` where it has none. */
export async function readWinners(folder: string): Promise<RunWinners> {
  await using run = await readRun(folder);
  const derive = verdictOf(run);
  const winners = new Map<string, Map<string, string>>();
  for await (const { row, judgments } of readPlan(run)) {
    if (row.mode !== 'pairwise' || judgments === null) continue;
    const { winner } = derive(row, judgments);
    if (winner === null) continue;
    const name = `judge: ${row.rubric.id}`;
    const own = winners.get(name) ?? new Map<string, string>();
    winners.set(name, own.set(row.sampleId, winner));
  }
  if (winners.size > 0) return winners;
  throw new JurorError('usage', '--beside: expected a run with verdicts on pairs, got none', {
    place: { file: folder },
  });
}
