import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  averageDistributions,
  centerMembers,
  majorityLabel,
  type Reducer,
  reduceScores,
} from '../../src/aggregate/ensemble.ts';
import type { Member, Quorum } from '../../src/aggregate/turnout.ts';
import { ensembles, expectClose, shuffled } from './ensembles-golden.ts';

const reducers: Reducer[] = [
  { kind: 'mean' },
  { kind: 'median' },
  { kind: 'majority' },
  { kind: 'worst-case' },
  { kind: 'penalized-mean', lambda: 0.75 },
];
const all = { quorum: 'all' } as const;
const member = (id: string, value: number | null, reason = 'context'): Member =>
  value === null ? { id, value, reason } : { id, value };
const panel = (...values: (number | null)[]) => values.map((value, place) => member(`judge-${place}`, value));
const value = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, -0, 0.25, 0.5, 1));
const members = fc
  .array(fc.option(value, { freq: 4 }), { minLength: 1, maxLength: 9 })
  .map((values) => panel(...values));
const quorum: fc.Arbitrary<Quorum> = fc.constantFrom<Quorum>('all', 'majority', 1);

test('reducers match numpy and scipy', () => {
  for (const { scores, ...expected } of ensembles.reductions) {
    const unit = Math.max(...scores.map(Math.abs));
    const rows = panel(...scores);
    const by = (kind: 'mean' | 'median' | 'worst-case') => reduceScores(rows, { kind }, all);
    expectClose(by('mean').value, expected.mean, unit);
    expectClose(by('median').value, expected.median, unit);
    expect(by('worst-case').value).toBe(expected.worst);
    expectClose(
      reduceScores(rows, { kind: 'penalized-mean', lambda: 0.75 }, all).value,
      expected.penalized,
      unit,
    );
    expect(reduceScores(rows, { kind: 'majority' }, all).value).toBe(expected.majority);
    expectClose(by('mean').disagreement, expected.disagreement, unit);
    expectClose(by('mean').standardError, expected.standardError, unit);
  }
});

test('one silent judge of two leaves one decided of two, and no score that looks like a mean', () => {
  const rows = [member('small', 0.9), member('large', null, 'truncated')];
  const abstained = [{ id: 'large', reason: 'truncated' }];
  const turnout = { decided: 1, total: 2, abstained, disagreement: null, standardError: null };
  for (const reducer of reducers) {
    expect(reduceScores(rows, reducer, all)).toEqual({
      ...turnout,
      quorum: 2,
      status: 'undecided',
      value: null,
      reason: '1 of 2 decided, quorum 2; abstained: large (truncated)',
    });
  }
  expect(reduceScores(rows, { kind: 'mean' }, { quorum: 1 })).toEqual({
    ...turnout,
    quorum: 1,
    status: 'partial',
    value: 0.9,
    reason: '1 of 2 decided; abstained: large (truncated)',
  });
  expect(reduceScores(rows, { kind: 'penalized-mean', lambda: 1 }, { quorum: 1 })).toMatchObject({
    status: 'undecided',
    reason: 'one score has no standard deviation; 1 of 2 decided; abstained: large (truncated)',
  });
});

test('a quorum of the majority is more than half', () => {
  const mean = (...values: (number | null)[]) =>
    reduceScores(panel(...values), { kind: 'mean' }, { quorum: 'majority' });
  expect(mean(0.2, 0.4, null, null)).toMatchObject({ status: 'undecided', quorum: 3, decided: 2 });
  expect(mean(0.2, 0.4, null)).toMatchObject({ status: 'partial', quorum: 2, decided: 2 });
});

test('a majority is of all members: silence and ties are in the denominator', () => {
  const majority = (values: (number | null)[], threshold?: number) =>
    reduceScores(
      panel(...values),
      { kind: 'majority', ...(threshold === undefined ? {} : { threshold }) },
      { quorum: 1 },
    );
  expect(majority([0.9, 0.8, null]).value).toBe(1);
  expect(majority([0.9, null, null]).value).toBeNull();
  expect(majority([0.9, 0.8, null, 0.1])).toMatchObject({
    value: null,
    reason: 'no majority of all 4: 2 above 0.5, 1 below 0.5; 3 of 4 decided; abstained: judge-2 (context)',
  });
  expect(majority([0.1, 0.2, 0.9]).value).toBe(0);
  expect(majority([0.5, 0.5, 0.9]).value).toBe(0.5);
  expect(majority([0.6, 0.7, 0.9], 0.65).value).toBe(1);
  expect(majority([0.6, 0.6, 0.9], 0.65).value).toBe(0);
});

