/** One round: gather, guard, train, guard again, and only then ask the anchors. */
import { guardHead, guardLabels, isBelowCoin } from '../aggregate/drift-guards.ts';
import type { Figure } from '../aggregate/interval.ts';
import { anchorFigure, anchorGains, testPromotion } from '../aggregate/promotion.ts';
import { seedFrom } from '../aggregate/random.ts';
import { looseCluster } from '../canonical.ts';
import type { GuardRecord, RoundCard, RoundDecision } from '../schema.ts';
import { comparisonKey } from './self-train-data.ts';
import type { KeptRound } from './self-train-files.ts';
import { gather } from './self-train-gather.ts';
import { differencesOf } from './self-train-library.ts';
import {
  anchorTexts,
  differenceOf,
  type LoopContext,
  labelsOf,
  lengthsOf,
  probesOf,
} from './self-train-measure.ts';
import type { LoopHead } from './self-train-parts.ts';

/** Make the round that comes after these, and keep it. */
export async function makeRound<Head>(
  context: LoopContext<Head>,
  before: readonly KeptRound[],
): Promise<KeptRound> {
  const { parts, settings, folder, library, signal } = context;
  const round = before.length;
  const seed = seedFrom('round', settings.seed, round);
  const last = before.at(-1)?.decision;
  const current = last?.current ?? null;
  const former = current === null ? null : await parts.readHead(folder.headOf(current));
  const training = before.filter(({ decision }) => decision.outcome !== 'refused');
  const gathered = await gather({
    ...settings,
    parts,
    library,
    round,
    pool: context.pool,
    pairs: settings.pairsPerRound,
    head: former,
    trained: keysOf(training),
    asked: new Set(before.flatMap(({ asked }) => asked)),
    ...(signal ? { signal } : {}),
  });
  const { comparisons, asked } = gathered;
  const place = await folder.begin(round);
  const labels = labelsOf(gathered, former, library, seed);
  const guards: GuardRecord[] = guardLabels(labels, settings.limits);
  const card: RoundCard = {
    schemaVersion: 1,
    round,
    seed,
    comparisons: gathered.counts,
    labels,
    training: null,
    probes: null,
    length: null,
    guards,
    anchors: null,
  };
  const state = {
    round,
    current,
    base: last?.base ?? null,
    looks: last?.looks ?? 0,
    without: last?.without ?? 0,
  };
  const keep = async (card: RoundCard, decision: RoundDecision): Promise<KeptRound> => {
    const kept = { card, decision, comparisons, asked };
    await folder.keep(kept);
    return kept;
  };
  if (comparisons.length === 0)
    return keep(card, notPromoted(state, 'held', ['there was nothing new to train on']));
  const early = refusals(guards);
  if (early.length > 0) return keep(card, notPromoted(state, 'refused', early));

  const all = [...training.flatMap((kept) => kept.comparisons), ...comparisons];
  const trained = await parts.train(all, { round, seed, ...(signal ? { signal } : {}) });
  await parts.writeHead(place.head, trained.head);
  // What was written counts, not what is in memory: a loop that goes on later has nothing else.
  const head = await parts.readHead(place.head);
  const base = before.find(({ card }) => card.round === state.base)?.card.length ?? null;
  const probes = probesOf(context, head, former, seed);
  const length = lengthsOf(context, head);
  const late = guardHead(
    {
      accuracy: probes.accuracy,
      probes: probes.difference,
      anchors: { now: length.anchors, base: base?.anchors.estimate ?? null },
      pool: { now: length.pool, base: base?.pool.estimate ?? null },
    },
    settings.limits,
  );
  const measured: RoundCard = {
    ...card,
    training: {
      rounds: [...training.map(({ card }) => card.round), round],
      comparisons: all.length,
      prompts: new Set(all.map(({ cluster }) => cluster)).size,
      details: trained.details,
    },
    probes,
    length,
    guards: [...guards, ...late],
  };
  const drifted = refusals(late);
  if (drifted.length > 0) return keep(measured, notPromoted(state, 'refused', drifted));
  return keep(...askAnchors(context, measured, state, head, former));
}

