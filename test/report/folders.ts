/** Run folders and suites' folders for reports, made without a model. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../src/engine/engine.ts';
import { createJudge } from '../../src/judge/judge.ts';
import { completeProtocol } from '../../src/judge/protocol.ts';
import { exportVerdicts, openJudgingRun } from '../../src/judge/run.ts';
import { type LoadedRubric, loadRubric } from '../../src/rubric.ts';
import type { CritiqueMode, Sample, SuiteResult } from '../../src/schema.ts';
import { fakeEngine, unit } from '../support/fake-engine.ts';

/** Options of {@link judgedRun}. */
export interface JudgedRunOptions {
  readonly rubrics?: readonly LoadedRubric[];
  readonly engines?: readonly Engine[];
  readonly critique?: CritiqueMode;
}

/** A run folder of these samples, and their data file beside it. */
export async function judgedRun(
  folder: string,
  samples: readonly Sample[],
  options: JudgedRunOptions = {},
): Promise<{ readonly folder: string; readonly data: string }> {
  const { engines = [fakeEngine()], critique = 'none' } = options;
  const rubrics = options.rubrics ?? [await loadRubric('better-answer')];
  const who = engines.length === 1 ? { engine: engines[0] as Engine } : { engines };
  const protocol = completeProtocol({ critique });
  await using run = await openJudgingRun(folder, { ...who, rubrics, protocol });
  const judge = createJudge({ ...who, ...protocol, rubrics, store: run.store });
  for await (const _ of judge.judgeAll(samples));
  await exportVerdicts(run);
  const data = `${folder}.jsonl`;
  await writeFile(data, samples.map(dataLine).join(''));
  return { folder, data };
}

/** A sample as a line of data that is read as that sample again. */
function dataLine({ responses, ...sample }: Sample): string {
  return `${JSON.stringify({ ...sample, responses })}\n`;
}

const tasks = [
  [
    'How do I return a lamp that arrived broken?',
    'Write to support within 30 days with a photo; we pay the way back.',
  ],
  ['Is the desk made of solid oak?', 'The top is oak veneer on birch plywood. The legs are solid oak.'],
  ['When does a parcel to Oslo arrive?', 'Within five working days. You get a number to follow it.'],
  [
    'Can I pay by invoice as a school?',
    'Yes. Send the order with the school’s number, and pay within 30 days.',
  ],
  ['Which bulb does the Arc lamp take?', 'An E14 of up to 40 watts, or an LED of the same shape.'],
] as const;

/** Pairs as a support team would have them: languages, models, labels, some of them wrong. */
export function supportPairs(count: number): Sample[] {
  return Array.from({ length: count }, (_, index) => {
    const [prompt, answer] = tasks[index % tasks.length] ?? ['', ''];
    const good = unit(`good ${index}`) > 0.45;
    const worse = `${answer.split('. ')[0]?.replace(/\.$/, '')}. I think so, but please look it up on the page of the product, where everything about it is written down in more detail.`;
    return {
      id: `ticket-${1041 + index}`,
      prompt: `${prompt}${index < tasks.length ? '' : ` (order ${7000 + index})`}`,
      responses: [
        { id: 'current', text: good ? answer : worse, model: 'support-2' },
        { id: 'candidate', text: good ? worse : answer, model: 'support-3' },
      ],
      reference: answer,
      label: unit(`label ${index}`) > 0.85 ? 'tie' : good ? 'current' : 'candidate',
      metadata: {
        subset: ['english', 'german', 'norwegian'][index % 3] ?? '',
        channel: index % 2 ? 'mail' : 'chat',
      },
    };
  });
}

/** Single answers of the same team, right or wrong. */
export function supportAnswers(count: number): Sample[] {
  return supportPairs(count).map(({ responses, label, ...sample }) => ({
    ...sample,
    responses: responses.slice(1).map((response) => ({ ...response, id: 'answer' })),
    label: label === 'candidate' ? 1 : 0,
  }));
}

/** A judge that mostly sees what is better, leans on the order, and fails on every so many requests. */
export function supportJudge(model: string, options: { readonly failsOn?: string } = {}): Engine {
  const engine = fakeEngine({
    digest: model.padEnd(64, '0'),
    answer: (request) => {
      const shown = JSON.stringify(request.prefix);
      if (options.failsOn !== undefined && shown.includes(options.failsOn))
        return {
          status: 'unscored',
          reason: 'context',
          message: 'needs 5,102 tokens, the context has 4,096',
        };
      const vague = shown.lastIndexOf('I think so');
      const pair = shown.lastIndexOf('[answer B');
      const later = vague > pair;
      const usage = { evaluated: 412, reused: 0, generated: request.critique === null ? 0 : 38 };
      return {
        status: 'done',
        samples: (request.critique?.seeds ?? [0]).map(() => ({
          critique: request.critique && {
            text: later
              ? 'The first answer says what to do and by when. The second one refers to a page, so the customer has to ask again.'
              : 'Both stay on the question. The one that names the number and the time is of more use to the customer.',
            finish: 'stop' as const,
          },
          usage,
          answers: request.questions.map(({ id, labels }) => {
            const noise = 3.6 * (unit(`${model}${shown}${id}`) - 0.5);
            const lead =
              pair < 0 ? (vague < 0 ? 1 : -1) + noise : (vague < 0 ? 0 : later ? 1.3 : -1.3) + noise + 0.3;
            const weights = labels.map((_, place) =>
              Math.exp(lead * (labels.length / 2 - place) * (labels.length > 3 ? -0.4 : 0.7)),
            );
            const sum = weights.reduce((left, right) => left + right, 0);
            return {
              questionId: id,
              logProbabilities: Object.fromEntries(
                labels.map(({ label }, place) => [label, Math.log((weights[place] ?? 1) / sum)]),
              ),
              labelMass: -0.1,
              usage,
            };
          }),
        })),
      };
    },
  });
  return { ...engine, id: { ...engine.id, model } };
}

