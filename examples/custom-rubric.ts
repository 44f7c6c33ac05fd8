/** A rubric of your own, with two criteria of different scales: `node examples/custom-rubric.ts` */
import { createJudge, parseRubric } from 'juror';
import { openEngine } from './engine.ts';

const rubric = parseRubric(
  `
id: support-reply
version: "1"
mode: pointwise
description: Judge the reply of a support desk to a customer.
prompt: pointwise
criteria:
  - id: solves
    description: Does the reply tell the customer how to solve the problem?
    weight: 2
    scale:
      kind: choice
      choices: { yes: 1, partly: 0.5, no: 0 }
      anchors:
        yes: the customer knows what to do next
        partly: a hint, with steps left out
        no: nothing to act on
  - id: tone
    description: How polite is the reply?
    objective: tone
    scale:
      kind: integer
      min: 1
      max: 3
      anchors: { 1: rude, 2: neutral, 3: warm and polite }
`,
  'support-reply.yaml',
);

await using engine = await openEngine();
const judge = createJudge({ engine, rubrics: [rubric] });
const verdicts = await judge.judge({
  id: 'ticket-1',
  prompt: 'I cannot log in. I have forgotten my password.',
  responses: [
    {
      id: 'useful',
      text: 'Sorry about that! Press "Forgot password" on the login page; we mail you a link that is valid for an hour.',
    },
    { id: 'rude', text: 'Not our problem. Read the manual.' },
  ],
});

for (const { responseIds, score, perCriterion } of verdicts) {
  const parts = Object.entries(perCriterion).map(([id, criterion]) => `${id} ${criterion.score?.toFixed(3)}`);
  console.log(`${responseIds[0]}: ${score?.toFixed(3)} (${parts.join(', ')})`);
}
