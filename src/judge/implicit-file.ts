/** Implicit rewards in a file, a line for each sample. */
import { ImplicitRewards } from '../schema.ts';
import { type KeyedFile, openKeyedFile } from '../store/keyed-file.ts';

/** A file of rewards that is being written. */
export type RewardFile = KeyedFile<ImplicitRewards>;

/** Open a file of rewards; see `openKeyedFile`. What an engine had failed on is not found. */
export function openRewardFile(file: string): Promise<RewardFile> {
  return openKeyedFile(file, {
    schema: ImplicitRewards,
    noun: 'implicit rewards',
    failed: ({ responses }) =>
      responses.some((response) => response.status === 'unscored' && response.reason === 'engine'),
  });
}
