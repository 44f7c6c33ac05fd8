/** The rankings of `juror rank` as preferences. */
import { logistic } from '../aggregate/logits.ts';
import { readRankings } from '../judge/reward-readings.ts';
import type { Preference } from '../schema.ts';
import type { PlanRow } from '../store/store.ts';
import { sideOf } from './labels.ts';
import { pairsOf, preferenceOf } from './record.ts';
import type { RunReading } from './run-reading.ts';
import { judgedTexts } from './sample-book.ts';

/**
 * Every two answers of each ranking: the difference of their strengths is a log-odds. Keys and the consistency of the orders are those of
 * the pair's own comparison, where it was asked; the strengths stand on all comparisons of the sample.
 */
export async function* preferencesOfRankings(reading: RunReading): AsyncGenerator<Preference> {
  const { run, rubric, options, leftOut, source } = reading;
  const rows = new Map<string, PlanRow[]>();
  for await (const row of run.store.plan()) {
    const own = rows.get(row.sampleId);
    if (own) own.push(row);
    else rows.set(row.sampleId, [row]);
  }
  const asked = new Map<string, boolean>();
  for await (const { row, verdict } of reading.verdicts())
    if (verdict.flipped !== null) asked.set(pairKey(row.sampleId, row.responseIds), !verdict.flipped);
  const objectives = [...new Set(rubric.criteria.map(({ objective }) => objective))];
  const [objective, ...others] = objectives;
  for (const { sampleId, places, responseIds } of await readRankings(run)) {
    if (places.length === 0) {
      leftOut('unscored', sampleId);
      continue;
    }
    const own = rows.get(sampleId) ?? [];
    for (const row of own) judgedTexts(options.book, row);
    const sample = options.book.get(sampleId);
    const strengths = new Map(places.map(({ responseId, strength }) => [responseId, strength]));
    const ranked = responseIds.flatMap((id) => {
      const response = sample.responses.find((of) => of.id === id);
      const strength = strengths.get(id);
      return response && strength !== undefined ? [{ response, strength }] : [];
    });
    for (const [left, right] of pairsOf(ranked)) {
      if (left.response.text === right.response.text) {
        leftOut('same-text', sampleId);
        continue;
      }
      const ids = [left.response.id, right.response.id];
      const margin = left.strength - right.strength;
      const row = own.find(({ responseIds }) => responseIds.every((id) => ids.includes(id)));
      yield preferenceOf({
        sampleId,
        cluster: own[0]?.cluster ?? '',
        prompt: sample.prompt,
        left: sideOf({ sample, response: left.response }, sample, left.strength),
        right: sideOf({ sample, response: right.response }, sample, right.strength),
        probability: logistic(margin),
        tie: margin === 0,
        margin,
        marginUnit: 'nats',
        objectives: objective !== undefined && others.length === 0 ? { [objective]: logistic(margin) } : {},
        orderConsistent: asked.get(pairKey(sampleId, ids)) ?? null,
        agreement: null,
        source: { ...source, keys: (row?.judgments ?? []).map(({ key }) => key).sort() },
      });
    }
  }
}

function pairKey(sampleId: string, ids: readonly string[]): string {
  return JSON.stringify([sampleId, ids.toSorted()]);
}
