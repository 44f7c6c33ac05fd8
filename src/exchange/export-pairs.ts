/** Verdicts of pairs as annotations of AlpacaEval, games of Arena-Hard and outputs of JudgeBench. */
import { type JudgedRow, modelAt, type OrderSays, ordersOf, promptText, winnerOfOrder } from './judged.ts';
import { required, rowsAs, type Writer, type Writing } from './writing.ts';

/** AlpacaEval's annotations; `preference` is 1 + the probability that the second output is better, and null where there is none. */
export const alpacaEvalWriter: Writer = {
  endings: ['.json', '.jsonl'],
  modes: ['pairwise'],
  needsData: true,
  loses: [
    'both orders (their average stays)',
    'turns of conversations (one text stays)',
    'labels and references',
  ],
  write: (writing, ending) => rowsAs(ending, alpacaRows(writing)),
};

async function* alpacaRows({ run, rows, baseline, lose }: Writing) {
  for await (const judged of rows) {
    const [first, second] = sides(judged, baseline);
    const { score } = judged.verdict;
    if (score === null) lose('unscored: their preference is null');
    yield {
      instruction: promptText(required(judged.sample, judged.row.sampleId, 'its data').prompt),
      output_1: textAt(judged, first),
      generator_1: modelAt(judged, first),
      output_2: textAt(judged, second),
      generator_2: modelAt(judged, second),
      ...(judged.row.group === undefined ? {} : { dataset: judged.row.group }),
      annotator: `${run.judge} ${run.rubric.id}`,
      preference: score === null ? null : first === 0 ? 2 - score : 1 + score,
    };
  }
}

/** Least probability of the answer shown first for Arena-Hard's labels; what is between `better` and its mirror image is a tie. */
export const arenaHardCuts = { muchBetter: 0.9, better: 0.55 } as const;

/** Arena-Hard's judgments, 2.0 and 0.1: a game for each order, the first with the baseline shown first. */
export const arenaHardWriter: Writer = {
  endings: ['.jsonl'],
  modes: ['pairwise'],
  needsData: false,
  loses: ['probabilities (five labels stay)', 'criteria', 'rendered prompts'],
  write: ({ run, rows, baseline, lose }) => rowsAs('.jsonl', arenaRows({ run, rows, baseline, lose })),
};

async function* arenaRows({ run, rows, baseline, lose }: Writing) {
  for await (const judged of rows) {
    const [first, second] = sides(judged, baseline);
    const [forward, backward] = ordersOf(judged, run.rubric);
    const games = (first === 0 ? [forward, backward] : [backward, forward]).map((order) => ({
      score: order && arenaLabel(order),
      judgment: { answer: order?.critique ?? '' },
      prompt: [],
    }));
    if (games.some(({ score }) => score === null))
      lose('unscored: Arena-Hard leaves games without a score out');
    const { sampleId, group } = judged.row;
    const metadata = judged.sample?.metadata;
    const id = metadata?.uid ?? metadata?.question_id ?? sampleId;
    yield {
      uid: id,
      ...(metadata?.uid === undefined && metadata?.question_id !== undefined ? { question_id: id } : {}),
      category: metadata?.category ?? group ?? 'hard_prompt',
      judge: run.judge,
      model: modelAt(judged, second),
      baseline: modelAt(judged, first),
      games,
    };
  }
}

/** The label of an order by the probabilities of both answers, to each of which a tie counts half: mirrored when they are exchanged. */
export function arenaLabel({ first, second, tie }: Omit<OrderSays, 'critique'>): string {
  const { muchBetter, better } = arenaHardCuts;
  const [ahead, behind] = [first + tie / 2, second + tie / 2];
  if (ahead >= muchBetter) return 'A>>B';
  if (behind >= muchBetter) return 'B>>A';
  if (ahead >= better) return 'A>B';
  return behind >= better ? 'B>A' : 'A=B';
}

/** JudgeBench's outputs: the pair with a decision for each order, the second of the answers exchanged. */
export const judgeBenchWriter: Writer = {
  endings: ['.jsonl'],
  modes: ['pairwise'],
  needsData: true,
  loses: [
    'probabilities (a decision for each order stays)',
    'criteria',
    'turns of conversations (one text stays)',
  ],
  write: (writing) => rowsAs('.jsonl', judgeBenchRows(writing)),
};

async function* judgeBenchRows({ run, rows, lose }: Writing) {
  for await (const judged of rows) {
    const { row, verdict } = judged;
    const sample = required(judged.sample, judged.row.sampleId, 'its data');
    const judgments = ordersOf(judged, run.rubric).map((order) => {
      const winner = order && winnerOfOrder(order);
      return order === null
        ? null
        : {
            judgment: { judge_model: run.judge, prompt: '', response: order.critique },
            decision: winner === 'tie' ? 'A=B' : winner === 'A' ? 'A>B' : 'B>A',
          };
    });
    if (verdict.score === null) lose('unscored: a judgment is null');
    const [first, second] = row.responseIds;
    const {
      pair_id: pair = row.sampleId,
      source = row.group ?? '',
      response_model: model = row.models?.[0] ?? '',
      original_id: original,
    } = sample.metadata ?? {};
    yield {
      pair_id: pair,
      ...(original === undefined ? {} : { original_id: original }),
      source,
      question: promptText(sample.prompt),
      response_model: model,
      response_A: textAt(judged, 0),
      response_B: textAt(judged, 1),
      // Without a label JudgeBench has nothing to compare with.
      label: row.label === first ? 'A>B' : row.label === second ? 'B>A' : row.label === 'tie' ? 'A=B' : null,
      judge_name: run.rubric.id,
      judgments,
    };
  }
}

/** Places of the baseline and of the other; as in the data where none is named. Throws JurorError `data` where it is neither. */
function sides(judged: JudgedRow, baseline: string | undefined): readonly [number, number] {
  if (baseline === undefined || modelAt(judged, 0) === baseline) return [0, 1];
  if (modelAt(judged, 1) === baseline) return [1, 0];
  return required<never>(
    undefined,
    judged.row.sampleId,
    `an answer by '${baseline}' (its answers are by ${modelAt(judged, 0)} and ${modelAt(judged, 1)})`,
  );
}

function textAt(judged: JudgedRow, place: number): string {
  return required(judged.responses?.[place]?.text, judged.row.sampleId, 'its data');
}
