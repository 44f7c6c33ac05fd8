/** Verdicts as rows of UltraFeedback with distilabel's columns. */
import { promptText, type ScoredSample, scoredSamples } from './judged.ts';
import { required, rowsAs, type Writer, type Writing } from './writing.ts';

/** `instruction`, `generations`, `generation_models`, `ratings` from 1 to 5 as real numbers, `rationales`, `model_name`. */
export const ultraFeedbackWriter: Writer = {
  endings: ['.jsonl', '.json'],
  modes: ['pointwise', 'stepwise', 'pairwise'],
  needsData: true,
  loses: ['criteria', 'steps', 'turns of conversations (one text stays)', 'labels and references'],
  write: (writing, ending) => rowsAs(ending, ultraRows(writing)),
};

async function* ultraRows({ run, rows, lose }: Writing) {
  for await (const scored of scoredSamples(rows)) {
    if (scored.answers.some(({ score }) => score === null)) lose('unscored: their rating is null');
    yield rowOf(scored, run.judge);
  }
}

function rowOf({ sampleId, sample, answers }: ScoredSample, judge: string): object {
  return {
    instruction: promptText(required(sample, sampleId, 'its data').prompt),
    generations: answers.map(({ text }) => required(text, sampleId, 'its data')),
    generation_models: answers.map(({ model }) => model ?? null),
    ratings: answers.map(({ score }) => (score === null ? null : 1 + 4 * score)),
    rationales: answers.map(({ critique }) => critique),
    model_name: judge,
  };
}
