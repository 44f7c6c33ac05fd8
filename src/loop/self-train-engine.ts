/** The parts of a loop as juror has them: edits, a judge, a backbone's features and heads trained on them. */
import { canonicalJson, contentHash } from '../canonical.ts';
import type { TextGenerator } from '../engine/generate.ts';
import { JurorError } from '../errors.ts';
import type { FeatureMatrix } from '../head/data.ts';
import { rowOf } from '../head/data.ts';
import { scoreMember } from '../head/head.ts';
import { pairDeviation, whiten } from '../head/laplace.ts';
import type { HeadBelief } from '../head/opinion.ts';
import { engineIdentity } from '../judge/identity.ts';
import type { Judge } from '../judge/judge.ts';
import { PROTOCOL_VERSION } from '../judge/protocol.ts';
import type { EditOperator } from '../preference/edit-operator.ts';
import { synthesise } from '../preference/synthesise.ts';
import { preferenceFromVerdict } from '../preference/verdicts.ts';
import { type FeatureReader, requireSameFeatures } from '../reward/features.ts';
import { readHead, writeHead } from '../reward/head-file.ts';
import { type TrainedHead, trainHead } from '../reward/train.ts';
import { trainingFromPreferences } from '../reward/training-files.ts';
import type { LoadedRubric } from '../rubric.ts';
import type { EngineId, Sample, Verdict } from '../schema.ts';
import type { JudgedPair, LoopHead, SelfTrainParts } from './self-train-parts.ts';

/** What the parts are made of. All of it stays the caller's. */
export interface EnginePartsOptions {
  readonly features: FeatureReader;
  /** At least one. */
  readonly operators: readonly EditOperator[];
  /** Writes for the operators that need a model. */
  readonly generator?: TextGenerator;
  /** Judges pairs under one rubric for pairs. Default: nobody. */
  readonly judge?: { readonly judge: Judge; readonly rubric: LoadedRubric; readonly engine: EngineId };
  /** Name of the data, for the records. Default none. */
  readonly run?: string;
}

/** The parts of a loop. Throws JurorError `usage` for a rubric that compares no pairs. */
export function engineParts({
  features,
  operators,
  generator,
  judge,
  run,
}: EnginePartsOptions): SelfTrainParts<TrainedHead> {
  if (judge && judge.rubric.rubric.mode !== 'pairwise')
    throw new JurorError(
      'usage',
      `expected a rubric that compares pairs, got '${judge.rubric.rubric.id}', which is ${judge.rubric.rubric.mode}`,
    );
  const ways = new Set(operators.map(({ length }) => length));
  const balanced = ways.has('either') || (ways.has('longer') && ways.has('shorter'));
  return {
    identity: {
      features: contentHash(features.spec),
      operators: operators.map(({ name }) => name).join(', '),
      judge: judge
        ? contentHash([
            PROTOCOL_VERSION,
            engineIdentity(judge.engine),
            judge.rubric.digest,
            judge.judge.protocol,
          ])
        : 'none',
      training: 'bradley-terry, linear, one member, l2 by unseen prompts',
    },
    synthesise: (samples, { seed, signal }) =>
      synthesise(samples, {
        operators,
        seed,
        // Whatever an edit does to the length, no round may teach that length is what counts.
        balanceLength: balanced,
        run: run ?? null,
        ...(generator ? { generator } : {}),
        ...(signal ? { signal } : {}),
      }),
    judge: judge
      ? (samples, options) =>
          judgePairs(judge, samples, { ...options, ...(run === undefined ? {} : { run }) })
      : null,
    read: (texts, options) => features.read(texts, options),
    async train(comparisons, { seed, round, signal }) {
      const head = await trainHead({
        features,
        data: await trainingFromPreferences(comparisons),
        holdout: 0,
        seed,
        name: 'self-trained',
        version: String(round),
        ...(signal ? { signal } : {}),
      });
      return {
        head,
        details: {
          l2: head.record.l2.value,
          settled: head.members.every(({ converged }) => converged),
          calibration: head.belief.calibration?.slope ?? null,
        },
      };
    },
    async writeHead(folder, head) {
      const { record, belief, members, doubts } = head;
      await writeHead(
        folder,
        { record, belief },
        {
          page: `# ${record.name} ${record.version}\n\nA head of \`juror selftrain\`. What it was trained on, and what became of it, is in the card and the decision\nbeside its folder.\n`,
          training: JSON.parse(canonicalJson({ record, members, calibration: doubts.calibration })),
        },
      );
    },
    async readHead(folder) {
      const { record, belief } = await readHead(folder);
      requireSameFeatures(record.feature, features.spec);
      return loopHead(belief);
    },
  };
}

/** Scores on the scale of calibrated log-odds; the deviations are the posterior's. */
function loopHead({ members, posterior, calibration }: HeadBelief): LoopHead {
  // A head whose scores said nothing of prompts that it had not seen is sure of nothing; how far its weights are known is another matter.
  const slope = calibration === null ? 1 : Math.max(0, calibration.slope);
  const spread = slope > 0 ? slope : 1;
  return {
    score(features) {
      const each = members.map((member) => scoreMember(member, features));
      return Float64Array.from(
        { length: features.rows },
        (_, row) => (slope * each.reduce((sum, scores) => sum + (scores[row] ?? 0), 0)) / each.length,
      );
    },
    deviation(features: FeatureMatrix, left, right) {
      if (posterior === null)
        throw new JurorError(
          'data',
          'expected a head that knows how sure it is, got one without a posterior',
        );
      const white = Array.from({ length: features.rows }, (_, row) =>
        whiten(posterior, rowOf(features, row)),
      );
      return Float64Array.from(
        left,
        (first, pair) =>
          spread * pairDeviation(white[first] as Float64Array, white[right[pair] as number] as Float64Array),
      );
    },
  };
}

/** One answer for each sample, in their order. */
async function* judgePairs(
  { judge, rubric, engine }: NonNullable<EnginePartsOptions['judge']>,
  samples: readonly Sample[],
  { signal, run }: { readonly signal?: AbortSignal; readonly run?: string },
): AsyncGenerator<JudgedPair> {
  let place = 0;
  const refused = new Map<string, string>();
  const silent = function* (until: string | undefined): Generator<JudgedPair> {
    while (place < samples.length && samples[place]?.id !== until)
      yield { status: 'unscored', reason: refused.get(samples[place++]?.id ?? '') ?? 'invalid' };
  };
  const options = {
    onBadSample: (_error: JurorError, sample: Sample) => void refused.set(sample.id, 'unfit'),
    ...(signal ? { signal } : {}),
  };
  for await (const verdict of judge.judgeAll(samples, options)) {
    yield* silent(verdict.sampleId);
    const sample = samples[place++];
    if (sample) yield judgedPair(sample, verdict, rubric, engine, run ?? null);
  }
  yield* silent(undefined);
}

function judgedPair(
  sample: Sample,
  verdict: Verdict,
  rubric: LoadedRubric,
  engine: EngineId,
  run: string | null,
): JudgedPair {
  let reason: string = 'invalid';
  const preference = preferenceFromVerdict(sample, verdict, {
    rubric,
    engines: [{ id: engine }],
    run,
    leftOut: (why) => {
      reason = why === 'unscored' ? (verdict.unscored[0] ?? 'invalid') : why;
    },
  });
  return preference ? { status: 'judged', preference } : { status: 'unscored', reason };
}