type State = Pick<RoundDecision, 'round' | 'current' | 'base' | 'looks' | 'without'>;

/** The labels of the anchors are used here and nowhere else. */
function askAnchors(
  { settings, library, anchors }: LoopContext<unknown>,
  card: RoundCard,
  state: State,
  head: LoopHead,
  former: LoopHead | null,
): [RoundCard, RoundDecision] {
  const { seed } = card;
  const pairs = anchors.map(anchorTexts);
  const known = {
    target: anchors.map(({ target }) => target),
    cluster: anchors.map(({ prompt }) => looseCluster(prompt)),
  };
  const differences = differencesOf(head, library, pairs);
  const accuracy = anchorGains(differences, known);
  const longer = anchorGains(
    anchors.map(({ first, second }) => Math.sign(first.length - second.length)),
    known,
  );
  const figures = {
    accuracy: anchorFigure(accuracy, seed),
    logLikelihood: anchorFigure(anchorGains(differences, known, 'log-likelihood'), seed),
    longer: anchorFigure(longer, seed),
    overLonger: differenceOf(accuracy, longer, seed),
  };
  if (former === null && isBelowCoin(figures.accuracy)) {
    const { low, high } = figures.accuracy;
    const reason = `anchors: worse than a coin, accuracy ${percent(figures.accuracy)} [${percent({ estimate: low })}, ${percent({ estimate: high })}]`;
    return [
      { ...card, anchors: { ...figures, test: null } },
      notPromoted({ ...state, looks: state.looks + 1 }, 'refused', [reason]),
    ];
  }
  if (former === null) {
    const reason = `the first head that nothing refused, however little it is worth; accuracy ${percent(figures.accuracy)}, the longer answer ${percent(figures.longer)}`;
    return [
      { ...card, anchors: { ...figures, test: null } },
      decision({ ...state, current: state.round, base: state.round, without: 0 }, 'base', [reason]),
    ];
  }
  const look = state.looks + 1;
  const against = state.current ?? 0;
  const { measure, alpha, spending, resamples } = settings.promotion;
  const { difference, level, pValue, better, worse } = testPromotion(
    differences,
    differencesOf(former, library, pairs),
    known,
    { measure, alpha, look, spending, seed, resamples },
  );
  const asked: RoundCard = {
    ...card,
    anchors: { ...figures, test: { measure, against, look, level, difference, pValue } },
  };
  const told = `${measure} ${signed(difference.estimate)} [${signed(difference.low)}, ${signed(difference.high)}] against round ${against} at ${(100 * level).toFixed(2)} %, p ${pValue?.toFixed(4) ?? '–'}`;
  const looked = { ...state, looks: look };
  if (better)
    return [
      asked,
      decision({ ...looked, current: state.round, without: 0 }, 'promoted', [`better: ${told}`]),
    ];
  return [
    asked,
    worse
      ? notPromoted(looked, 'refused', [`anchors: worse, ${told}`])
      : notPromoted(looked, 'held', [`not shown to be better: ${told}`]),
  ];
}

function keysOf(rounds: readonly Pick<KeptRound, 'comparisons'>[]): Set<string> {
  return new Set(rounds.flatMap(({ comparisons }) => comparisons.map(comparisonKey)));
}

function decision(state: State, outcome: RoundDecision['outcome'], reasons: string[]): RoundDecision {
  return { schemaVersion: 1, ...state, outcome, reasons };
}

function notPromoted(state: State, outcome: 'held' | 'refused', reasons: string[]): RoundDecision {
  return decision({ ...state, without: state.without + 1 }, outcome, reasons);
}

function refusals(guards: readonly GuardRecord[]): string[] {
  return guards.filter(({ refused }) => refused).map(({ guard, message }) => `${guard}: ${message}`);
}

function percent({ estimate }: Pick<Figure, 'estimate'>): string {
  return estimate === null ? '–' : `${(100 * estimate).toFixed(1)} %`;
}

function signed(value: number | null): string {
  return value === null ? '–' : `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
}