test('labels win with more than half of all votes, whatever they are called', () => {
  const vote = (id: string, label: string | null): Member<string> =>
    label === null ? { id, value: null, reason: 'engine' } : { id, value: label };
  const votes = [vote('c', 'B'), vote('a', 'A'), vote('b', 'A'), vote('d', null)];
  expect(majorityLabel(votes, { quorum: 'majority' })).toMatchObject({
    status: 'undecided',
    reason: 'no majority of all 4: 2 A, 1 B; 3 of 4 decided; abstained: d (engine)',
    votes: { A: 2, B: 1 },
  });
  expect(majorityLabel([...votes, vote('e', 'A')], { quorum: 'majority' })).toMatchObject({
    status: 'partial',
    value: 'A',
    quorum: 3,
  });
  expect(majorityLabel([vote('a', 'at'), vote('b', 'at')], all)).toMatchObject({
    status: 'complete',
    value: 'at',
  });
});

test('a shuffled panel gives the identical record, to the bit', () => {
  fc.assert(
    fc.property(members, quorum, fc.integer(), (rows, quorum, seed) => {
      const other = shuffled(rows, seed);
      for (const reducer of reducers) {
        const [left, right] = [rows, other].map((order) => reduceScores(order, reducer, { quorum }));
        expect(right).toStrictEqual(left);
        expect(Object.is(right?.value, left?.value)).toBe(true);
      }
    }),
  );
});

test('values lie within the scores, are lower the more cautious the reducer, and are never given below the quorum', () => {
  fc.assert(
    fc.property(members, quorum, (rows, quorum) => {
      const [mean, median, majority, worst, penalized] = reducers.map((reducer) =>
        reduceScores(rows, reducer, { quorum }),
      );
      const scores = rows.flatMap(({ value }) => (value === null ? [] : [value]));
      for (const result of [mean, median, majority, worst, penalized]) {
        expect(result?.decided).toBe(scores.length);
        expect((result?.abstained.length ?? 0) + scores.length).toBe(result?.total);
        if (scores.length < (result?.quorum ?? 0)) expect(result?.value).toBeNull();
        expect(result?.reason === null).toBe(result?.status === 'complete');
        expect(result?.value === null).toBe(result?.status === 'undecided');
        if (result?.status === 'complete') expect(result.decided).toBe(result.total);
      }
      if (mean?.value == null || median?.value == null) return;
      const [least, most] = [Math.min(...scores), Math.max(...scores)];
      expect(worst?.value).toBe(least + 0);
      for (const center of [mean.value, median.value]) expect(center >= least && center <= most).toBe(true);
      if (penalized?.value != null) expect(penalized.value).toBeLessThanOrEqual(mean.value);
    }),
  );
});

test('mean, median, worst case and majority rise, or stay, with every member', () => {
  fc.assert(
    fc.property(members, fc.nat(), value, (rows, pick, score) => {
      const changed = rows[pick % rows.length];
      if (changed === undefined || changed.value === null || score < changed.value) return;
      const better = rows.map((row) => (row === changed ? { ...changed, value: score } : row));
      for (const reducer of reducers.slice(0, 4)) {
        const [before, after] = [rows, better].map((row) => reduceScores(row, reducer, { quorum: 1 }).value);
        if (before != null && after != null) expect(after).toBeGreaterThanOrEqual(before);
      }
    }),
  );
});

test('a penalty has a floor where one is set', () => {
  const rows = panel(0, 1);
  expectClose(reduceScores(rows, { kind: 'penalized-mean', lambda: 1 }, all).value, 0.5 - Math.SQRT1_2);
  expect(reduceScores(rows, { kind: 'penalized-mean', lambda: 1, floor: 0 }, all).value).toBe(0);
});

test('distributions are averaged label by label, and still sum to 1', () => {
  for (const { rows, mean } of ensembles.distributions) {
    const labels = mean.map((_, place) => `label ${place}`);
    const voices = rows.map((row, place) => ({
      id: `judge-${place}`,
      value: Object.fromEntries(row.map((probability, label) => [`label ${label}`, probability])),
    }));
    const { value } = averageDistributions(shuffled(voices, 3), labels, all);
    expect(Object.keys(value ?? {})).toEqual(labels);
    for (const [label, probability] of mean.entries()) expectClose(value?.[`label ${label}`], probability);
    expectClose(
      Object.values(value ?? {}).reduce((sum, probability) => sum + probability, 0),
      1,
    );
    expect(averageDistributions(voices, labels, all).value).toStrictEqual(value);
  }
  const silent = { id: 'b', value: null, reason: 'invalid' };
  const voices = [{ id: 'a', value: { A: 1 } }, silent];
  expect(averageDistributions(voices, ['A', 'B'], all)).toMatchObject({ value: null, decided: 1, total: 2 });
  expect(averageDistributions(voices, ['A', 'B'], { quorum: 1 })).toMatchObject({
    status: 'partial',
    value: { A: 1, B: 0 },
  });
});

