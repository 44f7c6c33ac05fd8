/** Verdicts as promptfoo's results, which `promptfoo import` and its viewer read. */
import { contentHash } from '../canonical.ts';
import { type ScoredAnswer, type ScoredSample, scoredSamples } from './judged.ts';
import { jsonArray, required, type Writer, type Writing } from './writing.ts';

const never = '1970-01-01T00:00:00.000Z';

/** What of an answer's score passes: promptfoo knows passed and failed. */
export const promptfooThreshold = 0.5;

/** `{evalId, results: {version: 3, prompts, results, stats}, config}`: a result for each answer, a test for each sample. */
export const promptfooWriter: Writer = {
  endings: ['.json'],
  modes: ['pointwise', 'stepwise', 'pairwise'],
  needsData: true,
  loses: [
    'both orders of pairs (each answer has its probability of being better)',
    'labels',
    'time stamps are those of 1970',
  ],
  write: document,
};

interface Tally {
  passed: number;
  failed: number;
  errors: number;
  score: number;
  readonly criteria: Map<string, { sum: number; n: number }>;
}

async function* document({ run, rows, lose }: Writing): AsyncGenerator<string> {
  const { judge, rubric } = run;
  const tallies = new Map<string, Tally>();
  const digest = contentHash({ judge, rubric: rubric.id, version: rubric.version });
  async function* results() {
    let test = 0;
    for await (const scored of scoredSamples(rows)) {
      for (const answer of scored.answers) {
        if (answer.score === null) lose('unscored: promptfoo shows them as errors');
        yield resultOf(scored, answer, test, tallyOf(tallies, providerOf(answer)), run);
      }
      test++;
    }
  }
  yield `{\n  "evalId": ${JSON.stringify(`eval-juror-${digest.slice(0, 12)}`)},\n  "results": {\n    "version": 3,\n    "timestamp": "${never}",\n    "results": `;
  yield* jsonArray(results(), '      ');
  const sum = (count: (tally: Tally) => number) =>
    [...tallies.values()].reduce((total, tally) => total + count(tally), 0);
  const rest = {
    prompts: [...tallies].map(([provider, tally]) => promptOf(provider, tally)),
    stats: {
      successes: sum(({ passed }) => passed),
      failures: sum(({ failed }) => failed),
      errors: sum(({ errors }) => errors),
      tokenUsage: noTokens(),
      durationMs: 0,
    },
  };
  yield `,\n    ${inner(rest, 4)}\n  },\n  `;
  yield inner(
    {
      config: {
        description: `juror: ${rubric.id} by ${judge}`,
        prompts: ['{{prompt}}'],
        providers: [...tallies.keys()],
        tests: [],
        sharing: false,
      },
      shareableUrl: null,
      metadata: {
        promptfooVersion: 'juror',
        nodeVersion: '',
        platform: '',
        arch: '',
        exportedAt: never,
        evaluationCreatedAt: never,
      },
    },
    2,
  );
  yield '\n}\n';
}

/** The fields of an object as they stand within another one. */
function inner(value: object, indent: number): string {
  const lines = JSON.stringify(value, null, 2).split('\n').slice(1, -1);
  return lines
    .map((line) => `${' '.repeat(indent - 2)}${line}`)
    .join('\n')
    .trimStart();
}

function tallyOf(tallies: Map<string, Tally>, model: string): Tally {
  const tally = tallies.get(model) ?? { passed: 0, failed: 0, errors: 0, score: 0, criteria: new Map() };
  tallies.set(model, tally);
  return tally;
}

function promptOf(provider: string, { passed, failed, errors, score, criteria }: Tally): object {
  return {
    id: contentHash({ raw: '{{prompt}}' }),
    raw: '{{prompt}}',
    label: '{{prompt}}',
    provider,
    metrics: {
      score,
      testPassCount: passed,
      testFailCount: failed,
      testErrorCount: errors,
      assertPassCount: passed,
      assertFailCount: failed,
      totalLatencyMs: 0,
      tokenUsage: noTokens(),
      namedScores: Object.fromEntries([...criteria].map(([name, { sum }]) => [name, sum])),
      namedScoresCount: Object.fromEntries([...criteria].map(([name, { n }]) => [name, n])),
      cost: 0,
    },
  };
}

/** Who wrote an answer, or which answer it is. */
function providerOf({ model, responseId }: ScoredAnswer): string {
  return model ?? responseId;
}

function noTokens(): object {
  return { prompt: 0, completion: 0, cached: 0, total: 0, numRequests: 0 };
}

function resultOf(
  { sampleId, sample, rows }: ScoredSample,
  answer: ScoredAnswer,
  test: number,
  tally: Tally,
  { rubric, judge }: Writing['run'],
): object {
  const { prompt, reference, metadata } = required(sample, sampleId, 'its data');
  const raw = typeof prompt === 'string' ? prompt : JSON.stringify(prompt);
  const { score, responseId, critique } = answer;
  const own = rows.filter(({ row }) => row.responseIds.includes(responseId));
  const namedScores: Record<string, number> = {};
  const [only] = own;
  if (own.length === 1 && only?.row.mode !== 'pairwise')
    for (const [name, { score: criterion }] of Object.entries(only?.verdict.perCriterion ?? {}))
      if (criterion !== null) {
        namedScores[name] = criterion;
        const named = tally.criteria.get(name) ?? { sum: 0, n: 0 };
        tally.criteria.set(name, { sum: named.sum + criterion, n: named.n + 1 });
      }
  const pass = score !== null && score >= promptfooThreshold;
  if (score === null) tally.errors++;
  else if (pass) tally.passed++;
  else tally.failed++;
  tally.score += score ?? 0;
  const reasons = [...new Set(own.flatMap(({ verdict }) => verdict.unscored))].join(', ');
  const reason =
    score === null
      ? `no score (${reasons || 'unscored'})`
      : critique || `${rubric.id} by ${judge}: ${score.toFixed(3)}`;
  const assertion = { type: 'javascript', value: 'juror', metric: rubric.id, threshold: promptfooThreshold };
  const graded = { pass, score: score ?? 0, reason, namedScores };
  const vars = { prompt: raw, ...(reference === undefined ? {} : { reference }) };
  return {
    id: contentHash({ sampleId, responseId, rubric: rubric.id }).slice(0, 32),
    testIdx: test,
    promptIdx: 0,
    promptId: contentHash({ raw: '{{prompt}}' }),
    prompt: { raw, label: '{{prompt}}' },
    vars,
    provider: { id: providerOf(answer), label: '' },
    response: { output: required(answer.text, sampleId, 'its data'), tokenUsage: noTokens() },
    success: pass,
    score: score ?? 0,
    namedScores,
    ...(score === null
      ? { error: reason, failureReason: 2 }
      : {
          gradingResult: { ...graded, componentResults: [{ ...graded, assertion }] },
          failureReason: pass ? 0 : 1,
        }),
    latencyMs: 0,
    cost: 0,
    testCase: { description: sampleId, vars, assert: [assertion], metadata: metadata ?? {} },
    metadata: { sampleId, responseId },
  };
}
