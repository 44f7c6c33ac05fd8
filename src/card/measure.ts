/** The figures of a card, from verdicts alone. */
import { type AgreementReport, agreementReport } from '../aggregate/agree.ts';
import { agreementRow } from '../aggregate/agreement-row.ts';
import { type Figure, meanInterval, proportion } from '../aggregate/interval.ts';
import type { JudgeCard, Sample, Verdict } from '../schema.ts';
import type { Probe } from './probes.ts';
import type { Twin } from './twins.ts';

/** A verdict with the cluster of its prompt. */
export interface CardVerdict {
  readonly verdict: Verdict;
  readonly cluster: string;
  /** Length of each response, in characters. */
  readonly lengths: readonly number[];
}

/** Verdicts by sample id. */
export type CardVerdicts = ReadonlyMap<string, CardVerdict>;

/** One probe's part of a card. */
export type ProbeCard = JudgeCard['probes'][number];

type Options = { readonly seed: number };

/** Accuracy, κ, baselines and order figures of the pairs. */
export function measurePairs(
  samples: readonly Sample[],
  verdicts: CardVerdicts,
  options: Options,
): JudgeCard['pairs'] {
  const { figures, baselines } = agreementReport(rowsOf(samples, verdicts), {
    mode: 'pairwise',
    ...options,
  });
  return {
    accuracy: figures.accuracy,
    kappa: figures.kappa,
    baselines: accuracies(baselines),
    orderFlips: complement(figures.orderConsistency),
    firstShownWins: figures.firstShownWins,
    positionLean: figures.positionLean,
  };
}

/** Accuracy, κ, the area under the curve and the baseline of the answers judged alone. */
export function measureAnswers(
  samples: readonly Sample[],
  verdicts: CardVerdicts,
  options: Options,
): JudgeCard['answers'] {
  const { figures, baselines } = agreementReport(rowsOf(samples, verdicts), {
    mode: 'pointwise',
    labelRange: { min: 0, max: 1 },
    ...options,
  });
  return {
    accuracy: figures.accuracy,
    kappa: figures.kappa,
    areaUnderCurve: figures.areaUnderCurve,
    baselines: { constant: baselines.constant.figures.accuracy },
  };
}

/** Share of the verdicts of these samples that have no score. */
export function measureUnscored(sampleIds: readonly string[], verdicts: CardVerdicts): Figure {
  const found = sampleIds.flatMap((id) => verdicts.get(id) ?? []);
  return proportion(
    found.map(({ verdict }) => verdict.score === null),
    found.map(({ cluster }) => cluster),
  );
}

/** The same samples judged twice: how often the verdict is the same, and how far the probability moves. */
export function measureRetest(
  samples: readonly Sample[],
  first: CardVerdicts,
  second: CardVerdicts,
  options: Options,
): JudgeCard['retest']['same'] {
  const both = samples.flatMap(({ id }) => {
    const [left, right] = [first.get(id), second.get(id)];
    if (!left || !right || left.verdict.score === null || right.verdict.score === null) return [];
    return [
      {
        cluster: left.cluster,
        same: outcomeOf(left.verdict) === outcomeOf(right.verdict),
        change: Math.abs(left.verdict.score - right.verdict.score),
      },
    ];
  });
  const clusters = both.map(({ cluster }) => cluster);
  return {
    agreement: proportion(
      both.map(({ same }) => same),
      clusters,
    ),
    change: meanInterval(
      both.map(({ change }) => change),
      clusters,
      options,
    ),
  };
}

/**
 * A probe's figures. A twin counts towards flips where there was something to turn: where the untouched answer had not won or
 * passed already. A replacement always counts, since another answer stands there. Shifts are over all twins with both scores.
 */
export function measureProbe(
  probe: Probe,
  twins: readonly Twin[],
  verdicts: CardVerdicts,
  options: Options,
): ProbeCard {
  const readings = twins.map((twin) => readTwin(twin, probe, verdicts));
  const scored = readings.filter((reading) => reading.scored);
  const atRisk = scored.filter((reading) => reading.atRisk);
  const families = probe.families.map(({ name }): [string, { flips: number; n: number }] => {
    const own = atRisk.filter(({ family }) => family === name);
    return [name, { flips: own.filter(({ won }) => won).length, n: own.length }];
  });
  const part = (pair: boolean): ProbeCard['pairs'] => {
    const own = readings.filter((reading) => reading.pair === pair);
    const moved = own.flatMap(({ shift, cluster }) => (shift === null ? [] : [{ shift, cluster }]));
    return {
      twins: own.length,
      unscored: own.filter((reading) => !reading.scored).length,
      flips: flipsOf(atRisk.filter((reading) => reading.pair === pair)),
      shift: meanInterval(
        moved.map(({ shift }) => shift),
        moved.map(({ cluster }) => cluster),
        options,
      ),
    };
  };
  const { name, kind, description } = probe;
  return {
    name,
    kind,
    description,
    pairs: part(true),
    answers: part(false),
    flips: flipsOf(atRisk),
    families: Object.fromEntries(families),
  };
}

/** One twin beside what it is a twin of. */
interface TwinReading {
  readonly family: string;
  readonly pair: boolean;
  readonly cluster: string;
  readonly scored: boolean;
  readonly atRisk: boolean;
  readonly won: boolean;
  readonly shift: number | null;
}

function readTwin(twin: Twin, { kind }: Probe, verdicts: CardVerdicts): TwinReading {
  const [base, changed] = [verdicts.get(twin.baseId), verdicts.get(twin.sample.id)];
  const [before, after] = [base, changed].map((entry) =>
    entry ? supportOf(entry.verdict, twin.attackedId) : null,
  );
  const replaces = kind === 'replacement';
  return {
    family: twin.family,
    pair: twin.sample.responses.length > 1,
    cluster: changed?.cluster ?? base?.cluster ?? twin.baseId,
    scored: Boolean(after && (replaces || before)),
    atRisk: Boolean(after && (replaces || (before && !before.won))),
    won: after?.won ?? false,
    shift: before && after ? after.support - before.support : null,
  };
}

/** How the verdict stands to one answer: of a pair the probability that it wins, of a single one its score. */
function supportOf(verdict: Verdict, responseId: string): { support: number; won: boolean } | null {
  const { mode, score, winner, responseIds } = verdict;
  if (score === null) return null;
  if (mode !== 'pairwise') return { support: score, won: score >= 0.5 };
  return { support: responseIds[0] === responseId ? score : 1 - score, won: winner === responseId };
}

function outcomeOf({ mode, winner, score }: Verdict): string | boolean | null {
  return mode === 'pairwise' ? winner : score !== null && score >= 0.5;
}

function flipsOf(rows: readonly TwinReading[]): Figure {
  return proportion(
    rows.map(({ won }) => won),
    rows.map(({ cluster }) => cluster),
  );
}

function rowsOf(samples: readonly Sample[], verdicts: CardVerdicts) {
  return samples.flatMap(({ id }) => {
    const found = verdicts.get(id);
    return found ? [agreementRow(found.verdict, { lengths: found.lengths, cluster: found.cluster })] : [];
  });
}

function accuracies(baselines: Extract<AgreementReport, { mode: 'pairwise' }>['baselines']) {
  return Object.fromEntries(
    Object.entries(baselines).map(([name, { figures }]) => [name, figures.accuracy as Figure]),
  );
}

/** 1 − p, bounds changing places. */
function complement(figure: Figure): Figure {
  const turned = (value: number | null) => (value === null ? null : 1 - value);
  return {
    ...figure,
    estimate: turned(figure.estimate),
    low: turned(figure.high),
    high: turned(figure.low),
  };
}
