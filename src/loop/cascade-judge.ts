/** The judge's stages of a cascade: at once, and after a critique. */

import { boundedLogOdds } from '../aggregate/calibration.ts';
import { nineDecimals } from '../aggregate/cascade.ts';
import { contentHash } from '../canonical.ts';
import type { Engine } from '../engine/engine.ts';
import { JurorError } from '../errors.ts';
import { createCalibrator } from '../judge/calibrate.ts';
import { requireSubject } from '../judge/calibration-subject.ts';
import { createJudge, type JudgeOptions } from '../judge/judge.ts';
import { abstentionText, defaultPanel } from '../judge/rules.ts';
import { loadPrompt } from '../prompt-template.ts';
import type { LoadedRubric } from '../rubric.ts';
import type {
  Calibration,
  CascadeOpinion,
  CascadeStage,
  CascadeSubject,
  Judgment,
  JudgmentUsage,
  Sample,
  Verdict,
} from '../schema.ts';
import { memoryStore } from '../store/memory.ts';

/** Who judges in a cascade, and how. */
export interface CascadeJudgeOptions extends Omit<JudgeOptions, 'rubrics' | 'critique' | 'escalate'> {
  /** Pairwise or pointwise. */
  readonly rubric: LoadedRubric;
  /** The critique of the last stage; `none`: the judge is asked once, at once. Default `brief`. */
  readonly critique?: 'none' | 'brief' | 'full';
  /** Ask for a verdict at once before one with a critique. Default true. */
  readonly direct?: boolean;
  /** Of the stages' probabilities; each belongs to the stage of its protocol. Default none. */
  readonly calibrations?: readonly Calibration[];
}

/** One stage of the judge. */
export interface JudgeStage {
  readonly stage: CascadeStage;
  readonly subject: CascadeSubject['stages'][number];
  /** Opinions of a pair, or of each response of the sample. */
  ask(sample: Sample, signal: AbortSignal | undefined): Promise<CascadeOpinion[]>;
}

/** The stages of a judge, cheapest first. Throws JurorError `usage` for options or calibrations that do not fit. */
export function judgeStages(options: CascadeJudgeOptions): {
  readonly stages: readonly JudgeStage[];
  readonly subject: Pick<CascadeSubject, 'rubric' | 'engines'>;
} {
  const { rubric: loaded, critique = 'brief', direct = true, calibrations = [], ...shared } = options;
  const { rubric, digest } = loaded;
  if (rubric.mode !== 'pairwise' && rubric.mode !== 'pointwise')
    throw new JurorError(
      'usage',
      `expected a pairwise or pointwise rubric for a cascade, got '${rubric.id}' (${rubric.mode})`,
    );
  const modes =
    critique === 'none' ? (['none'] as const) : direct ? (['none', critique] as const) : [critique];
  const engines = enginesOf(options).map(({ id: { model, digest, template } }) => ({
    model,
    digest,
    template,
  }));
  const bound = { id: rubric.id, version: rubric.version, digest };
  const left = new Set(calibrations);
  const store = options.store ?? memoryStore();
  const stages = modes.map((mode): JudgeStage => {
    const { samples = 1, ...rest } = shared;
    const judge = createJudge({
      ...rest,
      store,
      rubrics: [loaded],
      critique: mode,
      samples: mode === 'none' ? 1 : samples,
    });
    const panel = engines.length > 1 ? (options.panel ?? defaultPanel) : undefined;
    const together = panel && `${panel.reducer}, quorum ${panel.quorum}`;
    const subject = {
      mode: rubric.mode === 'pairwise' ? ('pairwise' as const) : ('pointwise' as const),
      rubric: bound,
      engines,
      protocol: {
        critique: mode,
        samples: judge.protocol.samples,
        prompt: loadPrompt(rubric.prompt).digest,
        ...(together === undefined ? {} : { panel: together }),
      },
    };
    const calibration = calibrations.find(({ protocol }) => protocol.critique === mode);
    if (calibration) left.delete(calibration);
    const calibrate = calibration ? createCalibrator(calibration, subject) : (verdict: Verdict) => verdict;
    return {
      stage: mode === 'none' ? 'direct' : 'critique',
      subject: {
        stage: mode === 'none' ? 'direct' : 'critique',
        critique: mode,
        samples: judge.protocol.samples,
        prompt: subject.protocol.prompt,
        calibration: calibration ? contentHash(calibration) : null,
        rules: [abstentionText(options.abstain ?? {}), `tie band ${options.tieBand ?? 0}`, together ?? '']
          .filter((part) => part !== '')
          .join('; '),
      },
      async ask(sample, signal) {
        const verdicts = await judge.judge(sample, signal ? { signal } : {});
        return Promise.all(
          verdicts.map(async (verdict) =>
            opinionOf(
              mode === 'none' ? 'direct' : 'critique',
              calibrate(verdict),
              await find(verdict.judgments),
            ),
          ),
        );
      },
    };
  });
  const find = async (keys: readonly string[]): Promise<Judgment[]> =>
    (await Promise.all(keys.map((key) => store.get(key)))).flatMap((judgment) => judgment ?? []);
  for (const calibration of left) {
    // Says which of rubric, engine or protocol is another one.
    requireSubject(calibration, {
      rubric: bound,
      engines,
      protocol: { ...calibration.protocol, critique: modes[modes.length - 1] ?? 'none' },
    });
    throw new JurorError(
      'usage',
      `expected one calibration for each stage, got several of critique ${calibration.protocol.critique}`,
    );
  }
  return { stages, subject: { rubric: bound, engines } };
}

function opinionOf(
  stage: CascadeStage,
  { responseIds, score, winner, abstained, unscored }: Verdict,
  judgments: readonly Judgment[],
): CascadeOpinion {
  const logOdds = score === null ? null : nineDecimals(boundedLogOdds(score));
  const tie = winner === 'tie';
  return {
    stage,
    responseIds,
    probability: score,
    logOdds,
    confidence: logOdds === null ? null : tie ? 0 : Math.abs(logOdds),
    tie,
    against: abstained
      ? abstained.reasons.map(({ message }) => message)
      : score === null
        ? [`no score: ${[...new Set(unscored)].sort().join(', ') || 'no reason given'}`]
        : [],
    judgments: judgments.map(({ key }) => key).sort(),
    tokens: tokensOf(judgments),
  };
}

/** Criteria of one round share its prompt and its critique: a round counts as its longest judgment. */
function tokensOf(judgments: readonly Judgment[]): JudgmentUsage {
  const rounds = Map.groupBy(judgments, ({ responseIds, sampleIndex, engine }) =>
    JSON.stringify([responseIds, sampleIndex, engine.digest, engine.template]),
  );
  const tokens = { prompt: 0, generated: 0 };
  for (const round of rounds.values()) {
    tokens.prompt += Math.max(...round.map(({ usage }) => usage.prompt));
    tokens.generated += Math.max(...round.map(({ usage }) => usage.generated));
  }
  return tokens;
}

function enginesOf({ engine, engines = [] }: CascadeJudgeOptions): readonly Engine[] {
  return engine === undefined ? engines : [engine, ...engines];
}
