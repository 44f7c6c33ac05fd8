/** What the verdicts and rankings of a run say of single answers, objective by objective. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exactMean } from '../aggregate/moments.ts';
import type { Reduced } from '../aggregate/turnout.ts';
import { contentHash } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import { type Label, Ranking, type Rubric } from '../schema.ts';
import { readPlan } from '../store/export.ts';
import type { RunConfiguration } from '../store/manifest.ts';
import { type Run, runFiles } from '../store/run.ts';
import type { PlanRow } from '../store/store.ts';
import { engineIdentity } from './identity.ts';
import { silence } from './panel.ts';
import { verdictOf } from './run.ts';

/** Who said it: one rubric, as some engines judge under it. */
export interface RewardJudge {
  /** Equal only where rubric, prompt, engines and the settings that move scores are; neither folders nor names of models count. */
  readonly identity: string;
  /** The rubric's id, with `(ranked)` for rankings. */
  readonly name: string;
  /** What its engines are called. */
  readonly engines: string;
}

/** One answer's scores in [0, 1] by objective, or why there are none. */
export interface ReadAnswer {
  readonly responseId: string;
  /** Length in UTF-16 code units; null where the run does not know it. */
  readonly characters: number | null;
  /** Digest of the text; null or missing where the run does not know it. */
  readonly text?: string | null;
  readonly scores: Readonly<Record<string, Reduced<number>>>;
}

/** What one judge says of the answers of one sample. */
export interface RewardReading {
  readonly judge: RewardJudge;
  readonly sampleId: string;
  readonly cluster: string;
  readonly subset?: string | undefined;
  readonly label?: Label | undefined;
  readonly answers: readonly ReadAnswer[];
  /** Scores are of answers against each other (pairs, rankings) and not of each alone. */
  readonly comparative: boolean;
}

interface Source {
  readonly judge: RewardJudge;
  readonly rubric: Rubric;
}

/**
 * The readings of a run, in the order of its plan. The answers of a pair have the probability that they are the better
 * one, p and 1 − p; those of a ranking the mean probability, under its strengths, of being better than another answer of the
 * sample. Verdicts whose judgments are not all made are there without scores.
 */
export async function* readRewardReadings(run: Run): AsyncGenerator<RewardReading> {
  const sources = sourcesOf(run);
  if (run.manifest.configuration.settings.schedule !== undefined) return yield* readRanked(run, sources);
  const derive = verdictOf(run);
  for await (const { row, judgments } of readPlan(run)) {
    const { judge, rubric } = sourceOf(run, sources, row);
    const verdict = judgments && derive(row, judgments);
    const reason = verdict ? silence(verdict) : 'not every judgment is made';
    const scoresOf = (place: number) =>
      scoresBy(rubric, (objective) => {
        const score = verdict?.perObjective[objective] ?? null;
        return score === null ? { value: null, reason } : { value: place === 0 ? score : 1 - score };
      });
    yield {
      judge,
      ...metaOf(row),
      comparative: row.mode === 'pairwise',
      answers: row.responseIds.map((responseId, place) => ({
        responseId,
        characters: row.characters[place] ?? null,
        text: row.texts?.[place] ?? null,
        scores: scoresOf(place),
      })),
    };
  }
}

