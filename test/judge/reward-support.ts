/** Readings as judges would give them. */
import fc from 'fast-check';
import type { RewardReading } from '../../src/judge/reward-readings.ts';

/** One judge's scores of the answers of a sample; a text is why there is none. */
export function reading(
  rubric: string,
  sampleId: string,
  scores: Record<string, Record<string, number | string>>,
  rest: Partial<RewardReading> & { readonly characters?: number; readonly text?: string } = {},
): RewardReading {
  const { characters = 10, text = null, ...other } = rest;
  return {
    judge: { identity: rubric, name: rubric, engines: 'fake' },
    sampleId,
    cluster: `prompt of ${sampleId}`,
    comparative: false,
    answers: Object.entries(scores).map(([responseId, own]) => ({
      responseId,
      characters,
      text,
      scores: Object.fromEntries(
        Object.entries(own).map(([name, said]) => [
          name,
          typeof said === 'number' ? { value: said } : { value: null, reason: said },
        ]),
      ),
    })),
    ...other,
  };
}

const score = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom('context', 'engine') },
);

/** What three rubrics, two of which share an objective, say of six samples of three prompts; some say nothing. */
export const readings: fc.Arbitrary<RewardReading[]> = fc
  .array(
    fc.record({
      place: fc.nat(5),
      rubric: fc.nat(2),
      scores: fc.array(fc.record({ helpfulness: score, honesty: score, safety: score }), {
        minLength: 2,
        maxLength: 2,
      }),
    }),
    { minLength: 1, maxLength: 24 },
  )
  .map((drawn) => {
    const kept = new Map(drawn.map((one) => [`${one.place} ${one.rubric}`, one]));
    return [...kept.values()].map(({ place, rubric, scores }) =>
      reading(
        ['helpful', 'safe', 'honest'][rubric] ?? '',
        `s${place}`,
        Object.fromEntries(
          scores.map(({ helpfulness, honesty, safety }, at) => [
            `r${at}`,
            [{ helpfulness }, { helpfulness, safety }, { honesty }][rubric] ?? {},
          ]),
        ),
        { cluster: `p${place % 3}`, subset: place % 3 === 0 ? 'math' : 'talk' },
      ),
    );
  });
