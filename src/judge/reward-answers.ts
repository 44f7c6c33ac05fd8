/** From what several rubrics and runs say of an answer to one score for each objective. */
import { isProcessLabel } from '../aggregate/process.ts';
import type { Member, Reduced } from '../aggregate/turnout.ts';
import { canonicalJson } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import type { Label, Reward } from '../schema.ts';
import type { Run } from '../store/run.ts';
import { idText } from '../store/store.ts';
import {
  comparativeObjectives,
  judgeNames,
  judgesByObjective,
  panelsOf,
  reduceMembers,
  requirePanel,
} from './reward-panels.ts';
import { type RewardReading, readRewardReadings } from './reward-readings.ts';
import { defaultPanel, type PanelRules } from './rules.ts';

/** One answer and its objectives. */
export interface RewardAnswer extends Pick<Reward, 'sampleId' | 'responseId' | 'cluster' | 'objectives'> {
  readonly subset?: string;
  readonly panels?: NonNullable<Reward['panels']>;
  /** Objective → why it has no score. */
  readonly reasons: Readonly<Record<string, string>>;
  /** Objectives whose scores are of answers against each other. */
  readonly comparative: readonly string[];
  /** Length in UTF-16 code units. */
  readonly characters: number | null;
  /** What is known of this answer alone. */
  readonly label: number | null;
  /** Whether it is known to be the best of its sample. */
  readonly best: boolean | null;
}

/** How answers are read. */
export interface RewardAnswerOptions {
  /** How several rubrics of one objective become one score. Default the mean, with every one deciding. */
  readonly panel?: PanelRules | undefined;
  /** Default: the labels that were judged along. */
  readonly labelOf?: ((sampleId: string) => Label | undefined) | undefined;
}

/** The answers of runs; see {@link gatherAnswers}. */
export async function readRewardAnswers(
  runs: readonly Run[],
  options: RewardAnswerOptions = {},
): Promise<RewardAnswer[]> {
  const readings: RewardReading[] = [];
  for (const run of runs) for await (const reading of readRewardReadings(run)) readings.push(reading);
  return gatherAnswers(readings, options);
}

/**
 * Answers by prompt, sample and response, each with every objective of the readings. An objective that several judges give is
 * reduced by the panel's rules; a judge that says nothing of an answer is silent and stays in the denominator. The order of the
 * readings changes nothing, nor does a reading that comes twice. Throws JurorError `data` where readings of one sample
 * disagree about its prompt, its answers or its label, and `usage` for rules and rubrics that do not go together.
 */
export function gatherAnswers(
  readings: readonly RewardReading[],
  { panel, labelOf }: RewardAnswerOptions = {},
): RewardAnswer[] {
  if (readings.length === 0) throw new JurorError('usage', 'expected verdicts to combine, got none');
  const judges = judgesByObjective(readings);
  if (panel !== undefined) requirePanel(panel, judges);
  const rules = panel ?? defaultPanel;
  const names = judgeNames(readings.map(({ judge }) => judge));
  const comparative = comparativeObjectives(readings, judges);
  const objectives = [...judges.keys()].sort();

  const samples = Map.groupBy(readings, ({ sampleId }) => sampleId);
  const answers = [...samples].flatMap(([sampleId, own]) => {
    const { cluster, subset, label: judgedAlong } = factsOf(sampleId, own, labelOf === undefined);
    const responses = Map.groupBy(
      own.flatMap(({ judge, answers }) => answers.map((answer) => ({ judge, ...answer }))),
      ({ responseId }) => responseId,
    );
    const label = labelOf ? labelOf(sampleId) : judgedAlong;
    return [...responses].map(([responseId, said]): RewardAnswer => {
      const place = `sample '${sampleId}', response '${responseId}'`;
      const same = `${place}: expected the same text in all runs, got`;
      const characters = oneOf(
        said.map(({ characters }) => characters),
        `${same} lengths`,
      );
      oneOf(
        said.map(({ text }) => text),
        `${same} digests`,
      );
      const columns = objectives.map((objective) => {
        const members = [...(judges.get(objective) ?? [])].map((identity): Member => {
          const heard = said.flatMap(({ judge, scores }) => {
            const own = judge.identity === identity && Object.hasOwn(scores, objective);
            return own ? (scores[objective] ?? []) : [];
          });
          return { id: names.get(identity) ?? identity, ...agreed(heard, `${place}, ${objective}`) };
        });
        return { objective, ...reduceMembers(members, rules) };
      });
      return {
        sampleId,
        responseId,
        cluster,
        ...(subset === undefined ? {} : { subset }),
        objectives: Object.fromEntries(columns.map(({ objective, value }) => [objective, value])),
        ...panelsOf(columns),
        reasons: Object.fromEntries(
          columns.flatMap(({ objective, value, reason }) => (value === null ? [[objective, reason]] : [])),
        ),
        comparative,
        characters,
        ...knownOf(label, responseId, [...responses.keys()]),
      };
    });
  });
  return answers.sort(byPrompt);
}

/** Prompts, their samples, and the responses of those, each by name. */
export function byPrompt(
  left: Pick<Reward, 'cluster' | 'sampleId' | 'responseId'>,
  right: Pick<Reward, 'cluster' | 'sampleId' | 'responseId'>,
): number {
  const names = (of: typeof left) => [of.cluster, idText(of.sampleId), idText(of.responseId)];
  const others = names(right);
  for (const [place, name] of names(left).entries()) {
    const other = others[place] ?? '';
    if (name !== other) return name < other ? -1 : 1;
  }
  return 0;
}

/** What all readings of a sample agree on. */
function factsOf(sampleId: string, readings: readonly RewardReading[], labels: boolean) {
  const one = <Value>(values: readonly (Value | null | undefined)[], what: string) =>
    oneOf(values, `sample '${sampleId}': expected one ${what} in all runs, got`) ?? undefined;
  return {
    cluster:
      one(
        readings.map(({ cluster }) => cluster),
        'prompt',
      ) ?? '',
    subset: one(
      readings.map(({ subset }) => subset),
      'subset',
    ),
    label: labels
      ? one(
          readings.map(({ label }) => label),
          'label',
        )
      : undefined,
  };
}

/** The only value there is; null for none. */
function oneOf<Value>(values: readonly (Value | null | undefined)[], complaint: string): Value | null {
  const distinct = new Map(
    values.flatMap((value) =>
      value === null || value === undefined ? [] : [[canonicalJson(value), value] as const],
    ),
  );
  if (distinct.size > 1)
    throw new JurorError('data', `${complaint} ${[...distinct.keys()].sort().slice(0, 2).join(' and ')}`);
  return [...distinct.values()][0] ?? null;
}

/** What one judge said once or more often: where it once had a score, that. */
function agreed(heard: readonly Reduced<number>[], place: string): Reduced<number> {
  const value = oneOf(
    heard.map(({ value }) => value),
    `${place}: expected one score of one judge, got`,
  );
  if (value !== null) return { value };
  const reasons = heard.flatMap((score) => (score.value === null ? [score.reason] : []));
  return { value: null, reason: reasons.toSorted()[0] ?? 'not judged' };
}

function knownOf(
  label: Label | undefined,
  responseId: string,
  responseIds: readonly string[],
): Pick<RewardAnswer, 'label' | 'best'> {
  if (typeof label === 'string')
    return { label: null, best: responseIds.includes(label) ? label === responseId : null };
  const score = typeof label === 'number' ? label : isProcessLabel(label) ? (label.outcome ?? null) : null;
  return { label: responseIds.length === 1 ? score : null, best: null };
}
