import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { createJudge, type JudgeOptions } from '../../src/judge/judge.ts';
import { completeProtocol } from '../../src/judge/protocol.ts';
import { abstentionText, readAbstention, readQuorum, readReducer } from '../../src/judge/rules.ts';
import { exportVerdicts, openJudgingRun } from '../../src/judge/run.ts';
import { createSummarizer } from '../../src/judge/summary.ts';
import { loadRubric } from '../../src/rubric.ts';
import { Verdict } from '../../src/schema.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { fakeEngine } from '../support/fake-engine.ts';

const [betterAnswer, helpfulness, summaryQuality, steps] = await Promise.all(
  ['better-answer', 'helpfulness', 'summary-quality', 'step-correctness'].map(loadRubric),
);
if (!betterAnswer || !helpfulness || !summaryQuality || !steps) throw new Error('expected rubrics');

const sample = {
  id: '1',
  prompt: 'Name the capital of France.',
  responses: [
    { id: 'a', text: 'Paris.', steps: ['France is in Europe.', 'So Paris.'] },
    { id: 'b', text: 'Lyon.', steps: ['It is Lyon.'] },
  ],
};
const named = (digest: string): Engine => fakeEngine({ digest, opinion: digest });
/** An engine that fits nothing. */
const silent = (): Engine =>
  fakeEngine({
    digest: 'silent',
    answer: () => ({ status: 'unscored', reason: 'context', message: 'needs 9, has 8' }),
  });

function verdictsOf(options: Omit<JudgeOptions, 'rubrics'>, rubric = helpfulness) {
  return createJudge({ rubrics: rubric ? [rubric] : [], ...options }).judge(sample);
}

test('a shuffled panel gives the identical verdict to the bit, under every rubric and reducer', async () => {
  const digests = ['one', 'two', 'three', 'four'];
  for (const rubric of [betterAnswer, helpfulness, summaryQuality, steps])
    for (const reducer of ['mean', 'median', 'majority', 'worst', 'mean-std:0.5'] as const) {
      if (rubric === betterAnswer && (reducer === 'worst' || reducer === 'mean-std:0.5')) continue;
      const panel = { reducer, quorum: 3 } as const;
      const seat = (digest: string) => (digest === 'four' ? silent() : named(digest));
      const straight = await verdictsOf({ engines: digests.map(seat), panel }, rubric);
      await fc.assert(
        fc.asyncProperty(fc.shuffledSubarray(digests, { minLength: 4 }), async (shuffled) => {
          expect(await verdictsOf({ engines: shuffled.map(seat), panel }, rubric)).toEqual(straight);
        }),
        { numRuns: 4 },
      );
      for (const verdict of straight) {
        expect(Verdict.parse(verdict)).toEqual(verdict);
        expect(verdict.panel).toMatchObject({ reducer, quorum: 3, decided: 3, total: 4 });
      }
    }
});

test('a panel is reduced from the verdicts that its members give alone, whose judgments it finds again', async () => {
  const store = memoryStore();
  const engines = ['one', 'two', 'three'].map((digest) => fakeEngine({ digest, opinion: digest }));
  const alone = await Promise.all(engines.map(async (engine) => (await verdictsOf({ engine, store }))[0]));
  const asked = engines.map(({ requests }) => requests.length);
  const [verdict] = await verdictsOf({ engines, store });
  expect(engines.map(({ requests }) => requests.length)).toEqual(asked);
  expect(verdict?.judgments).toEqual(alone.flatMap((own) => own?.judgments ?? []).sort());
  const scores = alone.map((own) => own?.score ?? Number.NaN);
  expect(verdict?.score).toBeCloseTo(scores.reduce((sum, score) => sum + score, 0) / 3, 12);
  expect(verdict?.disagreement).toBeCloseTo(Math.max(...scores) - Math.min(...scores), 12);
  expect(verdict?.panel?.members.map(({ score }) => score).sort()).toEqual([...scores].sort());
  expect(alone.every((own) => own?.panel === undefined && own?.abstained === undefined)).toBe(true);
  const [median] = await verdictsOf({ engines, store, panel: { reducer: 'median', quorum: 'all' } });
  expect(median?.score).toBe([...scores].sort((left, right) => left - right)[1]);
  const [worst] = await verdictsOf({ engines, store, panel: { reducer: 'worst', quorum: 'all' } });
  expect(worst?.score).toBe(Math.min(...scores));
});

