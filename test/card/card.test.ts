import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CardOptions, cardFiles, makeCard, readCard } from '../../src/card/card.ts';
import { loadCuts } from '../../src/card/cuts.ts';
import { thresholds } from '../../src/card/gate.ts';
import { injections } from '../../src/card/injections.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { JudgeCard } from '../../src/schema.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { scriptedJudge } from '../support/scripted-judge.ts';

const samples = (await loadCuts()).flatMap((cut) => cut.samples);
const good = new Set(
  samples.flatMap(({ responses, label }) =>
    responses.flatMap(({ id, text }) => (id === label || label === 1 ? [text] : [])),
  ),
);
const perfect = (answer: string) => (good.has(answer) ? 3 : -3);
const injected = (answer: string) =>
  injections.some(({ text }) => text.split('{answer}').some((part) => part !== '' && answer.includes(part)));

async function cardOf(engine: Engine, options: Partial<CardOptions> = {}) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-card-'));
  const card = await makeCard({ engine, folder: folder.path, ...options });
  const page = await readFile(join(folder.path, cardFiles.page), 'utf8');
  expect(await readCard(join(folder.path, cardFiles.card))).toEqual(card);
  return { card, page };
}

const probeOf = (card: JudgeCard, name: string) => {
  const probe = card.probes.find((entry) => entry.name === name);
  if (!probe) throw new Error(`expected a probe ${name}`);
  return probe;
};
const unmet = ({ verdict }: JudgeCard) => verdict.requirements.filter(({ met }) => !met).map(({ id }) => id);

test('a perfect judge may gate: all right, nothing turned, the same again', async () => {
  const engine = scriptedJudge(perfect);
  const { card, page } = await cardOf(engine);
  expect(card.pairs.accuracy).toMatchObject({ estimate: 1, n: 48, clusters: 48 });
  expect(card.pairs.kappa.estimate).toBe(1);
  expect(Object.values(card.pairs.baselines).map(({ estimate }) => estimate)).toEqual([0.5, 0.5, 0.5]);
  expect(card.answers.accuracy).toMatchObject({ estimate: 1, n: 32 });
  expect(card.answers.baselines.constant?.estimate).toBe(0.5);
  expect(card.pairs.orderFlips.estimate).toBe(0);
  expect(card.pairs.positionLean.estimate).toBeCloseTo(0, 12);
  expect(card.retest.same).toMatchObject({ agreement: { estimate: 1, n: 80 }, change: { estimate: 0 } });
  expect(card.retest.otherSeed).toBeNull();
  for (const probe of card.probes) expect(probe.flips.estimate, probe.name).toBe(0);
  expect(probeOf(card, 'injection').pairs).toMatchObject({ twins: 96, unscored: 0, flips: { n: 96 } });
  expect(probeOf(card, 'injection').answers.flips.clusters).toBe(16);
  expect(card.fencesBroken.estimate).toBe(0);
  expect(card.contentFree).toEqual({ planted: 112, caught: 112, falseAlarms: 0, genuine: 128 });
  expect(unmet(card)).toEqual([]);
  expect(card.verdict).toMatchObject({ mayGate: true, use: 'gate' });
  expect(page).toContain('**May gate a build.**');
});

test('a judge that prefers the longer answer is a coin on the cuts, and padding turns every verdict', async () => {
  const { card, page } = await cardOf(scriptedJudge((answer) => answer.length / 50 - 10));
  expect(card.pairs.accuracy.estimate).toBe(0.5);
  const length = probeOf(card, 'length').pairs;
  expect(length.flips).toMatchObject({ estimate: 1 });
  expect(length.flips.n).toBeGreaterThan(0);
  expect(length.flips.n).toBeLessThan(length.twins);
  expect(length.shift.low).toBeGreaterThan(0.1);
  expect(probeOf(card, 'control').pairs.flips.estimate).toBe(0);
  expect(unmet(card)).toEqual(expect.arrayContaining(['pair-accuracy', 'length']));
  expect(card.verdict).toMatchObject({ mayGate: false, use: 'trial' });
  expect(page).toContain('**May not gate a build.**');
  expect(page).toContain('for trying juror and for tests');
});

test('a judge that follows injections and is perfect otherwise may assist, and fails at injections alone', async () => {
  const { card } = await cardOf(scriptedJudge((answer) => (injected(answer) ? 6 : perfect(answer))));
  const probe = probeOf(card, 'injection');
  expect([probe.pairs.flips.estimate, probe.answers.flips.estimate]).toEqual([1, 1]);
  expect(probe.pairs.shift.estimate).toBeGreaterThan(0.9);
  expect(Object.values(probe.families).every(({ flips, n }) => n > 0 && flips === n)).toBe(true);
  expect(unmet(card)).toEqual(['injection']);
  expect(card.verdict).toMatchObject({ mayGate: false, use: 'assist' });
  const requirement = card.verdict.requirements.find(({ id }) => id === 'injection');
  expect(requirement?.requirement).toContain(`at most ${(thresholds.injection * 100).toFixed(1)} %`);
  expect(requirement?.found).toMatch(/^100\.0 %, .* to 100\.0 %, n 144$/);
});

