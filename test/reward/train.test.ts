import { expect, test } from 'vitest';
import { encodeHead } from '../../src/reward/head-file.ts';
import { headPage } from '../../src/reward/head-page.ts';
import { isHeldOut } from '../../src/reward/split.ts';
import { trainHead } from '../../src/reward/train.ts';
import { trainingReport } from '../../src/reward/training-report.ts';
import { RewardHead } from '../../src/schema.ts';
import { pairRows, trainingFiles, trainingOf } from './training-data.ts';

test('a head learns what the states show, better than length and better than a coin, with its doubts', async () => {
  const { record, belief } = await trainHead(await trainingOf(pairRows, { l2: 'auto' }));
  const { heldOut, l2, calibration, conformal, posterior, range, training } = record;
  expect(record).toMatchObject({ kind: 'pairs', loss: { kind: 'bradley-terry' }, members: 1, hidden: null });
  const accuracy = heldOut?.figures.accuracy;
  expect(accuracy?.estimate).toBeGreaterThan(0.75);
  expect(heldOut?.baselines.longer?.accuracy?.estimate).toBeLessThan(0.7);
  expect(heldOut?.baselines.constant?.gain?.estimate).toBeGreaterThan(0.15);
  expect(heldOut?.figures['log-loss']?.estimate).toBeLessThan(Math.LN2);
  expect(l2.curve).toHaveLength(13);
  expect(l2.curve?.some(({ l2: tried }) => tried === l2.value)).toBe(true);
  expect(calibration).toMatchObject({ folds: 5, pairs: training.rows.rows });
  expect(conformal?.threshold).toBeLessThan(1);
  expect(posterior?.kind).toBe('laplace');
  expect(range?.rows).toBe(training.rows.texts);
  // The two words are the first two numbers of a state.
  const [good = 0, bad = 0, ...others] = belief.members[0]?.weight ?? [];
  expect(good).toBeGreaterThan(0);
  expect(bad).toBeLessThan(0);
  expect(Math.max(...others.map(Math.abs))).toBeLessThan(good);
});

test('both sides of the split hold prompts of their own, and all of a prompt', async () => {
  const { record } = await trainHead(await trainingOf(pairRows));
  const { training, heldOut } = record;
  expect(training.rows.rows + (heldOut?.rows.rows ?? 0)).toBe(90);
  expect(training.rows.prompts + (heldOut?.rows.prompts ?? 0)).toBe(45);
  expect(training.rows.leftOut).toEqual({});
});

test('a prompt stays on its side, whatever the others, and about the share is held out', () => {
  const names = Array.from({ length: 4000 }, (_, index) => `prompt ${index}`);
  const held = names.filter((name) => isHeldOut(name, 0.2, 3));
  expect(held.length / names.length).toBeCloseTo(0.2, 1);
  const wider = new Set(names.filter((name) => isHeldOut(name, 0.4, 3)));
  expect(held.every((name) => wider.has(name))).toBe(true);
  expect(names.filter((name) => isHeldOut(name, 0.2, 4))).not.toEqual(held);
});

test('two trainings give the same bytes, and the second one reads nothing', async () => {
  const options = await trainingOf(pairRows, { members: 2, hidden: 2, seed: 5 });
  const first = await trainHead(options);
  const asked = options.engine.asked.length;
  const second = await trainHead(options);
  expect(encodeHead(second)).toEqual(encodeHead(first));
  expect(headPage(second.record)).toBe(headPage(first.record));
  expect(trainingReport(second)).toEqual(trainingReport(first));
  expect(options.engine.asked).toHaveLength(asked);
  expect(new Set(options.engine.asked).size).toBe(asked);
  expect(first.reading.found).toBe(0);
  expect(second.reading).toMatchObject({ read: 0, found: first.reading.read });
});

test('another seed holds out other prompts and makes another head', async () => {
  const options = await trainingOf(pairRows);
  const [first, second] = [await trainHead(options), await trainHead({ ...options, seed: 1 })];
  expect(second.record.heldOut?.rows.digest).not.toBe(first.record.heldOut?.rows.digest);
  expect(encodeHead(second)).not.toEqual(encodeHead(first));
});

test('anchors are a test set of their own, and their prompts are kept out of the training', async () => {
  const anchors = await trainingFiles(pairRows.slice(0, 30));
  const { record } = await trainHead(await trainingOf(pairRows, { anchors }));
  expect(record.training.rows).toMatchObject({
    rows: 60,
    prompts: 30,
    leftOut: { 'prompt of the anchors': 30 },
  });
  expect(record.heldOut).toMatchObject({ how: 'anchors', rows: { rows: 30, prompts: 15 } });
});

