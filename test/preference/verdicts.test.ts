import { expect, test } from 'vitest';
import { promptCluster } from '../../src/canonical.ts';
import { createJudge, type JudgeOptions } from '../../src/judge/judge.ts';
import { preferenceFromVerdict } from '../../src/preference/verdicts.ts';
import { loadRubric } from '../../src/rubric.ts';
import { Preference, type Sample } from '../../src/schema.ts';
import { scriptedJudge } from '../support/scripted-judge.ts';

const rubric = await loadRubric('better-answer');
const sampleOf = (...texts: readonly string[]): Sample => ({
  id: 'one',
  prompt: 'How much?',
  responses: texts.map((text, place) => ({ id: 'abc'[place] ?? '', text })),
});

async function verdictOn(sample: Sample, rules: Partial<JudgeOptions> = {}) {
  const engine = scriptedJudge(Number);
  const [verdict] = await createJudge({ engine, rubrics: [rubric], ...rules }).judge(sample);
  if (!verdict) throw new Error('expected a verdict');
  return { verdict, engine };
}

test('a verdict just given is a preference, its judgments and its judge with it', async () => {
  const sample = sampleOf('1', '3');
  const { verdict, engine } = await verdictOn(sample);
  const preference = preferenceFromVerdict(sample, verdict, { rubric, engines: [engine], run: 'now' });
  expect(Preference.parse(preference)).toEqual(preference);
  expect(preference).toMatchObject({
    cluster: promptCluster(sample.prompt),
    chosen: { id: 'b', text: '3' },
    rejected: { id: 'a', text: '1' },
    orderConsistent: true,
    agreement: null,
    marginUnit: 'nats',
    source: {
      method: 'pairwise',
      run: 'now',
      keys: verdict.judgments.toSorted(),
      rubric: { id: 'better-answer', version: rubric.rubric.version, digest: rubric.digest },
      engines: [{ model: engine.id.model, digest: engine.id.digest }],
    },
  });
  expect(preference?.margin).toBeCloseTo(2, 9);
  expect(preference?.probability).toBeCloseTo(1 / (1 + Math.exp(-2)), 9);
});

test('a verdict that says nothing becomes none, and it is told why', async () => {
  const reasons: string[] = [];
  const leftOut = (reason: string, id: string) => void reasons.push(`${id}: ${reason}`);
  const sample = sampleOf('1', '3');
  const { verdict, engine } = await verdictOn(sample, { abstain: { band: 0.45 } });
  const options = { rubric, engines: [engine], leftOut };
  expect(preferenceFromVerdict(sample, verdict, options)).toBeNull();
  const { abstained: _abstained, ...sure } = verdict;
  expect(preferenceFromVerdict(sample, sure, options)).not.toBeNull();
  expect(preferenceFromVerdict(sample, { ...sure, score: null, winner: null }, options)).toBeNull();
  expect(preferenceFromVerdict(sample, { ...sure, contentFree: ['a'] }, options)).toBeNull();
  expect(preferenceFromVerdict(sampleOf('3', '3'), sure, options)).toBeNull();
  expect(reasons).toEqual(['one: abstained', 'one: unscored', 'one: content-free', 'one: same-text']);
});

test('a verdict on something else than the two answers is refused, saying on what', async () => {
  const sample = sampleOf('1', '3');
  const { verdict, engine } = await verdictOn(sample);
  const options = { rubric, engines: [engine] };
  const refused = (of: Sample, given: typeof verdict) => () => preferenceFromVerdict(of, given, options);
  const message = "expected a verdict on two answers of sample 'one', got one on a of 'one'";
  expect(refused(sample, { ...verdict, responseIds: ['a'] })).toThrow(
    expect.objectContaining({ code: 'usage', message }),
  );
  expect(refused({ ...sample, id: 'two' }, verdict)).toThrow("of sample 'two', got one on a, b of 'one'");
});
