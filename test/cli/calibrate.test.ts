import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Calibration, LabelPrior, Verdict } from '../../src/schema.ts';
import { juror, recordings, without } from './juror.ts';

const data = 'fixtures/demo/pairs.jsonl';

/** A finished run of the pairs, or of the answers, in a new home. */
async function judged(name: 'pairs' | 'answers' = 'pairs') {
  const home = await mkdtempDisposable(join(tmpdir(), 'juror-cli-'));
  const run = join(home.path, 'run');
  const rubric = name === 'pairs' ? ['better-answer', '--critique', 'brief'] : ['answer-correctness'];
  const flags = ['--rubric', ...rubric, '--replay', recordings.full, '--quiet', '--out', run];
  expect((await juror(['judge', `fixtures/demo/${name}.jsonl`, ...flags], home.path)).code).toBe(0);
  return { home: home.path, run, [Symbol.asyncDispose]: () => home.remove() };
}

test('calibrate writes a calibration, prints what it is good for, and agree takes it', async () => {
  await using at = await judged();
  const file = join(at.home, 'calibration.json');
  const flags = ['--labels', data, '--bins', '3', '--out', file];
  const { code, stdout } = await juror(['calibrate', at.run, ...flags], at.home);
  expect(code).toBe(0);
  expect(without(at.home, stdout)).toMatchInlineSnapshot(`
    "better-answer · pairwise · no temperature is high enough, all become 50 %: being surer does not go with being right
    12 labelled verdicts of 11 prompts · 95 % intervals in brackets, clustered by prompt

                       before                after  change
    log-loss, nats     0.727 [0.688, 0.758]  0.693  -0.034 [-0.065, +0.006]
    Brier score        0.267 [0.247, 0.282]  0.250  -0.017 [-0.032, +0.003]
    calibration error  0.201 [0.113, 0.465]  0.000  -0.201 [-0.465, -0.113]

    After: each prompt by a fit on the other 4 of 5 folds. Calibration error: 3 bins of equal mass.

    as judged  preferred answer is better  0 %                       100 %  n
    51.4 %     50.0 % [15.0, 85.0]         ·····──────────●──────────·····  4
    53.0 %     25.0 % [4.6, 69.9]          ·───────●───────│─────·········  4
    55.8 %     25.0 % [4.6, 69.9]          ·───────●────────│────·········  4

    calibrated, prompts of other folds  preferred answer is better  0 %                       100 %   n
    50.0 %                              50.0 % [25.4, 74.6]         ········───────●───────········  12

    FOLDER/calibration.json
    "
  `);
  const calibration = Calibration.parse(JSON.parse(await readFile(file, 'utf8')));
  expect(calibration).toMatchObject({
    kind: 'temperature',
    mode: 'pairwise',
    data: { n: 12, clusters: 11 },
    engines: [{ model: 'smollm2-135m' }],
    protocol: { critique: 'brief', samples: 1 },
  });

  const agree = await juror(['agree', at.run, '--calibration', file], at.home);
  expect(agree.code).toBe(0);
  expect(agree.stdout.slice(agree.stdout.indexOf('calibrated:'))).toMatchInlineSnapshot(`
    "calibrated: no temperature is high enough, all become 50 %: being surer does not go with being right
    fitted on these very labels; juror calibrate prints figures of unseen prompts

    temperature        as judged             calibrated   n
    log-loss, nats     0.727 [0.688, 0.758]  0.693       12
    Brier score        0.267 [0.247, 0.282]  0.250       12
    calibration error  0.201 [0.113, 0.465]  0.000       12
    "
  `);
  const json = JSON.parse((await juror(['agree', at.run, '--calibration', file, '--json'], at.home)).stdout);
  expect(json['better-answer'].calibrated).toMatchObject({
    fittedOnThese: true,
    before: { brier: calibration.crossValidation.before.brier },
    calibration: { data: calibration.data },
  });
  expect(json['better-answer'].figures.brier).toEqual(calibration.crossValidation.before.brier);
});

