/** A file of every kind of tensor; fixtures/golden/tensors.json is what the reference implementation reads in it. */
import type { Tensor, TensorFile } from '../../src/reward/safetensors.ts';

export const tensorCase: TensorFile = {
  tensors: new Map<string, Tensor>([
    ['b.weight', { kind: 'F32', shape: [2, 2], values: Float32Array.of(0.1, -2.5, 1e-45, 3) }],
    ['a.order', { kind: 'I32', shape: [3], values: Int32Array.of(7, -(2 ** 31), 2 ** 31 - 1) }],
    ['wide', { kind: 'F64', shape: [1, 2], values: Float64Array.of(Number.NaN, 1 / 3) }],
    ['größe', { kind: 'F32', shape: [], values: Float32Array.of(Number.NEGATIVE_INFINITY) }],
    ['nothing', { kind: 'F32', shape: [4, 0], values: new Float32Array(0) }],
  ]),
  metadata: { juror: '{"text":"\\ud800 \\" ✓"}', format: 'np' },
};
