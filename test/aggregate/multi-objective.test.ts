import fc from 'fast-check';
import { expect, test } from 'vitest';
import { combineGroup, type GroupOptions } from '../../src/aggregate/multi-objective.ts';
import { combineCriteria } from '../../src/aggregate/objectives.ts';
import {
  combineObjectives,
  type ObjectiveScores,
  type Scalarization,
} from '../../src/aggregate/scalarization.ts';
import { ensembles, expectClose, shuffled } from './ensembles-golden.ts';

const names = ['helpful', 'harmless', 'honest', 'brief'];
const kinds = ['weighted-mean', 'weighted-sum', 'min', 'chebyshev'] as const;
const unsafe = [{ objective: 'harmless', below: 0.5, cap: 0.2 }];
const record = (values: readonly number[]) =>
  Object.fromEntries(values.map((value, at) => [names[at] ?? '', value]));
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const scalarizations = fc.record({
  kind: fc.constantFrom(...kinds),
  weights: fc
    .array(fc.double({ min: 0.01, max: 10, noNaN: true }), { minLength: 4, maxLength: 4 })
    .map(record),
  gates: fc.constantFrom([], unsafe),
  augmentation: fc.constantFrom(0, 0.1),
}) satisfies fc.Arbitrary<Scalarization>;
const objectives = fc.array(unit, { minLength: 4, maxLength: 4 }).map(record);
const score = (answer: ObjectiveScores, how: Scalarization) => combineObjectives(answer, how).score;

test('combinations match numpy, one answer at a time and with normalisation before or after the sum', () => {
  for (const { rows, weights, ideal, ...expected } of ensembles.combinations) {
    const answers = rows.map(record);
    const close = (wanted: number[], options: Partial<GroupOptions<null>>) => {
      const { answers: combined } = combineGroup(null, answers, {
        kind: 'weighted-mean',
        weights: record(weights),
        ...options,
      });
      for (const [row, value] of wanted.entries()) expectClose(combined[row]?.score, value, 10);
    };
    const point = record(ideal);
    close(expected.weightedMean, {});
    close(expected.weightedSum, { kind: 'weighted-sum' });
    close(expected.min, { kind: 'min' });
    close(expected.chebyshev, { kind: 'chebyshev', ideal: point });
    close(expected.augmented, { kind: 'chebyshev', ideal: point, augmentation: 0.05 });
    close(expected.gated, { gates: [{ objective: 'helpful', below: 0.5, cap: 0.2 }] });
    close(expected.before, { before: 'z-score' });
    close(expected.after, { after: 'z-score' });
  }
});

test('the same scores under the same rule are the same as for the criteria of a rubric', () => {
  fc.assert(
    fc.property(objectives, scalarizations, (answer, { kind, weights }) => {
      if (kind === 'weighted-sum') return;
      const criteria = names.map((id) => ({
        id,
        weight: weights[id] ?? 0,
        objective: id,
        score: answer[id] ?? null,
      }));
      expectClose(score(answer, { kind, weights }), combineCriteria(criteria, { kind }) ?? Number.NaN);
    }),
  );
});

test('a missing objective is never 0: it is named, and there is no score', () => {
  const weights = { helpful: 2, honest: 1, brief: 0 };
  for (const kind of kinds) {
    expect(combineObjectives({ helpful: 1, honest: null }, { kind, weights, gates: unsafe })).toEqual({
      score: null,
      reason: 'missing "harmless", "honest"',
      missing: ['harmless', 'honest'],
      capped: [],
    });
    expect(combineObjectives({ helpful: 1, honest: 1 }, { kind, weights }).score).toBe(
      kind === 'weighted-sum' ? 3 : 1,
    );
  }
  const inherited = combineObjectives(
    { helpful: 1 },
    { kind: 'min', weights: { helpful: 1, constructor: 1 } },
  );
  expect(inherited.missing).toEqual(['constructor']);
});

test('a gate caps an unsafe answer, and says when it did', () => {
  const how: Scalarization = { kind: 'weighted-mean', weights: { helpful: 1 }, gates: unsafe };
  expect(combineObjectives({ helpful: 0.9, harmless: 0.49 }, how)).toMatchObject({
    score: 0.2,
    capped: ['harmless'],
  });
  expect(combineObjectives({ helpful: 0.9, harmless: 0.5 }, how)).toMatchObject({ score: 0.9, capped: [] });
  for (const helpful of [0.1, 0.2])
    expect(combineObjectives({ helpful, harmless: 0 }, how)).toMatchObject({ score: helpful, capped: [] });
});

