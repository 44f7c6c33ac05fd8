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
  /** Leave in the file the rewards kept since it was opened, in their order, and nothing else. */
  finish(): Promise<void>;
}

/**
 * Open a file of rewards, and its folder, for writing; half a last line, which a killed process leaves, is cut off. Throws JurorError
 * `data`, naming the line, for a file of something else, which stays as it is.
 */
export async function openRewardFile(file: string): Promise<RewardFile> {
  const known = await readKnown(file);
  await mkdir(dirname(file), { recursive: true });
  const kept: string[] = [];
  const find = (key: string): ImplicitRewards | undefined => {
    const rewards = known.get(key);
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
      if (find(rewards.key) === undefined) await appendFile(file, line);
    },
    async finish() {
      await writeAtomically(file, kept);
    },
  };
}

async function readKnown(file: string): Promise<Map<string, ImplicitRewards>> {
  const known = new Map<string, ImplicitRewards>();
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
    known.set(rewards.key, rewards);
  }
  if (known.size === 0 && text !== '' && whole === 0)
    throw new JurorError('data', 'expected lines of implicit rewards, got something else', {
      place: { file },
    });
  if (whole < text.length) await truncate(file, Buffer.byteLength(text.slice(0, whole)));
  return known;
}

function parsed(line: string): ImplicitRewards | undefined {
  try {
    return ImplicitRewards.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
