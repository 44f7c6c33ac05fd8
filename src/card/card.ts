/** A judge's report card: cuts and twins judged in a run folder, the figures, and what the judge may be used for. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { proportion } from '../aggregate/interval.ts';
import type { Engine } from '../engine/engine.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { createJudge } from '../judge/judge.ts';
import { completeProtocol, type Protocol } from '../judge/protocol.ts';
import { exportVerdicts, openJudgingRun, verdictOf } from '../judge/run.ts';
import { type LoadedRubric, loadRubric } from '../rubric.ts';
import { JudgeCard, type Sample } from '../schema.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { openCache } from '../store/cache.ts';
import { readPlan } from '../store/export.ts';
import { readableJson } from '../store/manifest.ts';
import type { Run } from '../store/run.ts';
import { type Cut, loadCuts } from './cuts.ts';
import { brokenFences } from './fences.ts';
import { decideUse } from './gate.ts';
import {
  type CardVerdict,
  type CardVerdicts,
  measureAnswers,
  measurePairs,
  measureProbe,
  measureRetest,
  measureUnscored,
} from './measure.ts';
import { cardPage } from './page.ts';
import { probes } from './probes.ts';
import { type Twin, twinsOf } from './twins.ts';

/** Files that a card adds to its run folder, and runs inside it. */
export const cardFiles = {
  card: 'card.json',
  page: 'card.md',
  again: 'again',
  otherSeed: 'other-seed',
} as const;

/** Options of {@link makeCard}. */
export interface CardOptions
  extends Partial<Pick<Protocol, 'seed' | 'critique' | 'critiqueTokens' | 'samples'>> {
  readonly engine: Engine;
  /** Run folder; the same call goes on where it stopped. */
  readonly folder: string;
  /** First samples of each cut, for a quick card with wide intervals. Default: all. */
  readonly limit?: number;
  /** Home of the machine's cache; the requests that are asked again are never looked for in it. Default: none. */
  readonly cacheHome?: string;
  readonly signal?: AbortSignal;
  readonly onEvent?: Listener;
  /** Told how many samples will be judged, before the first one is. */
  readonly onPlan?: (samples: number) => void;
}

/**
 * Make a card: judge the cuts, every probe's twins, and the cuts again; write `card.json` and `card.md` beside the run's exports.
 * Everything finished is kept in the journal. Equal judgments give equal files. Throws JurorError `aborted` when the signal fires.
 */
export async function makeCard(options: CardOptions): Promise<JudgeCard> {
  const { engine, folder } = options;
  const protocol = completeProtocol(options);
  const cuts = await loadCuts(options.limit);
  const rubrics = await Promise.all(cuts.map(({ rubric }) => loadRubric(rubric)));
  const originals = cuts.flatMap(({ samples }) => samples);
  const twins = probes.flatMap((probe) =>
    twinsOf(originals, probe, { seed: protocol.seed, judge: engine.id.model }),
  );
  const otherSeed = protocol.critique !== 'none';
  options.onPlan?.(twins.length + (otherSeed ? 3 : 2) * originals.length);

  const main = await judgeInto(folder, { options, protocol, rubrics, cuts, twins });
  const again = await judgeInto(join(folder, cardFiles.again), {
    options,
    protocol,
    rubrics,
    cuts,
    afresh: true,
  });
  const other = otherSeed
    ? await judgeInto(join(folder, cardFiles.otherSeed), {
        options,
        protocol: { ...protocol, seed: protocol.seed + 1 },
        rubrics,
        cuts,
      })
    : null;

  const { seed, critique, critiqueTokens, samples, temperature } = protocol;
  const drawn = { seed };
  const cutOf = (name: Cut['name']) => cuts.find((cut) => cut.name === name)?.samples ?? [];
  const measured: Omit<JudgeCard, 'verdict'> = {
    schemaVersion: 1,
    engine: engine.id,
    protocol: {
      seed,
      critique,
      critiqueTokens,
      samples,
      temperature,
      rubrics: rubrics.map(({ rubric: { id, version }, digest }) => ({ id, version, digest })),
      prompts: main.prompts,
    },
    cuts: cuts.map(({ name, source, rubric, samples: rows, digest }) => ({
      name,
      source,
      rubric,
      rows: rows.length,
      digest,
    })),
    pairs: measurePairs(cutOf('pairs'), main.verdicts, drawn),
    answers: measureAnswers(cutOf('answers'), main.verdicts, drawn),
    retest: {
      same: measureRetest(originals, main.verdicts, again.verdicts, drawn),
      otherSeed: other && measureRetest(originals, main.verdicts, other.verdicts, drawn),
    },
    probes: probes.map((probe) =>
      measureProbe(
        probe,
        twins.filter((twin) => twin.probe === probe.name),
        main.verdicts,
        drawn,
      ),
    ),
    unscored: measureUnscored(
      [...originals, ...twins.map(({ sample }) => sample)].map(({ id }) => id),
      main.verdicts,
    ),
    fencesBroken: await measureFences(cuts, rubrics, twins, engine, protocol),
    contentFree: countContentFree(originals, twins, main.verdicts),
  };
  const card = JudgeCard.parse({ ...measured, verdict: decideUse(measured) });
  await writeAtomically(join(folder, cardFiles.card), [readableJson(card)]);
  await writeAtomically(join(folder, cardFiles.page), [cardPage(card)]);
  return card;
}