/** A suite's folder with these runs, each a folder and its data, and this result. */
export async function suiteFolder(
  folder: string,
  result: SuiteResult,
  make: (run: SuiteResult['runs'][number], at: string) => Promise<void>,
): Promise<string> {
  await mkdir(join(folder, 'runs'), { recursive: true });
  for (const run of result.runs) await make(run, join(folder, run.folder));
  await writeFile(join(folder, 'suite.json'), JSON.stringify(result));
  return folder;
}

/** The result of a suite with one run of each kind of data. `say` gives every text that people wrote. */
export function suiteResult(
  status: SuiteResult['status'],
  say: (plain: string) => string = (plain) => plain,
): SuiteResult {
  const figure = (estimate: number, half: number, n: number) => ({
    estimate,
    low: estimate - half,
    high: estimate + half,
    n,
    clusters: n,
  });
  const run = (data: string, rubric: string) => ({
    data,
    judge: 'qwen',
    folder: `runs/${data}`,
    file: `runs/${data}.jsonl`,
    rubrics: [rubric],
    models: ['qwen2.5-7b'],
    refused: 0,
    verdicts: 60,
    scored: status === 'incomplete' ? 56 : 60,
    pending: 0,
    abstained: 0,
    unscored: status === 'incomplete' ? { context: 4 } : {},
    judgments: 120,
    tokens: { prompt: 49_440, generated: 4_560 },
  });
  const of = (data: string, rubric: string) => ({ data, judge: 'qwen', rubric });
  const whole = { kind: 'whole' } as const;
  const language = (value: string) => ({ name: say('language'), value: say(value) });
  const [pairs, answers] = [of('tickets', 'better-answer'), of('facts', 'answer-correctness')];
  return {
    schemaVersion: 1,
    juror: '0.1.0',
    suite: {
      name: 'support-bot',
      description: say('What every release of the support bot must keep.'),
      digest: 'd1'.repeat(32),
    },
    status,
    incomplete:
      status === 'incomplete'
        ? [say('tickets under better-answer by qwen: 4 of 60 verdicts unscored (6.7 %), tolerated 2.0 %')]
        : [],
    tolerance: { unscored: 0.02, found: status === 'incomplete' ? 0.033 : 0 },
    runs: [run('tickets', 'better-answer'), run('facts', 'answer-correctness')],
    figures: [
      ...(
        [
          ['support-3', 0.463],
          ['support-2', 0.537],
        ] as const
      ).map(([model, estimate]) => ({
        ...pairs,
        measure: 'win-rate' as const,
        model: say(model),
        part: whole,
        slice: null,
        figure: figure(estimate, 0.061, 60),
        unscored: 0,
      })),
      {
        ...pairs,
        measure: 'agreement',
        part: whole,
        slice: null,
        figure: figure(0.717, 0.11, 60),
        unscored: 0,
      },
      {
        ...pairs,
        measure: 'flip-rate',
        part: whole,
        slice: null,
        figure: figure(0.25, 0.1, 60),
        unscored: 0,
      },
      ...['english', 'german', 'norwegian'].map((value, place) => ({
        ...pairs,
        measure: 'win-rate' as const,
        model: say('support-3'),
        part: whole,
        slice: language(value),
        figure: figure(0.44 + 0.03 * place, 0.1, 20),
        unscored: 0,
      })),
      {
        ...answers,
        measure: 'score',
        part: whole,
        slice: null,
        figure: figure(0.582, 0.05, 60),
        unscored: 0,
      },
      {
        ...answers,
        measure: 'pass-rate',
        part: whole,
        slice: null,
        figure: figure(0.633, 0.12, 60),
        unscored: 0,
      },
    ],
    checks: [
      {
        gate: 'candidate-wins',
        kind: 'figure',
        ...pairs,
        slice: null,
        status: status === 'passed' ? 'passed' : 'failed',
        expected: say('win rate of support-3 ≥ 0.50 (worst bound)'),
        found: say('0.463 (0.402–0.524), 60 pairs'),
        description: say('A release must not be worse than what customers have today.'),
        figure: figure(0.463, 0.061, 60),
      },
      {
        gate: 'facts-hold',
        kind: 'figure',
        ...answers,
        slice: null,
        status: 'passed',
        expected: say('mean score ≥ 0.50 (worst bound)'),
        found: say('0.582 (0.532–0.632), 60 answers'),
        figure: figure(0.582, 0.05, 60),
      },
      {
        gate: 'german',
        kind: 'figure',
        ...pairs,
        slice: language('german'),
        status: status === 'incomplete' ? 'unmeasured' : 'passed',
        expected: say('orders disagree ≤ 0.40 (estimate)'),
        found:
          status === 'incomplete'
            ? say('nothing: no pair of this slice is scored')
            : say('0.250 (0.150–0.350), 20 pairs'),
        figure: null,
      },
      {
        gate: 'no-regressions',
        kind: 'regressions',
        ...answers,
        slice: null,
        status: 'passed',
        expected: say('at most 3 samples fell by more than 0.20 against last-release'),
        found: say('2 of 60 fell'),
        figure: null,
        fell: 2,
        items: [
          { sampleId: say('ticket-1044'), responseIds: [say('answer')], before: 0.81, after: 0.42 },
          { sampleId: say('ticket-1060'), responseIds: [say('answer')], before: 0.74, after: 0.51 },
        ],
      },
    ],
  };
}
