import { expect, test } from 'vitest';
import { type CascadeReportRow, cascadeReport } from '../../src/aggregate/cascade-report.ts';

const head = { stage: 'head', right: true, tokens: { prompt: 10, generated: 0 }, whole: true };
const judge = { stage: 'direct', right: false, tokens: { prompt: 90, generated: 5 }, whole: true };
const row = (more: Partial<CascadeReportRow>): CascadeReportRow => ({
  cluster: 'one',
  decided: 'head',
  confidence: 0.9,
  labelled: true,
  right: true,
  longer: true,
  stages: [head],
  tokens: { prompt: 10, generated: 0 },
  ...more,
});
const spentBoth = { prompt: 100, generated: 5 };
const stages = ['head', 'direct'];

test('tokens are told by stage, by decided row, and beside the judge alone: measured where it was asked, estimated elsewhere', () => {
  const report = cascadeReport(
    [
      row({ cluster: '1' }),
      row({
        cluster: '2',
        decided: 'direct',
        right: false,
        stages: [head, judge],
        tokens: spentBoth,
        confidence: 0.6,
      }),
      row({
        cluster: '3',
        decided: null,
        right: null,
        stages: [head, judge],
        tokens: spentBoth,
        confidence: null,
      }),
      row({ cluster: '4', labelled: false, right: null, longer: null, stages: [{ ...head, right: null }] }),
    ],
    stages,
  );
  expect(report).toMatchObject({ rows: 4, labelled: 3, people: { rows: 1 } });
  expect(report.stages.map(({ asked, decided, tokens }) => ({ asked, decided, tokens }))).toEqual([
    { asked: 4, decided: 2, tokens: { prompt: 40, generated: 0 } },
    { asked: 2, decided: 1, tokens: { prompt: 180, generated: 10 } },
  ]);
  expect(report.tokens).toEqual({ prompt: 220, generated: 10, perRow: 230 / 4, perDecided: 230 / 3 });
  expect(report.alone).toEqual([
    {
      stage: 'direct',
      measured: { rows: 2, tokens: { prompt: 180, generated: 10 } },
      estimated: { rows: 2, tokens: { prompt: 180, generated: 10 } },
      total: 380,
      saved: 1 - 230 / 380,
    },
  ]);
  expect(report.agreement).toMatchObject({ estimate: 0.5, n: 2 });
  expect(report.stages[0]?.agreement).toMatchObject({ estimate: 1, n: 1 });
  expect(report.stages[0]?.alone).toMatchObject({ estimate: 1, n: 3 });
  expect(report.longer).toMatchObject({ estimate: 1, n: 3 });
  expect(report.riskCoverage).toMatchObject([
    { coverage: 0.5, risk: 0 },
    { coverage: 1, risk: 0.5 },
  ]);
});

test('where all stages were asked, those after the decision are no cost of the cascade, and the judge alone is known', () => {
  const rows = ['1', '2', '3'].map((cluster) => row({ cluster, stages: [head, judge] }));
  const report = cascadeReport(rows, stages);
  expect(report.stages[1]).toMatchObject({ asked: 0, decided: 0, tokens: { prompt: 0, generated: 0 } });
  expect(report.alone[0]).toMatchObject({ estimated: { rows: 0 }, total: 285, saved: 1 - 30 / 285 });
  expect(report.againstJudge.difference).toMatchObject({ estimate: 1, n: 3 });
});

test('a judge that was never asked has no cost to estimate from, and no rows have no figures', () => {
  expect(cascadeReport([row({})], stages).alone[0]).toMatchObject({ total: null, saved: null });
  const none = cascadeReport([], stages);
  expect(none).toMatchObject({ rows: 0, tokens: { perRow: null, perDecided: null }, riskCoverage: [] });
  expect(none.agreement.estimate).toBeNull();
});
