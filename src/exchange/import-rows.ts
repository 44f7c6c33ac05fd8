/** Formats whose rows are nearly ours: AlpacaEval, JudgeBench, RewardBench 1 and 2, UltraFeedback. */
import { readRows } from '../dataset.ts';
import type { ErrorPlace } from '../errors.ts';
import { filesOf } from './files.ts';
import {
  given,
  nameIn,
  type PlacedRow,
  type Reader,
  type Reading,
  type Row,
  reportRow,
  unfitRow,
  voteOf,
  without,
} from './rows.ts';

/** AlpacaEval: outputs of one model, and annotations of two with a preference from 1 to 2 and their annotator's vote. */
export const alpacaEvalRows = reader('instruction', ['.json', '.jsonl'], (row, place) => {
  if (row.output_1 === undefined && row.output === undefined)
    throw unfitRow(place, 'output', 'expected output, or output_1 and output_2, got neither');
  return { ...row, ...voteOf(nameIn(row.annotator), preferred(row.preference)) };
});

/** JudgeBench: pairs, and outputs of judges, whose decisions over both orders are a vote. */
export const judgeBenchRows = reader('question', ['.jsonl', '.json'], (row) => {
  const model = row.response_model;
  return {
    ...row,
    ...(typeof model === 'string' ? { model_a: model, model_b: model } : {}),
    ...voteOf(nameIn(row.judge_name), decisionOf(row.judgments)),
  };
});

/** RewardBench 1 (one chosen, one rejected) and 2 (several rejected; ties with several chosen). */
export const rewardBenchRows = reader('chosen', ['.jsonl', '.json', '.parquet', '.csv'], (row, place) => {
  const chosen = textsOf(row.chosen);
  const rejected = textsOf(row.rejected);
  if (chosen === undefined || rejected === undefined) return row;
  if (chosen.length === 0 || rejected.length === 0)
    throw unfitRow(place, chosen.length === 0 ? 'chosen' : 'rejected', 'expected a response, got none');
  const count = chosen.length + rejected.length;
  const models = Array.isArray(row.models) && row.models.length === count ? row.models : [];
  const named = (kind: string, texts: readonly string[], own: unknown, offset: number) =>
    texts.map((text, index) => ({
      id: texts.length === 1 ? kind : `${kind}${index + 1}`,
      text,
      ...given({ model: models[offset + index] ?? own }),
    }));
  return {
    ...(row.id === undefined || row.id === null
      ? {}
      : { id: row.subset === undefined ? row.id : `${String(row.subset)}-${String(row.id)}` }),
    prompt: row.prompt,
    responses: [
      ...named('chosen', chosen, row.chosen_model, 0),
      ...named('rejected', rejected, row.rejected_model, chosen.length),
    ],
    ...(chosen.length === 1 ? { label: 'chosen' } : {}),
    metadata: without(row, [
      'prompt',
      'chosen',
      'rejected',
      'chosen_model',
      'rejected_model',
      ...(models.length > 0 ? ['models'] : []),
    ]),
  };
});

/** UltraFeedback: openbmb's completions with their annotations, and distilabel's generations with ratings and rationales. */
export const ultraFeedbackRows = reader('instruction', ['.jsonl', '.json', '.parquet'], (row, place) => {
  if (Array.isArray(row.completions)) return without(row, ['models']);
  const { generations } = row;
  if (!Array.isArray(generations))
    throw unfitRow(place, 'generations', 'expected completions or generations, got neither');
  const lists = Object.entries(columns).filter(
    ([name]) => Array.isArray(row[name]) && (row[name] as unknown[]).length === generations.length,
  );
  const models = ['generation_models', 'model_names', 'models'].find((name) => Array.isArray(row[name]));
  return {
    ...without(row, [
      'generations',
      ...lists.map(([name]) => name),
      ...(models === undefined ? [] : [models]),
    ]),
    ...(generations.length === 1 && Array.isArray(row.ratings) && typeof row.ratings[0] === 'number'
      ? { label: row.ratings[0] }
      : {}),
    generations: generations.map((text, index) => ({
      text,
      ...given({ model: models === undefined ? undefined : (row[models] as unknown[])[index] }),
      metadata: given(Object.fromEntries(lists.map(([name, own]) => [own, (row[name] as unknown[])[index]]))),
    })),
  };
});

/** Columns of distilabel that say something of each generation, and what one generation's is called. */
const columns: Readonly<Record<string, string>> = {
  rationales: 'rationale',
  'rationales-for-ratings': 'rationale-for-rating',
  types: 'type',
};

/** Who a preference from 1 to 2 is for; 0 is AlpacaFarm's tie. */
function preferred(preference: unknown): string | undefined {
  const value = typeof preference === 'string' && preference.trim() !== '' ? Number(preference) : preference;
  if (typeof value !== 'number' || !((value >= 1 && value <= 2) || value === 0)) return undefined;
  return value === 0 || value === 1.5 ? 'tie' : value < 1.5 ? 'a' : 'b';
}

const decisions: ReadonlyMap<unknown, number> = new Map([
  ['A>B', 1],
  ['B>A', -1],
  ['A=B', 0],
]);

/** What both orders of a judge's decisions say; the second is of the answers exchanged. */
function decisionOf(judgments: unknown): string | undefined {
  if (!Array.isArray(judgments)) return undefined;
  const signs = judgments.map((judgment: { decision?: unknown } | null, game) => {
    const sign = decisions.get(judgment?.decision);
    return sign === undefined ? undefined : game === 1 ? -sign : sign;
  });
  if (signs.length === 0 || signs.some((sign) => sign === undefined)) return undefined;
  const sum = signs.reduce<number>((total, sign) => total + (sign ?? 0), 0);
  return sum > 0 ? 'a' : sum < 0 ? 'b' : 'tie';
}

function textsOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}

/** A reader of files whose rows all have a field. */
function reader(
  field: string,
  endings: readonly string[],
  convert: (row: Row, place: ErrorPlace) => Row,
): Reader {
  return async function* (path: string, { report }: Reading): AsyncGenerator<PlacedRow> {
    for (const file of await filesOf(path, ...endings))
      for await (const { row, line } of readRows(file, { onBadRow: report })) {
        const place = { file, line };
        try {
          if (row[field] === undefined || row[field] === null)
            throw unfitRow(
              place,
              field,
              `expected ${field}, got ${Object.keys(row).slice(0, 12).join(', ') || 'no fields'}`,
            );
          yield { row: convert(row, place), place };
        } catch (error) {
          reportRow(report, error);
        }
      }
  };
}
