/** Label probabilities from the most probable tokens that a remote model reports. Pure: no requests. */
import { z } from 'zod';
import type { QuestionLabel } from './engine.ts';

/** A token that could have been written, and the natural log of its probability. */
interface Alternative {
  readonly token: string;
  readonly logprob: number;
}

/** A token that was written, and the most probable ones in its place, itself included. */
export interface ReturnedToken extends Alternative {
  readonly top: readonly Alternative[];
}

/** A text that several labels begin with, where the reply went another way: how its probability divides is not known. */
export interface OpenBranch {
  readonly text: string;
  readonly labels: readonly string[];
  /** Natural log of its probability. */
  readonly logprob: number;
}

/** What a reply says of the labels. */
export interface LabelReading {
  /** Natural log of the probability seen of each label; a label that was not seen is missing. */
  readonly seen: ReadonlyMap<string, number>;
  readonly open: readonly OpenBranch[];
  /** Probability outside the list where the labels are read. */
  readonly unlisted: number;
  /** Probability of the least probable token listed there. */
  readonly leastListed: number;
}

const Listed = z.object({ token: z.string(), logprob: z.number() });
const Logprobs = z.object({
  content: z.array(Listed.extend({ top_logprobs: z.array(Listed).nullish() })).min(1),
});

/** Below this, servers mean "not among the listed" (OpenAI writes -9999). */
const impossible = -1000;

/** The tokens of a reply from `logprobs` as the OpenAI protocol has them; null where there are none. */
export function returnedTokens(logprobs: unknown): ReturnedToken[] | null {
  const parsed = Logprobs.safeParse(logprobs);
  if (!parsed.success) return null;
  const tokens = parsed.data.content.map(({ token, logprob, top_logprobs }) => {
    const listed = new Map<string, number>();
    for (const entry of [...(top_logprobs ?? []), { token, logprob }])
      if (entry.logprob > impossible && (listed.get(entry.token) ?? Number.NEGATIVE_INFINITY) < entry.logprob)
        listed.set(entry.token, Math.min(0, entry.logprob));
    const top = [...listed].map(([text, value]) => ({ token: text, logprob: value }));
    return { token, logprob: Math.min(0, logprob), top };
  });
  return tokens.some(({ top }) => top.length > 1) ? tokens : null;
}

/** Whether the labels are looked for letter by letter, or past white space and quotation marks before and punctuation behind. */
type Spelling = 'exact' | 'loose';

/**
 * Read the labels where they begin: at the first token, or after the opening where the reply repeats it.
 * With `forced`, the opening was forced and a label's own text, its leading space included, is looked for first; where
 * that has less than half of what looser spellings have, the server spells tokens in its own way and they count.
 * A label counts from the first token that tells it from the others. Null for a reply that ends before a label.
 */
export function readLabels(
  tokens: readonly ReturnedToken[],
  question: { readonly opening: string; readonly labels: readonly QuestionLabel[] },
  { forced, ended }: { readonly forced: boolean; readonly ended: boolean },
): LabelReading | null {
  const { start, logprob } = afterOpening(tokens, question.opening);
  const first = tokens[start];
  if (first === undefined) return null;
  const read = (spelling: Spelling): LabelReading => {
    const seen = new Map<string, number>();
    const open: OpenBranch[] = [];
    walk(
      { tokens, targets: targetsOf(question.labels, spelling), spelling, ended, seen, open },
      start,
      '',
      logprob,
    );
    const listed = first.top.reduce((sum, entry) => sum + Math.exp(entry.logprob), 0);
    return {
      seen,
      open,
      unlisted: Math.exp(logprob) * Math.max(0, 1 - listed),
      leastListed: Math.exp(logprob + Math.min(...first.top.map((entry) => entry.logprob))),
    };
  };
  const loose = read('loose');
  if (!forced) return loose;
  const exact = read('exact');
  return massOf(exact) >= massOf(loose) / 2 ? exact : loose;
}

/**
 * Natural log-probability of every label, normalised over the labels, and the log of what was seen of them. A label that
 * was not seen gets a bound: its share of the probability that the list leaves, at most that of the least token listed,
 * at least 1e-9. Text that several labels, but not all, begin with is shared evenly between them. Null when no label was seen.
 */
export function labelProbabilities(
  reading: LabelReading,
  labels: readonly string[],
): { logProbabilities: Record<string, number>; labelMass: number } | null {
  const probabilities = new Map([...reading.seen].map(([label, value]) => [label, Math.exp(value)]));
  for (const branch of reading.open.filter((open) => open.labels.length < labels.length))
    for (const label of branch.labels)
      probabilities.set(
        label,
        (probabilities.get(label) ?? 0) + Math.exp(branch.logprob) / branch.labels.length,
      );
  const seen = [...probabilities.values()].reduce((sum, value) => sum + value, 0);
  if (!(seen > 0)) return null;
  const missing = labels.filter((label) => !((probabilities.get(label) ?? 0) > 0));
  const bound = Math.max(1e-9, Math.min(reading.unlisted / Math.max(1, missing.length), reading.leastListed));
  for (const label of missing) probabilities.set(label, bound);
  const total = [...probabilities.values()].reduce((sum, value) => sum + value, 0);
  return {
    logProbabilities: Object.fromEntries(
      labels.map((label) => [label, Math.log((probabilities.get(label) ?? bound) / total)]),
    ),
    labelMass: Math.min(0, Math.log(seen)),
  };
}

