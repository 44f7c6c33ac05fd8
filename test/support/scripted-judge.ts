/** Judges that follow a script: an engine whose verdicts are a function of the texts that it is shown. */
import type { Deliberation, DeliberationResult } from '../../src/engine/engine.ts';
import { type FakeEngine, fakeEngine } from './fake-engine.ts';

/** The text of each answer, by the name in its fence. */
function shownAnswers({ prefix }: Deliberation): string[] {
  const shown = prefix.at(-1)?.segments.join('') ?? '';
  const nonce = /\[end of [^\]\n]+ ([a-z]{6})\]\s*$/.exec(shown)?.[1];
  return ['answer A', 'answer B', 'answer'].flatMap((name) => {
    const opening = `[${name} ${nonce}]\n`;
    const start = shown.indexOf(opening);
    return start < 0
      ? []
      : [shown.slice(start + opening.length, shown.lastIndexOf(`\n[end of ${name} ${nonce}]`))];
  });
}

/** A judge that gives each answer a merit: of a pair the greater one wins, alone it passes from 0 up. */
export function scriptedJudge(
  merit: (answer: string) => number,
  options: { model?: string; before?: (request: Deliberation) => DeliberationResult | undefined } = {},
): FakeEngine {
  const engine = fakeEngine({
    answer: (request) => {
      const early = options.before?.(request);
      if (early) return early;
      const merits = shownAnswers(request).map(merit);
      const [first = 0, second = 0] = merits;
      const lead = 1 / (1 + Math.exp(-Math.max(-8, Math.min(8, merits.length > 1 ? first - second : first))));
      const usage = { evaluated: 10, reused: 0, generated: 0 };
      return {
        status: 'done',
        samples: (request.critique?.seeds ?? [0]).map(() => ({
          critique: request.critique && { text: 'A critique.', finish: 'stop' as const },
          usage,
          answers: request.questions.map(({ id, labels }) => ({
            questionId: id,
            logProbabilities: Object.fromEntries(
              labels.map(({ label }, index) => [label, Math.log(index === 0 ? lead : 1 - lead)]),
            ),
            labelMass: -0.1,
            usage,
          })),
        })),
      };
    },
  });
  return options.model === undefined ? engine : { ...engine, id: { ...engine.id, model: options.model } };
}
