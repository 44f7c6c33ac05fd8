/** How exact each read-out is: the same question again in another order of work, in company, and against one cold decode. */
import { LlamaChatSession, type LlamaContextSequence, type LlamaModel, type Token } from 'node-llama-cpp';
import { logistic, logOdds } from '../src/aggregate/logits.ts';
import type { Deliberation } from '../src/engine/engine.ts';
import type { LlamaEngine } from '../src/engine/llama.ts';
import type { Item } from './peer.ts';
import { decisionOf } from './peers-node.ts';
import { createRawContext, type RawSettings } from './raw.ts';

/** One comparison of two readings of the same questions. */
export interface Difference {
  readonly what: string;
  readonly n: number;
  /** Readings that are the same to the bit. */
  readonly same: number;
  /** Greatest |Δ P(A)|, P(A) over both labels. */
  readonly probability: number;
  /** Greatest |Δ log-odds|, in nats. */
  readonly logOdds: number;
}

/** Compare readings of P(A). */
export async function measureExactness(
  model: LlamaModel,
  settings: RawSettings,
  engine: LlamaEngine,
  work: readonly { readonly item: Item; readonly deliberation: Deliberation }[],
): Promise<Difference[]> {
  const items = work.map(({ item }) => item);
  const deliberations = work.map(({ deliberation }) => deliberation);
  const one = async () => (await createRawContext(model, { ...settings, sequences: 1 })).getSequence();
  const probe = await one();

  // Without a system prompt and with everything as the document it reads the very tokens of a decision context.
  const session = new LlamaChatSession({ contextSequence: await one() });
  const decided: { probability: number; tokens: Token[] }[] = [];
  for (const item of items) decided.push(await decide(session, item));
  const backwards = await inReverse(items, async (item) => (await decide(session, item)).probability);
  const digits = [optionToken(model, '0'), optionToken(model, '1')] as const;
  const cold: number[] = [];
  for (const { tokens } of decided) cold.push(await readWhole(probe, tokens, digits));

  const { threads, batchSize, contextSize } = settings;
  const context = await model.createDecisionContext({ threads, batchSize, contextSize });
  const ask = async (item: Item, others: number) => {
    const questions = { ...decisionOf(item), ...(others > 0 ? companyOf(item) : {}) };
    return (await context.decide(documentOf(item), questions)).better.probabilities.A;
  };
  const alone: number[] = [];
  for (const item of items) alone.push(await ask(item, 0));
  const aloneBackwards = await inReverse(items, (item) => ask(item, 0));
  const company: number[] = [];
  for (const item of items) company.push(await ask(item, 3));

  const judged: number[] = [];
  for (const deliberation of deliberations) judged.push(await judge(engine, deliberation));
  const judgedBackwards = await inReverse(deliberations, (deliberation) => judge(engine, deliberation));
  const judgedTogether = await Promise.all(deliberations.map((deliberation) => judge(engine, deliberation)));
  const whole: number[] = [];
  const cut: number[] = [];
  for (const deliberation of deliberations) {
    const [segments = []] = await engine.tokens(deliberation);
    const labels = await labelTokens(engine, deliberation);
    whole.push(await readWhole(probe, segments.flat() as Token[], labels));
    cut.push(await readCut(probe, segments as Token[][], labels));
  }

  const probabilities = decided.map(({ probability }) => probability);
  return [
    compare('juror, the requests in reverse order', judged, judgedBackwards),
    compare('juror, all requests at once', judged, judgedTogether),
    compare('juror, against `controlledEvaluate` in the same segments, cold', judged, cut),
    compare('juror, against `controlledEvaluate` in one piece, cold', judged, whole),
    compare('`decide`, in reverse order', probabilities, backwards),
    compare('`decide`, against `controlledEvaluate` of its tokens in one piece, cold', probabilities, cold),
    compare('`LlamaDecisionContext`, in reverse order', alone, aloneBackwards),
    compare('`LlamaDecisionContext`, with three more questions', alone, company),
    compare(
      '`LlamaDecisionContext`, against `controlledEvaluate` of the same tokens in one piece, cold',
      alone,
      cold,
    ),
  ];
}