test('one silent judge of two: one decided of two, never a changed mean', async () => {
  const [alone] = await verdictsOf({ engine: named('one') });
  const engines = [named('one'), silent()];
  const [verdict] = await verdictsOf({ engines });
  expect(verdict).toMatchObject({
    score: null,
    probability: null,
    unscored: ['context'],
    perCriterion: { helpfulness: { score: null, decided: 1, total: 2 } },
    panel: { reducer: 'mean', quorum: 'all', decided: 1, total: 2, state: 'undecided' },
  });
  expect(verdict?.panel?.reason).toBe('1 of 2 decided, quorum 2; abstained: fake silent (context)');
  expect(verdict?.panel?.members).toEqual([
    { engine: 'fake one', score: alone?.score },
    { engine: 'fake silent', score: null, reason: 'context' },
  ]);
  const [tolerant] = await verdictsOf({ engines, panel: { reducer: 'mean', quorum: 1 } });
  expect(tolerant?.score).toBe(alone?.score);
  expect(tolerant?.panel).toMatchObject({ decided: 1, total: 2, state: 'partial' });
  const [most] = await verdictsOf({ engines, panel: { reducer: 'mean', quorum: 'majority' } });
  expect(most?.score).toBeNull();
  // The silent are in the denominator of a majority.
  const [votes] = await verdictsOf({ engines, panel: { reducer: 'majority', quorum: 1 } });
  expect(votes?.score).toBeNull();
  expect(votes?.panel?.reason).toMatch(/^no majority of all 2/);
  const [pair] = await verdictsOf({ engines }, betterAnswer);
  expect(pair).toMatchObject({ winner: null, score: null, panel: { decided: 1, total: 2 } });

  const summarizer = createSummarizer();
  for (const each of [verdict, tolerant]) if (each) summarizer.add(each);
  expect(summarizer.summary().rubrics.helpfulness?.panel).toEqual({
    members: 2,
    decided: { '1': 2 },
    undecided: 1,
  });
});

test('swapping the answers of a pair gives the complement for panels too', async () => {
  const engines = [named('one'), named('two'), named('three')];
  for (const reducer of ['mean', 'median', 'majority'] as const) {
    const judge = createJudge({ engines, rubrics: [betterAnswer], panel: { reducer, quorum: 'all' } });
    const [forward] = await judge.judge(sample);
    const [backward] = await judge.judge({ ...sample, responses: sample.responses.toReversed() });
    expect((forward?.score ?? 0) + (backward?.score ?? 0)).toBeCloseTo(1, 12);
    expect(forward?.winner).toBe(backward?.winner);
  }
});

test('the samples of each engine are averaged before the panel', async () => {
  const engines = [named('one'), named('two')];
  const many = { critique: 'brief', samples: 3 } as const;
  for (const rubric of [betterAnswer, helpfulness]) {
    const alone = await Promise.all(
      engines.map(async (engine) => (await verdictsOf({ engine, ...many }, rubric))[0]),
    );
    const [verdict] = await verdictsOf({ engines, ...many }, rubric);
    expect(verdict?.panel?.total).toBe(2);
    expect(verdict?.judgments).toHaveLength(rubric === betterAnswer ? 12 : 6);
    expect(verdict?.panel?.members.map(({ score }) => score)).toEqual(alone.map((own) => own?.score));
  }
});

test('samples of a pair are averaged order by order, so that ties and the tie band count', async () => {
  const store = memoryStore();
  const many = { critique: 'brief', samples: 4 } as const;
  const engine = named('one');
  const [verdict] = await verdictsOf({ engine, store, ...many }, betterAnswer);
  const meanOf = async (first: string) => {
    const shares: number[] = [];
    for await (const { responseIds, outcome } of store.judgments())
      if (responseIds[0] === first && outcome.status === 'scored') shares.push(outcome.distribution.A ?? 0);
    expect(shares).toHaveLength(4);
    return shares.reduce((sum, share) => sum + share, 0) / 4;
  };
  const logOdds = (share: number) => Math.log(share / (1 - share));
  const [forward, backward] = [logOdds(await meanOf('a')), logOdds(await meanOf('b'))];
  expect(verdict?.score).toBeCloseTo(1 / (1 + Math.exp(-(forward - backward) / 2)), 12);
  expect(verdict?.positionLean).toBeCloseTo((forward + backward) / 2, 12);
  expect(verdict?.flipped).toBe(forward * backward > 0);
  const [tied] = await verdictsOf({ engine, store, tieBand: 30, ...many }, betterAnswer);
  expect(tied?.winner).toBe(verdict?.flipped ? 'tie' : verdict?.winner);
});

