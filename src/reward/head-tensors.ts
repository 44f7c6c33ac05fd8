/** A head's numbers as tensors, and back. */
import type { HeadMember } from '../head/head.ts';
import type { RewardHead } from '../schema.ts';
import type { Tensor } from './safetensors.ts';

/** The tensors of the members: `members.N.` `mean`, `scale`, `weight`, `bias`, and `hidden.weight`, `hidden.bias` where there is a layer. */
export function memberTensors(members: readonly HeadMember[]): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const [index, { inputs, mean, scale, hidden, weight, bias }] of members.entries()) {
    const put = (name: string, shape: readonly number[], values: Float32Array) =>
      tensors.set(`members.${index}.${name}`, { kind: 'F32', shape, values });
    put('mean', [inputs], mean);
    put('scale', [inputs], scale);
    put('weight', [bias.length, hidden?.size ?? inputs], weight);
    put('bias', [bias.length], bias);
    if (hidden === null) continue;
    put('hidden.weight', [hidden.size, inputs], hidden.weight);
    put('hidden.bias', [hidden.size], hidden.bias);
  }
  return tensors;
}

/** Takes one tensor of these lengths, or ends with an error. */
export type TakeTensor = <Kind extends Tensor['kind']>(
  name: string,
  kind: Kind,
  shape: readonly number[],
) => Extract<Tensor, { kind: Kind }>['values'];

/** The members that the record speaks of. */
export function membersOf(
  { members, hidden, objectives, feature: { size } }: RewardHead,
  take: TakeTensor,
): HeadMember[] {
  return Array.from({ length: members }, (_, index): HeadMember => {
    const own = (name: string, shape: readonly number[]) => take(`members.${index}.${name}`, 'F32', shape);
    return {
      inputs: size,
      mean: own('mean', [size]),
      scale: own('scale', [size]),
      weight: own('weight', [objectives.length, hidden ?? size]),
      bias: own('bias', [objectives.length]),
      hidden:
        hidden === null
          ? null
          : {
              size: hidden,
              weight: own('hidden.weight', [hidden, size]),
              bias: own('hidden.bias', [hidden]),
            },
    };
  });
}
