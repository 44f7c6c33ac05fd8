/** llama-cpp-python with the usual loop: ask, decode greedily, match a pattern. It runs in a process of its own, bench/peers.py. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Item, type Peer, reasonTokens } from './peer.ts';
import type { RawSettings } from './raw.ts';

const Hello = z.strictObject({ version: z.string() });
const Answer = z.strictObject({
  winner: z.enum(['A', 'B']).nullable(),
  seconds: z.number(),
  written: z.int(),
});

/** The loop's two protocols and the version of the package. */
export interface PythonPeers extends AsyncDisposable {
  readonly version: string;
  readonly peers: readonly Peer[];
}

/** Start the loop under a Python that has llama-cpp-python. Throws when it cannot load the model. */
export async function openPythonPeers(
  python: string,
  modelPath: string,
  settings: RawSettings,
): Promise<PythonPeers> {
  const { threads, batchSize, contextSize } = settings;
  const program = fileURLToPath(new URL('./peers.py', import.meta.url));
  const child = spawn(python, [program, modelPath, ...[threads, batchSize, contextSize].map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${python}: ended without an answer; does it have llama-cpp-python?`);
    return JSON.parse(value);
  };
  const { version } = Hello.parse(await next());
  const promptOf = (protocol: Peer['protocol'], { user, critique, question }: Item) =>
    protocol === 'verdict'
      ? `${user}${question}`
      : `${user}${critique}\nThen decide. ${question} End with "Verdict: A" or "Verdict: B".`;
  const peerOf = (protocol: Peer['protocol']): Peer => ({
    name: `llama-cpp-python, pattern${protocol === 'reason' ? ', reason first' : ''}`,
    protocol,
    async judge(item: Item) {
      const request = {
        protocol,
        system: item.system,
        user: promptOf(protocol, item),
        max_tokens: protocol === 'reason' ? reasonTokens + 32 : 16,
      };
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { winner, seconds, written } = Answer.parse(await next());
      return { winner, seconds, written, read: null };
    },
  });
  return {
    version,
    peers: [peerOf('verdict'), peerOf('reason')],
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.stdin.end();
      await closed;
    },
  };
}
