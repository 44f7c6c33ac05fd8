/** node-llama-cpp's own ways: a chat session with a JSON grammar, a chat session's `decide`, and a decision context. */
import { LlamaChatSession, type LlamaModel } from 'node-llama-cpp';
import { type Item, type Peer, type Reply, reasonTokens } from './peer.ts';
import { createRawContext, type RawSettings } from './raw.ts';
import { timed } from './support.ts';

/** Peers of one loaded model, each with a cache of its own. */
export async function openNodePeers(model: LlamaModel, settings: RawSettings, item: Item): Promise<Peer[]> {
  return [
    await openChat(model, settings, item, 'verdict'),
    await openDecide(model, settings, item),
    await openDecisionContext(model, settings),
    await openChat(model, settings, item, 'reason'),
  ];
}

async function openSession(
  model: LlamaModel,
  settings: RawSettings,
  { system }: Item,
): Promise<LlamaChatSession> {
  const context = await createRawContext(model, { ...settings, sequences: 1 });
  return new LlamaChatSession({ contextSequence: context.getSequence(), systemPrompt: system });
}

/** Greedy, with the schema's keys in its order. */
async function openChat(
  model: LlamaModel,
  settings: RawSettings,
  item: Item,
  protocol: Peer['protocol'],
): Promise<Peer> {
  const session = await openSession(model, settings, item);
  const winner = { enum: ['A', 'B'] } as const;
  const grammar =
    protocol === 'verdict'
      ? await model.llama.createGrammarForJsonSchema({ type: 'object', properties: { winner } })
      : await model.llama.createGrammarForJsonSchema({
          type: 'object',
          properties: { reason: { type: 'string' }, winner },
        });
  const promptOf = ({ user, critique, question }: Item) =>
    protocol === 'verdict'
      ? `${user}${question}\nReply with JSON only: {"winner": "A"} or {"winner": "B"}.`
      : `${user}${critique}\nThat is the "reason". Then decide on the "winner". ${question}\n` +
        'Reply with JSON only: {"reason": "...", "winner": "A"} or {"reason": "...", "winner": "B"}.';
  return {
    name: `chat session, JSON grammar${protocol === 'reason' ? ', reason first' : ''}`,
    protocol,
    async judge(asked) {
      const before = session.sequence.tokenMeter.getState();
      const { seconds, result } = await timed(() => {
        session.resetChatHistory();
        return session.prompt(promptOf(asked), {
          grammar,
          temperature: 0,
          maxTokens: reasonTokens + 32,
        });
      });
      const used = session.sequence.tokenMeter.diff(before);
      return {
        winner: winnerOf(result),
        seconds,
        read: used.usedInputTokens,
        written: used.usedOutputTokens,
      };
    },
  };
}

function winnerOf(text: string): Reply['winner'] {
  try {
    const { winner } = JSON.parse(text);
    return winner === 'A' || winner === 'B' ? winner : null;
  } catch {
    // The budget cut it.
    return null;
  }
}

/** The one question of a decision. */
export function decisionOf({ instruction, choices }: Item) {
  return { better: { type: 'choice', instruction, criteria: { ...choices } } } as const;
}

async function openDecide(model: LlamaModel, settings: RawSettings, item: Item): Promise<Peer> {
  const session = await openSession(model, settings, item);
  return {
    name: 'chat session, `decide`',
    protocol: 'verdict',
    async judge(asked) {
      const { seconds, result } = await timed(() => {
        session.resetChatHistory();
        return session.decideWithMeta(decisionOf(asked), { document: asked.user });
      });
      const { answers, tokenUsage } = result;
      // Reading a logit counts as writing a token.
      return {
        winner: answers.better.choice,
        seconds,
        read: tokenUsage.input + tokenUsage.output,
        written: 0,
      };
    },
  };
}

async function openDecisionContext(model: LlamaModel, settings: RawSettings): Promise<Peer> {
  const { threads, batchSize, contextSize } = settings;
  const context = await model.createDecisionContext({ threads, batchSize, contextSize });
  return {
    name: '`LlamaDecisionContext`',
    protocol: 'verdict',
    async judge(item) {
      // It takes no system prompt: the judge's instructions stand before the document.
      const document = `${item.system}\n\n${item.user}`;
      const { seconds, result } = await timed(() => context.decideWithMeta(document, decisionOf(item)));
      const { answers, tokenUsage } = result;
      return {
        winner: answers.better.choice,
        seconds,
        read: tokenUsage.input + tokenUsage.output,
        written: 0,
      };
    },
  };
}
