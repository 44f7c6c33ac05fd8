import { mkdir, mkdtempDisposable, readdir, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { createRandom } from '../../src/aggregate/random.ts';
import { selfTrain } from '../../src/loop/self-train.ts';
import { diskFiles } from '../../src/loop/self-train-files.ts';
import type { LoopFiles, SelfTrainOptions } from '../../src/loop/self-train-parts.ts';
import { better, contentsOf, judgedPair, makeData, type StubOptions, stubParts } from './self-train-stub.ts';

const data = makeData(16, 10);
const options: SelfTrainOptions = {
  rounds: 3,
  pairsPerRound: 8,
  patience: 3,
  promotion: { resamples: 100 },
};
const judge: StubOptions['judge'] = async function* (samples) {
  for (const sample of samples) {
    const [left, right] = sample.responses.map(({ text }) => better(text));
    yield {
      status: 'judged',
      preference: judgedPair(sample, 1 / (1 + Math.exp((right ?? 0) - (left ?? 0)))),
    };
  }
};

class Killed extends Error {}

/** As the disk, without waiting for it. */
const hasty: LoopFiles = {
  ...diskFiles,
  async write(file, text) {
    const temporary = join(dirname(file), `.${basename(file)}.tmp`);
    await writeFile(temporary, text);
    await rename(temporary, file);
  },
  keep: (partial, folder) => rename(partial, folder),
};

/** Files and a touch that end the process, as it were, at the n-th thing done, before or after it. */
function killer(at: number, disk: LoopFiles = diskFiles) {
  let done = 0;
  const step = () => {
    if (done++ === at) throw new Killed();
  };
  const files: LoopFiles = {
    async write(file, text) {
      if (done === at) await writeFile(join(dirname(file), `.${basename(file)}.tmp`), text.slice(0, 9));
      step();
      await disk.write(file, text);
      step();
    },
    async empty(folder) {
      step();
      await disk.empty(folder);
      step();
    },
    async keep(partial, folder) {
      step();
      await disk.keep(partial, folder);
      step();
    },
    async mirror(from, folder) {
      if (done === at) {
        await mkdir(`${folder}.new`, { recursive: true });
        await writeFile(join(`${folder}.new`, 'half'), '');
        await rename(folder, `${folder}.old`).catch(() => {});
      }
      step();
      await disk.mirror(from, folder);
      step();
    },
  };
  return { files, touch: step, done: () => done };
}

const run = (
  folder: string,
  { files, touch }: Pick<ReturnType<typeof killer>, 'files' | 'touch'>,
  rounds = 3,
) => selfTrain(folder, data, stubParts({ judge, touch }), { ...options, rounds, files });

test('killed at any write or call of an engine and taken up again, a loop ends with the same bytes', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-loop-'));
  const whole = killer(Number.POSITIVE_INFINITY);
  await run(join(home.path, 'whole'), whole);
  const expected = await contentsOf(join(home.path, 'whole'));
  expect(Object.keys(expected)).toContain('rounds/02/decision.json');
  const steps = whole.done();
  const random = createRandom(7);
  const places = [...new Set(Array.from({ length: 6 }, () => random.below(steps)))];
  for (const place of places) {
    const folder = join(home.path, `killed-${place}`);
    await expect(run(folder, killer(place)), `step ${place}`).rejects.toBeInstanceOf(Killed);
    const second = killer(random.below(steps));
    await run(folder, second).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
    await run(folder, killer(Number.POSITIVE_INFINITY));
    expect(await contentsOf(folder), `killed at ${place} of ${steps}`).toEqual(expected);
  }
});

test('a folder that is killed at every step of its writing, one after another, ends with the same bytes', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-loop-'));
  await run(join(home.path, 'whole'), killer(Number.POSITIVE_INFINITY, hasty), 2);
  const folder = join(home.path, 'killed');
  let [kept, place, kills] = [0, 0, 0];
  for (let over = false; !over; ) {
    const { files } = killer(place, hasty);
    over = await run(folder, { files, touch: () => {} }, 2).then(
      () => true,
      (error: unknown) => {
        expect(error).toBeInstanceOf(Killed);
        return false;
      },
    );
    kills += Number(!over);
    const rounds = await readdir(join(folder, 'rounds')).catch(() => []);
    const now = rounds.filter((name) => !name.startsWith('.')).length;
    // What comes after a round that is kept is reached again from its beginning.
    place = now > kept ? 0 : place + 1;
    kept = now;
  }
  expect(kills).toBeGreaterThan(30);
  expect(await contentsOf(folder)).toEqual(await contentsOf(join(home.path, 'whole')));
});

test('more rounds asked for later give the folder that asking at once gives, and a finished one stays as it is', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-loop-'));
  const never = killer(Number.POSITIVE_INFINITY);
  const [once, twice] = ['once', 'twice'].map((name) => join(home.path, name)) as [string, string];
  await run(once, never);
  await run(twice, never, 1);
  const { found, rounds } = await run(twice, never);
  expect([found, rounds.length]).toEqual([1, 3]);
  const expected = await contentsOf(once);
  expect(await contentsOf(twice)).toEqual(expected);
  await run(twice, never);
  expect(await contentsOf(twice)).toEqual(expected);
  expect(await readdir(join(twice, 'rounds'))).toEqual(['00', '01', '02']);
});
