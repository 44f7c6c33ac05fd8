/** Rewards in a file: a line for each sample, kept as soon as it is made, and found by its key when the work is taken up again. */
import { appendFile, mkdir, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { JurorError } from '../errors.ts';
import { ImplicitRewards } from '../schema.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { recordText } from '../store/store.ts';

/** A file of rewards that is being written. */
export interface RewardFile {
  /** Rewards that the file had; none where the engine had failed, which another try may mend. */
  find(key: string): ImplicitRewards | undefined;
  /** Keep the rewards of the next sample; they are in the file when this resolves. */
  keep(rewards: ImplicitRewards): Promise<void>;
  /**
   * Leave in the file the rewards kept since it was opened, in their order, and after them the lines that it had with other keys, in
   * their former order. Returns how many of those there are.
   */
  finish(): Promise<number>;
}

/**
 * Open a file of rewards, and its folder, for writing; half a last line, which a killed process leaves, is cut off. Throws JurorError
 * `data`, naming the line, for a file of something else, which stays as it is.
 */
export async function openRewardFile(file: string): Promise<RewardFile> {
  const lines = await readLines(file);
  await mkdir(dirname(file), { recursive: true });
  const kept: string[] = [];
  const keys = new Set<string>();
  const find = (key: string): ImplicitRewards | undefined => {
    const rewards = lines.get(key)?.rewards;
    const failed = rewards?.responses.some(
      (response) => response.status === 'unscored' && response.reason === 'engine',
    );
    return failed ? undefined : rewards;
  };
  return {
    find,
    async keep(rewards) {
      const line = `${recordText(ImplicitRewards, rewards)}\n`;
      kept.push(line);
      keys.add(rewards.key);
      if (find(rewards.key) === undefined) await appendFile(file, line);
    },
    async finish() {
      const others = [...lines].flatMap(([key, { texts }]) => (keys.has(key) ? [] : texts));
      others.sort((left, right) => left.index - right.index);
      await writeAtomically(file, [...kept, ...others.map(({ text }) => `${text}\n`)]);
      return others.length;
    },
  };
}

/** The lines of one key: samples of the same texts share it, and the last one counts. */
interface Lines {
  readonly rewards: ImplicitRewards;
  readonly texts: readonly { readonly index: number; readonly text: string }[];
}

async function readLines(file: string): Promise<Map<string, Lines>> {
  const lines = new Map<string, Lines>();
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new JurorError('data', error instanceof Error ? error.message : String(error), { place: { file } });
  });
  const whole = text.lastIndexOf('\n') + 1;
  for (const [index, line] of text.slice(0, whole).split('\n').entries()) {
    if (line === '') continue;
    const rewards = parsed(line);
    if (rewards === undefined)
      throw new JurorError('data', 'expected a line of implicit rewards, got something else', {
        place: { file, line: index + 1 },
      });
    const former = lines.get(rewards.key)?.texts ?? [];
    lines.set(rewards.key, { rewards, texts: [...former, { index, text: line }] });
  }
  if (lines.size === 0 && text !== '' && whole === 0)
    throw new JurorError('data', 'expected lines of implicit rewards, got something else', {
      place: { file },
    });
  if (whole < text.length) await truncate(file, Buffer.byteLength(text.slice(0, whole)));
  return lines;
}

function parsed(line: string): ImplicitRewards | undefined {
  try {
    return ImplicitRewards.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