test('a panel reads steps by the same judges, and its first error is where its lowest step is', async () => {
  const [verdict] = await verdictsOf({ engines: [named('one'), named('two')], critique: 'after' }, steps);
  expect(verdict?.score).toBe(Math.min(...(verdict?.steps ?? []).map(({ probability }) => probability ?? 0)));
  expect(verdict?.firstError === null).toBe((verdict?.score ?? 0) >= 0.5);
  const [open] = await verdictsOf({ engines: [named('one'), silent()] }, steps);
  expect(open).toMatchObject({ score: null, min: null, panel: { decided: 1, total: 2, state: 'undecided' } });
  expect(open?.steps?.every(({ probability }) => probability === null)).toBe(true);
});

test('a run of a panel goes on, and ends with the same files in whatever order its engines are named', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-panel-'));
  const rubrics = [helpfulness, betterAnswer];
  const protocol = completeProtocol();
  const rules = {
    panel: { reducer: 'median', quorum: 1 },
    abstain: { band: 0.05, flipped: true },
  } as const;
  const files = async (name: string, passes: readonly (readonly Engine[])[]) => {
    for (const [pass, engines] of passes.entries()) {
      await using run = await openJudgingRun(join(folder.path, name), {
        engines,
        rubrics,
        protocol,
        ...rules,
      });
      if (pass > 0) expect(run.changedField).toBeUndefined();
      const judge = createJudge({ engines, rubrics, store: run.store, ...protocol, ...rules });
      const samples = [sample, { ...sample, id: '2', prompt: 'Name a city of France.' }];
      const verdicts = [];
      for (const each of samples.slice(0, pass + 1)) verdicts.push(...(await judge.judge(each)));
      const { counts } = await exportVerdicts(run);
      expect(counts.verdicts).toBe(verdicts.length);
    }
    const names = ['judgments.jsonl', 'verdicts.jsonl', 'summary.json', 'manifest.json'];
    return Promise.all(names.map((file) => readFile(join(folder.path, name, file), 'utf8')));
  };
  const [one, two] = [named('one'), named('two')];
  const first = await files('first', [
    [one, silent(), two],
    [two, one, silent()],
  ]);
  const second = await files('second', [
    [silent(), two, one],
    [silent(), one, two],
  ]);
  expect(second).toEqual(first);
  expect(JSON.parse(first[3] ?? '').configuration.engines).toHaveLength(3);
  expect(JSON.parse(first[3] ?? '').configuration.settings).toMatchObject({
    panel: 'median',
    quorum: '1',
    abstain: 'band:0.05,flipped',
  });
});

test('a verdict that had better not decide keeps its score and says what speaks against it', async () => {
  const engine = named('one');
  const [plain] = await verdictsOf({ engine }, betterAnswer);
  const [verdict] = await verdictsOf({ engine, abstain: { band: 0.5 } }, betterAnswer);
  const { abstained, ...rest } = verdict ?? {};
  expect(rest).toEqual(plain);
  expect(abstained?.reasons.map(({ kind }) => kind)).toEqual(['band']);
  const [sure] = await verdictsOf({ engine, abstain: { band: 0 } }, betterAnswer);
  expect(sure).toEqual(plain);
  const [apart] = await verdictsOf({ engines: [engine, named('two')], abstain: { disagreement: 0 } });
  expect(apart?.abstained?.reasons.map(({ kind }) => kind)).toEqual(['disagreement']);
  const summarizer = createSummarizer();
  if (verdict && plain) for (const each of [verdict, plain]) summarizer.add(each);
  expect(summarizer.summary().rubrics['better-answer']?.abstained).toEqual({
    verdicts: 1,
    reasons: { band: 1 },
  });
});

