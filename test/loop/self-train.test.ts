import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { selfTrain } from '../../src/loop/self-train.ts';
import type { Round, SelfTrainOptions } from '../../src/loop/self-train-parts.ts';
import { better, contentsOf, judgedPair, makeData, type StubOptions, stubParts } from './self-train-stub.ts';

const data = makeData(120, 200);
const options: SelfTrainOptions = { rounds: 3, pairsPerRound: 90, promotion: { resamples: 2000 } };

async function loop(stub: StubOptions = {}, changed: Partial<SelfTrainOptions> = {}, given = data) {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-loop-'));
  const told: Round[] = [];
  const result = await selfTrain(home.path, given, stubParts(stub), {
    ...options,
    onRound: (round) => told.push(round),
    ...changed,
  });
  return { ...result, told, files: await contentsOf(home.path) };
}

const outcomes = (rounds: readonly Round[]) => rounds.map(({ decision }) => decision.outcome);
const guard = ({ card }: Round, name: string) => card.guards.find((found) => found.guard === name);

test('edits that reveal the truth part by part make each head better than the one before', async () => {
  const { rounds, told, files, stopped } = await loop();
  expect(outcomes(rounds)).toEqual(['base', 'promoted', 'promoted']);
  expect(told).toEqual(rounds);
  expect(stopped).toBeNull();
  const accuracy = rounds.map(({ card }) => card.anchors?.accuracy.estimate ?? 0);
  expect(accuracy[0]).toBeGreaterThan(0.6);
  expect(accuracy[2]).toBeGreaterThan(0.9);
  for (const { card } of rounds.slice(1)) {
    expect(card.anchors?.test?.difference.low).toBeGreaterThan(0);
    expect(card.length?.anchors.estimate).toBeLessThan(0.2);
  }
  expect(rounds.map(({ card }) => card.anchors?.test?.level ?? null)).toEqual([
    null,
    1 - 0.05 / 2,
    1 - 0.05 / 6,
  ]);
  expect(files['current/head.json']).toBe(files['rounds/02/head/head.json']);
  expect(files['README.md']).toContain('the head of round 2');
  expect(files['rounds.jsonl']?.trim().split('\n')).toHaveLength(3);
});

test('a round whose labels are all turned round is refused before a head is trained, and is never trained on', async () => {
  const { rounds, files } = await loop(
    { flipped: (round) => round === 1, coordinate: () => 0 },
    { rounds: 2 },
  );
  expect(outcomes(rounds)).toEqual(['base', 'refused']);
  const [, poisoned] = rounds as [Round, Round];
  expect(guard(poisoned, 'agreement')?.refused).toBe(true);
  expect(poisoned.card.labels.agreement?.observed).toBeLessThan(0.3);
  expect(poisoned.card.anchors).toBeNull();
  expect(poisoned.card.training).toBeNull();
  expect(poisoned.decision).toMatchObject({ current: 0, looks: 0, without: 1 });
  expect(files['rounds/01/head/head.json']).toBeUndefined();
  expect(files['current/head.json']).toBe(files['rounds/00/head/head.json']);
  const after = await loop({ flipped: (round) => round === 1 }, { rounds: 3 });
  expect(after.rounds[2]?.card.training?.rounds).not.toContain(1);
});

test('with every guard off the anchors refuse it, and the head stays what it was', async () => {
  const off = {
    agreement: null,
    probes: null,
    chosenLonger: null,
    lengthAnchors: null,
    lengthPool: null,
    labelBalance: null,
  };
  const { rounds, files } = await loop(
    { flipped: (round) => round === 1, coordinate: (_, index) => index % 3 },
    { rounds: 2, limits: off },
  );
  const [, poisoned] = rounds as [Round, Round];
  expect(poisoned.card.anchors?.test?.difference.high).toBeLessThan(0);
  expect(poisoned.decision).toMatchObject({ outcome: 'refused', current: 0, looks: 1 });
  expect(poisoned.decision.reasons[0]).toContain('anchors: worse');
  expect(files['current/head.json']).toBe(files['rounds/00/head/head.json']);
});

test('the probes alone refuse it too', async () => {
  const { rounds } = await loop(
    { flipped: (round) => round === 1, coordinate: (_, index) => index % 3 },
    { rounds: 2, limits: { agreement: null, lengthAnchors: null, lengthPool: null } },
  );
  expect(rounds[1]?.decision.reasons.some((reason) => reason.startsWith('probes: '))).toBe(true);
  expect(rounds[1]?.card.anchors).toBeNull();
});

