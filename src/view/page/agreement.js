/** How annotators agree with the judge and with each other. */
import { announce, element, fill, styled } from './dom.js';
import { askAgreement, askItem, askItems } from './server.js';
import { addressOf, without } from './state.js';
import { plain, shown } from './text.js';
import { counted, decimal, estimate, percent } from './words.js';

/** @typedef {import('./main.js').Context} Context */
/** @typedef {import('../api.ts').ViewAgreement} ViewAgreement */

/** Items shown in the list of disagreements; each is asked for. */
const disputesAtOnce = 20;

/**
 * @param {Context} context
 * @returns {Promise<import('./main.js').Mounted>}
 */
export async function agreementView(context) {
  const root = element('div', { class: 'agreement' });
  /** @param {Context} to */
  const load = async (to) => {
    const rubrics = [...new Set(to.run.runs.flatMap((run) => run.rubrics.map(({ id }) => id)))];
    const rubric = to.state.rubric ?? rubrics[0];
    if (to.run.blind) {
      fill(
        root,
        element('h1', {}, 'Agreement'),
        element(
          'p',
          { class: 'none' },
          'The viewer was started blind: the judge is hidden, and so is how far it agrees.',
        ),
      );
      return;
    }
    if (rubric === undefined) {
      fill(
        root,
        element('h1', {}, 'Agreement'),
        element('p', { class: 'none' }, 'There are no verdicts to agree with.'),
      );
      return;
    }
    const [agreement, disputes] = await Promise.all([
      askAgreement(rubric, to.signal),
      disputesOf(to, rubric),
    ]);
    if (to.signal.aborted) return;
    const chooser = element(
      'select',
      { id: 'agreement-rubric', onchange: () => to.go({ ...to.state, rubric: chooser.value }) },
      rubrics.map((id) => element('option', { value: id, selected: id === rubric }, plain(id, 64))),
    );
    fill(
      root,
      element('h1', {}, 'Agreement'),
      rubrics.length > 1 &&
        element('p', { class: 'field' }, element('label', { for: 'agreement-rubric' }, 'Rubric'), chooser),
      agreement.pairs.length === 0
        ? element(
            'p',
            { class: 'none' },
            'Nobody has labelled anything yet. ',
            element(
              'a',
              { href: addressOf({ ...without(to.state, 'item'), view: 'label', rubric }) },
              'Begin to label',
            ),
          )
        : [
            element(
              'p',
              { class: 'about' },
              `${counted(agreement.labelled, 'item has a label', 'items have labels')}. Intervals are of 95\u00a0%. κ is 1 where two always agree, and 0 where they agree as often as chance would.`,
            ),
            agreementTable(agreement),
            element('h2', {}, 'Where annotators differ'),
            ...disputes,
          ],
    );
    announce(counted(agreement.labelled, 'labelled item'));
  };
  await load(context);
  return {
    root,
    title: () => 'Agreement',
    keys: () => ({}),
    update: async (to) => {
      await load(to);
      return true;
    },
  };
}

/**
 * Each two, with the share that agrees, κ and their intervals.
 * @param {ViewAgreement} agreement
 */
export function agreementTable(agreement) {
  return element(
    'table',
    { class: 'agreements' },
    element('caption', { class: 'unseen' }, 'Agreement of annotators with the judge and with each other'),
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        ['Between', 'Items', 'Agree', 'κ'].map((name) => element('th', { scope: 'col' }, name)),
      ),
    ),
    element(
      'tbody',
      {},
      agreement.pairs
        .slice(0, 200)
        .map((pair) =>
          element(
            'tr',
            {},
            element(
              'th',
              { scope: 'row' },
              shown(pair.left, 64),
              ' and ',
              pair.right === 'judge' ? 'the judge' : shown(pair.right, 64),
            ),
            element('td', { 'data-name': 'Items' }, String(pair.n)),
            element(
              'td',
              { 'data-name': 'Agree' },
              element('span', {}, estimate(pair.agreement, percent, '\u00a0%')),
              interval(pair.agreement, 0),
            ),
            element(
              'td',
              { 'data-name': 'κ' },
              element('span', {}, estimate(pair.kappa, decimal)),
              interval(pair.kappa, -1),
            ),
          ),
        ),
    ),
  );
}

/**
 * An interval on the scale from its least to 1, for the eye alone.
 * @param {ViewAgreement['pairs'][number]['kappa']} figure
 * @param {number} least
 */
function interval(figure, least) {
  if (figure.estimate === null) return null;
  const at = (/** @type {number} */ value) => Math.min(1, Math.max(0, (value - least) / (1 - least)));
  return styled(
    element('span', { class: least < 0 ? 'interval signed' : 'interval', 'aria-hidden': 'true' }),
    {
      '--low': at(figure.low ?? figure.estimate),
      '--at': at(figure.estimate),
      '--high': at(figure.high ?? figure.estimate),
    },
  );
}

/**
 * @param {Context} context
 * @param {string} rubric
 * @returns {Promise<Node[]>}
 */
async function disputesOf({ state, signal }, rubric) {
  const query = { rubric, disagreement: 'annotators' };
  if (state.blind === 'true')
    return [element('p', { class: 'note' }, 'Hidden while you label blind: it would tell what others say.')];
  const { total, items } = await askItems({ ...query, limit: disputesAtOnce }, signal);
  if (total === 0) return [element('p', { class: 'note' }, 'Nowhere, so far.')];
  const full = await Promise.all(items.map((item) => askItem(item.index, state, signal)));
  const person = state.annotator ? { annotator: state.annotator } : {};
  return [
    element(
      'ol',
      { class: 'items disputes' },
      full.map((item) =>
        element(
          'li',
          {},
          element(
            'a',
            { href: addressOf({ ...query, ...person, item: String(item.index) }) },
            element('span', { class: 'what' }, element('span', { class: 'name' }, shown(item.sampleId, 80))),
            element('span', { class: 'beginning' }, shown(item.prompt.replace(/\s+/g, ' '), 200)),
            element(
              'span',
              { class: 'voices' },
              item.labels.length === 0
                ? element('span', { class: 'quiet' }, 'hidden until you have labelled it')
                : item.labels
                    .slice(0, 8)
                    .map(({ annotator, label }) =>
                      element(
                        'span',
                        { class: 'tag' },
                        shown(annotator, 40),
                        ': ',
                        element('strong', {}, shown(label, 40)),
                      ),
                    ),
            ),
          ),
        ),
      ),
    ),
    element(
      'p',
      {},
      total > full.length && `${counted(total, 'item')} in all. `,
      element('a', { href: addressOf({ ...query, ...person }) }, 'All of them in the list'),
    ),
  ];
}
