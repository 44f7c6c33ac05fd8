/** Each judgment: the order shown, what was written, and how sure it was of each label. */
import { element } from './dom.js';
import { figures, section, strong } from './figures.js';
import { passage, shown } from './text.js';
import { count, counted } from './words.js';

/** @typedef {import('../api.ts').ViewItem} ViewItem */
/** @typedef {ViewItem['judgments'][number]} ViewJudgment */

/** Judgments shown at once; more on demand. */
const judgmentsAtOnce = 12;
const judgmentsMore = 60;

/**
 * Every judgment of an item, in the order of the record; many are shown on demand.
 * @param {ViewItem} item
 */
export function judgmentsOf(item) {
  const { judgments } = item;
  if (judgments.length === 0) return null;
  const several = {
    models: new Set(judgments.map(({ model }) => model)).size > 1,
    criteria: new Set(judgments.map(({ criterionId }) => criterionId)).size > 1,
    samples: judgments.some(({ sampleIndex }) => sampleIndex > 0),
  };
  const cards = element('div', { class: 'judgments' });
  const more = element('button', { type: 'button', class: 'fold' });
  let upTo = 0;
  const show = (/** @type {number} */ by) => {
    cards.append(...judgments.slice(upTo, upTo + by).map((judgment) => card(item, judgment, several)));
    upTo = Math.min(judgments.length, upTo + by);
    more.hidden = upTo === judgments.length;
    more.textContent = `Show ${count(Math.min(judgmentsMore, judgments.length - upTo))} more of ${counted(judgments.length, 'judgment')}`;
  };
  more.addEventListener('click', () => show(judgmentsMore));
  show(judgmentsAtOnce);
  return section(item.mode === 'pairwise' ? 'Both orders' : 'What the judge read and wrote', cards, more);
}

/**
 * @param {ViewItem} item
 * @param {ViewJudgment} judgment
 * @param {{ models: boolean, criteria: boolean, samples: boolean }} several
 */
function card(item, judgment, several) {
  const pair = item.mode === 'pairwise' && judgment.responseIds.length === 2;
  const [first = '', second = ''] = judgment.responseIds;
  const title = pair
    ? [strong(first), ' first, then ', strong(second)]
    : judgment.step !== null
      ? [`Step ${judgment.step + 1}`]
      : [shown(judgment.criterionId, 64)];
  const about = [
    several.criteria && (pair || judgment.step !== null) && shown(judgment.criterionId, 64),
    several.models && shown(judgment.model, 80),
    several.samples && `sample ${judgment.sampleIndex + 1}`,
  ].filter((part) => part !== false);
  return element(
    'article',
    { class: 'judgment' },
    element('h3', {}, title),
    about.length > 0 &&
      element(
        'p',
        { class: 'note' },
        about.flatMap((part, index) => [index > 0 && ' · ', part]),
      ),
    judgment.distribution && distribution(judgment, pair),
    judgment.unscored !== null &&
      element('p', { class: 'unscored' }, 'No score: ', shown(judgment.unscored, 400)),
    judgment.critique !== null &&
      judgment.critique !== '' &&
      element('div', { class: 'critique' }, passage(judgment.critique, { name: 'the critique' })),
  );
}

/**
 * Each label with its probability; of a pair, A and B are the answers in the order shown.
 * @param {ViewJudgment} judgment
 * @param {boolean} pair
 */
function distribution(judgment, pair) {
  const entries = Object.entries(judgment.distribution ?? {}).slice(0, 101);
  return figures(
    entries.map(([label, value]) => {
      const at = pair ? ['A', 'B'].indexOf(label) : -1;
      const id = judgment.responseIds[at];
      return {
        name:
          id === undefined
            ? [shown(label, 60)]
            : [strong(id), element('span', { class: 'quiet' }, ` as ${label}`)],
        value,
        chosen: label === judgment.label,
      };
    }),
  );
}