/** Where the labels begin, and the log-probability of what was written before. */
function afterOpening(tokens: readonly ReturnedToken[], opening: string): { start: number; logprob: number } {
  const wanted = opening.trim().toLowerCase();
  let text = '';
  let logprob = 0;
  for (const [index, token] of tokens.entries()) {
    text += token.token;
    logprob += token.logprob;
    const written = text
      .replace(/[*_`"]/g, '')
      .trimStart()
      .toLowerCase();
    if (wanted !== '' && written.startsWith(wanted)) return { start: index + 1, logprob };
    if (!wanted.startsWith(written)) break;
  }
  return { start: 0, logprob: 0 };
}

interface Target {
  readonly label: string;
  readonly text: string;
}

interface Walk {
  readonly tokens: readonly ReturnedToken[];
  readonly targets: readonly Target[];
  readonly spelling: Spelling;
  /** The reply ended by itself after its last token. */
  readonly ended: boolean;
  readonly seen: Map<string, number>;
  readonly open: OpenBranch[];
}

function targetsOf(labels: readonly QuestionLabel[], spelling: Spelling): Target[] {
  return labels.map(({ label, text }) => ({ label, text: spelling === 'exact' ? text : text.trim() }));
}

/** Follow the written tokens; at each, add what every alternative says. Returns the probability that leads to `targets`. */
function walk(state: Walk, position: number, before: string, logprob: number): number {
  const here = state.tokens[position];
  if (here === undefined) return 0;
  let leading = 0;
  for (const alternative of here.top) {
    if (alternative.token === '') continue;
    const text = before + alternative.token;
    const value = logprob + alternative.logprob;
    const matched = match(text, state);
    if (matched.length === 0) continue;
    leading += Math.exp(value);
    const [only] = matched;
    if (matched.length === 1 && only !== undefined) {
      add(state.seen, only.label, value);
      continue;
    }
    if (alternative.token === here.token) branch(state, position, text, value, matched);
    else if (state.spelling === 'exact' || bare(text, state.targets) !== '')
      state.open.push({ text, labels: matched.map(({ label }) => label), logprob: value });
  }
  return leading;
}

/** Several labels begin with what was written: the next token tells. What leads to none of the longer ones is the whole label. */
function branch(
  state: Walk,
  position: number,
  text: string,
  value: number,
  matched: readonly Target[],
): void {
  const written = state.spelling === 'exact' ? text : bare(text, state.targets);
  const whole = matched.find((target) => target.text === written);
  const longer = matched.filter((target) => target !== whole);
  if (state.tokens[position + 1] === undefined) {
    if (whole !== undefined && state.ended) add(state.seen, whole.label, value);
    else state.open.push({ text, labels: matched.map(({ label }) => label), logprob: value });
    return;
  }
  const leading = walk({ ...state, targets: longer }, position + 1, text, value);
  const rest = Math.exp(value) - leading;
  if (whole !== undefined && rest > 0) add(state.seen, whole.label, Math.log(rest));
}

/** The labels that a text may become or is. */
function match(text: string, { targets, spelling }: Walk): Target[] {
  const written = spelling === 'exact' ? text : bare(text, targets);
  const becoming = targets.filter((target) => target.text.startsWith(written));
  if (becoming.length > 0 || spelling === 'exact') return becoming;
  const [longest] = targets
    .filter((target) => written.startsWith(target.text) && closing.test(written.slice(target.text.length)))
    .sort((left, right) => right.text.length - left.text.length);
  return longest === undefined ? [] : [longest];
}

const decoration = /^[\s"'`*([]+/;
const closing = /^[\s"'`*)\].,;:!]+$/;

/** A text without the white space and marks before it, as long as no label begins with one of them. */
function bare(text: string, targets: readonly Target[]): string {
  return targets.some((target) => decoration.test(target.text))
    ? text.trimStart()
    : text.replace(decoration, '');
}

function massOf({ seen, open }: LabelReading): number {
  return [...seen.values(), ...open.map(({ logprob }) => logprob)].reduce(
    (sum, value) => sum + Math.exp(value),
    0,
  );
}

function add(seen: Map<string, number>, label: string, value: number): void {
  const before = seen.get(label);
  const highest = Math.max(before ?? Number.NEGATIVE_INFINITY, value);
  const sum = Math.exp((before ?? Number.NEGATIVE_INFINITY) - highest) + Math.exp(value - highest);
  seen.set(label, Math.min(0, highest + Math.log(sum)));
}
