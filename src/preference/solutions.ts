/** Solutions with what is known of each step, as process reward models are trained on. */
import { isProcessLabel } from '../aggregate/process.ts';
import { JurorError } from '../errors.ts';
import { type StepSource, stepsOf } from '../judge/stepwise.ts';
import type { Preference, Sample } from '../schema.ts';
import { type FormatRow, onePrompt } from './formats.ts';
import type { LeftOut } from './readings.ts';
import type { RunReading } from './run-reading.ts';
import { judgedTexts } from './sample-book.ts';

/** A solution and the probability of each step that it is right. */
export interface LabelledSolution {
  readonly sampleId: string;
  readonly responseId: string;
  readonly prompt: Sample['prompt'];
  readonly steps: readonly string[];
  /** One for each step. */
  readonly probabilities: readonly number[];
  readonly method: Extract<Preference['source']['method'], 'stepwise' | 'label'>;
  readonly run: string | null;
}

/** Solutions that a run judged step by step. Throws JurorError `usage` for a run of another mode. */
export async function* solutionsFromRun(reading: RunReading): AsyncGenerator<LabelledSolution> {
  const { run, rubric, options, source } = reading;
  if (rubric.mode !== 'stepwise')
    throw new JurorError(
      'usage',
      `--format stepwise: expected a stepwise rubric, got '${rubric.id}' of mode ${rubric.mode}`,
      {
        place: { file: run.folder },
      },
    );
  const { steps: setting } = run.manifest.configuration.settings;
  for await (const { row, verdict } of reading.verdicts()) {
    const { sample, responses } = judgedTexts(options.book, row);
    const [response] = responses;
    if (!response) continue;
    const texts = stepsOf(sample, response, 'the stepwise format', (setting ?? 'given') as StepSource);
    const steps = verdict.steps ?? [];
    const probabilities = steps.flatMap(({ probability }) => (probability === null ? [] : [probability]));
    if (probabilities.length !== texts.length)
      throw new JurorError(
        'data',
        `sample '${sample.id}', response '${response.id}': expected the ${steps.length} steps that were judged, got ${texts.length}`,
      );
    yield {
      sampleId: sample.id,
      responseId: response.id,
      prompt: sample.prompt,
      steps: texts,
      probabilities,
      method: 'stepwise',
      run: source.run,
    };
  }
}

/** Labelled solutions, up to the last step that somebody labelled; a solution without any is told as `unlabelled`. */
export function* solutionsFromLabels(
  samples: Iterable<Sample>,
  run: string | null,
  leftOut: LeftOut,
): Generator<LabelledSolution> {
  for (const sample of samples) {
    const [response] = sample.responses;
    const known = isProcessLabel(sample.label) ? sample.label.steps : [];
    const end = known.indexOf(null);
    const labels = known
      .slice(0, end < 0 ? known.length : end)
      .flatMap((step) => (step === null ? [] : [step]));
    if (!response || labels.length === 0) {
      leftOut('unlabelled', sample.id);
      continue;
    }
    const texts = stepsOf(sample, response, 'the stepwise format', 'given');
    yield {
      sampleId: sample.id,
      responseId: response.id,
      prompt: sample.prompt,
      steps: texts.slice(0, labels.length),
      probabilities: labels,
      method: 'label',
      run,
    };
  }
}

/**
 * A row of TRL's stepwise supervision: `labels` are true from a probability of ½; `soft_labels` are the probabilities, which its trainer
 * would cut to integers.
 */
export function stepwiseRow(
  solution: LabelledSolution,
  { provenance }: { readonly provenance?: boolean | undefined } = {},
): FormatRow {
  const { sampleId, responseId, steps, probabilities, method, run } = solution;
  return {
    prompt: onePrompt(solution, 'jsonl'),
    completions: [...steps],
    labels: probabilities.map((probability) => probability >= 0.5),
    soft_labels: [...probabilities],
    ...(provenance ? { sample_id: sampleId, response_id: responseId, method, run } : {}),
  };
}
