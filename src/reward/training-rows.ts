/** What a head is trained on before anything is read: texts, each once, and what is known of them. */
import { isProcessLabel } from '../aggregate/process.ts';
import { contentHash, looseCluster } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import type { Preference, PreferenceMethod, Sample } from '../schema.ts';
import { textsUpToSteps } from './step-texts.ts';

/** One answer to one prompt. */
export interface TrainingText {
  readonly prompt: Sample['prompt'];
  readonly text: string;
  /** `looseCluster` of the prompt: what is held out together. */
  readonly cluster: string;
  /** Content hash of both. */
  readonly digest: string;
}

/** Two texts, by their numbers. */
export interface TrainingPair {
  readonly left: number;
  readonly right: number;
  /** That `left` is better, in [0, 1]. Which side is left is drawn from the pair's id. */
  readonly target: number;
  readonly tie: boolean;
  /** At least 0. */
  readonly margin: number;
  /** Losses over log-odds take margins in nats alone. */
  readonly marginUnit: Preference['marginUnit'];
  /** As the data have it. */
  readonly weight: number;
  readonly cluster: string;
  readonly sampleId: string;
  readonly method: PreferenceMethod;
}

/** What is known of one text. */
export interface TrainingScore {
  readonly text: number;
  /** Objective → what it is worth, on the labels' own scale. */
  readonly targets: Readonly<Record<string, number>>;
  readonly weight: number;
  readonly cluster: string;
}

/** What labels are of: two answers, one answer, or the steps of one. */
export type TrainingKind = 'pairs' | 'scores' | 'steps';

/** Everything that a data file says of answers. */
export interface TrainingRows {
  readonly texts: readonly TrainingText[];
  readonly pairs: readonly TrainingPair[];
  readonly scores: readonly TrainingScore[];
  readonly steps: readonly TrainingScore[];
  /** Rows that say nothing a head could learn: why → how many. */
  readonly unused: Readonly<Record<string, number>>;
}

/** Name of the only objective where labels have no names. */
export const onlyObjective = 'reward';

/** Gathers rows. A text is kept once; rows count as often as the data have them. */
export interface TrainingRowsBuilder {
  addPreference(preference: Preference): void;
  /** A labelled answer or solution; comparisons of samples are preferences first. */
  addSample(sample: Sample): void;
  /** A row that says nothing. */
  addUnused(reason: string): void;
  rows(): TrainingRows;
}

/** An empty gathering. */
export function createTrainingRows(): TrainingRowsBuilder {
  const texts: TrainingText[] = [];
  const numbers = new Map<string, number>();
  const pairs: TrainingPair[] = [];
  const scores: TrainingScore[] = [];
  const steps: TrainingScore[] = [];
  const unused = new Map<string, number>();
  const addUnused = (reason: string) => unused.set(reason, (unused.get(reason) ?? 0) + 1);

  const numberOf = (prompt: Sample['prompt'], text: string): number => {
    const key = contentHash([prompt, text]);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, texts.length);
    texts.push({ prompt, text, cluster: looseCluster(prompt), digest: key });
    return texts.length - 1;
  };

  return {
    addPreference(preference) {
      const { id, sampleId, prompt, chosen, rejected, probability, tie, weight, source } = preference;
      const { margin, marginUnit } = preference;
      const sides = [numberOf(prompt, chosen.text), numberOf(prompt, rejected.text)] as const;
      if (sides[0] === sides[1]) return void addUnused('both answers are the same text');
      // A head that learned which side it is shown would be of no use: the side says nothing.
      const turned = Number.parseInt(id.slice(-1), 16) % 2 === 1;
      const [left, right] = turned ? [sides[1], sides[0]] : sides;
      const target = turned ? 1 - probability : probability;
      const cluster = looseCluster(prompt);
      const row = { left, right, target, tie, margin, marginUnit, weight, cluster, sampleId };
      pairs.push({ ...row, method: source.method });
    },
    addSample(sample) {
      const [response] = sample.responses;
      const { prompt, label } = sample;
      if (response === undefined || sample.responses.length > 1)
        throw new JurorError('data', `sample '${sample.id}': expected one answer, got several`);
      if (label === undefined) return void addUnused('no label');
      if (typeof label === 'string') return void addUnused('a label in words');
      const cluster = looseCluster(prompt);
      const entry = (text: string, targets: Readonly<Record<string, number>>): TrainingScore => ({
        text: numberOf(prompt, text),
        targets,
        weight: 1,
        cluster,
      });
      if (typeof label === 'number')
        return void scores.push(entry(response.text, { [onlyObjective]: label }));
      if (!isProcessLabel(label)) return void scores.push(entry(response.text, label));
      const known = label.steps.some((step) => step !== null);
      if (!known || response.steps === undefined) {
        if (label.outcome === undefined) return void addUnused('no step with a label');
        return void scores.push(entry(response.text, { [onlyObjective]: label.outcome }));
      }
      for (const [index, text] of textsUpToSteps(response.text, response.steps).entries()) {
        const target = label.steps[index] ?? null;
        if (target !== null) steps.push(entry(text, { [onlyObjective]: target }));
      }
    },
    addUnused,
    rows: () => ({ texts, pairs, scores, steps, unused: Object.fromEntries([...unused].sort()) }),
  };
}