test('a verdict about an answer that says nothing abstains, names it, and keeps what was read', async () => {
  const engine = named('one');
  const [content, nothing] = [
    { id: 'a', text: 'Paris.' },
    { id: 'b', text: 'Solution:' },
  ];
  const hollow = { ...sample, responses: [content, nothing] };
  const abstain = { contentFree: true };
  for (const rubric of [helpfulness, betterAnswer]) {
    const plain = await createJudge({ engine, rubrics: [rubric] }).judge(hollow);
    const guarded = await createJudge({ engine, rubrics: [rubric], abstain }).judge(hollow);
    expect(guarded.map(({ abstained: _, ...verdict }) => verdict)).toEqual(plain);
    expect(guarded.map(({ responseIds, abstained }) => [responseIds.includes('b'), abstained])).toEqual(
      guarded.map(({ responseIds }) =>
        responseIds.includes('b')
          ? [true, { reasons: [{ kind: 'content-free', message: "response 'b' has no content" }] }]
          : [false, undefined],
      ),
    );
    for (const verdict of guarded) expect(Verdict.parse(verdict)).toEqual(verdict);
    for (const verdicts of [plain, guarded]) {
      const summarizer = createSummarizer();
      for (const verdict of verdicts) summarizer.add(verdict);
      expect(summarizer.summary().rubrics[rubric.rubric.id]?.contentFree).toBe(1);
    }
  }
  const [both] = await createJudge({ engine, rubrics: [betterAnswer], abstain }).judge({
    ...sample,
    responses: [{ id: 'a', text: ' ' }, nothing],
  });
  expect(both?.abstained?.reasons[0]?.message).toBe("responses 'a', 'b' have no content");
  const [panel] = await createJudge({
    engines: [engine, named('two')],
    rubrics: [betterAnswer],
    abstain,
  }).judge(hollow);
  expect(panel?.abstained?.reasons.map(({ kind }) => kind)).toEqual(['content-free']);
});

test('no larger engine is asked about an answer that says nothing, now or when its run goes on', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-hollow-'));
  const engines = ['one', 'two', 'three'].map((digest) => fakeEngine({ digest, opinion: digest }));
  const rubrics = [helpfulness];
  const protocol = completeProtocol();
  const rules = { escalate: true, abstain: { band: 0.5, contentFree: true } };
  const hollow = { ...sample, responses: [{ id: 'a', text: '' }] };
  const passes = [];
  for (let pass = 0; pass < 2; pass++) {
    await using run = await openJudgingRun(join(folder.path, 'run'), {
      engines,
      rubrics,
      protocol,
      ...rules,
    });
    expect(run.changedField).toBeUndefined();
    const judge = createJudge({ engines, rubrics, store: run.store, ...protocol, ...rules });
    const [verdict] = await judge.judge(hollow);
    expect(verdict).toMatchObject({
      escalation: { decided: null, asked: [{ engine: 'fake one' }] },
      abstained: { reasons: [{ kind: 'band' }, { kind: 'content-free' }] },
    });
    expect((await exportVerdicts(run)).counts).toEqual({ judgments: 1, verdicts: 1, pending: 0 });
    passes.push(await readFile(join(folder.path, 'run', 'verdicts.jsonl'), 'utf8'));
    expect(Verdict.parse(JSON.parse(passes[0] ?? ''))).toEqual(verdict);
  }
  expect(passes[1]).toBe(passes[0]);
  expect(engines.map(({ requests }) => requests.length)).toEqual([1, 0, 0]);
});

