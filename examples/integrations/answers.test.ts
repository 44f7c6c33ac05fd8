/** juror's matchers: `npx vitest run answers.test.ts`. */
import { useJudge } from 'juror/vitest';
import { expect, test } from 'vitest';
import { ask, questions } from './application.ts';

useJudge({ rubric: 'answer-correctness', protocol: { critique: 'brief', critiqueTokens: 48 } });

test('knows Australia', async () => {
  const [{ input: prompt, expected: reference }] = questions;
  await expect({ prompt, reference, response: await ask(prompt) }).toScoreAtLeast(0.25);
});

test('knows Canada, which this application does not', async () => {
  const [, { input: prompt, expected: reference }] = questions;
  await expect({ prompt, reference, response: await ask(prompt) }).toPassRubric('answer-correctness', {
    threshold: 0.9,
  });
});

test('an evasive answer does not beat the right one', async () => {
  const [{ input: prompt }] = questions;
  await expect('I would rather not say.').not.toBeatAnswer(await ask(prompt), { prompt });
});
