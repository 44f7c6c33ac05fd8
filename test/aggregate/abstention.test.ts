import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AbstentionRules,
  abstainMembers,
  type Evidence,
  judgeAbstention,
  nextStep,
} from '../../src/aggregate/abstention.ts';
import { reduceScores } from '../../src/aggregate/ensemble.ts';

const unit = fc.double({ min: 0, max: 1, noNaN: true });
const evidence = fc.record({
  score: fc.option(unit, { freq: 5 }),
  disagreement: fc.option(unit),
  labelMass: fc.option(fc.double({ min: -9, max: 0, noNaN: true })),
  flipped: fc.option(fc.boolean()),
  contentFree: fc.option(fc.subarray(['a', 'b'])),
});
const rules = fc.record(
  { band: unit, disagreement: unit, labelMass: unit, flipped: fc.boolean(), contentFree: fc.boolean() },
  { requiredKeys: [] },
);
const kinds = (own: Evidence, by: AbstentionRules) =>
  judgeAbstention(own, by).reasons.map(({ kind }) => kind);

test('each rule gives its reason, and all that apply are given', () => {
  const own: Evidence = { score: 0.55, disagreement: 0.4, labelMass: Math.log(0.3), flipped: true };
  expect(judgeAbstention(own, { band: 0.1, disagreement: 0.3, labelMass: 0.5, flipped: true })).toEqual({
    abstain: true,
    reasons: [
      { kind: 'band', message: 'score 0.55 is within 0.1 of 0.5' },
      { kind: 'disagreement', message: 'scores are 0.4 apart, more than 0.3' },
      { kind: 'label-mass', message: 'the labels had probability 0.3 in all, less than 0.5' },
      { kind: 'flipped', message: 'the orders name different winners' },
    ],
    unchecked: [],
  });
  expect(judgeAbstention(own, {})).toEqual({ abstain: false, reasons: [], unchecked: [] });
});

test('bounds: the edge of a band decides, as do a disagreement and a mass that just reach theirs', () => {
  for (const score of [0.4, 0.6]) expect(kinds({ score }, { band: 0.1 })).toEqual([]);
  for (const score of [0.41, 0.5, 0.59]) expect(kinds({ score }, { band: 0.1 })).toEqual(['band']);
  expect(kinds({ score: 0.5 }, { band: 0 })).toEqual([]);
  expect(kinds({ score: 0.72 }, { band: 0.05, center: 0.7 })).toEqual(['band']);
  expect(kinds({ score: 1, disagreement: 0.3 }, { disagreement: 0.3 })).toEqual([]);
  expect(kinds({ score: 1, labelMass: Math.log(0.5) }, { labelMass: 0.5 })).toEqual([]);
  expect(kinds({ score: 1, labelMass: Number.NEGATIVE_INFINITY }, { labelMass: 0.01 })).toEqual([
    'label-mass',
  ]);
  expect(kinds({ score: 1, flipped: true }, { flipped: false })).toEqual([]);
});

test('no score is a reason under any rules, and what is not known is listed, neither passed nor failed', () => {
  const every = { band: 0.1, disagreement: 0.3, labelMass: 0.5, flipped: true };
  expect(judgeAbstention({ score: null, unscored: 'context' }, every)).toEqual({
    abstain: true,
    reasons: [{ kind: 'unscored', message: 'no score: context' }],
    unchecked: ['band', 'disagreement', 'label-mass', 'flipped'],
  });
  expect(judgeAbstention({ score: 0.9, disagreement: null }, every)).toEqual({
    abstain: false,
    reasons: [],
    unchecked: ['disagreement', 'label-mass', 'flipped'],
  });
});

test('an answer that says nothing is a reason that names it, whatever its score', () => {
  const reasonsOf = (contentFree: string[] | null, score: number | null = 0.99) =>
    judgeAbstention({ score, contentFree }, { contentFree: true }).reasons;
  expect(reasonsOf(['b'])).toEqual([{ kind: 'content-free', message: "response 'b' has no content" }]);
  expect(reasonsOf(['a', 'b'])[0]?.message).toBe("responses 'a', 'b' have no content");
  expect(reasonsOf(['a'], null).map(({ kind }) => kind)).toEqual(['unscored', 'content-free']);
  expect(reasonsOf([])).toEqual([]);
  expect(judgeAbstention({ score: 1 }, { contentFree: true }).unchecked).toEqual(['content-free']);
  expect(kinds({ score: 1, contentFree: ['a'] }, { contentFree: false })).toEqual([]);
});

