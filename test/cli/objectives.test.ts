import { expect, test } from 'vitest';
import { readGates, readIdeal, readWeights } from '../../src/cli/objectives.ts';

const objectives = ['helpfulness', 'honesty'];

test('every objective counts 1 where no weight is given, and nothing beside those that are', () => {
  expect(readWeights(undefined, objectives)).toEqual({ helpfulness: 1, honesty: 1 });
  expect(readWeights(['honesty=0.5'], objectives)).toEqual({ honesty: 0.5 });
  expect(readIdeal(['honesty = 2', 'helpfulness=-1'])).toEqual({ honesty: 2, helpfulness: -1 });
  expect(readGates(['honesty<0.5:0.2', ' helpfulness < 1 : 0 '])).toEqual([
    { objective: 'honesty', below: 0.5, cap: 0.2 },
    { objective: 'helpfulness', below: 1, cap: 0 },
  ]);
});

test('what is no weight, ideal or gate is refused', () => {
  expect(() => readWeights(['honsty=2'], objectives)).toThrow(
    "--weight: expected one of helpfulness, honesty, got 'honsty', did you mean 'honesty'?",
  );
  for (const text of ['honesty', 'honesty=', 'honesty=x', 'honesty=Infinity', '=1'])
    expect(() => readWeights([text], objectives)).toThrow('--weight: expected NAME=NUMBER');
  expect(() => readWeights(['honesty=-1'], objectives)).toThrow('expected 0 or more, got honesty=-1');
  expect(() => readWeights(['honesty=1', 'honesty=2'], objectives)).toThrow("once, got 'honesty' twice");
  expect(() => readIdeal(['honesty'])).toThrow('--ideal: expected NAME=NUMBER');
  for (const text of ['honesty', 'honesty<0.5', 'honesty<x:1', 'honesty<1:', 'honesty>1:0'])
    expect(() => readGates([text])).toThrow("such as 'harmlessness<0.5:0.2'");
});