test('one prompt is one prompt, as text and as a turn, whatever its case and white space', async () => {
  const turns = (rows: typeof pairRows) =>
    rows.map(({ prompt, ...row }) => ({
      prompt: [{ role: 'user', content: ` ${prompt.toUpperCase().replace(' ', '  ')}` }],
      ...row,
    }));
  const both = [...pairRows, ...turns(pairRows)];
  const { training, heldOut } = (await trainHead(await trainingOf(both))).record;
  expect(training.rows.rows + (heldOut?.rows.rows ?? 0)).toBe(180);
  expect(training.rows.prompts + (heldOut?.rows.prompts ?? 0)).toBe(45);
  const anchors = await trainingFiles(turns(pairRows.slice(0, 30)));
  const { record } = await trainHead(await trainingOf(pairRows, { anchors }));
  expect(record.training.rows.leftOut).toEqual({ 'prompt of the anchors': 30 });
});

test('the record names the prompts that it was trained on, and no other', async () => {
  const { data } = await trainingOf(pairRows);
  const { record } = await trainHead(await trainingOf(pairRows));
  const clusters = new Set(record.training.clusters);
  expect(record.training.clusters).toEqual([...clusters].sort());
  expect(clusters.size).toBe(record.training.rows.prompts);
  const all = [...new Set(data.rows.pairs.map(({ cluster }) => cluster))];
  expect(all.filter((cluster) => !isHeldOut(cluster, 0.3, 0)).sort()).toEqual(record.training.clusters);
});

test('answers that do not fit are left out and counted, and so are pairs of one text', async () => {
  const rows = [
    ...pairRows,
    { prompt: 'question 900', chosen: 'x'.repeat(500), rejected: 'a bad answer' },
    { prompt: 'question 901', chosen: 'same', rejected: 'same' },
  ];
  const options = await trainingOf(rows, { holdout: 0 });
  expect(options.data.rows.unused).toEqual({ 'nothing to compare': 1 });
  const { record } = await trainHead(options);
  expect(record.training.rows).toMatchObject({ rows: 90, leftOut: { 'an answer that cannot be read': 1 } });
  expect(record.heldOut).toBeNull();
  expect(headPage(record)).toContain('nothing is known of what this head is worth');
});

test('ties are trained as ½, left out, or given odds of their own', async () => {
  const rows = pairRows.map(({ prompt, chosen, rejected }, index) => ({
    prompt,
    a: chosen,
    b: rejected,
    label: index % 5 === 0 ? 'tie' : 'a',
  }));
  const half = await trainHead(await trainingOf(rows));
  expect(half.record.training.balance.ties).toBeCloseTo(0.2, 1);
  const drop = await trainHead(await trainingOf(rows, { ties: 'drop' }));
  expect(drop.record.training.balance.ties).toBe(0);
  expect(drop.record.training.rows.leftOut.tie).toBeGreaterThan(0);
  const odds = await trainHead(await trainingOf(rows, { loss: { kind: 'davidson' } }));
  expect(odds.record.tieOdds).toBeGreaterThan(0);
  expect(odds.record.posterior).toBeNull();
});

test('pairs of one prompt count as much as one pair, unless asked otherwise', async () => {
  const single = pairRows.filter((_, index) => index % 2 === 0);
  const many = [
    ...single,
    ...Array.from({ length: 20 }, (_, index) => ({
      prompt: 'question 0',
      chosen: `bad ${index}`,
      rejected: `good ${index}`,
    })),
  ];
  const weight = async (weightsPerPrompt: boolean) => {
    const { belief } = await trainHead(await trainingOf(many, { holdout: 0, weightsPerPrompt }));
    return belief.members[0]?.weight[0] ?? 0;
  };
  expect(await weight(true)).toBeGreaterThan((await weight(false)) + 0.1);
});

