/** Items and a run whose every text is a payload. */
import type { ViewAgreement, ViewItem, ViewRun } from '../../../src/view/api.ts';
import { madeUpItems, madeUpRun } from './made-up.ts';

/** So many payloads in each text that is shown whole. */
const textsEach = 40;

/** One item for each payload: short texts are that payload, long ones forty of them, so that twenty-five items show all thousand. */
export function hostileItems(all: readonly string[]): ViewItem[] {
  const items = madeUpItems(all.length);
  return items.map((item, index) => {
    const one = all[index] ?? '';
    const many = Array.from(
      { length: textsEach },
      (_, at) => all[(index * textsEach + at) % all.length] ?? '',
    );
    const text = many.join('\n');
    const { verdict } = item;
    return {
      ...item,
      run: one,
      sampleId: one,
      rubric: one,
      prompt: one,
      winner: item.mode === 'pairwise' ? one : null,
      labelledBy: [one],
      texts: index % 2 ? one : true,
      fullPrompt: index % 2 ? text : many.map((content) => ({ role: 'user' as const, content })),
      reference: text,
      responses: item.responses.map((response, place) => ({
        id: `${one}${place}`,
        text,
        steps: response.steps === null ? null : many,
        model: one,
      })),
      choices: item.choices.map(({ key }) => ({ key, value: `${one}${key}`, text: one })),
      label: one,
      labels: many.map((label) => ({ annotator: label, label })),
      metadata: Object.fromEntries(many.map((value) => [value, value])),
      judgments: item.judgments.map((judgment) => ({
        ...judgment,
        criterionId: one,
        responseIds: judgment.responseIds.map((id) => `${one}${id}`),
        model: one,
        critique: text,
        label: one,
        distribution: Object.fromEntries(many.map((value) => [value, 1 / textsEach])),
        unscored: one,
      })),
      verdict: verdict && {
        ...verdict,
        sampleId: one,
        rubricId: one,
        responseIds: verdict.responseIds.map((_, place) => `${one}${place}`),
        winner: item.mode === 'pairwise' ? `${one}0` : null,
        contentFree: [one],
        perCriterion: Object.fromEntries(many.map((name) => [name, { score: 0.5, decided: 1, total: 2 }])),
        perObjective: Object.fromEntries(many.map((name) => [name, 0.5])),
        panel: {
          reducer: one,
          quorum: 'all',
          decided: 1,
          total: many.length,
          state: 'partial',
          reason: one,
          members: many.map((engine) => ({ engine, score: null, reason: engine })),
        },
        abstained: { reasons: many.map((message) => ({ kind: 'band', message })) },
        escalation: {
          decided: one,
          asked: many.map((engine) => ({ engine, score: 0.4, reasons: [engine] })),
        },
      },
    };
  });
}

/** A run of such items. */
export function hostileRun(items: readonly ViewItem[], all: readonly string[]): ViewRun {
  const [first = ''] = all;
  const run = madeUpRun(items);
  return {
    ...run,
    title: first,
    runs: all.slice(0, 40).map((id, place) => ({
      id,
      models: [id],
      rubrics: [{ id, mode: place % 2 ? 'pairwise' : 'pointwise', criteria: [id] }],
      verdicts: 1,
    })),
    slices: Object.fromEntries(all.slice(0, 40).map((name) => [name, all.slice(0, 50)])),
    texts: first,
    annotators: all.slice(0, 60),
  };
}

/** What two annotators with such names agree on. */
export function hostileAgreement(all: readonly string[]): ViewAgreement {
  const figure = { estimate: 0.5, low: 0.4, high: 0.6 };
  return {
    rubric: all[0] ?? '',
    labelled: all.length,
    pairs: all.slice(0, 200).map((left, place) => ({
      left,
      right: all[place + 200] ?? 'judge',
      n: 10,
      agreement: figure,
      kappa: figure,
    })),
  };
}
