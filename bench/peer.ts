/** What a peer is: another way to ask the same model the same question about the same pair. */
import type { Deliberation } from '../src/engine/engine.ts';
import type { LoadedRubric } from '../src/rubric.ts';

/** What every way is asked, in the words of juror's own prompt. */
export interface Item {
  readonly id: string;
  readonly system: string;
  /** Task and answers, fenced, in the data's order. */
  readonly user: string;
  /** The whole question, ending with the letters to reply. */
  readonly question: string;
  /** What juror asks a brief critique with. */
  readonly critique: string;
  /** The question without its scale. */
  readonly instruction: string;
  readonly choices: { readonly A: string; readonly B: string };
}

/** One verdict. */
export interface Reply {
  /** Null when no verdict could be read. */
  readonly winner: 'A' | 'B' | null;
  readonly seconds: number;
  /** Prompt tokens pushed through the model; null where the peer does not say. */
  readonly read: number | null;
  readonly written: number;
}

/** A way to a verdict. */
export interface Peer {
  readonly name: string;
  /** Peers are compared with juror at the same protocol. */
  readonly protocol: 'verdict' | 'reason';
  judge(item: Item): Promise<Reply>;
}

/** Most tokens of a reason: juror's budget for a brief critique. */
export const reasonTokens = 96;

/** The item of a deliberation with a critique and one question about a pair. */
export function itemOf(
  id: string,
  { prefix, questions, critique }: Deliberation,
  { rubric }: LoadedRubric,
): Item {
  const [system, user] = prefix.map(({ segments }) => segments.join(''));
  const question = questions[0]?.text;
  const [criterion] = rubric.criteria;
  const { A, B } = criterion?.scale.anchors ?? {};
  if (system === undefined || user === undefined || question === undefined || critique === null)
    throw new Error(`${id}: nothing to ask`);
  if (criterion === undefined || A === undefined || B === undefined)
    throw new Error(`${rubric.id}: expected anchors of A and B`);
  return {
    id,
    system,
    user,
    question,
    critique: critique.instruction,
    instruction: criterion.description,
    choices: { A, B },
  };
}
