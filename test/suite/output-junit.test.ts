import { expect, test } from 'vitest';
import { junitXml } from '../../src/suite/output-junit.ts';
import { hostileStream } from '../support/hostile-texts.ts';
import { findAll, parseXml, schemaFaults } from '../support/junit-schema.ts';
import { suiteResult } from '../support/suite-result.ts';

for (const ending of ['passed', 'failed', 'incomplete'] as const)
  test(`a suite that is ${ending} is valid, and its counts are those of its cases`, () => {
    const root = parseXml(junitXml(suiteResult(ending, { judges: 2 })));
    expect(schemaFaults(root)).toEqual([]);
    const suites = findAll(root, 'testsuite');
    expect(suites.map(({ attributes: { name } }) => name)).toEqual([
      'support-bot',
      'support-bot.answers.small',
      'support-bot.pairs.small',
      'support-bot.answers.small-2',
      'support-bot.pairs.small-2',
    ]);
    for (const element of [root, ...suites])
      expect(element.attributes).toMatchObject({
        tests: String(findAll(element, 'testcase').length),
        failures: String(findAll(element, 'failure').length),
        errors: String(findAll(element, 'error').length),
      });
    const names = findAll(root, 'testcase').map(
      ({ attributes: { classname, name } }) => `${classname} ${name}`,
    );
    expect(new Set(names).size).toBe(names.length);
    expect(findAll(root, 'failure').length > 0).toBe(ending !== 'passed');
    expect(findAll(root, 'error').length > 0).toBe(ending === 'incomplete');
    expect(findAll(root, 'skipped')).toEqual([]);
  });

test('a failure says what was expected, what there was, why it matters, and what fell', () => {
  const root = parseXml(junitXml(suiteResult('failed')));
  const fallen = findAll(root, 'failure').find(({ attributes }) => attributes.type === 'regressions');
  expect(fallen?.attributes.message).toBe(
    'expected at most 0 samples that fell by more than 0.3, got 2 fell',
  );
  expect(fallen?.text.split('\n')).toEqual([
    'Answers that were good stay good.',
    'failed: expected at most 0 samples that fell by more than 0.3, got 2 fell',
    '2 fell:',
    'refund-7 (response): 0.90 → 0.20',
    'greeting-1 (response): 0.70 → none',
  ]);
  const properties = findAll(root, 'property').map(({ attributes: { name, value } }) => [name, value]);
  expect(properties).toContainEqual([
    'score helpfulness whole language=de',
    '0.31 [0.20, 0.42], n = 17, 2 unscored',
  ]);
});

test('each gate that could not be measured is an error of its own', () => {
  const result = suiteResult('incomplete');
  const unmeasured = result.checks.filter(({ status }) => status === 'unmeasured').length;
  const errors = findAll(parseXml(junitXml(result)), 'error').map(({ attributes: { type } }) => type);
  expect(unmeasured).toBeGreaterThan(0);
  expect(errors.filter((type) => type === 'unmeasured')).toHaveLength(unmeasured);
});

test('verdicts that may be missing make no report red', () => {
  const result = suiteResult('passed');
  const runs = result.runs.map((run) => ({ ...run, pending: 1, unscored: { context: 1 } }));
  const root = parseXml(junitXml({ ...result, runs, tolerance: { unscored: 0.1, found: 0.04 } }));
  expect(root.attributes).toMatchObject({ failures: '0', errors: '0' });
  expect(findAll(root, 'property').map(({ attributes: { name, value } }) => [name, value])).toContainEqual([
    'pending',
    '1',
  ]);
});

test('what a filter and a part leave out is skipped, not lost', () => {
  const result = {
    ...suiteResult('passed'),
    filter: ['data=pairs'],
    shard: { index: 2, count: 3 },
    checks: [],
  };
  const root = parseXml(junitXml(result));
  expect(schemaFaults(root)).toEqual([]);
  expect(findAll(root, 'skipped').map(({ attributes }) => attributes.message)).toEqual([
    'only what --filter data=pairs selects was judged',
    'this is part 2 of 3: gates are checked when all are merged',
  ]);
});

test('1,000 hostile texts: the document is valid and gives them back, less what XML forbids', () => {
  const legal = (text: string) =>
    text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '');
  const { texts, taken } = hostileStream(1000);
  while (taken() < 1000) {
    const result = suiteResult('incomplete', { text: texts });
    const root = parseXml(junitXml(result));
    expect(schemaFaults(root)).toEqual([]);
    expect(root.attributes.name).toBe(legal(result.suite.name));
    const messages = findAll(root, 'failure').map(({ attributes, text }) => [attributes.message, text]);
    for (const { status, kind, expected, found, description = '' } of result.checks) {
      if (status !== 'failed' || kind !== 'comparison') continue;
      const message = legal(`expected ${expected}, got ${found}`);
      expect(messages).toContainEqual([message, `${legal(description)}\nfailed: ${message}`]);
    }
  }
});