test('platt, JSON, labels of another file, and the same bytes again', async () => {
  await using at = await judged();
  const labels = join(at.home, 'labels.jsonl');
  const rows = (await readFile(data, 'utf8')).trim().split('\n').slice(0, 11);
  await writeFile(labels, rows.join('\n'));
  const fitted = async (name: string) => {
    const file = join(at.home, name);
    const flags = ['--labels', labels, '--method', 'platt', '--json', '--out', file];
    const { code, stdout } = await juror(['calibrate', at.run, ...flags], at.home);
    expect(code).toBe(0);
    return { printed: JSON.parse(stdout), written: await readFile(file, 'utf8') };
  };
  const { printed, written } = await fitted('one.json');
  const { reliability, ...calibration } = printed;
  expect(JSON.parse(written)).toEqual(calibration);
  expect(calibration).toMatchObject({ kind: 'platt', data: { n: 11 }, crossValidation: { bins: 10 } });
  expect(calibration.parameters.intercept).toBe(0);
  expect(reliability.before.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(11);
  expect((await fitted('two.json')).written).toBe(written);
});

test('too few labels, other rubrics and engines, and wrong flags are refused', async () => {
  await using at = await judged('answers');
  const file = join(at.home, 'calibration.json');
  const refused = async (...parameters: string[]) => {
    const { code, stdout, stderr } = await juror(parameters, at.home);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    return without(at.home, stderr).trim();
  };
  expect(await refused('calibrate', at.run, '--out', file)).toMatchInlineSnapshot(
    `"juror: expected at least 10 labelled verdicts of 'answer-correctness' to calibrate on, got 6 (6 verdicts, 0 without a label, 0 without a score)"`,
  );
  expect(
    await refused('calibrate', at.run, '--out', file, '--rubric', 'better-answer'),
  ).toMatchInlineSnapshot(`"juror: expected a rubric of the run (answer-correctness), got 'better-answer'"`);
  expect(await refused('agree', at.run, '--calibration', file)).toContain(
    'got no readable file at this path',
  );

  await using pairs = await judged();
  expect((await juror(['calibrate', pairs.run, '--out', file], pairs.home)).code).toBe(0);
  expect(await refused('agree', at.run, '--calibration', file)).toMatchInlineSnapshot(
    `"juror: expected a rubric of the run (answer-correctness), got 'better-answer'"`,
  );
  expect(
    await refused('agree', at.run, '--rubric', 'answer-correctness', '--calibration', file),
  ).toMatchInlineSnapshot(
    `"juror: expected the rubric that the calibration was fitted for, better-answer 2 (d81951da8baa), got answer-correctness 1 (edd809282dd2); fit it again with juror calibrate"`,
  );
  expect(await refused('agree', pairs.run, '--criterion', 'better', '--calibration', file)).toContain(
    '--calibration: expected no --criterion',
  );
  const other = JSON.parse(await readFile(file, 'utf8'));
  other.engines[0] = { ...other.engines[0], model: 'large', digest: '0'.repeat(64) };
  await writeFile(file, JSON.stringify(other));
  expect(await refused('agree', pairs.run, '--calibration', file)).toMatchInlineSnapshot(
    `"juror: expected the engine that the calibration was fitted for, large (000000000000), got smollm2-135m (b179c9523d0e); fit it again with juror calibrate"`,
  );
});

test('a prior over labels needs no label; the verdicts without it are exported beside those as judged', async () => {
  await using at = await judged('answers');
  const file = join(at.home, 'prior.json');
  const batch = await juror(['calibrate', at.run, '--method', 'batch', '--out', file], at.home);
  expect(batch.code).toBe(0);
  expect(without(at.home, batch.stdout)).toMatchInlineSnapshot(`
    "answer-correctness · pointwise · prior over labels from 6 judgments, the judgments of this run
    most probable label, as judged and with the prior taken out; no label of people was looked at

    criterion           label       prior  before  after
    answer-correctness  correct    31.7 %       0      4
                        incorrect  68.3 %       6      2

    A batch prior takes labels to be about equally frequent: it tells answers of this batch apart.

    FOLDER/prior.json
    "
  `);
  const prior = LabelPrior.parse(JSON.parse(await readFile(file, 'utf8')));
  const scoresIn = async (name: string, ...flags: string[]) => {
    const to = join(at.home, name);
    expect((await juror(['export', at.run, '--to', to, ...flags], at.home)).code).toBe(0);
    const lines = (await readFile(to, 'utf8')).trim().split('\n');
    return lines.map((line) => Verdict.parse(JSON.parse(line)).score ?? Number.NaN);
  };
  const judgedScores = await scoresIn('judged.jsonl');
  const { correct = 0, incorrect = 0 } = prior.priors[0]?.distribution ?? {};
  const calibrated = await scoresIn('calibrated.jsonl', '--calibration', file);
  expect(calibrated).toHaveLength(6);
  for (const [index, score] of calibrated.entries()) {
    const [good, bad] = [(judgedScores[index] ?? 0) / correct, (1 - (judgedScores[index] ?? 0)) / incorrect];
    expect(score).toBeCloseTo(good / (good + bad), 12);
  }

  const agree = await juror(['agree', at.run, '--calibration', file, '--json'], at.home);
  const { withoutPrior, figures } = JSON.parse(agree.stdout)['answer-correctness'];
  expect(withoutPrior.kind).toBe('batch');
  expect(withoutPrior.report.counts.compared).toBe(6);
  // One prior over two labels keeps the order of scores.
  expect(withoutPrior.report.figures.spearman.estimate).toBe(figures.spearman.estimate);
  expect(withoutPrior.report.figures.pearson.estimate).not.toBe(figures.pearson.estimate);

  // A run of answers without content is read with the same judge only.
  const again = join(at.home, 'again.json');
  const free = ['--method', 'content-free', '--content-free', at.run, '--out', again];
  expect((await juror(['calibrate', at.run, ...free], at.home)).code).toBe(0);
  const { kind: _batch, ...same } = prior;
  expect(JSON.parse(await readFile(again, 'utf8'))).toEqual({ ...same, kind: 'content-free' });
  await using pairs = await judged();
  const other = ['--method', 'content-free', '--content-free', pairs.run, '--out', again];
  expect(await juror(['calibrate', at.run, ...other], at.home)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("expected a rubric of the run (better-answer), got 'answer-correctness'"),
  });
});