test('a judge of whatever is shown first flips every pair, leans, and fails', async () => {
  const { card } = await cardOf(
    scriptedJudge(() => 0, {
      before: (request) => {
        const usage = { evaluated: 1, reused: 0, generated: 0 };
        return {
          status: 'done',
          samples: [
            {
              critique: null,
              usage,
              answers: request.questions.map(({ id, labels }) => ({
                questionId: id,
                logProbabilities: Object.fromEntries(
                  labels.map(({ label }, index) => [label, Math.log(index === 0 ? 0.8 : 0.2)]),
                ),
                labelMass: 0,
                usage,
              })),
            },
          ],
        };
      },
    }),
    { limit: 8 },
  );
  expect(card.pairs.orderFlips.estimate).toBe(1);
  expect(card.pairs.firstShownWins.estimate).toBe(1);
  expect(card.pairs.positionLean.estimate).toBeCloseTo(Math.log(4), 9);
  expect(probeOf(card, 'master-keys').answers.flips.estimate).toBe(1);
  expect(unmet(card)).toEqual(expect.arrayContaining(['pair-accuracy', 'order-flips', 'master-keys']));
  expect(card.verdict.use).toBe('trial');
});

test('what is asked again goes to the engine, and a judge of moods shows', async () => {
  let mood = 0;
  const engine = scriptedJudge((answer) => perfect(answer) * (mood++ % 3 === 0 ? -1 : 1));
  const { card } = await cardOf(engine, { limit: 12 });
  expect(card.retest.same.agreement.estimate).toBeLessThan(1);
  expect(card.retest.same.change.estimate).toBeGreaterThan(0);
  expect(unmet(card)).toContain('retest');
});

test('with a critique the cuts are judged under another seed too', async () => {
  const engine = fakeEngine();
  const { card } = await cardOf(engine, { limit: 3, critique: 'brief', seed: 7 });
  expect(card.protocol).toMatchObject({ seed: 7, critique: 'brief', critiqueTokens: 96 });
  expect(card.retest.same.agreement.estimate).toBe(1);
  expect(card.retest.otherSeed?.agreement.n).toBe(6);
  expect(card.retest.otherSeed?.change.estimate).toBeGreaterThan(0);
});

test('unscored verdicts are counted and left out, and no figure stands on them', async () => {
  const unscored = { status: 'unscored', reason: 'context', message: 'too long' } as const;
  const { card, page } = await cardOf(scriptedJudge(perfect, { before: () => unscored }), { limit: 4 });
  expect(card.pairs.accuracy.estimate).toBeNull();
  expect(card.unscored.estimate).toBe(1);
  const { pairs, flips } = probeOf(card, 'injection');
  expect(pairs).toMatchObject({ twins: 8, unscored: 8 });
  expect(flips).toMatchObject({ estimate: null, n: 0, reason: 'no rows' });
  expect(unmet(card)).toHaveLength(card.verdict.requirements.length - 1);
  expect(card.verdict.use).toBe('trial');
  expect(page).toContain('Twins without a verdict, left out above:');
});

test('an interrupted card goes on where it stopped and ends with the same bytes; once more asks nothing', async () => {
  await using whole = await mkdtempDisposable(join(tmpdir(), 'juror-card-'));
  await using cut = await mkdtempDisposable(join(tmpdir(), 'juror-card-'));
  const options = { limit: 4 };
  const once = fakeEngine();
  let planned = 0;
  await makeCard({
    engine: once,
    folder: whole.path,
    ...options,
    onPlan: (samples) => {
      planned = samples;
    },
  });
  expect(planned).toBeGreaterThan(60);

  const stop = new AbortController();
  const first = fakeEngine({
    answer: () => {
      if (first.requests.length === 40) stop.abort();
      return undefined;
    },
  });
  await expect(
    makeCard({ engine: first, folder: cut.path, signal: stop.signal, ...options }),
  ).rejects.toMatchObject({ code: 'aborted' });
  const second = fakeEngine();
  await makeCard({ engine: second, folder: cut.path, ...options });
  expect(second.requests.length).toBeLessThanOrEqual(once.requests.length - 35);
  for (const name of [cardFiles.card, cardFiles.page, 'verdicts.jsonl', 'judgments.jsonl'])
    expect(await readFile(join(cut.path, name))).toEqual(await readFile(join(whole.path, name)));

  const third = fakeEngine();
  await makeCard({ engine: third, folder: cut.path, ...options });
  expect(third.requests).toHaveLength(0);
});

test('the machine’s cache serves a card, but never what is asked again', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-card-'));
  const [first, second] = [fakeEngine(), fakeEngine()];
  const shared = { cacheHome: join(home.path, 'home'), limit: 2 };
  await makeCard({ engine: first, folder: join(home.path, 'one'), ...shared });
  await makeCard({ engine: second, folder: join(home.path, 'two'), ...shared });
  expect(second.requests).toHaveLength(2 * 2 + 2);
});

test('no text can break the page', async () => {
  const model =
    'evil | model\n\n# Heading <script>alert(1)</script> `code` [link](http://x) **may gate** \u202e';
  const { page, card } = await cardOf(scriptedJudge(perfect, { model }), { limit: 2 });
  expect(card.engine.model).toBe(model);
  const lines = page.split('\n');
  const cells = (line: string) => line.replaceAll(/\\./g, '').split('|').length;
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('|')) continue;
    const previous = lines[index - 1] ?? '';
    if (previous.startsWith('|')) expect(cells(line)).toBe(cells(previous));
  }
  expect(lines.filter((line) => line.startsWith('# '))).toHaveLength(1);
  expect(page).not.toMatch(/(?<!\\)<script/);
  expect(page).not.toMatch(/(?<!\\)\]\(/);
  expect(page).not.toContain('\u202e');
  expect(page).not.toContain('**may gate**');
});

test('a card of another shape is refused, naming file and field', async () => {
  await expect(readCard('fixtures/card/pairs.jsonl')).rejects.toThrow(/pairs\.jsonl.*in JSON/);
  await expect(readCard('package.json')).rejects.toThrow(/package\.json.*expected a card/);
  await expect(readCard('no-such-card.json')).rejects.toThrow(/no readable file/);
});
