/** One item: what was asked and answered, and what the judge makes of it. */
import { announce, element, fill, focusOn } from './dom.js';
import { caveats, judgeParts, verdictSentence } from './judge.js';
import { reading } from './reading.js';
import { askItem, askItems, askItemsOnce } from './server.js';
import { addressOf, pageSize, queryOf, without } from './state.js';
import { plain, shown } from './text.js';
import { count } from './words.js';

/** @typedef {import('./main.js').Context} Context */
/** @typedef {import('./state.js').State} State */
/** @typedef {import('../api.ts').ViewItem} ViewItem */
/** @typedef {{ readonly before: State | null, readonly after: State | null, readonly place: string }} Neighbours */

/**
 * @param {Context} context
 * @returns {Promise<import('./main.js').Mounted>}
 */
export async function sampleView(context) {
  const root = element('div', { class: 'sample' });
  let now = context;
  let title = '';
  /** @type {Neighbours} */
  let around = { before: null, after: null, place: '' };

  /** @param {Context} to */
  const load = async (to) => {
    now = to;
    const [item, neighbours] = await Promise.all([
      askItem(Number(to.state.item), to.state, to.signal),
      neighboursOf(to),
    ]);
    if (to.signal.aborted) return;
    around = neighbours;
    title = plain(item.sampleId, 60);
    fill(
      root,
      path(to.state, around),
      ...heading(item, to, [
        ' · ',
        element(
          'a',
          { href: addressOf({ ...to.state, view: 'label' }) },
          item.own === null ? 'Label this item' : 'Change your label',
        ),
      ]),
      ...lead(item),
      element('div', { class: 'columns' }, reading(item), judgeBox(item)),
    );
  };
  await load(context);

  const list = () => without(now.state, 'item');
  /** @param {State | null} state */
  const goTo = (state) => {
    if (state) now.go(state);
    else announce('There are no more items this way.');
  };
  const next = { what: 'Next item', run: () => goTo(around.after) };
  const before = { what: 'Previous item', run: () => goTo(around.before) };
  const keys = {
    j: next,
    ArrowRight: next,
    k: before,
    ArrowLeft: before,
    l: { what: 'Label this item', run: () => now.go({ ...now.state, view: 'label' }) },
    Escape: { what: 'Back to the list', run: () => now.go(list()) },
  };
  return {
    root,
    title: () => title,
    keys: () => keys,
    update: async (to) => {
      await load(to);
      if (to.signal.aborted) return true;
      window.scrollTo(0, 0);
      focusOn(root.querySelector('h1'));
      return true;
    },
  };
}

/**
 * @param {State} state
 * @param {Neighbours} around
 */
function path(state, around) {
  const link = (/** @type {State | null} */ to, /** @type {import('./dom.js').Child[]} */ name) =>
    to ? element('a', { href: addressOf(to) }, name) : element('span', { class: 'off' }, name);
  return element(
    'nav',
    { class: 'path', 'aria-label': 'Items' },
    element('a', { href: addressOf(without(state, 'item')) }, 'Back to the list'),
    element('span', { class: 'quiet' }, around.place),
    link(around.before, ['← ', element('span', { class: 'wide' }, 'Previous')]),
    link(around.after, [element('span', { class: 'wide' }, 'Next'), ' →']),
  );
}

/**
 * What an item is called.
 * @param {ViewItem} item
 * @param {Context} context
 * @param {import('./dom.js').Child[]} [more]
 */
export function heading(item, context, more = []) {
  return [
    element('h1', {}, shown(item.sampleId, 120)),
    element(
      'p',
      { class: 'about' },
      shown(item.rubric, 64),
      ` · ${item.mode}`,
      context.run.runs.length > 1 && [' · run ', shown(item.run, 60)],
      ...more,
    ),
  ];
}

/**
 * The verdict in a sentence, and what speaks against it.
 * @param {ViewItem} item
 */
export function lead(item) {
  const doubt = item.verdict !== null && (item.verdict.score === null || item.abstained);
  return [element('p', { class: doubt ? 'lead doubt' : 'lead' }, verdictSentence(item)), caveats(item)];
}

/**
 * How the judge came to it, beside what was read.
 * @param {ViewItem} item
 */
export function judgeBox(item) {
  const parts = judgeParts(item).filter((part) => part !== null);
  return parts.length === 0 ? null : element('aside', { class: 'judge', 'aria-label': 'The judge' }, parts);
}

/**
 * The items before and after in the list that the reader came from; in the data's order where it is no longer in that list.
 * @param {Context} context
 * @returns {Promise<Neighbours>}
 */
async function neighboursOf({ state, run, signal }) {
  const index = Number(state.item);
  const query = queryOf(state);
  const offset = Number(state.offset ?? 0) || 0;
  const { items, total } = await askItemsOnce(query, pageSize);
  const at = items.findIndex((item) => item.index === index);
  const to = (/** @type {number} */ number, from = offset) => ({
    ...state,
    item: String(number),
    offset: String(from),
  });
  if (at < 0)
    return {
      before: index > 0 ? to(index - 1) : null,
      after: index + 1 < run.items ? to(index + 1) : null,
      place: `item ${count(index + 1)} of ${count(run.items)} in the data`,
    };
  const beyond = async (/** @type {number} */ place) => {
    if (place < 0 || place >= total) return null;
    const page = await askItems({ ...query, offset: place, limit: 1 }, signal);
    const [item] = page.items;
    return item ? to(item.index, Math.floor(place / pageSize) * pageSize) : null;
  };
  const [previous, next] = [items[at - 1], items[at + 1]];
  const [before, after] = await Promise.all([
    previous ? to(previous.index) : beyond(offset + at - 1),
    next ? to(next.index) : beyond(offset + at + 1),
  ]);
  return { before, after, place: `${count(offset + at + 1)} of ${count(total)}` };
}
