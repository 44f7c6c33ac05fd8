/** Verdicts for Inspect: scores for its `precomputed_scores`, or a whole eval log. */
import type { Message } from '../schema.ts';
import { type ScoredAnswer, type ScoredSample, scoredSamples } from './judged.ts';
import { jsonArray, jsonLine, required, type Writer, type Writing } from './writing.ts';

/**
 * `.jsonl`: records `{id, epoch?, value, explanation?, metadata}`, which `precomputed_scores` reads; a verdict without a score has none,
 * which Inspect shows as unscored. `.json`: an eval log with one scorer, named after the rubric; it needs the data.
 */
export const inspectWriter: Writer = {
  endings: ['.jsonl', '.json'],
  modes: ['pointwise', 'stepwise', 'pairwise'],
  needsData: false,
  loses: ['who wrote the answers, in scores', 'labels', 'time stamps are those of 1970'],
  write: (writing, ending) => (ending === '.json' ? log(writing) : scores(writing)),
};

/** A sample's answers as Inspect counts them: one sample, run as often as there are answers. */
interface Run {
  readonly id: unknown;
  /** Missing where there is one. */
  readonly epoch: number | undefined;
  readonly answer: ScoredAnswer;
  readonly score: number | null;
  readonly metadata: Record<string, unknown>;
}

async function* runs({
  rows,
}: Writing): AsyncGenerator<{ readonly scored: ScoredSample; readonly runs: readonly Run[] }> {
  for await (const scored of scoredSamples(rows)) {
    const { sampleId, sample, answers, rows: judged } = scored;
    const own = sample?.metadata?.inspect as { id?: unknown; epoch?: unknown } | undefined;
    const [only] = judged;
    const pair = only?.row.mode === 'pairwise' && judged.length === 1 ? only : undefined;
    const listed = pair ? answers.slice(0, 1) : answers;
    yield {
      scored,
      runs: listed.map((answer, index): Run => {
        const verdicts = judged
          .filter(({ row }) => row.responseIds.includes(answer.responseId))
          .map(({ verdict }) => verdict);
        const [verdict] = verdicts;
        return {
          id: own?.id ?? sampleId,
          epoch: listed.length > 1 ? index + 1 : typeof own?.epoch === 'number' ? own.epoch : undefined,
          answer,
          score: pair ? pair.verdict.score : answer.score,
          metadata: {
            response: answer.responseId,
            ...(verdicts.length === 1 && verdict
              ? {
                  ...(pair ? { winner: verdict.winner, flipped: verdict.flipped } : {}),
                  probability: verdict.probability,
                  criteria: Object.fromEntries(
                    Object.entries(verdict.perCriterion).map(([name, { score }]) => [name, score]),
                  ),
                }
              : {}),
          },
        };
      }),
    };
  }
}

async function* scores(writing: Writing): AsyncGenerator<string> {
  for await (const { runs: own } of runs(writing))
    for (const { id, epoch, answer, score, metadata } of own) {
      if (score === null) {
        writing.lose('unscored: they have no record, which Inspect shows as unscored');
        continue;
      }
      yield jsonLine({
        id,
        ...(epoch === undefined ? {} : { epoch }),
        value: score,
        ...(answer.critique === '' ? {} : { explanation: answer.critique }),
        metadata,
      });
    }
}

const never = '1970-01-01T00:00:00+00:00';

/** Samples come before the results that count them, which Inspect reads in any order. */
async function* log(writing: Writing): AsyncGenerator<string> {
  const { judge, rubric } = writing.run;
  const name = rubric.id;
  const tally = { samples: 0, scored: 0, unscored: 0, sum: 0, squares: 0, epochs: 1, ids: [] as unknown[] };
  async function* samples() {
    for await (const { scored, runs: own } of runs(writing)) {
      tally.ids.push(own[0]?.id);
      for (const run of own) {
        tally.samples++;
        tally.epochs = Math.max(tally.epochs, run.epoch ?? 1);
        if (run.score === null) {
          tally.unscored++;
          writing.lose('unscored: they have no score in the log');
        } else {
          tally.scored++;
          tally.sum += run.score;
        }
        yield logSample(scored, run, name);
      }
    }
  }
  yield '{\n  "version": 2,\n  "status": "success",\n  "samples": ';
  yield* jsonArray(samples(), '    ');
  const mean = tally.scored === 0 ? null : tally.sum / tally.scored;
  const rest = {
    eval: {
      eval_id: name,
      run_id: name,
      created: never,
      task: `juror/${name}`,
      task_id: name,
      task_version: rubric.version,
      dataset: { samples: tally.ids.length, sample_ids: tally.ids, shuffled: false },
      model: judge,
      config: { epochs: tally.epochs },
      scorers: [{ name, options: {}, metrics: [{ name: 'inspect_ai/mean', options: {} }], metadata: {} }],
    },
    plan: { name: 'plan', steps: [], config: {} },
    results: {
      total_samples: tally.samples,
      completed_samples: tally.samples,
      scores: [
        {
          name,
          scorer: name,
          scored_samples: tally.scored,
          unscored_samples: tally.unscored,
          params: {},
          metrics: mean === null ? {} : { mean: { name: 'mean', value: mean, params: {} } },
        },
      ],
    },
    stats: { started_at: never, completed_at: never, model_usage: {} },
  };
  yield `,\n  ${JSON.stringify(rest, null, 2).slice(2, -2).trimStart()}\n}\n`;
}

function logSample(
  { sampleId, sample }: ScoredSample,
  { id, epoch, answer, score, metadata }: Run,
  name: string,
): object {
  const { prompt, reference, metadata: own } = required(sample, sampleId, 'its data');
  const messages: readonly Message[] =
    typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt;
  const text = required(answer.text, sampleId, 'its data');
  const { inspect: _, ...rest } = own ?? {};
  return {
    id,
    epoch: epoch ?? 1,
    input: typeof prompt === 'string' ? prompt : prompt,
    target: reference ?? '',
    messages: [...messages, { role: 'assistant', content: text }],
    output: {
      model: answer.model ?? '',
      choices: [{ message: { role: 'assistant', content: text }, stop_reason: 'stop' }],
      completion: text,
    },
    scores:
      score === null
        ? {}
        : {
            [name]: {
              value: score,
              answer: text,
              explanation: answer.critique === '' ? null : answer.critique,
              metadata,
            },
          },
    metadata: rest,
    store: {},
    events: [],
    model_usage: {},
  };
}