async function decide(session: LlamaChatSession, item: Item) {
  session.resetChatHistory();
  const { better } = await session.decide(decisionOf(item), { document: documentOf(item) });
  return { probability: better.probabilities.A, tokens: session.sequence.contextTokens };
}

function documentOf({ system, user }: Item): string {
  return `${system}\n\n${user}`;
}

/** Other questions about the same pair. */
function companyOf({ choices }: Item) {
  const question = (instruction: string) =>
    ({ type: 'choice', instruction, criteria: { ...choices } }) as const;
  return {
    correct: question('Which answer is more correct?'),
    complete: question('Which answer is more complete?'),
    clear: question('Which answer is clearer?'),
  };
}

/** The token that node-llama-cpp stands for an option with. */
function optionToken(model: LlamaModel, character: string): Token {
  const token = model
    .tokenize(character, false, 'trimLeadingSpace')
    .find((candidate) => model.detokenize([candidate]).trim() === character);
  if (token === undefined) throw new Error(`no token is ${character}`);
  return token;
}

/** P(A) of two labels after tokens that are read in one piece, from an empty cache. */
async function readWhole(
  sequence: LlamaContextSequence,
  tokens: readonly Token[],
  labels: readonly [Token, Token],
) {
  return readCut(sequence, [tokens], labels);
}

async function readCut(
  sequence: LlamaContextSequence,
  segments: readonly (readonly Token[])[],
  [a, b]: readonly [Token, Token],
): Promise<number> {
  await sequence.clearHistory();
  for (const segment of segments.slice(0, -1))
    await sequence.evaluateWithoutGeneratingNewTokens([...segment]);
  const last = segments.at(-1) ?? [];
  const output = await sequence.controlledEvaluate(
    last.map((token, index) =>
      index < last.length - 1 ? token : [token, { generateNext: { logits: { filter: { tokens: [a, b] } } } }],
    ),
  );
  const logits = output.at(-1)?.next?.logits;
  return logistic((logits?.get(a) ?? Number.NaN) - (logits?.get(b) ?? Number.NaN));
}

async function judge(engine: LlamaEngine, deliberation: Deliberation): Promise<number> {
  const result = await engine.deliberate(deliberation);
  const { A, B } =
    (result.status === 'done' ? result.samples[0]?.answers[0]?.logProbabilities : undefined) ?? {};
  if (A === undefined || B === undefined) throw new Error('expected the labels A and B');
  return logistic(A - B);
}

/** Label tokens after the forced opening. */
async function labelTokens(engine: LlamaEngine, { questions }: Deliberation): Promise<[Token, Token]> {
  const question = questions[0];
  const ends = await Promise.all(
    (question?.labels ?? []).map(async ({ text }) => {
      const { tokens } = await engine.logprob({
        messages: [{ role: 'user', content: 'Hello' }],
        continuation: `${question?.opening}${text}`,
      });
      return tokens.at(-1) as Token | undefined;
    }),
  );
  const [a, b] = ends;
  if (a === undefined || b === undefined || a === b) throw new Error('expected labels of one token');
  return [a, b];
}

async function inReverse<Asked>(
  list: readonly Asked[],
  ask: (asked: Asked) => Promise<number>,
): Promise<number[]> {
  const answers: number[] = [];
  for (const asked of list.toReversed()) answers.unshift(await ask(asked));
  return answers;
}

function compare(what: string, left: readonly number[], right: readonly number[]): Difference {
  const pairs = left.map((value, index) => [value, right[index] ?? Number.NaN] as const);
  // Both sides turn log-odds into P(A) on their own: what differs by the rounding of that alone is the same reading.
  const rounding = 1e-12;
  return {
    what,
    n: pairs.length,
    same: pairs.filter(([one, other]) => Math.abs(one - other) < rounding).length,
    probability: Math.max(...pairs.map(([one, other]) => Math.abs(one - other))),
    logOdds: Math.max(...pairs.map(([one, other]) => Math.abs(logOdds(one) - logOdds(other)))),
  };
}
