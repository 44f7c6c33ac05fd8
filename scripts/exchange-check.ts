/**
 * What scripts/exchange-check.py reads: verdicts of the recording in the files of other tools. `node scripts/exchange-check.ts FOLDER`, and with
 * what it printed, `node scripts/exchange-check.ts FOLDER GOLDEN < said.txt` keeps both as fixtures/golden/exchange.json.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createRandom } from '../src/aggregate/random.ts';
import { readSamples } from '../src/dataset.ts';
import { openReplay } from '../src/engine/replay.ts';
import { exportVerdictsAs } from '../src/exchange/export.ts';
import { createJudge } from '../src/judge/judge.ts';
import { completeProtocol } from '../src/judge/protocol.ts';
import { openJudgingRun } from '../src/judge/run.ts';
import { openSampleBook } from '../src/preference/sample-book.ts';
import { loadRubric } from '../src/rubric.ts';

const [folder = '', golden] = process.argv.slice(2);
const random = createRandom(17);

/** Samples of RewardBench 2's `Ties`: a reference and a tied sample for each prompt, scores on a grid so that some are equal. */
const ties = Array.from({ length: 12 }, (_, index) => ({
  name: `case ${index}`,
  samples: Array.from({ length: 4 }, (_, prompt) =>
    (['ref', 'tied'] as const)
      .filter((kind) => kind === 'ref' || prompt < 3)
      .map((kind) => {
        const right = kind === 'ref' ? 1 : 1 + Math.floor(random.uniform() * 3);
        const draw = (lift: number) => Math.round((random.uniform() * 0.6 + lift) * 20) / 20;
        const scores = [
          ...Array.from({ length: right }, () => draw(0.3)),
          ...Array.from({ length: 3 }, () => draw(0)),
        ];
        return { id: `${kind}:${prompt}`, num_correct: right, scores };
      }),
  ).flat(),
}));

if (golden !== undefined) {
  const said = await text(process.stdin);
  const scores = [...said.matchAll(/^\{"case".*$/gm)].map(
    ([line]) => JSON.parse(line.replace('NaN', 'null')).score,
  );
  const preferences = JSON.parse(await readFile(join(folder, 'annotations.json'), 'utf8')).map(
    ({ preference }: { preference: number }) => preference,
  );
  const winRate = Number(/'win_rate': (?:np\.float64\()?([\d.]+)/.exec(said)?.[1]);
  const record = {
    ties: ties.map((one, index) => ({ ...one, score: scores[index] })),
    alpacaEval: { preferences, winRate },
    said,
  };
  await writeFile(golden, `${JSON.stringify(record, null, 1)}\n`);
} else {
  await mkdir(folder, { recursive: true });
  const at = (name: string) => join(folder, name);
  const judged = async (
    data: string,
    id: string,
    critique: 'none' | 'brief',
    files: readonly (readonly ['mt-bench' | 'alpaca-eval' | 'inspect', string])[],
  ) => {
    await using engine = await openReplay('fixtures/recordings/smollm2-135m.jsonl');
    const rubrics = [await loadRubric(id)];
    await using run = await openJudgingRun(at(id), {
      engine,
      rubrics,
      protocol: completeProtocol({ critique }),
    });
    const judge = createJudge({ engine, rubrics, store: run.store, critique });
    for await (const _ of judge.judgeAll(readSamples(data)));
    using book = await openSampleBook([data]);
    for (const [format, name] of files) await exportVerdictsAs(run, format, at(name), { book });
  };
  await judged('fixtures/demo/pairs.jsonl', 'better-answer', 'brief', [
    ['mt-bench', 'pair.jsonl'],
    ['alpaca-eval', 'annotations.json'],
  ]);
  await judged('fixtures/demo/answers.jsonl', 'answer-correctness', 'none', [
    ['mt-bench', 'single.jsonl'],
    ['inspect', 'log.json'],
  ]);
  await writeFile(at('ties.json'), JSON.stringify(ties));
}
