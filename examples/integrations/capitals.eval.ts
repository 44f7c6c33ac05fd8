/** A juror scorer in evalite: `npx evalite`. */
import { evalite } from 'evalite';
import { jurorScorer } from 'juror/evalite';
import { afterAll } from 'vitest';
import { ask, questions } from './application.ts';
import { judging } from './judging.ts';

const correct = jurorScorer<string, string>(judging);
afterAll(() => correct[Symbol.asyncDispose]());

evalite('Capitals', {
  data: [...questions],
  task: ask,
  scorers: [correct],
  columns: ({ input, output, scores }) => [
    { label: 'Question', value: input },
    { label: 'Answer', value: output },
    { label: 'Why', value: (scores[0]?.metadata as { rationale: string }).rationale },
  ],
});
