import { expect, test } from 'vitest';
import { type JudgeCard, SuiteCheck } from '../../src/schema.ts';
import type { JudgeIdentity } from '../../src/suite/gate-card.ts';
import { checkGates } from '../../src/suite/gates.ts';
import { gate } from './items.ts';

const digest = 'a'.repeat(64);
const rubrics = [
  { id: 'better-answer', digest: 'b'.repeat(64) },
  { id: 'helpfulness', digest: 'c'.repeat(64) },
];
const judge: JudgeIdentity = { digest, model: 'smollm', rubrics: rubrics.slice(0, 1), critique: 'none' };

/** As much of a card as a gate looks at. */
function card(use: JudgeCard['verdict']['use'], mayGate = use === 'gate'): JudgeCard {
  const met = (id: string, ok: boolean) => ({
    id,
    met: ok,
    requirement: `${id}: at least 90 %`,
    found: '80.0 %',
  });
  return {
    engine: { kind: 'llama', model: 'smollm', digest, template: '', settings: {} },
    protocol: { critique: 'none', rubrics: rubrics.map((rubric) => ({ ...rubric, version: '1' })) },
    verdict: {
      use,
      mayGate,
      requirements: [met('retest', mayGate), met('fences', true), met('style', mayGate)],
    },
  } as unknown as JudgeCard;
}

const check = (written: Record<string, unknown>, report: JudgeCard, who: Partial<JudgeIdentity> = {}) => {
  const [only, ...others] = checkGates([gate({ kind: 'card', file: 'card.json', ...written })], {
    items: [],
    cards: { 'card.json': report },
    judges: { small: { ...judge, ...who } },
  });
  expect(others).toEqual([]);
  expect(SuiteCheck.parse(only)).toEqual(only);
  return only;
};

test.each([
  ['gate', 'gate', 'passed'],
  ['gate', 'assist', 'passed'],
  ['assist', 'gate', 'failed'],
  ['assist', 'assist', 'passed'],
  ['trial', 'assist', 'failed'],
] as const)('a card that allows %s, where %s is asked for, has %s', (allowed, use, status) => {
  expect(check({ use }, card(allowed))).toMatchObject({ judge: 'small', data: null, rubric: null, status });
});

test('what a card lacks is told', () => {
  expect(check({ use: 'gate' }, card('assist'))).toMatchObject({
    expected: 'report card card.json allows to gate',
    found:
      'allows to assist people, 1 of 3 requirements met; not met: retest: at least 90 % (80.0 %) and 1 more',
  });
  expect(check({}, card('gate', false))?.status).toBe('failed');
});

test.each<[string, Partial<JudgeIdentity>, string]>([
  [
    'another model',
    { digest: 'd'.repeat(64), model: 'llama' },
    'the card is of smollm (aaaaaaaaaaaa), the judge is llama (dddddddddddd)',
  ],
  [
    'another rubric',
    { rubrics: [{ id: 'tone', digest }] },
    'the card was made under better-answer, helpfulness; it says nothing of tone',
  ],
  [
    'another text',
    { rubrics: [{ id: 'helpfulness', digest }] },
    'the card was made under better-answer, helpfulness; it says nothing of another text of helpfulness',
  ],
  ['a critique', { critique: 'brief' }, 'the card was made with critique none, the judge has critique brief'],
])('a card of %s is unmeasured', (_, who, found) => {
  expect(check({}, card('gate'), who)).toMatchObject({ status: 'unmeasured', found });
});

test('without the card or the judge a gate is unmeasured; without a name it holds for each judge', () => {
  const run = (written: Record<string, unknown>, judges: Record<string, JudgeIdentity>) =>
    checkGates([gate({ kind: 'card', file: 'card.json', ...written })], {
      items: [],
      cards: { 'card.json': card('gate') },
      judges,
    }).map(({ judge: name, status, found }) => [name, status, found]);
  expect(run({ file: 'other.json' }, { small: judge })).toEqual([
    ['small', 'unmeasured', "there is no card 'other.json'"],
  ]);
  expect(run({ judge: 'smal' }, { small: judge })).toEqual([
    ['smal', 'unmeasured', "no judge 'smal' is in this run (did you mean 'small'?)"],
  ]);
  expect(run({}, { small: judge, large: { ...judge, digest: 'e'.repeat(64) } })).toEqual([
    ['large', 'unmeasured', expect.any(String)],
    ['small', 'passed', 'allows to gate, 3 of 3 requirements met'],
  ]);
  expect(run({}, {})).toEqual([['all', 'unmeasured', "no judge 'all' is in this run"]]);
});