test('further and stricter rules only add abstentions', () => {
  fc.assert(
    fc.property(evidence, rules, rules, (own, some, others) => {
      const strictest: AbstentionRules = {
        band: Math.max(some.band ?? 0, others.band ?? 0),
        disagreement: Math.min(some.disagreement ?? 1, others.disagreement ?? 1),
        labelMass: Math.max(some.labelMass ?? 0, others.labelMass ?? 0),
        flipped: (some.flipped ?? false) || (others.flipped ?? false),
        contentFree: (some.contentFree ?? false) || (others.contentFree ?? false),
      };
      const before = kinds(own, some);
      expect(kinds(own, strictest)).toEqual(expect.arrayContaining(before));
      expect(kinds(own, {})).toEqual(own.score === null ? ['unscored'] : []);
    }),
  );
});

test('abstention never raises the number that decide, and never makes a score', () => {
  const panels = fc.array(evidence, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(panels, rules, (rows, own) => {
      const named = rows.map((row, at) => ({ ...row, id: `judge-${at}` }));
      const [free, bound] = [{}, own].map((rules) => abstainMembers(named, rules));
      bound?.forEach((member, at) => {
        const score = rows[at]?.score ?? null;
        const abstains = judgeAbstention(rows[at] ?? { score: null }, own).abstain;
        if (member.value === null) expect(member.reason).toMatch(/\w/);
        else expect(member.value).toBe(score);
        expect(member.value === null).toBe(abstains);
      });
      const [before, after] = [free, bound].map((members) =>
        reduceScores(members ?? [], { kind: 'mean' }, { quorum: 'all' }),
      );
      expect(after?.decided).toBeLessThanOrEqual(before?.decided ?? 0);
      expect(after?.total).toBe(rows.length);
    }),
  );
});

test('a ladder asks the next judge until one decides, and abstains at its end', () => {
  const ladder = { judges: [{ band: 0.3 }, { band: 0.1 }, {}] };
  const step = (...scores: (number | null)[]) => {
    const { action, judge } = nextStep(
      scores.map((score) => ({ score })),
      ladder,
    );
    return [action, judge];
  };
  expect(step()).toEqual(['ask', 0]);
  expect(step(0.9)).toEqual(['accept', 0]);
  expect(step(0.7)).toEqual(['ask', 1]);
  expect(step(0.7, 0.7)).toEqual(['accept', 1]);
  expect(step(0.7, 0.55)).toEqual(['ask', 2]);
  expect(step(0.7, 0.55, 0.51)).toEqual(['accept', 2]);
  expect(step(0.7, 0.55, null)).toEqual(['abstain', null]);
  expect(nextStep([{ score: 0.7 }], ladder).abstentions.at(-1)?.reasons).toEqual([
    { kind: 'band', message: 'score 0.7 is within 0.3 of 0.5' },
  ]);
});

test('reasons that a larger judge cannot help with end in abstention', () => {
  const judges = [{ band: 0.2, flipped: true }, {}];
  const step = (own: Evidence) => nextStep([own], { judges, escalateOn: ['band'] }).action;
  expect(step({ score: 0.6 })).toBe('ask');
  expect(step({ score: 0.6, flipped: true })).toBe('abstain');
  expect(step({ score: null })).toBe('abstain');
  expect(step({ score: 0.9 })).toBe('accept');
});

test('whatever the evidence, a ladder is climbed one judge at a time and ends', () => {
  const rows = fc.array(evidence, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(rows, rules, (all, own) => {
      const ladder = { judges: all.map(() => own) };
      const asked: Evidence[] = [];
      let step = nextStep(asked, ladder);
      while (step.action === 'ask') {
        expect(step.judge).toBe(asked.length);
        const next = all[step.judge];
        expect(next).toBeDefined();
        asked.push(next ?? { score: null });
        step = nextStep(asked, ladder);
      }
      expect(step.abstentions.length).toBe(asked.length);
      const decided = all.findIndex((row) => !judgeAbstention(row, own).abstain);
      expect(step.judge).toBe(decided < 0 ? null : decided);
    }),
  );
});

test('bounds, scores and evidence that cannot be are errors', () => {
  expect(() => judgeAbstention({ score: 0.5 }, { band: 2 })).toThrow(
    'band: expected a bound from 0 to 1, got 2',
  );
  expect(() => judgeAbstention({ score: 1.5 }, {})).toThrow('expected a score from 0 to 1, got 1.5');
  expect(() => judgeAbstention({ score: 1, labelMass: Number.NaN }, {})).toThrow(
    'label mass: expected a finite score',
  );
  expect(() => nextStep([], { judges: [] })).toThrow('expected at least one judge, got none');
  expect(() => nextStep([{ score: null }, { score: 1 }], { judges: [{}] })).toThrow(
    'expected evidence of at most 1 judges, got 2',
  );
  expect(() => nextStep([{ score: 1 }, { score: 1 }], { judges: [{}, {}] })).toThrow(
    'expected no evidence after judge 1, which ends it, got more',
  );
});
