/** The list: one page of items, each a link. */
import { announce, element, fill, focusOn, styled } from './dom.js';
import { filterForm } from './filters.js';
import { askItems, forgetItems } from './server.js';
import { addressOf, pageSize, queryOf, without } from './state.js';
import { plain, shown } from './text.js';
import { count, counted, listed, probability } from './words.js';

/** @typedef {import('./main.js').Context} Context */
/** @typedef {import('../api.ts').ListedItem} ListedItem */

/**
 * @param {Context} context
 * @returns {Promise<import('./main.js').Mounted>}
 */
export async function listView(context) {
  let now = context;
  let pages = { before: false, after: false };
  const { form, search, show } = filterForm(context);
  const hidden = element('p', { class: 'notice' });
  const status = element('p', { class: 'status', id: 'status' });
  const results = element('ol', { class: 'items', 'aria-labelledby': 'status' });
  const pager = element('nav', { class: 'pager', 'aria-label': 'Pages' });
  const root = element(
    'div',
    { class: 'list' },
    element('h1', {}, shown(context.run.title)),
    element('p', { class: 'about' }, about(context.run)),
    form,
    hidden,
    status,
    results,
    pager,
  );

  /** @param {Context} to */
  const load = async (to) => {
    now = to;
    show(to.state);
    hidden.hidden = to.state.blind !== 'true';
    fill(hidden, blindNotice(to));
    const offset = Number(to.state.offset ?? 0) || 0;
    const query = queryOf(to.state);
    const { total, items } = await askItems({ ...query, limit: pageSize }, to.signal);
    if (to.signal.aborted) return;
    forgetItems();
    const all = to.run.items;
    const filtered = Object.keys(without(query, 'offset', 'sort', 'annotator', 'blind')).length > 0;
    const sentence = filtered ? `${count(total)} of ${counted(all, 'item')}` : counted(total, 'item');
    const range =
      items.length > 0 && items.length < total
        ? `, ${count(offset + 1)} to ${count(offset + items.length)} shown`
        : '';
    status.textContent = sentence + range;
    announce(sentence + range);
    if (items.length === 0)
      fill(results, element('li', { class: 'none' }, element('p', {}, empty(to, total, filtered))));
    else
      fill(
        results,
        items.map((item) => row(item, to)),
      );
    pages = { before: offset > 0, after: offset + items.length < total && items.length > 0 };
    fill(pager, ...pagerOf(to, offset, total));
    pager.hidden = !pages.before && !pages.after;
  };
  await load(context);

  /** @param {1 | -1} step */
  const move = (step) => {
    const links = [...results.querySelectorAll('a')];
    const at =
      document.activeElement instanceof HTMLAnchorElement ? links.indexOf(document.activeElement) : -1;
    const next = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step];
    if (!next) return;
    focusOn(next);
    next.scrollIntoView({ block: 'nearest' });
  };
  /** @param {1 | -1} step */
  const turn = (step) => {
    if (step > 0 ? !pages.after : !pages.before) return;
    now.go(pageState(now, Math.max(0, (Number(now.state.offset ?? 0) || 0) + step * pageSize)));
    window.scrollTo(0, 0);
  };
  const keys = {
    j: { what: 'Next item', run: () => move(1) },
    ArrowDown: { what: 'Next item', run: () => move(1) },
    k: { what: 'Previous item', run: () => move(-1) },
    ArrowUp: { what: 'Previous item', run: () => move(-1) },
    ArrowRight: { what: 'Next page', run: () => turn(1) },
    ArrowLeft: { what: 'Previous page', run: () => turn(-1) },
    '/': { what: 'Search', run: () => search.focus() },
  };
  return {
    root,
    title: () => (now.state.text ? `“${plain(now.state.text, 40)}”` : 'Items'),
    keys: () => keys,
    update: async (to) => {
      await load(to);
      return true;
    },
  };
}

/** @param {Context} context */
function blindNotice({ state, run }) {
  return [
    'You are labelling blind',
    state.annotator !== undefined && [' as ', shown(state.annotator, 64)],
    ': the judge is hidden, and so are filters and orders by it. ',
    !run.blind && element('a', { href: addressOf(without(state, 'blind')) }, 'Show everything'),
  ].flat();
}