test('a first round that is turned round is refused, and the clean one after it becomes the base', async () => {
  const poisoned = {
    flipped: (round: number | null) => round === 0,
    coordinate: (_: number | null, index: number) => index % 3,
  };
  for (const [limits, reason] of [
    [{}, 'probes: accuracy on'],
    [{ probes: null }, 'anchors: worse than a coin'],
  ] as const) {
    const { rounds, files } = await loop(poisoned, { rounds: 2, limits });
    expect(outcomes(rounds)).toEqual(['refused', 'base']);
    expect(rounds[0]?.decision).toMatchObject({ current: null, base: null, without: 1 });
    expect(rounds[0]?.decision.reasons[0]).toContain(reason);
    expect(rounds[1]?.decision).toMatchObject({ current: 1, base: 1 });
    expect(rounds[1]?.card.training?.rounds).toEqual([1]);
    expect(rounds[1]?.card.anchors?.accuracy.low).toBeGreaterThan(0.5);
    expect(files['current/head.json']).toBe(files['rounds/01/head/head.json']);
  }
});

test('no pair is judged twice, whatever became of the verdict on it', async () => {
  const asked: string[] = [];
  const { rounds, files } = await loop(
    {
      async *judge(samples) {
        for (const sample of samples) {
          asked.push(sample.id);
          if (asked.length % 2 === 0) yield { status: 'unscored', reason: 'context' };
          else yield { status: 'judged', preference: judgedPair(sample, 0.9, false) };
        }
      },
    },
    { pairsPerRound: 40, limits: { orderConsistency: null } },
    makeData(50, 60),
  );
  expect(rounds.map(({ card }) => card.comparisons.judged)).toEqual([0, 0, 0]);
  expect(asked.length).toBe(40);
  expect(new Set(asked).size).toBe(asked.length);
  expect(files['rounds/00/asked.jsonl']).toBe('');
  expect(files['rounds/01/asked.jsonl']?.trim().split('\n')).toHaveLength(20);
});

test('rounds that say nothing new are held, their comparisons stay, and two of them end the loop', async () => {
  const { rounds, stopped } = await loop({ coordinate: () => 0 }, { rounds: 6 });
  expect(outcomes(rounds)).toEqual(['base', 'held', 'held']);
  expect(rounds[2]?.card.training?.rounds).toEqual([0, 1, 2]);
  expect(stopped).toContain('2 rounds');
});

test('anchors are never trained on: their prompts leave the data, however they are written', async () => {
  const prompts = ['  QUESTION 0 ', [{ role: 'user' as const, content: 'question  1' }]];
  const anchors = data.anchors.map((anchor, index) => ({
    ...anchor,
    prompt: prompts[index] ?? anchor.prompt,
  }));
  const { removed, files } = await loop({}, { rounds: 1 }, { samples: data.samples, anchors });
  expect(removed).toBe(2);
  const trained = Object.values(files).join('\n');
  for (const prompt of ['"question 0"', '"question 1"', 'anchor ']) expect(trained).not.toContain(prompt);
  expect(trained).toContain('"question 2"');
});

test('a judge labels the pairs that the head is least sure of, and inconsistent ones are dropped and counted', async () => {
  let asked = 0;
  const { rounds } = await loop(
    {
      async *judge(samples) {
        for (const sample of samples) {
          const [left, right] = sample.responses.map(({ text }) => better(text));
          const probability = 1 / (1 + Math.exp((right ?? 0) - (left ?? 0)));
          asked++;
          if (asked % 10 === 0) yield { status: 'unscored', reason: 'context' };
          else yield { status: 'judged', preference: judgedPair(sample, probability, asked % 10 !== 1) };
        }
      },
    },
    { rounds: 2, pairsPerRound: 60 },
  );
  const [base, next] = rounds as [Round, Round];
  // Without a head there is nothing to choose by.
  expect(base.card.comparisons).toMatchObject({ synthetic: 60, judged: 0 });
  expect(base.card.comparisons.chosen).toEqual({ uncertainty: 0, random: 0 });
  expect(next.card.comparisons.chosen).toEqual({ uncertainty: 24, random: 6 });
  expect(next.card.comparisons).toMatchObject({
    synthetic: 30,
    judged: 24,
    dropped: { inconsistent: 3, unscored: { context: 3 } },
  });
  expect(next.card.labels.orderConsistency.estimate).toBeCloseTo(24 / 27, 12);
  expect(next.card.labels.entropy.estimate).toBeGreaterThan(0.2);
});

test('a folder goes on under no other settings, and says what differs', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-loop-'));
  await selfTrain(home.path, data, stubParts(), { ...options, rounds: 1 });
  await expect(selfTrain(home.path, data, stubParts(), { ...options, rounds: 1, seed: 3 })).rejects.toThrow(
    'with seed 0, got 3',
  );
  await expect(
    selfTrain(home.path, data, stubParts(), { ...options, rounds: 1, limits: { probes: 0.5 } }),
  ).rejects.toThrow('with limits.probes 0.1, got 0.5');
});