/** Readings of `rankings.jsonl`; what it does not know of a sample is in the plan of its pairs. */
async function* readRanked(run: Run, sources: ReadonlyMap<string, Source>): AsyncGenerator<RewardReading> {
  const pairs = new Map<string, PlanRow[]>();
  for await (const row of run.store.plan())
    pairs.set(row.sampleId, [...(pairs.get(row.sampleId) ?? []), row]);
  for (const ranking of await readRankings(run)) {
    const rows = pairs.get(ranking.sampleId) ?? [];
    const [row] = rows;
    if (row === undefined) continue;
    const { judge, rubric } = sourceOf(run, sources, row);
    const known = new Map(
      rows.flatMap((pair) =>
        pair.responseIds.map((id, place) => [
          id,
          { characters: pair.characters[place] ?? null, text: pair.texts?.[place] ?? null },
        ]),
      ),
    );
    if (new Set(rubric.criteria.map(({ objective }) => objective)).size > 1)
      throw new JurorError(
        'usage',
        `expected rankings under a rubric of one objective, got '${rubric.id}': a strength is of all together`,
        { place: { file: run.folder } },
      );
    yield {
      judge: { ...judge, name: `${judge.name} (ranked)` },
      ...metaOf(row),
      label: ranking.label,
      comparative: true,
      answers: ranking.responseIds.map((responseId) => ({
        responseId,
        ...(known.get(responseId) ?? { characters: null }),
        scores: scoresBy(rubric, () => chanceOf(ranking, responseId)),
      })),
    };
  }
}

/** The mean probability of being better than another answer; of two it is that of the pair. */
function chanceOf({ places, reason }: Ranking, responseId: string): Reduced<number> {
  const own = places.find((place) => place.responseId === responseId);
  const others = places.filter((place) => place.responseId !== responseId);
  if (own === undefined || others.length === 0) return { value: null, reason: reason ?? 'not ranked' };
  return { value: exactMean(others.map(({ strength }) => 1 / (1 + Math.exp(strength - own.strength)))) };
}

/** The rankings of a run of `juror rank`, in the order of its file. Throws JurorError `store` without. */
export async function readRankings({ folder }: Run): Promise<Ranking[]> {
  const file = join(folder, runFiles.rankings);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const message = 'expected the rankings of juror rank, got none: it writes them at its end';
    throw new JurorError('store', message, { place: { file }, cause });
  });
  return text.split('\n').flatMap((line, index) => {
    if (line === '') return [];
    try {
      return [Ranking.parse(JSON.parse(line))];
    } catch (cause) {
      throw new JurorError('store', 'expected a ranking', { place: { file, line: index + 1 }, cause });
    }
  });
}

/** The judges of a run by their rubric's digest. */
function sourcesOf(run: Run): Map<string, Source> {
  const { rubrics, engines, prompts, ...protocol } = run.manifest.configuration;
  const ladder = protocol.settings.escalate === true;
  const settings = scoreSettings(protocol.settings);
  const identities = engines.map(engineIdentity);
  const names = engines.map(({ model }) => model);
  return new Map(
    rubrics.map(({ rubric, digest }) => [
      digest,
      {
        rubric,
        judge: {
          identity: contentHash({
            rubric: digest,
            prompt: prompts[rubric.prompt] ?? '',
            engines: ladder ? identities : identities.toSorted(),
            ...protocol,
            settings,
          }),
          name: rubric.id,
          engines: ladder ? names.join(' → ') : names.toSorted().join(' + '),
        },
      },
    ]),
  );
}

/**
 * The settings that move a score. The tie band moves winners alone, and abstention says what not to rely on, but for a ladder, where it
 * says who decides. The seed, which is no setting here, always counts: it draws the marks around judged texts.
 */
function scoreSettings(settings: RunConfiguration['settings']): RunConfiguration['settings'] {
  const { tieBand: _, abstain, ...rest } = settings;
  return rest.escalate === true && abstain !== undefined ? { ...rest, abstain } : rest;
}

function sourceOf({ folder }: Run, sources: ReadonlyMap<string, Source>, { rubric }: PlanRow): Source {
  const source = sources.get(rubric.digest);
  if (source) return source;
  throw new JurorError('store', `the manifest lacks rubric '${rubric.id}'`, { place: { file: folder } });
}

function metaOf({ sampleId, cluster, group, label }: PlanRow) {
  return { sampleId, cluster, subset: group, label };
}

function scoresBy(
  { criteria }: Rubric,
  read: (objective: string) => Reduced<number>,
): Record<string, Reduced<number>> {
  const names = new Set(criteria.map(({ objective }) => objective));
  return Object.fromEntries([...names].map((name) => [name, read(name)]));
}
