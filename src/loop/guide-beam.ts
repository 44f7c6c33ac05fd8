/** Answers written step by step: after each step the beginnings with the best scores go on, each in several ways. */
import { UnanswerableRequest } from '../engine/engine.ts';
import type { GuidedCandidate, GuideStrategy } from '../schema.ts';
import { choose, distance, fateAt, ranked } from './guide-choice.ts';
import type { GuideScore } from './guide-scorer.ts';
import { candidateOf, type Outcome, type Session, type Written } from './guide-session.ts';
import { type Draw, drawAfter } from './guide-write.ts';

type Beam = Extract<GuideStrategy, { readonly kind: 'beam' }>;

/** A beginning of an answer, scored. */
interface Beginning {
  readonly candidate: GuidedCandidate;
  readonly steps: readonly string[];
  /** What it was scored by; the same text is not scored again. */
  readonly score: GuideScore;
  /** Which of the independent trees it belongs to; 0 where there is one. */
  readonly tree: number;
}

/** One that was written and has no score yet. */
interface Draft {
  readonly parent: Beginning | null;
  readonly tree: number;
  readonly steps: readonly string[];
  readonly finish: GuidedCandidate['finish'];
  readonly drawn: Draw;
}

/**
 * Beam search over steps (Snell et al., Scaling LLM test-time compute optimally, 2024): n beginnings at each depth, of which the n / width
 * with the best scores go on in `width` ways; with `independent`, one of each of n / width trees (DVTS: Beeching et al., 2024). Equal
 * beginnings are scored once and kept once. Whole answers are set aside; the search ends with n of them, or where nothing goes on, and
 * the best whole answer is chosen, or else the best beginning.
 */
export async function beamSearch(session: Session, strategy: Beam): Promise<Outcome> {
  const { n, maxSteps, pessimism } = strategy;
  const all: GuidedCandidate[] = [];
  const finished: GuidedCandidate[] = [];
  let open = rootsOf(strategy);
  let last: readonly GuidedCandidate[] = [];
  for (let depth = 1; depth <= maxSteps && open.length > 0; depth++) {
    const drafts = (await Promise.all(open.map((root) => goOn(session, strategy, root)))).flat();
    const scored = await scoreDrafts(session, strategy, withoutEqual(drafts), all.length);
    const whole = scored.filter(({ candidate }) => candidate.finish !== 'step');
    const ends = depth === maxSteps || finished.length + whole.length >= n;
    const kept = keep(strategy, scored, ends);
    const told = scored.map((own) => kept.get(own)?.candidate ?? own.candidate);
    all.push(...told);
    finished.push(...whole.map(({ candidate }) => candidate));
    last = told.filter(({ finish }) => finish === 'step');
    session.onEvent({ type: 'beam-keep', sampleId: session.sampleId, depth, candidates: told });
    open = ends
      ? []
      : [...kept.values()].flatMap((own) =>
          own.candidate.kept ? [{ beginning: own, tree: own.tree, ways: strategy.width }] : [],
        );
  }
  const whole = finished.some(({ score }) => score !== null);
  // A beginning that could not go on is cut there.
  const cut = all.map((candidate) =>
    !whole && last.includes(candidate) ? { ...candidate, finish: 'length' as const } : candidate,
  );
  const among = cut.filter(({ id }) => (whole ? finished : last).some((own) => own.id === id));
  const choice = choose(cut, among, pessimism, 'no beginning has a score');
  return { ...choice, candidates: markPath(choice.candidates, choice.chosen) };
}

/** What goes on: a beginning, or the empty one, in so many ways. */
interface Root {
  readonly beginning: Beginning | null;
  readonly tree: number;
  readonly ways: number;
}

function rootsOf({ n, width, independent }: Beam): Root[] {
  if (!independent) return [{ beginning: null, tree: 0, ways: n }];
  return Array.from({ length: n / width }, (_, tree) => ({ beginning: null, tree, ways: width }));
}

async function goOn(
  { prompt, writer }: Session,
  strategy: Beam,
  { beginning, tree, ways }: Root,
): Promise<Draft[]> {
  const before = beginning?.steps ?? [];
  const { boundary, stepTokens: maxTokens } = strategy;
  return Promise.all(
    Array.from({ length: ways }, async (_, index): Promise<Draft> => {
      const drawn = drawAfter(strategy, prompt, [tree, ...before], index);
      const draft = { parent: beginning, tree, drawn };
      try {
        const { text, ended } = await writer.writeStep(before, drawn, { boundary, maxTokens });
        const blank = text.trim() === '';
        const finish = ended ? 'stop' : blank ? 'length' : 'step';
        return { ...draft, steps: blank ? before : [...before, text], finish };
      } catch (error) {
        // What no longer fits ends here; a prompt that never did is the caller's to tell.
        if (!(error instanceof UnanswerableRequest) || beginning === null) throw error;
        return { ...draft, steps: before, finish: 'length' };
      }
    }),
  );
}

