/** Whether a text stays inside its fence, checked on the prompts that a judge really reads. */
import type { Engine } from '../engine/engine.ts';
import { fence, promptText } from '../fence.ts';
import { type Plan, planSample } from '../judge/plan.ts';
import type { Protocol } from '../judge/protocol.ts';
import type { LoadedRubric } from '../rubric.ts';
import type { Sample } from '../schema.ts';

const lastMark = /\[end of [^\]\n]+ ([a-z]{6})\]\s*$/;

/** A text and the name in its fence. */
export type FencedText = readonly [name: string, text: string];

/** For each prompt that a sample is judged with: whether a judged text got out of its fence. */
export async function brokenFences(
  sample: Sample,
  loaded: LoadedRubric,
  engine: Pick<Engine, 'id'>,
  protocol: Protocol,
): Promise<boolean[]> {
  const plans = await planSample(sample, loaded, engine, protocol);
  return plans.flatMap((plan) =>
    plan.rounds.map((round) => {
      const shown = round.prefix.at(-1)?.segments.join('') ?? '';
      return isFenceBroken(shown, fencedTexts(plan, sample, round.responseIds));
    }),
  );
}

/**
 * Whether one of the texts is out of its fence: when it holds the fences' nonce, when the nonce stands anywhere but in the fences'
 * own lines, or when the text is not there, byte for byte, between its own.
 */
export function isFenceBroken(shown: string, texts: readonly FencedText[]): boolean {
  const nonce = lastMark.exec(shown)?.[1];
  if (nonce === undefined) return true;
  return (
    texts.some(([name, text]) => text.includes(nonce) || !shown.includes(fence(name, text, nonce))) ||
    shown.split(nonce).length - 1 !== 2 * texts.length
  );
}

function fencedTexts(plan: Plan, sample: Sample, responseIds: readonly string[]): FencedText[] {
  const names = responseIds.length > 1 ? ['answer A', 'answer B'] : ['answer'];
  const reference = plan.loaded.rubric.reference === 'never' ? undefined : sample.reference;
  return [
    ['prompt', promptText(sample.prompt)],
    ...(reference === undefined ? [] : [['reference answer', reference] as const]),
    ...responseIds.map(
      (id, index) =>
        [names[index] ?? '', plan.responses.find((response) => response.id === id)?.text ?? ''] as const,
    ),
  ];
}
