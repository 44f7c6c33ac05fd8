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

/** Compare readings of P(A): juror's with juror's settings, the binding's decisions with their own defaults. */
export async function measureExactness(
  model: LlamaModel,
  settings: RawSettings,
  engine: LlamaEngine,
  work: readonly { readonly item: Item; readonly deliberation: Deliberation }[],
): Promise<Difference[]> {
  const items = work.map(({ item }) => item);
  const deliberations = work.map(({ deliberation }) => deliberation);
  return [
    ...(await measureJuror(model, engine, deliberations)),
    ...(await measureDecisions(model, settings, items)),
  ];
}

async function measureJuror(model: LlamaModel, engine: LlamaEngine, deliberations: readonly Deliberation[]) {
  const ask = (deliberation: Deliberation) => judge(engine, deliberation);
  const judged = await inOrder(deliberations, ask);
  const twice = await inOrder(deliberations, async (deliberation) => {
    await ask(deliberation);
    return ask(deliberation);
  });
  const backwards = (await inOrder(deliberations.toReversed(), ask)).toReversed();
  const together = await Promise.all(deliberations.map(ask));
  const settings = { ...engine.info, sequences: 1, flashAttention: true };
  const probe = (await createRawContext(model, settings)).getSequence();
  const labels = deliberations[0] ? await labelTokens(engine, deliberations[0]) : undefined;
  if (labels === undefined) throw new Error('expected deliberations');
  const cut = await inOrder(deliberations, async (deliberation) =>
    readCold(probe, await segmentsOf(engine, deliberation), labels),
  );
  const whole = await inOrder(deliberations, async (deliberation) =>
    readCold(probe, [(await segmentsOf(engine, deliberation)).flat()], labels),
  );
  return [
    compare('juror: asked again, all cached', judged, twice),
    compare('juror: in reverse order', judged, backwards),
    compare('juror: all at once', judged, together),
    compare('juror: against `controlledEvaluate` in the same segments, nothing cached', judged, cut),
    compare('juror: against `controlledEvaluate` in one piece, nothing cached', judged, whole),
  ];
}

async function measureDecisions(model: LlamaModel, settings: RawSettings, items: readonly Item[]) {
  const one = async () => (await createRawContext(model, { ...settings, sequences: 1 })).getSequence();
  const session = new LlamaChatSession({ contextSequence: await one() });
  const decided: { probability: number; tokens: Token[] }[] = [];
  for (const item of items) decided.push(await decide(session, item));
  const first = decided.map(({ probability }) => probability);
  const twice = await inOrder(items, async (item) => {
    await decide(session, item);
    return (await decide(session, item)).probability;
  });
  const backwards = (
    await inOrder(items.toReversed(), async (item) => (await decide(session, item)).probability)
  ).toReversed();
  const probe = await one();
  const options = [optionToken(model, '0'), optionToken(model, '1')] as const;
  const whole = await inOrder(decided, ({ tokens }) => readCold(probe, [tokens], options));

  const { threads, batchSize, contextSize } = settings;
  await using context = await model.createDecisionContext({ threads, batchSize, contextSize });
  const ask = async (item: Item) => {
    const { better } = await context.decide(documentOf(item), decisionOf(item));
    return better.probabilities.A;
  };
  const alone = await inOrder(items, ask);
  const aloneTwice = await inOrder(items, async (item) => {
    await ask(item);
    return ask(item);
  });
  const company = await inOrder(items, async (item) => {
    const { better } = await context.decide(documentOf(item), { ...decisionOf(item), ...companyOf(item) });
    return better.probabilities.A;
  });
  return [
    compare('`decide`: asked again, all cached', first, twice),
    compare('`decide`: in reverse order', first, backwards),
    compare(
      '`decide`: against `controlledEvaluate` of its tokens in one piece, nothing cached',
      first,
      whole,
    ),
    compare('`LlamaDecisionContext`: asked again', alone, aloneTwice),
    compare('`LlamaDecisionContext`: with three more questions', alone, company),
    compare(
      '`LlamaDecisionContext`: against `controlledEvaluate` of its tokens in one piece, nothing cached',
      alone,
      whole,
    ),
  ];
}

/** Without any history and with everything as the document it reads the very tokens of a decision context. */
async function decide(session: LlamaChatSession, item: Item) {
  session.setChatHistory([]);
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

/** P(A) of two labels after segments, from an empty cache. */
async function readCold(
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

async function segmentsOf(engine: LlamaEngine, deliberation: Deliberation): Promise<Token[][]> {
  const [segments] = await engine.tokens(deliberation);
  if (segments === undefined) throw new Error('expected a question');
  return segments as Token[][];
}

/** One after the other. */
async function inOrder<Asked>(
  list: readonly Asked[],
  ask: (asked: Asked) => Promise<number>,
): Promise<number[]> {
  const answers: number[] = [];
  for (const asked of list) answers.push(await ask(asked));
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