test.for([
  [
    'scores',
    (prompt: string, text: string, label: number) => ({ prompt, response: text, label: label + 0.5 }),
  ],
  [
    'steps',
    (prompt: string, text: string, label: number) => ({
      prompt,
      steps: [text],
      firstError: label === 1 ? -1 : 0,
    }),
  ],
] as const)('%s of one prompt count as much as one, unless asked otherwise', async ([kind, row]) => {
  const rows = [
    ...Array.from({ length: 30 }, (_, index) =>
      row(`question ${index}`, `${index % 2 ? 'good' : 'bad'} ${index}`, index % 2),
    ),
    ...Array.from({ length: 40 }, (_, index) =>
      row('question 0', `${index % 2 ? 'bad' : 'good'} ${index} again`, index % 2),
    ),
  ];
  const weight = async (weightsPerPrompt: boolean) => {
    const options = await trainingOf(rows, { holdout: 0, weightsPerPrompt });
    expect(options.data.kind).toBe(kind);
    return (await trainHead(options)).belief.members[0]?.weight[0] ?? 0;
  };
  expect(await weight(true)).toBeGreaterThan((await weight(false)) + 0.1);
});

test('margins of the data move the head, and the margin loss needs no probabilities', async () => {
  const options = await trainingOf(pairRows);
  const inUnit = (unit: (place: number) => 'nats' | 'score'): typeof options => {
    const pairs = options.data.rows.pairs.map((pair, place) => ({ ...pair, marginUnit: unit(place) }));
    return { ...options, data: { ...options.data, rows: { ...options.data.rows, pairs } }, margin: 'data' };
  };
  const plain = await trainHead(options);
  const margins = await trainHead(inUnit(() => 'nats'));
  await expect(trainHead(inUnit(() => 'score'))).rejects.toThrow(
    'bradley-terry, --margin data: expected margins in nats, which are taken off log-odds, got 90 of 90 in score',
  );
  await expect(
    trainHead({ ...inUnit((place) => (place < 30 ? 'nats' : 'score')), loss: { kind: 'margin' } }),
  ).rejects.toThrow('got 30 in nats and 60 in score');
  expect(margins.belief.members[0]?.weight).not.toEqual(plain.belief.members[0]?.weight);
  const hinge = await trainHead(await trainingOf(pairRows, { loss: { kind: 'margin', power: 2 } }));
  expect(hinge.record.calibration?.slope).toBeGreaterThan(0);
  expect(hinge.record.posterior).toBeNull();
});

test('several answers with ratings are orders for the loss of orders', async () => {
  const rows = Array.from({ length: 40 }, (_, index) => ({
    prompt: `question ${index}`,
    responses: [`good good ${index}`, `good ${index}`, `bad ${index}`],
    ratings: index % 4 === 0 ? [3, 3, 1] : [3, 2, 1],
  }));
  const { record } = await trainHead(
    await trainingOf(rows, { loss: { kind: 'plackett-luce' }, holdout: 0.25 }),
  );
  expect(record.training.rows.leftOut['sample whose comparisons are no order']).toBeGreaterThan(0);
  expect(record.heldOut?.figures.accuracy?.estimate).toBe(1);
});

test('scores under several objectives are a regression, with a figure for each beside the mean label', async () => {
  const rows = Array.from({ length: 80 }, (_, index) => {
    const [good, bad] = [index % 3, (index >> 2) % 3];
    return {
      prompt: `question ${index >> 1}`,
      response: `${'good '.repeat(good)}${'bad '.repeat(bad)}${index}`,
      label: { kindness: 1 + good, malice: 1 + bad },
    };
  });
  const options = await trainingOf(rows, { l2: 0.001 });
  expect(options.data.kind).toBe('scores');
  const { record } = await trainHead(options);
  expect(record).toMatchObject({
    objectives: ['kindness', 'malice'],
    loss: { kind: 'regression' },
    combination: { kind: 'constants', fit: { comparisons: 'mean' } },
  });
  const { figures = {}, baselines = {} } = record.heldOut ?? {};
  expect(figures['kindness.spearman']?.estimate).toBeGreaterThan(0.8);
  expect(figures['malice.error']?.estimate).toBeLessThan(baselines.constant?.['malice.error']?.estimate ?? 0);
});

test('quantiles have an output each, and the middle one is the score', async () => {
  const rows = Array.from({ length: 60 }, (_, index) => ({
    prompt: `question ${index}`,
    response: `${'good '.repeat(index % 3)}${index}`,
    label: (index % 3) + 0.5,
  }));
  const { record, belief } = await trainHead(
    await trainingOf(rows, { loss: { kind: 'quantile', quantiles: [0.1, 0.5, 0.9] }, holdout: 0.3 }),
  );
  expect(record.objectives).toEqual(['reward.q10', 'reward.q50', 'reward.q90']);
  expect(record.combination?.weights).toEqual([0, 1, 0]);
  expect(belief.members[0]?.bias).toHaveLength(3);
  expect(record.heldOut?.figures.spearman?.estimate).toBeGreaterThan(0.5);
});