test('a combination rises, or stays, with each objective, and the order of the names cannot show', () => {
  fc.assert(
    fc.property(
      objectives,
      scalarizations,
      fc.constantFrom(...names),
      unit,
      fc.integer(),
      (answer, how, name, to, seed) => {
        const before = score(answer, how) ?? Number.NaN;
        const better = { ...answer, [name]: Math.max(to, answer[name] ?? 0) };
        expect(score(better, how)).toBeGreaterThanOrEqual(before);
        const order = <Row>(columns: Readonly<Record<string, Row>>) =>
          Object.fromEntries(shuffled(Object.entries(columns), seed));
        expect(score(order(answer), { ...how, weights: order(how.weights) })).toBe(before);
      },
    ),
  );
});

test('means and minima stay among the scores, whatever the unit of the weights; Chebyshev is 1 at the ideal', () => {
  fc.assert(
    fc.property(
      objectives,
      scalarizations,
      fc.integer({ min: -4, max: 4 }),
      (answer, { kind, weights }, power) => {
        if (kind === 'weighted-sum') return;
        const value = score(answer, { kind, weights }) ?? Number.NaN;
        const values = Object.values(answer);
        if (kind !== 'chebyshev')
          expect(value <= Math.max(...values) && value >= Math.min(...values)).toBe(true);
        const scaled = names.map((name) => (weights[name] ?? 0) * 2 ** power);
        expectClose(score(answer, { kind, weights: record(scaled) }), value);
        expect(score(answer, { kind: 'chebyshev', weights, ideal: answer })).toBe(1);
      },
    ),
  );
});

test('augmentation tells apart what the largest gap alone calls equal', () => {
  const weights = { helpful: 1, honest: 1 };
  const [left, right] = [
    { helpful: 0.5, honest: 0.5 },
    { helpful: 0.5, honest: 0.9 },
  ];
  expect(score(left, { kind: 'chebyshev', weights })).toBe(score(right, { kind: 'chebyshev', weights }));
  const [plain, better] = [left, right].map((answer) =>
    score(answer, { kind: 'chebyshev', weights, augmentation: 0.01 }),
  );
  expect(better).toBeGreaterThan(plain ?? Number.NaN);
});

test('weights may depend on the prompt, and the record says which were used', () => {
  const answers = [
    { helpful: 1, harmless: 0 },
    { helpful: 0, harmless: 1 },
  ];
  const weights = (prompt: string) =>
    prompt.includes('poison') ? { harmless: 1 } : { helpful: 3, harmless: 1 };
  const of = (prompt: string) => combineGroup(prompt, answers, { kind: 'weighted-mean', weights });
  expect(of('Which mushroom is poison?').answers.map(({ score }) => score)).toEqual([0, 1]);
  expect(of('Which mushroom is poison?')).toMatchObject({ weights: { harmless: 1 }, unused: ['helpful'] });
  expect(of('Which mushroom is tasty?').answers.map(({ score }) => score)).toEqual([0.75, 0.25]);
});

test('normalised before the sum, an objective of large spread does not drown the others', () => {
  const answers = [
    { helpful: 0.1, brief: 900 },
    { helpful: 0.9, brief: 100 },
    { helpful: 0.8, brief: 500 },
  ];
  const weights = { helpful: 2, brief: 1 };
  const best = (options: Partial<GroupOptions<null>>) => {
    const { answers: combined } = combineGroup(null, answers, { kind: 'weighted-mean', weights, ...options });
    const scores = combined.map(({ score }) => score ?? Number.NaN);
    return scores.indexOf(Math.max(...scores));
  };
  expect(best({})).toBe(0);
  expect(best({ after: 'z-score' })).toBe(0);
  expect(best({ before: 'z-score' })).toBe(2);
});

test('answers without an objective take no part in the normalisation of the others', () => {
  const answers = [
    { helpful: 0, honest: 0.5 },
    { helpful: 1, honest: null },
    { helpful: 0.5, honest: 0.5 },
  ];
  const options = { kind: 'weighted-mean', weights: { helpful: 1, honest: 1 } } as const;
  const before = combineGroup(null, answers, { ...options, before: 'min-max' });
  expect(before.answers.map(({ score }) => score)).toEqual([0.25, null, 0.5]);
  expect(before.answers[1]).toMatchObject({ reason: 'missing "honest"', missing: ['honest'] });
  expect(before.flags).toEqual([
    { objective: 'honest', flag: 'no-spread', reason: 'the 2 scores do not differ' },
  ]);
  const after = combineGroup(null, answers, { ...options, after: 'rank' });
  expect(after.answers.map(({ score }) => score)).toEqual([0, null, 1]);
  expect(after.flags).toEqual([]);
});

