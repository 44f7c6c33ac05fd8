/** Whether a text stays inside its fence, checked on the prompts that a judge really reads. */
import type { Engine } from '../engine/engine.ts';
import { fence, promptText } from '../fence.ts';
import { type Plan, type Protocol, planSample } from '../judge/plan.ts';
import type { LoadedRubric } from '../rubric.ts';
import type { Sample } from '../schema.ts';

const lastMark = /\[end of [^\]\n]+ ([a-z]{6})\]\s*$/;

/**
 * For each prompt that a sample is judged with: whether a judged text got out of its fence. It has, when a text holds the fences'
 * nonce, when the nonce stands anywhere but in the fences' own lines, or when a text is not there, byte for byte, between its own.
 */
export async function brokenFences(
  sample: Sample,
  loaded: LoadedRubric,
  engine: Pick<Engine, 'id'>,
  protocol: Protocol,
): Promise<boolean[]> {
  const plans = await planSample(sample, loaded, engine, protocol);
  return plans.flatMap((plan) => plan.rounds.map((round) => isBroken(plan, sample, round)));
}

function isBroken(plan: Plan, sample: Sample, { prefix, responseIds }: Plan['rounds'][number]): boolean {
  const shown = prefix.at(-1)?.segments.join('') ?? '';
  const nonce = lastMark.exec(shown)?.[1];
  if (nonce === undefined) return true;
  const answers = responseIds.map((id) => plan.responses.find((response) => response.id === id)?.text ?? '');
  const names = answers.length > 1 ? ['answer A', 'answer B'] : ['answer'];
  const reference = plan.loaded.rubric.reference === 'never' ? undefined : sample.reference;
  const texts = [
    ['prompt', promptText(sample.prompt)] as const,
    ...(reference === undefined ? [] : [['reference answer', reference] as const]),
    ...answers.map((text, index) => [names[index] ?? '', text] as const),
  ];
  return (
    texts.some(([name, text]) => text.includes(nonce) || !shown.includes(fence(name, text, nonce))) ||
    shown.split(nonce).length - 1 !== 2 * texts.length
  );
}
