/** A head's numbers as tensors, and back. */
import type { HeadMember } from '../head/head.ts';
import type { HeadBelief } from '../head/opinion.ts';
import type { RewardHead } from '../schema.ts';
import type { Tensor } from './safetensors.ts';

/**
 * The tensors of a head: `members.N.` `mean`, `scale`, `weight`, `bias`, and `hidden.weight`, `hidden.bias` where there is a layer; `gate.`,
 * `posterior.` and `range.` where there are any. Triangles are packed row by row.
 */
export function headTensors({ members, combination, posterior, range }: HeadBelief): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  const put = (name: string, shape: readonly number[], values: Float32Array) =>
    tensors.set(name, { kind: 'F32', shape, values });
  for (const [index, { inputs, mean, scale, hidden, weight, bias }] of members.entries()) {
    const own = `members.${index}`;
    put(`${own}.mean`, [inputs], mean);
    put(`${own}.scale`, [inputs], scale);
    put(`${own}.weight`, [bias.length, hidden?.size ?? inputs], weight);
    put(`${own}.bias`, [bias.length], bias);
    if (hidden === null) continue;
    put(`${own}.hidden.weight`, [hidden.size, inputs], hidden.weight);
    put(`${own}.hidden.bias`, [hidden.size], hidden.bias);
  }
  const gate = combination?.gate;
  if (gate) {
    put('gate.mean', [gate.inputs], gate.mean);
    put('gate.scale', [gate.inputs], gate.scale);
    put('gate.weight', [gate.bias.length, gate.inputs], gate.weight);
    put('gate.bias', [gate.bias.length], gate.bias);
  }
  if (posterior) put('posterior.factor', [posterior.factor.length], posterior.factor);
  if (range) {
    put('range.mean', [range.inputs], range.mean);
    put('range.factor', [range.factor.length], range.factor);
    tensors.set('range.quantiles', {
      kind: 'F64',
      shape: [range.quantiles.length],
      values: range.quantiles,
    });
  }
  return tensors;
}

/** Takes one tensor of these lengths, null for any length, or ends with an error. */
export type TakeTensor = <Kind extends Tensor['kind']>(
  name: string,
  kind: Kind,
  shape: readonly (number | null)[],
) => Extract<Tensor, { kind: Kind }>['values'];

/** The numbers that the record speaks of. */
export function beliefOf(record: RewardHead, take: TakeTensor): HeadBelief {
  const { combination, calibration, conformal, posterior, range, objectives, feature } = record;
  const inputs = feature.size;
  const triangle = (inputs * (inputs + 1)) / 2;
  const members = membersOf(record, take);
  const [first] = members;
  return {
    members,
    combination: combination && {
      objectives,
      scale: combination.scale,
      weights: Float64Array.from(combination.weights),
      lengthSlopes: Float64Array.from(combination.lengthSlopes),
      length: combination.length,
      ...(combination.units ? { units: Float64Array.from(combination.units) } : {}),
      gate:
        combination.kind === 'constants'
          ? null
          : {
              inputs,
              mean: take('gate.mean', 'F32', [inputs]),
              scale: take('gate.scale', 'F32', [inputs]),
              weight: take('gate.weight', 'F32', [objectives.length, inputs]),
              bias: take('gate.bias', 'F32', [objectives.length]),
            },
    },
    calibration: calibration && { slope: calibration.slope, intercept: 0 },
    conformal,
    posterior:
      posterior && first
        ? {
            inputs,
            mean: first.mean,
            scale: first.scale,
            factor: take('posterior.factor', 'F32', [triangle]),
          }
        : null,
    range: range && {
      inputs,
      ...range,
      mean: take('range.mean', 'F32', [inputs]),
      factor: take('range.factor', 'F32', [range.shape === 'full' ? triangle : inputs]),
      quantiles: take('range.quantiles', 'F64', [null]),
    },
  };
}

function membersOf(
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
