/** What may be said of an item, and what is shown while the judge is hidden. */
import { createRandom, seedFrom, shuffled } from '../aggregate/random.ts';
import { scaleLabels, scoreOf } from '../scale.ts';
import type { Rubric, Verdict } from '../schema.ts';
import type { ViewItem } from './api.ts';
import { onlyScale } from './verdict-label.ts';

type Choice = ViewItem['choices'][number];

/** A choice with what it is worth. */
export interface WorthChoice extends Choice {
  /** In [0, 1]; null for pairs. */
  readonly score: number | null;
}

const keys = '123456789'.split('');

/**
 * The choices of an item: its responses in the order shown and `tie`, or the labels of the rubric's scale; where a rubric has several
 * criteria with scales of their own, `pass` and `fail`.
 */
export function choicesOf(
  { mode, responseIds }: Pick<Verdict, 'mode' | 'responseIds'>,
  rubric: Pick<Rubric, 'criteria'>,
  shown: readonly number[],
): WorthChoice[] {
  if (mode === 'pairwise')
    return [
      ...shown.map((place, number) => ({
        value: responseIds[place] ?? '',
        text: `answer ${number + 1} is better`,
        key: keys[number] ?? '',
        score: null,
      })),
      { value: 'tie', text: 'equally good', key: '0', score: null },
    ];
  const scale = onlyScale(rubric) ?? sharedScale(rubric);
  if (scale === undefined)
    return [
      { value: 'pass', text: 'pass', key: '1', score: 1 },
      { value: 'fail', text: 'fail', key: '2', score: 0 },
    ];
  const labels = scaleLabels(scale);
  return labels.map((value, number) => ({
    value,
    text: value,
    // On a scale of digits every label is its own key.
    key:
      scale.kind === 'integer' && labels.every((label) => /^\d$/.test(label)) ? value : (keys[number] ?? ''),
    score: scoreOf(scale, value),
  }));
}

/** Of several criteria, the scale that all have. */
function sharedScale({ criteria }: Pick<Rubric, 'criteria'>) {
  const [first, ...others] = criteria;
  const text = JSON.stringify(first?.scale);
  return others.every(({ scale }) => JSON.stringify(scale) === text) ? first?.scale : undefined;
}

/** Places of the responses in the order to be shown: the data's, or drawn for this annotator and item alone. */
export function shownOrder(
  { rubricId, sampleId, responseIds }: Pick<Verdict, 'rubricId' | 'sampleId' | 'responseIds'>,
  annotator: string | undefined,
): number[] {
  const places = [...responseIds.keys()];
  if (annotator === undefined) return places;
  return shuffled(places, createRandom(seedFrom('viewer', annotator, rubricId, sampleId, ...responseIds)));
}

/** Names of the responses while the judge is hidden, by place: ids such as `chosen` say too much. None is an id of the item. */
export function maskedIds(responseIds: readonly string[], shown: readonly number[]): readonly string[] {
  for (let prefix = 'answer-'; ; prefix += '-') {
    const masks = responseIds.map((_, place) => `${prefix}${shown.indexOf(place) + 1}`);
    if (!masks.some((mask) => mask === 'tie' || responseIds.includes(mask))) return masks;
  }
}
