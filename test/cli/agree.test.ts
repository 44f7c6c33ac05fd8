import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSamples } from '../../src/dataset.ts';
import type { Verdict } from '../../src/schema.ts';
import { juror, recordings } from './juror.ts';

const data = 'fixtures/agree/votes.jsonl';

/** A finished run of the pairs with votes in a new home. */
async function judged() {
  const home = await mkdtempDisposable(join(tmpdir(), 'juror-agree-'));
  const run = join(home.path, 'run');
  const judge = async (out: string, ...flags: string[]) =>
    (
      await juror(
        [
          'judge',
          data,
          '--rubric',
          'better-answer',
          '--replay',
          recordings.full,
          '--quiet',
          '--out',
          out,
          ...flags,
        ],
        home.path,
      )
    ).code;
  expect(await judge(run)).toBe(0);
  return { home: home.path, run, judge, [Symbol.asyncDispose]: () => home.remove() };
}

async function rows(): Promise<Record<string, unknown>[]> {
  return (await readFile(data, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('agree --json has annotators, models, reliability bins and the risk-coverage curve; the diagram draws the bins', async () => {
  await using at = await judged();
  const file = join(at.home, 'reliability.svg');
  const { code, stdout } = await juror(['agree', at.run, '--json', '--diagram', file], at.home);
  expect(code).toBe(0);
  const report = JSON.parse(stdout)['better-answer'];
  expect(report.annotators).toMatchObject({ rows: 24, several: 24, votes: 56 });
  expect(report.annotators.annotators.wede524).toMatchObject({ votes: 15 });
  expect(report.models).toMatchObject([
    { model: 'tulu_65B', against: 'tulu_7B', judged: { n: 24 }, labels: { n: 24 } },
  ]);
  expect(report.confidence.reliability).toHaveLength(2);
  expect(report.confidence.riskCoverage.at(-1)).toMatchObject({ coverage: 1, answered: 24 });
  expect(report).not.toHaveProperty('corrected');
  const drawn = await readFile(file, 'utf8');
  expect(drawn.match(/<circle/g)).toHaveLength(2);
  expect(drawn).toContain('<title id="title">Reliability of better-answer</title>');
});

test('--labels brings votes of its own, and corrected rates where it has labels of some rows', async () => {
  await using at = await judged();
  const labels = join(at.home, 'labels.jsonl');
  const some = (await rows())
    .slice(0, 10)
    .map((row) => ({ ...row, meta: undefined, votes: ['a', 'a', 'b'] }));
  await writeFile(labels, some.map((row) => JSON.stringify(row)).join('\n'));
  const json = JSON.parse((await juror(['agree', at.run, '--labels', labels, '--json'], at.home)).stdout);
  const { annotators, corrected, counts } = json['better-answer'];
  expect(counts).toMatchObject({ compared: 10 });
  expect(annotators.annotators.wede524.votes).toBeLessThan(15);
  expect(corrected.rates).toMatchObject([{ name: 'tulu_65B against tulu_7B', labelled: 10, unlabelled: 14 }]);
  await writeFile(labels, JSON.stringify({ ...some[0], votes: ['a', { who: 'w', label: 'better' }] }));
  const bad = await juror(['agree', at.run, '--labels', labels], at.home);
  expect(bad.code).toBe(2);
  expect(bad.stderr).toMatch(/labels\.jsonl:1: votes\.1\.label: expected "a", "b", "tie"/);
});

test('--corrected says why there is nothing to correct', async () => {
  await using at = await judged();
  const { code, stderr } = await juror(['agree', at.run, '--corrected'], at.home);
  expect({ code, stderr }).toMatchInlineSnapshot(`
    {
      "code": 2,
      "stderr": "juror: --corrected: expected scored verdicts with a label and others without one to correct for, got labels of 24 of 24
    ",
    }
  `);
});

test('--against compares the rows that both runs have, and says what it leaves out', async () => {
  await using at = await judged();
  const other = join(at.home, 'other');
  expect(await at.judge(other, '--critique', 'brief', '--limit', '20')).toBe(0);
  const { code, stdout } = await juror(['agree', at.run, '--against', other], at.home);
  expect(code).toBe(0);
  expect(stdout).toContain('20 verdicts compared; left out: 4 only in this run\n');
  const json = JSON.parse((await juror(['agree', at.run, '--against', other, '--json'], at.home)).stdout);
  expect(json['better-answer'].against).toMatchObject({
    figure: 'accuracy',
    counts: { compared: 20, onlyHere: 4, onlyThere: 0, different: 0, unscored: 0 },
  });
  const answers = join(at.home, 'answers');
  const flags = ['--rubric', 'answer-correctness', '--replay', recordings.full, '--quiet', '--out', answers];
  expect((await juror(['judge', 'fixtures/demo/answers.jsonl', ...flags], at.home)).code).toBe(0);
  const wrong = await juror(['agree', at.run, '--against', answers], at.home);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain("expected pairwise verdicts, got pointwise ones ('answer-correctness')");
});

/** A finished run of the demo's answers in a new home. */
async function answers() {
  const home = await mkdtempDisposable(join(tmpdir(), 'juror-agree-'));
  const run = join(home.path, 'run');
  const flags = ['--rubric', 'answer-correctness', '--replay', recordings.full, '--quiet', '--out', run];
  expect((await juror(['judge', 'fixtures/demo/answers.jsonl', ...flags], home.path)).code).toBe(0);
  return { home: home.path, run, [Symbol.asyncDispose]: () => home.remove() };
}

test('labels and votes in words that the scale lacks are counted, and votes keep their places', async () => {
  await using at = await answers();
  const labels = join(at.home, 'labels.jsonl');
  const own = (await readFile('fixtures/demo/answers.jsonl', 'utf8')).trim().split('\n');
  const rows = own.map((line, index) => {
    const { label: _, ...row } = JSON.parse(line);
    return {
      ...row,
      votes: ['good', 'correct', index === 0 ? 'bad' : 'incorrect'],
      ...(index === 1 ? { label: 'fine' } : {}),
    };
  });
  await writeFile(labels, rows.map((row) => JSON.stringify(row)).join('\n'));
  const text = await juror(['agree', at.run, '--labels', labels], at.home);
  const unread = { labels: 1, votes: rows.length + 1 };
  expect(text.stdout).toContain(
    `left out: 1 label and ${unread.votes} votes in words that the scale lacks\n`,
  );
  const { stdout } = await juror(['agree', at.run, '--labels', labels, '--json'], at.home);
  expect(JSON.parse(stdout)['answer-correctness']).toMatchObject({
    unread,
    annotators: { votes: 2 * rows.length - 1 },
  });
});

test('labels of the viewer are votes beside the data’s: named, with κ, the last one of each; a labels file stands in for the data’s labels', async () => {
  await using at = await judged();
  const verdicts: Verdict[] = (await readFile(join(at.run, 'verdicts.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const line = ({ sampleId, rubricId, responseIds }: Verdict, annotator: string, label: string | null) =>
    `${JSON.stringify({ sampleId, rubricId, responseIds, annotator, label, score: null, blind: annotator === 'ann' })}\n`;
  const lines = verdicts.flatMap((verdict, index) => [
    line(verdict, 'ann', verdict.responseIds[index % 2] ?? ''),
    ...(index < 6 ? [line(verdict, 'wede524', 'tie'), line(verdict, 'bob', verdict.winner)] : []),
    ...(index === 0 ? [line(verdict, 'ann', 'tie'), line(verdict, 'bob', null)] : []),
  ]);
  const own = join(at.run, 'labels.jsonl');
  await writeFile(own, lines.join(''));
  const { code, stdout } = await juror(['agree', at.run, '--json'], at.home);
  expect(code).toBe(0);
  const { raters, annotators, counts } = JSON.parse(stdout)['better-answer'];
  expect(raters.annotators).toEqual({
    ann: { labels: 24, blind: 24 },
    bob: { labels: 5, blind: 0 },
    wede524: { labels: 6, blind: 0 },
  });
  const samples = await Array.fromAsync(readSamples(data));
  const again = verdicts
    .slice(0, 6)
    .filter(({ sampleId }) =>
      samples
        .find(({ id }) => id === sampleId)
        ?.annotations?.some(({ annotator }) => annotator === 'wede524'),
    );
  expect(again.length).toBeGreaterThan(0);
  expect(annotators.votes).toBe(56 + 24 + 5 + 6 - again.length);
  expect(counts.compared).toBe(24);
  const said = verdicts.map((verdict, index) => (index === 0 ? 'tie' : verdict.responseIds[index % 2]));
  const withJudge = raters.pairs.find((pair: Pair) => pair.left === 'ann' && pair.right === 'judge');
  expect(withJudge.n).toBe(24);
  expect(withJudge.agreement.estimate).toBeCloseTo(
    verdicts.filter(({ winner }, index) => winner === said[index]).length / 24,
    12,
  );
  expect(raters.pairs.filter(({ left, right }: Pair) => left === 'bob' && right === 'judge')).toMatchObject([
    { n: 5, agreement: { estimate: 1 } },
  ]);
  // A named annotator of the data is met where both spoke.
  expect(raters.pairs.some(({ right }: Pair) => right === 'w17b93e')).toBe(true);

  const text = await juror(['agree', at.run], at.home);
  expect(text.stdout).toContain(
    'labels given in the viewer: ann 24 (24 blind), bob 5 (0 blind), wede524 6 (0 blind)',
  );
  const elsewhere = join(at.home, 'other.jsonl');
  await writeFile(elsewhere, verdicts.map((verdict) => line(verdict, 'cy', verdict.winner)).join(''));
  const other = JSON.parse((await juror(['agree', at.run, '--labels', elsewhere, '--json'], at.home)).stdout);
  expect(other['better-answer']).toMatchObject({
    figures: { accuracy: { estimate: 1, n: 24 } },
    raters: { annotators: { cy: { labels: 24, blind: 0 } } },
  });
});

interface Pair {
  readonly left: string;
  readonly right: string;
}