/** The first of those that say the same in one tree, whole ones and beginnings apart. */
function withoutEqual(drafts: readonly Draft[]): Draft[] {
  const names = drafts.map(({ tree, steps, finish }) =>
    JSON.stringify([tree, finish === 'step', steps.join('').trimEnd()]),
  );
  return drafts.filter((_, index) => names.indexOf(names[index] ?? '') === index);
}

async function scoreDrafts(
  session: Session,
  strategy: Beam,
  drafts: readonly Draft[],
  known: number,
): Promise<Beginning[]> {
  const added = drafts.filter(({ parent, steps }) => parent === null || steps !== parent.steps);
  const solutions = await Promise.all(
    added.map(async ({ steps, finish, drawn }) =>
      finish === 'step' ? [...steps, ...(await lookAhead(session, strategy, steps, drawn))] : steps,
    ),
  );
  const scores = await session.scoreSteps(solutions);
  return drafts.map((draft, index): Beginning => {
    const { parent, tree, steps, finish, drawn } = draft;
    const score = scores[added.indexOf(draft)] ?? parent?.score ?? missing;
    const written: Written = {
      id: `c${known + index + 1}`,
      text: steps.join('').trimEnd(),
      steps: [...steps],
      parent: parent?.candidate.id ?? null,
      finish,
      ...drawn,
    };
    const candidate = candidateOf(written, score);
    return { candidate, steps, score, tree };
  });
}

const missing: GuideScore = { score: null, reason: 'the scorer gave no score' };

/** Greedy steps after a beginning, as far as they go. */
async function lookAhead(
  { writer }: Session,
  { lookahead, boundary, stepTokens: maxTokens }: Beam,
  steps: readonly string[],
  { seed }: Draw,
): Promise<string[]> {
  const ahead: string[] = [];
  while (ahead.length < lookahead) {
    try {
      const greedy = { seed, temperature: 0 };
      const { text, ended } = await writer.writeStep([...steps, ...ahead], greedy, { boundary, maxTokens });
      if (text.trim() === '') break;
      ahead.push(text);
      if (ended) break;
    } catch (error) {
      if (error instanceof UnanswerableRequest) break;
      throw error;
    }
  }
  return ahead;
}

/** Every beginning with its fate: the best go on, unless the search ends here. */
function keep(
  { n, width, independent, pessimism }: Beam,
  scored: readonly Beginning[],
  ends: boolean,
): Map<Beginning, Beginning> {
  const fates = new Map<Beginning, Beginning>();
  const tell = (own: Beginning, kept: boolean, fate: string) =>
    fates.set(own, { ...own, candidate: { ...own.candidate, kept, fate } });
  for (const own of scored)
    tell(own, false, own.candidate.finish === 'step' ? 'dropped: no score' : 'set aside: it is whole');
  const beginnings = scored.filter(({ candidate }) => candidate.finish === 'step');
  const pools = independent ? [...Map.groupBy(beginnings, ({ tree }) => tree).values()] : [beginnings];
  const most = independent ? 1 : n / width;
  for (const pool of pools) {
    const order = ranked(
      pool.map(({ candidate }) => candidate),
      pessimism,
    );
    const byId = new Map(pool.map((own) => [own.candidate.id, own]));
    const [next, lastKept] = [order[most], order[Math.min(most, order.length) - 1]];
    for (const [place, entry] of order.entries()) {
      const own = byId.get(entry.candidate.id);
      if (own === undefined) continue;
      const kept = place < most;
      const border = kept ? next : lastKept;
      const gap = border ? `, ${distance(entry, border)}` : '';
      if (ends) tell(own, false, `${fateAt(order, place)}; the search ends here`);
      else tell(own, kept, `${kept ? 'goes on' : 'dropped'}: rank ${place + 1} of ${order.length}${gap}`);
    }
  }
  return fates;
}

/** The beginnings of the chosen answer were gone on from; so they stand as kept. */
function markPath(candidates: readonly GuidedCandidate[], chosen: string | null): GuidedCandidate[] {
  const byId = new Map(candidates.map((candidate) => [candidate.id, candidate]));
  const path = new Set<string>();
  for (let id = chosen; id !== null; id = byId.get(id)?.parent ?? null) path.add(id);
  return candidates.map((candidate) => (path.has(candidate.id) ? { ...candidate, kept: true } : candidate));
}