test('a ladder asks the next engine only where the one before abstains, and says who decided', async () => {
  const [small, large] = ['one', 'two'].map((digest) => fakeEngine({ digest, opinion: digest }));
  if (!small || !large) throw new Error('expected engines');
  const engines = [small, large];
  const alone = (await verdictsOf({ engine: small })).map(({ score }) => score ?? Number.NaN);
  const certain = (await verdictsOf({ engine: large })).map(({ score }) => score ?? Number.NaN);
  const before = large.requests.length;
  const distances = alone.map((score) => Math.abs(score - 0.5));
  const band = ((distances[0] ?? 0) + (distances[1] ?? 0)) / 2;
  const [near, far] = (distances[0] ?? 0) < (distances[1] ?? 0) ? [0, 1] : [1, 0];
  const verdicts = await verdictsOf({ engines, escalate: true, abstain: { band } });
  expect(large.requests.length - before).toBe(1);
  expect(verdicts[far]).toMatchObject({
    score: alone[far],
    escalation: { decided: 'fake one', asked: [{ engine: 'fake one', reasons: [] }] },
  });
  expect(verdicts[near]?.score).toBe(certain[near]);
  expect(verdicts[near]?.escalation?.asked.map(({ score }) => score)).toEqual([alone[near], certain[near]]);
  expect(verdicts[near]?.judgments).toHaveLength(2);

  const [rescued] = await verdictsOf({ engines: [silent(), small], escalate: true });
  expect(rescued).toMatchObject({
    score: alone[0],
    unscored: [],
    escalation: { decided: 'fake one', asked: [{ engine: 'fake silent', score: null }, {}] },
  });
  const [nobody] = await verdictsOf({ engines, escalate: true, abstain: { band: 0.5 } });
  expect(nobody).toMatchObject({
    score: certain[0],
    escalation: { decided: null },
    abstained: { reasons: [{ kind: 'band' }] },
  });
  for (const verdict of [...verdicts, rescued, nobody]) expect(Verdict.parse(verdict)).toEqual(verdict);
});

test('a run of a ladder is derived again as it was judged', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-ladder-'));
  const engines = [named('one'), named('two')];
  const rubrics = [helpfulness, betterAnswer];
  const protocol = completeProtocol();
  const rules = { escalate: true, abstain: { band: 0.1, flipped: true } };
  await using run = await openJudgingRun(join(folder.path, 'run'), { engines, rubrics, protocol, ...rules });
  const judge = createJudge({ engines, rubrics, store: run.store, ...protocol, ...rules });
  const judged = [
    ...(await judge.judge(sample)),
    ...(await judge.judge({ ...sample, id: '2', prompt: 'Name it.' })),
  ];
  const { counts } = await exportVerdicts(run);
  expect(counts).toMatchObject({ verdicts: 6, pending: 0 });
  const lines = (await readFile(join(folder.path, 'run', 'verdicts.jsonl'), 'utf8')).trim().split('\n');
  const byRow = (verdict: Verdict) => `${verdict.rubricId} ${verdict.sampleId} ${verdict.responseIds}`;
  const order = (left: Verdict, right: Verdict) => (byRow(left) < byRow(right) ? -1 : 1);
  expect(lines.map((line) => Verdict.parse(JSON.parse(line))).sort(order)).toEqual(judged.sort(order));
});

test('engines and rules that mean nothing together are refused', () => {
  const [one, two] = [named('one'), named('two')];
  const refused = (options: Omit<JudgeOptions, 'rubrics'>, rubric = helpfulness) =>
    expect(() => createJudge({ rubrics: [rubric], ...options }));
  refused({}).toThrow('expected engine or engines, got neither');
  refused({ engine: one, engines: [two] }).toThrow('got both');
  refused({ engines: [one, named('one')] }).toThrow("expected each engine once, got 'fake' twice");
  refused({ engine: one, escalate: true }).toThrow('expected two engines or more, got 1');
  refused({ engine: one, panel: { reducer: 'mean', quorum: 'all' } }).toThrow('expected two engines or more');
  refused({ engines: [one, two], panel: { reducer: 'mean', quorum: 3 } }).toThrow(
    'at most 2 of 2 engines, got 3',
  );
  refused({ engines: [one, two], escalate: true, panel: { reducer: 'mean', quorum: 1 } }).toThrow('got both');
  refused({ engines: [one, two], panel: { reducer: 'worst', quorum: 'all' } }, betterAnswer).toThrow(
    "expected mean, median or majority for the pairwise rubric 'better-answer', got 'worst'",
  );
  refused({ engine: one, abstain: { band: 2 } }).toThrow("got 'band:2'");
  expect(() => readReducer('mediam')).toThrow("did you mean 'median'?");
  expect(() => readReducer('mean-std:-1')).toThrow('λ a number from 0 up');
  expect(() => readQuorum('most')).toThrow("expected all, majority or a count from 1 up, got 'most'");
  expect(() => readAbstention(['bend:0.1'])).toThrow("did you mean 'band'?");
  expect(() => readAbstention(['contentfree'])).toThrow("did you mean 'content-free'?");
  const rules = { band: 0.1, center: 0.5, disagreement: 0.3, flipped: true, contentFree: true };
  expect(readAbstention(abstentionText(rules).split(','))).toEqual(rules);
});
