import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Votes } from '../../src/aggregate/annotators.ts';
import { dawidSkene } from '../../src/aggregate/dawid-skene.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { agreementGolden } from './agreement-golden.ts';
import { expectNear } from './golden.ts';

const item: fc.Arbitrary<Votes> = fc.dictionary(
  fc.constantFrom('ann', 'bob', 'cy', 'dee'),
  fc.constantFrom('first', 'second', 'tie'),
);
const items = fc
  .array(item, { minLength: 1, maxLength: 25 })
  .filter((all) => all.some((votes) => Object.keys(votes).length > 0));

test('Dawid and Skene’s fit matches crowd-kit round by round', () => {
  for (const { items: votes, rounds, prior, confusion, posteriors } of agreementGolden.dawidSkene) {
    const fit = dawidSkene(votes, { iterations: rounds, tolerance: -1 });
    expect(fit.logLikelihood).toHaveLength(rounds + 1);
    for (const [label, share] of Object.entries(prior)) expectNear(fit.prior[label] ?? null, share);
    for (const [name, rows] of Object.entries(confusion)) {
      for (const [truth, row] of Object.entries(rows)) {
        for (const [said, probability] of Object.entries(row)) {
          expectNear(fit.annotators[name]?.confusion[truth]?.[said] ?? null, probability);
        }
      }
    }
    for (const [place, posterior] of posteriors.entries()) {
      for (const [label, probability] of posterior.entries()) {
        expectNear(fit.posteriors[place]?.[fit.labels[label] ?? ''] ?? null, probability);
      }
    }
  }
});

test('the log-likelihood never falls, and everything is a distribution', () => {
  fc.assert(
    fc.property(items, (votes) => {
      const { logLikelihood, prior, posteriors, annotators } = dawidSkene(votes, { iterations: 60 });
      for (const [round, value] of logLikelihood.entries()) {
        expect(value).toBeLessThanOrEqual(1e-9);
        expect(value).toBeGreaterThanOrEqual(logLikelihood[round - 1] ?? Number.NEGATIVE_INFINITY);
      }
      const rows = Object.values(annotators).flatMap(({ confusion }) => Object.values(confusion));
      for (const row of [prior, ...posteriors, ...rows]) {
        if (row === null) continue;
        expectNear(
          Object.values(row).reduce((sum, share) => sum + share, 0),
          1,
        );
      }
      for (const [place, posterior] of posteriors.entries()) {
        expect(posterior === null).toBe(Object.keys(votes[place] ?? {}).length === 0);
      }
    }),
  );
});

test('the fit knows no order of items and no order of annotators', () => {
  fc.assert(
    fc.property(items, (votes) => {
      const mirrored = votes.toReversed().map((given) => Object.fromEntries(Object.entries(given).reverse()));
      const [fit, other] = [votes, mirrored].map((all) => dawidSkene(all, { iterations: 10, tolerance: -1 }));
      for (const [label, share] of Object.entries(fit?.prior ?? {})) {
        expect(Math.abs((other?.prior[label] ?? 0) - share)).toBeLessThan(1e-6);
      }
      for (const [place, posterior] of (fit?.posteriors ?? []).entries()) {
        const partner = other?.posteriors.at(-1 - place) ?? null;
        for (const [label, share] of Object.entries(posterior ?? {})) {
          expect(Math.abs((partner?.[label] ?? 0) - share)).toBeLessThan(1e-6);
        }
      }
    }),
  );
});

test('it finds out who is reliable and does better than the majority', () => {
  const random = createRandom(3);
  const accuracies = { expert: 0.95, good: 0.85, fair: 0.7, coin: 0.5 };
  const truth = Array.from({ length: 800 }, () => (random.uniform() < 0.6 ? 'good' : 'bad'));
  const votes = truth.map((label) =>
    Object.fromEntries(
      Object.entries(accuracies).map(([name, accuracy]) => [
        name,
        random.uniform() < accuracy ? label : label === 'good' ? 'bad' : 'good',
      ]),
    ),
  );
  const fit = dawidSkene(votes);
  expect(fit.converged).toBe(true);
  for (const [name, accuracy] of Object.entries(accuracies)) {
    expect(Math.abs((fit.annotators[name]?.accuracy ?? 0) - accuracy)).toBeLessThan(0.05);
  }
  const right = fit.posteriors.filter((posterior, row) => (posterior?.[truth[row] ?? ''] ?? 0) > 0.5).length;
  // The majority, ties broken by chance, is right in 0.89 of the items; the expert alone in 0.95.
  expect(right / truth.length).toBeGreaterThan(0.94);
});

test('labels nobody used have no share; votes that cannot be are errors', () => {
  const fit = dawidSkene([{ ann: 'a' }, { ann: 'b', bob: 'b' }, {}], { labels: ['a', 'b', 'c'] });
  expect(fit.prior.c).toBe(0);
  expect(fit.annotators.bob?.confusion).toMatchObject({ a: null, c: null });
  expect(fit.annotators.bob?.items).toBe(1);
  expect(fit.posteriors[2]).toBeNull();
  expect(() => dawidSkene([{}])).toThrow('expected at least one vote, got none');
  expect(() => dawidSkene([{ ann: 'c' }], { labels: ['a', 'b'] })).toThrow(
    'expected a label of a, b, got "c"',
  );
  expect(() => dawidSkene([{ ann: 'a' }], { iterations: -1 })).toThrow('expected a number of iterations');
});