test('a distribution over other labels, or with another sum, is an error', () => {
  const average = (value: Record<string, number>) =>
    averageDistributions([{ id: 'a', value }], ['good', 'bad'], all);
  expect(() => average({ god: 1 })).toThrow(
    'member "a": expected a label of the scale, got "god" (did you mean "good"?)',
  );
  expect(() => average({ good: 0.5, bad: 0.4 })).toThrow(
    'member "a": expected probabilities that sum to 1, got 0.9',
  );
  expect(() => average({ good: Number.NaN })).toThrow('expected probabilities from 0 to 1, got NaN');
});

test('members are compared without the shift that each has for the prompt', () => {
  const answers = [
    [member('a', 1), member('b', 101)],
    [member('a', 3), member('b', 105)],
    [member('a', 2), member('b', 100)],
  ];
  const centered = centerMembers(answers);
  expect(centered).toEqual([
    [member('a', 51), member('b', 51)],
    [member('a', 53), member('b', 55)],
    [member('a', 52), member('b', 50)],
  ]);
  const worst = (rows: readonly Member[]) => reduceScores(rows, { kind: 'worst-case' }, all).value;
  expect(answers.map(worst)).toEqual([1, 3, 2]);
  expect(centered.map(worst)).toEqual([51, 53, 50]);
});

test('centering forgets the shift of each member, keeps the mean of full panels, and leaves abstentions', () => {
  const table = fc
    .record({ answers: fc.integer({ min: 1, max: 5 }), judges: fc.integer({ min: 1, max: 4 }) })
    .chain(({ answers, judges }) =>
      fc.array(
        fc.array(fc.option(fc.integer({ min: -8, max: 8 }), { freq: 6 }), {
          minLength: judges,
          maxLength: judges,
        }),
        { minLength: answers, maxLength: answers },
      ),
    );
  fc.assert(
    fc.property(table, fc.integer({ min: -50, max: 50 }), (rows, shift) => {
      const answers = rows.map((row) => panel(...row));
      const centered = centerMembers(answers);
      const moved = centerMembers(
        rows.map((row) =>
          panel(...row.map((score, judge) => (score === null ? null : score + shift * judge))),
        ),
      );
      const mean = (members: readonly Member[]) => reduceScores(members, { kind: 'mean' }, all).value;
      const disagreement = (members: readonly Member[]) =>
        reduceScores(members, { kind: 'mean' }, all).disagreement;
      centered.forEach((members, row) => {
        expect(members.map(({ id }) => id)).toEqual(answers[row]?.map(({ id }) => id));
        rows[row]?.forEach((score, judge) => {
          if (score === null) expect(members[judge]).toEqual(answers[row]?.[judge]);
        });
        const [plain, result] = [mean(answers[row] ?? []), mean(members)];
        if (plain !== null && result !== null && rows.every((scores) => !scores.includes(null)))
          expectClose(result, plain, 10);
        const apart = disagreement(members);
        if (apart !== null) expectClose(disagreement(moved[row] ?? []), apart, 500);
      });
    }),
  );
});

test('members who never scored the same answer cannot be centered', () => {
  const centered = centerMembers([
    [member('a', 1), member('b', null)],
    [member('a', null), member('b', 2)],
  ]);
  const nothing = 'no answer to center on: none was scored by every member';
  expect(centered).toEqual([
    [member('a', null, nothing), member('b', null)],
    [member('a', null), member('b', null, nothing)],
  ]);
});

test('an empty panel, a repeated id, a wrong quorum and a wrong score are errors', () => {
  const mean = (rows: Member[], quorum: Quorum = 'all') => reduceScores(rows, { kind: 'mean' }, { quorum });
  expect(() => mean([])).toThrow('expected at least one member, got none');
  expect(() => mean([member('a', 1), member('b', 0), member('a', 0)])).toThrow(
    'expected members with ids of their own, got "a" twice',
  );
  for (const quorum of [0, 3, 1.5]) {
    expect(() => mean(panel(1, 0), quorum)).toThrow(
      `expected a quorum of "all", "majority" or 1 to 2, got ${quorum}`,
    );
  }
  expect(() => mean([member('a', Number.NaN)])).toThrow('member "a": expected a finite score');
  expect(() => reduceScores(panel(1), { kind: 'penalized-mean', lambda: -1 }, all)).toThrow(
    'expected a lambda of 0 or more, got -1',
  );
});
