/** Tests of answers with juror's matchers: `npx vitest run capitals.test.ts`. */
import { useJudge } from 'juror/vitest';
import { expect, test } from 'vitest';
import { ask } from './application.ts';

useJudge({ rubric: 'answer-correctness', protocol: { critique: 'brief', critiqueTokens: 48 } });

test('knows Australia', async () => {
  const prompt = 'What is the capital of Australia?';
  await expect({ prompt, response: await ask(prompt), reference: 'Canberra' }).toScoreAtLeast(0.5);
});

test('knows Canada', async () => {
  const prompt = 'What is the capital of Canada?';
  await expect({ prompt, response: await ask(prompt), reference: 'Ottawa' }).toScoreAtLeast(0.9);
});

test('does not evade', async () => {
  const prompt = 'What is the capital of Australia?';
  await expect('I would rather not say.').not.toBeatAnswer(await ask(prompt), { prompt });
});
