/** A juror scorer beside autoevals' own, and inside one of them. */
import { Levenshtein, ListContains, type Scorer } from 'autoevals';
import { jurorScorer } from 'juror/autoevals';
import { ask, questions } from './application.ts';
import { judging } from './judging.ts';

await using correct = jurorScorer<string, string>(judging);
const scorers: Scorer<string, { input: string }>[] = [Levenshtein, correct];

for (const { input, expected } of questions) {
  const output = await ask(input);
  for (const scorer of scorers) {
    const { name, score, metadata } = await scorer({ input, output, expected });
    console.log(
      `${name} ${score?.toFixed(3) ?? 'not scored'} ${output} ${JSON.stringify(metadata?.rationale ?? null)}`,
    );
  }
}

// A scorer may be what another compares with: here for each item of a list. It brings no input, so the prompt is named; and it counts null
// as 0, so that what has no score has to be an error.
const [first] = questions;
await using item = jurorScorer<string, string>({ ...judging, prompt: () => first?.input, unscored: 'error' });
const { name, score } = await ListContains({
  output: ['Canberra.'],
  expected: ['Canberra'],
  pairwiseScorer: item,
});
console.log(`${name} ${score?.toFixed(3)}`);
