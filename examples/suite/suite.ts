/** The suite of suite.yaml as a program: gates are made from a list of topics. */
import { defineSuite } from 'juror';

const topics = ['refunds', 'delivery'];

export const suite = defineSuite({
  name: 'support-by-topic',
  data: [{ id: 'replies', file: 'replies.jsonl' }],
  rubrics: ['support.yaml'],
  judges: [{ id: 'small', model: 'smollm2-135m', gpu: 'off' }],
  slices: ['topic'],
  gates: topics.map((topic) => ({
    id: `helps-with-${topic}`,
    kind: 'figure',
    measure: 'score',
    objective: 'helpfulness',
    slice: { topic },
    min: 0.3,
    bound: 'estimate',
  })),
});
