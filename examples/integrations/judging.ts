/** One judge for every tool. What it says is recorded once and played back: no model is needed in CI. */
export const judging = {
  rubric: 'answer-correctness',
  protocol: { critique: 'brief', critiqueTokens: 48 },
  recording: 'recordings/capitals.jsonl',
} as const;
