/** One annotator labels one item after another, by key or by button. */
import { announce, element, fill, focusOn } from './dom.js';
import { caveats, judgeParts, verdictSentence } from './judge.js';
import { labelBar } from './label-bar.js';
import { labelQueue } from './label-queue.js';
import { reading } from './reading.js';
import { heading } from './sample.js';
import { askItem, forgetItems, sendLabel } from './server.js';
import { addressOf, queryOf, without } from './state.js';
import { plain, shown } from './text.js';
import { counted } from './words.js';

/** @typedef {import('./main.js').Context} Context */
/** @typedef {import('../api.ts').ViewItem} ViewItem */

/**
 * @param {Context} context
 * @returns {Promise<import('./main.js').Mounted>}
 */
export async function labelSession(context) {
  const session = /** @type {const} */ (['annotator', 'blind', 'pause', 'rubric']).map(
    (key) => context.state[key],
  );
  const annotator = context.state.annotator ?? '';
  const queue = await labelQueue(context.state);
  let now = context;
  /** @type {ViewItem | null} */
  let item = null;
  let busy = false;
  /** Items as they were gone through; `place` is where in them the annotator is. @type {number[]} */
  const visited = [];
  let place = -1;
  /** @type {number[]} */
  const labelled = [];

  const bar = labelBar(queue, {
    choose: (value) => void choose(value),
    takeBack: () => void takeBack(),
    next: () => void next(),
  });
  const content = element('div');
  const judge = element('aside', { class: 'judge', 'aria-label': 'The judge' });
  const side = element('div', { class: 'side' }, bar.bar, judge, bar.agreement);
  const columns = element('div', { class: 'columns labelling' }, content, side);
  const head = element('div');
  const root = element('div', { class: 'sample' }, head, columns);

  const index = () => (item === null ? null : item.index);
  /** @param {Context} to */
  const load = async (to) => {
    now = to;
    if (to.state.item === undefined) {
      const first = await queue.next(null);
      if (to.signal.aborted) return;
      if (first !== null) return to.go({ ...to.state, item: String(first) }, { replace: true });
      return done();
    }
    const loaded = await askItem(Number(to.state.item), to.state, to.signal);
    if (to.signal.aborted) return;
    item = loaded;
    if (visited[place] !== loaded.index) {
      place = visited.lastIndexOf(loaded.index);
      if (place < 0) place = visited.push(loaded.index) - 1;
    }
    show(to);
  };

  /** @param {Context} to */
  const show = (to) => {
    if (!item) return;
    busy = false;
    columns.hidden = false;
    fill(head, path(to), ...heading(item, to));
    fill(content, reading(item));
    bar.show(item, item.own !== null || labelled.length > 0);
    fill(
      judge,
      item.verdict &&
        [element('p', { class: 'lead' }, verdictSentence(item)), caveats(item), judgeParts(item)].flat(),
    );
    judge.hidden = item.verdict === null;
  };

  const done = () => {
    item = null;
    busy = false;
    columns.hidden = true;
    const nothing = queue.total === 0;
    fill(
      head,
      element('h1', {}, nothing ? 'There is nothing to label' : 'All labelled'),
      element(
        'p',
        { class: 'lead' },
        nothing
          ? 'No item meets the filters.'
          : [`${counted(queue.total, 'item')} labelled by `, shown(annotator, 64), '.'],
      ),
      element(
        'p',
        {},
        element(
          'a',
          { href: addressOf({ ...without(now.state, 'item'), view: 'agreement' }) },
          'See the agreement',
        ),
        ' · ',
        element(
          'a',
          {
            href: addressOf({
              ...queryOf(now.state),
              annotator,
              ...(now.state.blind ? { blind: now.state.blind } : {}),
            }),
          },
          'Go through the items',
        ),
        labelled.length > 0 && [
          ' · ',
          element(
            'button',
            { type: 'button', class: 'quiet', onclick: () => void takeBack() },
            element('kbd', {}, 'u'),
            ' Take the last one back',
          ),
        ],
      ),
    );
    announce(nothing ? 'There is nothing to label.' : 'All labelled.');
  };

  /** @param {Context} to */
  const path = (to) =>
    element(
      'nav',
      { class: 'path', 'aria-label': 'Items' },
      element(
        'span',
        {},
        'Labelling as ',
        element('strong', {}, shown(annotator, 64)),
        to.state.blind === 'true' ? ', blind' : '',
      ),
      to.run.annotator === null &&
        element(
          'a',
          { href: addressOf(without({ ...to.state, view: 'label' }, 'annotator', 'item', 'labelled')) },
          'Change',
        ),
    );

  /** @param {number | null} to */
  const goTo = (to) => {
    const state = without(now.state, 'item');
    now.go(to === null ? state : { ...state, item: String(to) });
  };

  /** @param {number} from */
  const advance = async (from) => {
    try {
      const following = await queue.next(from);
      if (following === null && !busy && item?.own === null)
        return announce('This is the last item without a label.');
      if (following !== null) place = visited.push(following) - 1;
      goTo(following);
    } catch (cause) {
      busy = false;
      bar.fail('The next item did not come.', cause);
    }
  };

  const next = async () => {
    const at = index();
    if (at === null || busy) return;
    const later = visited[place + 1];
    if (later !== undefined) {
      place += 1;
      return goTo(later);
    }
    if (item?.own === null) queue.pass(at);
    await advance(at);
  };

  const before = () => {
    const to = item === null ? place : place - 1;
    const earlier = visited[to];
    if (earlier === undefined) return announce('There is no item before this one.');
    place = to;
    goTo(earlier);
  };

  /** @param {string} value */
  const choose = async (value) => {
    if (!item || busy) return;
    const { index: at, own } = item;
    const text = item.choices.find((choice) => choice.value === value)?.text ?? value;
    const blind = now.state.blind === 'true';
    if (!(await attempt(() => sendLabel({ index: at, annotator, label: value, blind })))) return;
    if (own === null) queue.labelled(at);
    labelled.push(at);
    bar.say('Saved', text);
    void bar.tellAgreement(item?.rubric);
    if (!now.run.annotators.includes(annotator)) void now.refresh().catch(() => {});
    if (now.state.pause === 'true') goTo(at);
    else await advance(at);
  };

  const takeBack = async () => {
    if (busy) return;
    const at = item !== null && item.own !== null ? item.index : labelled.at(-1);
    if (at === undefined) return announce('There is nothing to take back.');
    if (
      !(await attempt(() =>
        sendLabel({ index: at, annotator, label: null, blind: now.state.blind === 'true' }),
      ))
    )
      return;
    const last = labelled.lastIndexOf(at);
    if (last >= 0) labelled.splice(last, 1);
    queue.takenBack(at);
    bar.say('Taken back', '');
    void bar.tellAgreement(item?.rubric ?? now.state.rubric);
    goTo(at);
  };

  /** @param {() => Promise<unknown>} deed */
  const attempt = async (deed) => {
    // Until the next item is there: a key pressed twice is not a label of what nobody has read.
    busy = true;
    try {
      await deed();
      forgetItems();
      return true;
    } catch (cause) {
      busy = false;
      bar.fail('Not saved.', cause);
      return false;
    }
  };

  await load(context);
  void bar.tellAgreement(context.state.rubric ?? context.run.runs[0]?.rubrics[0]?.id);

  const keys = () => {
    /** @type {Record<string, { what: string, run: () => void }>} */
    const map = {
      j: { what: 'Next item', run: () => void next() },
      ArrowRight: { what: 'Next item', run: () => void next() },
      ...(now.state.pause === 'true' ? { Enter: { what: 'Next item', run: () => void next() } } : {}),
      k: { what: 'Previous item', run: before },
      ArrowLeft: { what: 'Previous item', run: before },
      u: { what: 'Take the label back', run: () => void takeBack() },
    };
    for (const { key, value, text } of item?.choices ?? [])
      map[key] = { what: `Label: ${plain(text, 80)}`, run: () => void choose(value) };
    return map;
  };
  return {
    root,
    title: () => (item ? `Label ${plain(item.sampleId, 60)}` : 'Label'),
    keys,
    update: async (to) => {
      const same = /** @type {const} */ (['annotator', 'blind', 'pause', 'rubric']).every(
        (key, at) => to.state[key] === session[at],
      );
      if (!same) return false;
      await load(to);
      if (to.signal.aborted) return true;
      window.scrollTo(0, 0);
      focusOn(root.querySelector('h1'));
      return true;
    },
  };
}