/** @param {import('../api.ts').ViewRun} run */
function about(run) {
  const verdicts = run.runs.reduce((sum, one) => sum + one.verdicts, 0);
  const models = [...new Set(run.runs.flatMap((one) => one.models))];
  const rubrics = [...new Set(run.runs.flatMap((one) => one.rubrics.map(({ id }) => id)))];
  const named = (/** @type {readonly string[]} */ names, /** @type {string} */ noun) =>
    names.length > 3 ? counted(names.length, noun) : plain(listed(names), 200);
  return [
    counted(verdicts, 'verdict'),
    run.runs.length > 1 && ` in ${counted(run.runs.length, 'run')}`,
    rubrics.length > 0 && ` under ${named(rubrics, 'rubric')}`,
    models.length > 0 && `, judged by ${named(models, 'model')}`,
    '.',
  ];
}

/**
 * @param {ListedItem} item
 * @param {Context} context
 */
function row(item, { run, state }) {
  const several = new Set(run.runs.flatMap((one) => one.rubrics.map(({ id }) => id))).size > 1;
  const about = [
    ...(run.runs.length > 1 ? [shown(item.run, 40)] : []),
    ...(several ? [shown(item.rubric, 64)] : []),
    ...(item.labelledBy.length > 0
      ? [element('span', {}, 'labelled by ', shown(listed(item.labelledBy), 80))]
      : []),
  ];
  return element(
    'li',
    {},
    element(
      'a',
      { href: addressOf({ ...state, item: String(item.index) }) },
      element(
        'span',
        { class: 'what' },
        element('span', { class: 'name' }, shown(item.sampleId, 80)),
        about.length > 0 &&
          element(
            'span',
            { class: 'note' },
            about.flatMap((part, index) => [index > 0 && ' · ', part]),
          ),
      ),
      element('span', { class: 'beginning' }, shown(item.prompt.replace(/\s+/g, ' '), 200)),
      element('span', { class: 'said' }, said(item)),
    ),
  );
}

/**
 * What the judge said, in a word and on a scale from the first answer to the second, or from 0 to 1.
 * @param {ListedItem} item
 */
function said(item) {
  if (item.score === null)
    return element(
      'span',
      { class: 'word quiet' },
      item.unscored.length > 0 ? `unscored: ${item.unscored[0]}` : item.winner === null ? 'no verdict' : '',
    );
  const pair = item.mode === 'pairwise';
  const likelier = pair ? Math.max(item.score, 1 - item.score) : item.score;
  return [
    element(
      'span',
      { class: 'word' },
      pair
        ? item.winner === 'tie' || item.winner === null
          ? element('span', {}, 'tie')
          : element('span', {}, 'prefers ', shown(item.winner, 24))
        : element('span', {}, item.mode === 'stepwise' ? 'weakest step' : 'score'),
      element('span', { class: 'figure' }, probability(likelier)),
    ),
    styled(element('span', { class: pair ? 'place pair' : 'place', 'aria-hidden': 'true' }), {
      '--at': pair ? 1 - item.score : item.score,
    }),
    item.flipped && element('span', { class: 'tag warn' }, 'orders disagree'),
    item.abstained && element('span', { class: 'tag warn' }, 'abstained'),
    item.disagreement !== null &&
      item.disagreement >= 0.2 &&
      element('span', { class: 'tag warn' }, `judges differ by ${probability(item.disagreement)}`),
  ];
}

/**
 * @param {Context} context
 * @param {number} total
 * @param {boolean} filtered
 */
function empty({ run, state }, total, filtered) {
  if (run.items === 0)
    return 'There are no verdicts in this folder yet. Judge some data into it, and open it again.';
  if (total > 0)
    return [
      'This page lies beyond the last item. ',
      element('a', { href: addressOf(without(state, 'offset')) }, 'First page'),
    ];
  return filtered
    ? ['No item meets all of this. ', element('a', { href: '?' }, 'Show all items')]
    : 'There is nothing to show.';
}

/**
 * @param {Context} context
 * @param {number} offset
 */
function pageState({ state }, offset) {
  return offset > 0 ? { ...state, offset: String(offset) } : without(state, 'offset');
}

/**
 * @param {Context} context
 * @param {number} offset
 * @param {number} total
 */
function pagerOf(context, offset, total) {
  const last = Math.max(0, Math.ceil(total / pageSize) - 1);
  const page = Math.min(Math.floor(offset / pageSize), last);
  const link = (/** @type {number} */ to, /** @type {string} */ name) =>
    to < 0 || to > last || to === page
      ? element('span', { class: 'off' }, name)
      : element('a', { href: addressOf(pageState(context, to * pageSize)) }, name);
  return [
    link(0, 'First'),
    link(page - 1, 'Previous'),
    element('span', {}, `Page ${count(page + 1)} of ${count(last + 1)}`),
    link(page + 1, 'Next'),
    link(last, 'Last'),
  ];
}