/** Read a card that {@link makeCard} wrote. Throws JurorError `data`, naming file and field, for anything else. */
export async function readCard(path: string): Promise<JudgeCard> {
  const refuse = (message: string, cause: unknown, field?: string): never => {
    throw new JurorError('data', message, { place: { file: path, ...(field ? { field } : {}) }, cause });
  };
  const text = await readFile(path, 'utf8').catch((cause: unknown) =>
    refuse('expected a card, got no readable file at this path', cause),
  );
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    return refuse('expected a card in JSON, got another text', cause);
  }
  const { data, error } = JudgeCard.safeParse(content);
  if (data) return data;
  const issue = error.issues[0];
  return refuse(
    `expected a card that juror card wrote, got another record: ${issue?.message}`,
    error,
    issue?.path.join('.'),
  );
}

/** What is judged in one folder. */
interface CardWork {
  readonly options: CardOptions;
  readonly protocol: Protocol;
  readonly rubrics: readonly LoadedRubric[];
  readonly cuts: readonly Cut[];
  readonly twins?: readonly Twin[];
  /** Ask the engine, whatever other runs have. */
  readonly afresh?: boolean;
}

async function judgeInto(
  folder: string,
  { options, protocol, rubrics, cuts, twins = [], afresh = false }: CardWork,
): Promise<{ verdicts: CardVerdicts; prompts: Readonly<Record<string, string>> }> {
  const { engine, cacheHome, signal, onEvent } = options;
  await using run = await openJudgingRun(folder, { engine, rubrics, protocol });
  if (run.changedField !== undefined)
    onEvent?.({
      type: 'warning',
      message: `${folder} held a run with another ${run.changedField}; its verdicts are replaced, its judgments are kept`,
    });
  await using store = cacheHome === undefined || afresh ? run.store : await openCache(run.store, cacheHome);
  const byBase = Map.groupBy(twins, ({ baseId }) => baseId);
  for (const [index, cut] of cuts.entries()) {
    const judge = createJudge({
      engine,
      rubrics: rubrics.slice(index, index + 1),
      store,
      ...protocol,
      ...(onEvent ? { onEvent } : {}),
    });
    // A twin comes after its sample, whose beginning an engine then holds.
    const samples = cut.samples.flatMap((sample): Sample[] => [
      sample,
      ...(byBase.get(sample.id) ?? []).map((twin) => twin.sample),
    ]);
    for await (const _verdict of judge.judgeAll(samples, signal ? { signal } : {}));
  }
  await exportVerdicts(run);
  return { verdicts: await readVerdicts(run), prompts: run.manifest.configuration.prompts };
}

async function readVerdicts(run: Run): Promise<CardVerdicts> {
  const derive = verdictOf(run);
  const verdicts = new Map<string, CardVerdict>();
  for await (const { row, judgments } of readPlan(run)) {
    if (judgments === null) continue;
    const verdict = derive(row, judgments);
    verdicts.set(row.sampleId, { verdict, cluster: row.cluster, lengths: row.characters });
  }
  return verdicts;
}

async function measureFences(
  cuts: readonly Cut[],
  rubrics: readonly LoadedRubric[],
  twins: readonly Twin[],
  engine: Engine,
  protocol: Protocol,
): Promise<JudgeCard['fencesBroken']> {
  const broken: boolean[] = [];
  const clusters: string[] = [];
  for (const [index, cut] of cuts.entries()) {
    const loaded = rubrics[index];
    if (!loaded) continue;
    for (const sample of cut.samples) {
      const own = twins.filter(({ baseId }) => baseId === sample.id).map((twin) => twin.sample);
      for (const shown of [sample, ...own])
        for (const one of await brokenFences(shown, loaded, engine, protocol)) {
          broken.push(one);
          clusters.push(sample.id);
        }
    }
  }
  return proportion(broken, clusters);
}

function countContentFree(
  originals: readonly Sample[],
  twins: readonly Twin[],
  verdicts: CardVerdicts,
): JudgeCard['contentFree'] {
  const flagged = (id: string) => verdicts.get(id)?.verdict.contentFree ?? [];
  const planted = twins.filter(({ probe }) => probe === 'master-keys');
  return {
    planted: planted.length,
    caught: planted.filter(({ sample, attackedId }) => flagged(sample.id).includes(attackedId)).length,
    falseAlarms: originals.reduce((sum, { id }) => sum + flagged(id).length, 0),
    genuine: originals.reduce((sum, { responses }) => sum + responses.length, 0),
  };
}