test('flags of priors and of lines are told apart; a run’s own verdicts stay as judged', async () => {
  await using at = await judged('answers');
  const file = join(at.home, 'prior.json');
  const refused = async (parameters: string[], message: string) => {
    const { code, stderr } = await juror(parameters, at.home);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  };
  const calibrate = (...flags: string[]) => ['calibrate', at.run, '--out', file, ...flags];
  await refused(calibrate('--method', 'content-free'), 'expected --content-free with a run');
  await refused(calibrate('--method', 'batch', '--content-free', at.run), 'expected --method content-free');
  await refused(calibrate('--strength', '0.5'), 'expected --method batch or content-free');
  await refused(
    calibrate('--method', 'batch', '--strength', 'much'),
    "is invalid. expected a number, got 'much'",
  );
  expect((await juror(calibrate('--method', 'batch'), at.home)).code).toBe(0);
  await refused(['export', at.run, '--calibration', file], 'expected --to FILE');
});

test('agree refuses a prior of another rubric than the one asked for, and to be asked for something else alone', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-cli-'));
  const [run, file, twin] = ['run', 'prior.json', 'twin.yaml'].map((name) => join(home.path, name));
  if (!run || !file || !twin) throw new Error('expected three paths');
  const own = await readFile('rubrics/answer-correctness.yaml', 'utf8');
  await writeFile(twin, own.replace(/^id: .*$/m, 'id: twin'));
  const rubrics = ['--rubric', 'answer-correctness', '--rubric', twin];
  const flags = [...rubrics, '--replay', recordings.full, '--quiet', '--out', run];
  expect((await juror(['judge', 'fixtures/demo/answers.jsonl', ...flags], home.path)).code).toBe(0);
  const prior = ['--method', 'batch', '--rubric', 'answer-correctness', '--out', file];
  expect((await juror(['calibrate', run, ...prior], home.path)).code).toBe(0);
  const agree = (...more: string[]) => juror(['agree', run, '--calibration', file, ...more], home.path);
  expect((await agree('--rubric', 'answer-correctness')).stdout).toContain('taken out (batch)');
  expect(await agree('--rubric', 'twin')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/expected the rubric that .+ for, answer-correctness .+, got twin /),
  });
  for (const [flag, ...value] of [['--corrected'], ['--against', run]] as const)
    expect(await agree(flag, ...value)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `juror: --calibration: expected no ${flag}, which prints nothing of a calibration\n`,
    });
});
