/** A juror scorer in evalite: `npx evalite`. */
import { evalite } from 'evalite';
import { jurorScorer, type Rationale } from 'juror/evalite';
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
    { label: 'Why', value: scores.map(({ metadata }) => (metadata as Rationale).rationale).join('\n') },
  ],
});