test('steps are labelled up to the first error, and each is read as the answer up to it', async () => {
  const rows = Array.from({ length: 60 }, (_, index) => ({
    prompt: `question ${index}`,
    steps: [`good one ${index}.`, index % 2 === 0 ? 'bad two.' : 'good two.', 'good three.'],
    firstError: index % 2 === 0 ? 1 : -1,
  }));
  const options = await trainingOf(rows, { l2: 0.01 });
  expect(options.data.kind).toBe('steps');
  expect(options.data.rows.steps).toHaveLength(30 * 2 + 30 * 3);
  expect(options.data.rows.texts[1]?.text).toBe('good one 0.\nbad two.');
  const { record } = await trainHead(options);
  expect(record.loss.kind).toBe('cross-entropy');
  expect(record.heldOut?.figures.accuracy?.estimate).toBeGreaterThan(0.9);
  expect(record.heldOut?.figures['area-under-curve']?.estimate).toBeGreaterThan(0.9);
  expect(record.calibration).toBeNull();
});

test.for([
  [{ holdout: 1 }, 'expected a share of prompts to hold out from 0 to below 1, got 1'],
  [{ loss: { kind: 'regression' } }, 'regression: expected scores or steps, got pairs'],
  [{ name: 'Not a name' }, 'a name of the head: expected lower-case letters, digits'],
  [{ loss: { kind: 'bradley-terry', flipRate: 0.1 } as never }, 'flipRate'],
  [{ l2: -1 }, 'l2: expected'],
  [{ loss: { kind: 'plackett-luce' }, margin: 'data' }, 'margin: expected none with the loss plackett-luce'],
  [{ loss: { kind: 'plackett-luce' }, ties: 'drop' }, 'ties: expected none with the loss plackett-luce'],
  [{ loss: { kind: 'davidson' }, margin: 1 }, 'margin: expected none with the loss davidson'],
] as const)('refused: %j', async ([change, message]) => {
  await expect(trainHead(await trainingOf(pairRows, change))).rejects.toThrow(message);
});

test.for(['regression', 'cross-entropy', 'quantile'] as const)(
  'margins and ties are refused with %s, which would ignore them',
  async (kind) => {
    const rows = Array.from({ length: 20 }, (_, index) => ({
      prompt: `question ${index}`,
      response: `good ${index}`,
      label: index % 2,
    }));
    const loss = kind === 'quantile' ? { kind, quantiles: [0.5] } : { kind };
    for (const change of [{ margin: 2 }, { margin: 'data' }, { ties: 'drop' }, { ties: 'half' }] as const)
      await expect(trainHead(await trainingOf(rows, { loss, ...change }))).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringMatching(`^${Object.keys(change)[0]}: expected none with the loss ${kind}`),
      });
  },
);

test('one prompt is on one side, and the other side is told to be empty', async () => {
  const few = pairRows.slice(0, 2);
  const told = await Promise.all(
    Array.from({ length: 8 }, async (_, seed) =>
      trainHead(await trainingOf(few, { seed })).then(
        () => 'trained',
        (error: Error) => error.message,
      ),
    ),
  );
  expect(new Set(told.map((text) => text.replace(/seed \d/, 'seed N')))).toEqual(
    new Set([
      'expected labelled pairs to train on, got none',
      'expected labelled pairs to hold out with a share of 0.3 and seed N; 0 holds out none, got none',
    ]),
  );
});

test('an interrupted reading keeps what it read', async () => {
  const options = await trainingOf(pairRows);
  const controller = new AbortController();
  const stopped = trainHead({
    ...options,
    signal: controller.signal,
    onProgress: ({ done }) => {
      if (done === 40) controller.abort();
    },
  });
  await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
  const before = options.engine.asked.length;
  expect(before).toBeLessThan(60);
  await trainHead(options);
  expect(new Set(options.engine.asked).size).toBe(options.engine.asked.length);
});

test('a version that could drive a terminal is refused before anything is read', async () => {
  const training = await trainingOf(pairRows);
  for (const version of ['', '1\u001b[2J', 'v 1', '1'.repeat(41)])
    await expect(trainHead({ ...training, version })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('a version of the head'),
    });
  expect(RewardHead.shape.version.parse('1.0.0-rc.1+b5')).toBe('1.0.0-rc.1+b5');
});
