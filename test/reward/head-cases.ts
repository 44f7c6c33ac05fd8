/** Heads of every shape with drawn numbers; fixtures/golden/head-pages.json is what their pages' Python makes of them. */
import { createRandom } from '../../src/aggregate/random.ts';
import type { HeadMember } from '../../src/head/head.ts';
import type { HeadBelief } from '../../src/head/opinion.ts';
import type { Head } from '../../src/reward/head-file.ts';
import type { RewardHead } from '../../src/schema.ts';

const size = 6;
const random = createRandom(7);
const drawn = (length: number, scale = 1) => Float32Array.from({ length }, () => scale * random.normal());
const positive = (length: number) => Float32Array.from({ length }, () => 0.5 + random.uniform());

function member(objectives: number, hidden: number | null): HeadMember {
  return {
    inputs: size,
    mean: drawn(size),
    scale: positive(size),
    weight: drawn(objectives * (hidden ?? size)),
    bias: drawn(objectives),
    hidden: hidden === null ? null : { size: hidden, weight: drawn(hidden * size), bias: drawn(hidden) },
  };
}

const rows = { digest: '0'.repeat(64), texts: 4, rows: 2, prompts: 2, sources: { label: 2 }, leftOut: {} };
const balance = { mean: 0.5, ties: 0, soft: 0, longer: null };

/** A record of this many objectives and members. */
export function recordOf(change: Partial<RewardHead> = {}): RewardHead {
  return {
    schemaVersion: 1,
    name: 'drawn',
    version: '1',
    objectives: ['reward'],
    feature: {
      model: 'stub',
      digest: 'd'.repeat(64),
      template: 't'.repeat(64),
      readOut: 'turn-end',
      suffix: null,
      size,
      settings: { build: '1' },
    },
    members: 1,
    hidden: null,
    combination: null,
    kind: 'pairs',
    loss: { kind: 'bradley-terry', options: { labelSmoothing: 0, centering: 0 } },
    l2: { value: 0.1, curve: null },
    tieOdds: null,
    calibration: null,
    conformal: null,
    posterior: null,
    range: null,
    training: { rows, balance, clusters: ['0'.repeat(16), '1'.repeat(16)] },
    heldOut: null,
    seed: 0,
    juror: '0.1.0',
    ...change,
  };
}

const nothing = { combination: null, posterior: null, calibration: null, conformal: null, range: null };
const objectives = ['brevity', 'truth'];
const combined = {
  objectives,
  scale: 1.5,
  weights: Float64Array.of(0.25, 0.75),
  lengthSlopes: Float64Array.of(0, 0),
  gate: null,
  length: null,
};
const lengthwise: NonNullable<HeadBelief['combination']> = {
  ...combined,
  lengthSlopes: Float64Array.of(0.1, -0.2),
  length: { mean: 3, deviation: 0.7 },
  gate: { inputs: size, mean: drawn(size), scale: positive(size), weight: drawn(2 * size), bias: drawn(2) },
};
const kept = (kind: 'constants' | 'gate', own: typeof lengthwise) => ({
  kind,
  scale: own.scale,
  weights: [...own.weights],
  lengthSlopes: [...own.lengthSlopes],
  length: own.length,
});

const conformal = {
  errorRate: 0.1,
  unit: 'prompts',
  threshold: 0.7,
  pairs: 40,
  prompts: 30,
  ties: 1,
} as const;

/** By the name of their folder. */
export const headCases: Readonly<Record<string, Omit<Head, 'digest'>>> = {
  linear: {
    record: recordOf({
      calibration: { slope: 0.8, folds: 5, pairs: 40 },
      conformal,
      posterior: { kind: 'laplace', ridge: 4 },
      range: { shape: 'diagonal', shrinkage: 0.25, rows: 60 },
    }),
    belief: {
      ...nothing,
      ...(() => {
        const only = member(1, null);
        const { inputs, mean, scale } = only;
        const factor = Float32Array.from({ length: (size * (size + 1)) / 2 }, () => 1 + random.uniform());
        return { members: [only], posterior: { inputs, mean, scale, factor } };
      })(),
      calibration: { slope: 0.8, intercept: 0 },
      conformal,
      range: {
        inputs: size,
        shape: 'diagonal',
        shrinkage: 0.25,
        rows: 60,
        mean: drawn(size),
        factor: positive(size),
        quantiles: Float64Array.of(0, 1, 2, 3),
      },
    },
  },
  layer: {
    record: recordOf({ members: 3, hidden: 4 }),
    belief: { ...nothing, members: [member(1, 4), member(1, 4), member(1, 4)] },
  },
  objectives: {
    record: recordOf({ members: 2, objectives, kind: 'scores', combination: kept('constants', combined) }),
    belief: { ...nothing, members: [member(2, null), member(2, null)], combination: combined },
  },
  gate: {
    record: recordOf({
      members: 2,
      hidden: 3,
      objectives,
      kind: 'scores',
      combination: kept('gate', lengthwise),
    }),
    belief: { ...nothing, members: [member(2, 3), member(2, 3)], combination: lengthwise },
  },
};

/** Five answers to one prompt, their lengths, and the prompt's own state. */
export const caseInputs = {
  features: { rows: 5, columns: size, values: drawn(5 * size, 2) },
  lengths: [3, 10, 25, 80, 0],
  prompt: drawn(size),
};