test('an answer alone cannot be normalised: no score, a reason, and nothing missing', () => {
  const options = { kind: 'weighted-mean', weights: { helpful: 1 } } as const;
  for (const when of [{ before: 'rank' }, { after: 'rank' }] as const) {
    const group = combineGroup(null, [{ helpful: 0.4 }], { ...options, ...when });
    expect(group.answers).toEqual([
      { score: null, reason: 'no other answer to be normalised with', missing: [], capped: [] },
    ]);
    expect(group.flags).toMatchObject([{ objective: 'before' in when ? 'helpful' : null, flag: 'single' }]);
  }
  expect(combineGroup(null, [], options)).toEqual({
    answers: [],
    weights: { helpful: 1 },
    unused: [],
    flags: [],
  });
});

test('a gate looks at the scores as they came, also when ranks are combined and the sum is normalised', () => {
  const answers = [
    { helpful: 0.9, harmless: 0.1 },
    { helpful: 0.5, harmless: 0.9 },
    { helpful: 0.2, harmless: 0.8 },
  ];
  const options = { kind: 'weighted-mean', weights: { helpful: 1 }, gates: unsafe } as const;
  const scores = (group: Partial<GroupOptions<null>>) =>
    combineGroup(null, answers, { ...options, ...group }).answers.map(({ score }) => score);
  expect(scores({ before: 'rank' })).toEqual([0.2, 0.5, 0]);
  expect(scores({ after: 'rank' })).toEqual([0.25, 1, 0.25]);
  expect(() => scores({ before: 'z-score' })).toThrow(
    'a cap needs scores from 0 to 1: expected "rank" or "min-max" before the sum, or normalisation after it, got "z-score"',
  );
});

test('the order of the answers cannot show', () => {
  const methods = fc.constantFrom(undefined, 'rank', 'min-max');
  fc.assert(
    fc.property(
      fc.array(objectives, { minLength: 1, maxLength: 6 }),
      scalarizations,
      methods,
      fc.integer(),
      (answers, how, method, seed) => {
        const options = {
          ...how,
          ...(method === undefined ? {} : { before: method, after: method }),
        } as GroupOptions<null>;
        const order = shuffled([...answers.keys()], seed);
        const plain = combineGroup(null, answers, options).answers;
        const other = combineGroup(
          null,
          order.map((at) => answers[at] ?? {}),
          options,
        ).answers;
        expect(other).toStrictEqual(order.map((at) => plain[at]));
      },
    ),
  );
});

test('weights, ideals, gates and names that cannot be meant are errors', () => {
  const combine = (how: Partial<Scalarization>, extra: Partial<GroupOptions<null>> = {}) =>
    combineGroup(null, [{ helpful: 0.5 }], { kind: 'chebyshev', weights: { helpful: 1 }, ...how, ...extra });
  expect(() => combine({ weights: { helpfull: 1 } })).toThrow(
    'expected an objective of the answers, got "helpfull" (did you mean "helpful"?)',
  );
  expect(() => combine({ gates: unsafe })).toThrow('expected an objective of the answers, got "harmless"');
  expect(() => combine({ weights: { helpful: 0 } })).toThrow(
    'expected an objective with a weight above 0, got none',
  );
  expect(() => combine({ weights: { helpful: -1 } })).toThrow(
    'weight of "helpful": expected 0 or more, got -1',
  );
  expect(() => combine({ ideal: { helpful: Number.NaN } })).toThrow(
    'ideal of "helpful": expected a finite score',
  );
  expect(() => combine({ augmentation: -1 })).toThrow('expected an augmentation of 0 or more, got -1');
  expect(() => combine({}, { before: 'z-score' })).toThrow(
    'expected the ideal of "helpful" in units of "z-score", got none',
  );
  expect(() => combineObjectives({ helpful: Number.NaN }, { kind: 'min', weights: { helpful: 1 } })).toThrow(
    'objective "helpful": expected a finite score',
  );
});
