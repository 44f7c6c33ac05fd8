/** Verdicts as MT-Bench's judgments: `model_judgment/JUDGE_pair.jsonl` and `JUDGE_single.jsonl` of FastChat. */
import type { Rubric } from '../schema.ts';
import { critiqueOf, type JudgedRow, modelAt, type OrderSays, ordersOf, winnerOfOrder } from './judged.ts';
import { jsonLine, type Writer } from './writing.ts';

/** Pairs have one winner for each order; single answers a score from 1 to 10, and −1 where there is none, as FastChat writes it. */
export const mtBenchWriter: Writer = {
  endings: ['.jsonl'],
  modes: ['pairwise', 'pointwise'],
  needsData: false,
  loses: [
    'probabilities of pairs (a winner for each order stays)',
    'criteria',
    'rendered prompts',
    'time stamps are 0',
  ],
  async *write({ run: { rubric, mode, judge }, rows, lose }) {
    for await (const judged of rows) {
      if (judged.verdict.score === null) lose('unscored: FastChat leaves such rows out of its figures');
      yield jsonLine(mode === 'pairwise' ? pairRow(judged, rubric, judge) : singleRow(judged, rubric, judge));
    }
  },
};

function pairRow(judged: JudgedRow, rubric: Rubric, judge: string): object {
  const [forward, backward] = ordersOf(judged, rubric);
  const winner = (order: OrderSays | null, shown: readonly [string, string]) => {
    const says = order && winnerOfOrder(order);
    return says === null ? 'error' : says === 'tie' ? 'tie' : shown[says === 'A' ? 0 : 1];
  };
  return {
    ...questionOf(judged),
    model_1: modelAt(judged, 0),
    model_2: modelAt(judged, 1),
    g1_winner: winner(forward, ['model_1', 'model_2']),
    g2_winner: winner(backward, ['model_2', 'model_1']),
    judge: [judge, rubric.id],
    g1_user_prompt: '',
    g1_judgment: forward?.critique ?? '',
    g2_user_prompt: '',
    g2_judgment: backward?.critique ?? '',
    ...turnOf(judged),
    tstamp: 0,
  };
}

function singleRow(judged: JudgedRow, rubric: Rubric, judge: string): object {
  const { score } = judged.verdict;
  return {
    ...questionOf(judged),
    model: modelAt(judged, 0),
    judge: [judge, rubric.id],
    user_prompt: '',
    judgment: critiqueOf(judged.judgments),
    score: score === null ? -1 : 1 + 9 * score,
    ...turnOf(judged),
    tstamp: 0,
  };
}

/** The question that the data name, or that an imported id names; else the sample's id. */
function questionOf({ row: { sampleId }, sample }: JudgedRow): { question_id: unknown } {
  const id =
    sample?.metadata?.question_id ?? /^mt-bench-(.+?)(?:-turn-\d+)?$/.exec(sampleId)?.[1] ?? sampleId;
  return { question_id: typeof id === 'string' && /^\d{1,15}$/.test(id) ? Number(id) : id };
}

function turnOf({ row: { sampleId }, sample }: JudgedRow): { turn: number } {
  const turn = sample?.metadata?.turn ?? /-turn-(\d+)$/.exec(sampleId)?.[1];
  return { turn: Number(turn ?? 1) };
}
