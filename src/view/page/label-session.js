/** One annotator labels one item after another, by key or by button. */
import { agreementTable } from './agreement.js';
import { announce, element, fill, focusOn } from './dom.js';
import { caveats, judgeParts, verdictSentence } from './judge.js';
import { labelQueue } from './label-queue.js';
import { reading } from './reading.js';
import { heading } from './sample.js';
import { askAgreement, askItem, forgetItems, sendLabel } from './server.js';
import { addressOf, queryOf, without } from './state.js';
import { plain, shown } from './text.js';
import { count, counted } from './words.js';

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
  /** @type {number[]} */
  const visited = [];
  /** @type {number[]} */
  const labelled = [];

  const content = element('div', {});
  const choices = element('div', { class: 'choices', role: 'group', 'aria-label': 'Your label' });
  const saved = element('p', { class: 'saved' });
  const progress = element('progress', { max: Math.max(1, queue.total), 'aria-label': 'Labelled' });
  const progressText = element('span', {});
  const back = element(
    'button',
    { type: 'button', class: 'quiet', onclick: () => void takeBack() },
    element('kbd', {}, 'u'),
    ' Take back',
  );
  const pass = element(
    'button',
    { type: 'button', class: 'quiet pass', onclick: () => void next() },
    element('kbd', {}, 'j'),
    ' Next',
  );
  const agreement = element('details', { class: 'so-far', open: matchMedia('(min-width: 64rem)').matches });
  const bar = element(
    'section',
    { class: 'label-bar', 'aria-label': 'Label' },
    choices,
    element('p', { class: 'deeds' }, back, pass),
    saved,
    element('p', { class: 'progress' }, progress, progressText),
  );
  const judge = element('aside', { class: 'judge', 'aria-label': 'The judge' });
  const side = element('div', { class: 'side' }, bar, judge, agreement);
  const columns = element('div', { class: 'columns labelling' }, content, side);
  const head = element('div', {});
  const root = element('div', { class: 'sample' }, head, columns);

  const index = () => (item === null ? null : item.index);
  const tellProgress = () => {
    progress.value = queue.total - queue.left();
    progressText.textContent = `${count(queue.total - queue.left())} of ${count(queue.total)} labelled`;
  };

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
    if (visited.lastIndexOf(loaded.index) < 0) visited.push(loaded.index);
    show(to);
  };

  /** @param {Context} to */
  const show = (to) => {
    if (!item) return;
    busy = false;
    columns.hidden = false;
    fill(head, path(to), ...heading(item, to));
    fill(content, reading(item));
    fill(
      choices,
      item.choices.map(({ value, text, key }) =>
        element(
          'button',
          {
            type: 'button',
            'aria-pressed': String(item?.own === value),
            'aria-keyshortcuts': key,
            onclick: () => void choose(value),
          },
          element('kbd', {}, key),
          element('span', {}, shown(text, 120)),
        ),
      ),
    );
    fill(
      judge,
      item.verdict &&
        [element('p', { class: 'lead' }, verdictSentence(item)), caveats(item), judgeParts(item)].flat(),
    );
    judge.hidden = item.verdict === null;
    pass.hidden = false;
    back.disabled = item.own === null && labelled.length === 0;
    tellProgress();
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

  const next = async () => {
    const at = index();
    if (at === null || busy) return;
    const later = visited[visited.lastIndexOf(at) + 1];
    if (later !== undefined) return goTo(later);
    if (item?.own === null) queue.pass(at);
    const following = await queue.next(at);
    if (following === null && item?.own === null) announce('This is the last item without a label.');
    else goTo(following);
  };

  const before = () => {
    const at = index();
    const earlier = at === null ? visited.at(-1) : visited[visited.lastIndexOf(at) - 1];
    if (earlier === undefined) announce('There is no item before this one.');
    else goTo(earlier);
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
    tell('Saved', text);
    void tellAgreement();
    if (!now.run.annotators.includes(annotator)) void now.refresh().catch(() => {});
    if (now.state.pause === 'true') await reload(at);
    else goTo(await queue.next(at));
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
    const place = labelled.lastIndexOf(at);
    if (place >= 0) labelled.splice(place, 1);
    queue.takenBack(at);
    tell('Taken back', '');
    void tellAgreement();
    if (at === index()) await reload(at);
    else goTo(at);
  };

  /** @param {number} at */
  const reload = async (at) => {
    item = await askItem(at, now.state);
    show(now);
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
      const message = cause instanceof Error ? cause.message : String(cause);
      fill(saved, element('strong', { class: 'bad' }, 'Not saved. '), shown(message, 300));
      announce(`Not saved. ${plain(message, 200)}`);
      return false;
    }
  };

  /**
   * @param {string} what
   * @param {string} text
   */
  const tell = (what, text) => {
    fill(saved, element('span', { class: 'good' }, what), text && [': ', shown(text, 80)]);
    announce(`${what}${text ? `: ${plain(text, 80)}` : ''}. ${counted(queue.left(), 'item')} left.`);
    tellProgress();
  };

  let asked = 0;
  const tellAgreement = async () => {
    const rubric = item?.rubric ?? now.state.rubric;
    if (rubric === undefined) return;
    asked += 1;
    const mine = asked;
    const found = await askAgreement(rubric).catch(() => null);
    if (!found || mine !== asked) return;
    fill(
      agreement,
      element('summary', {}, 'Agreement so far'),
      found.pairs.length === 0
        ? element('p', { class: 'note' }, 'It begins with your first label.')
        : agreementTable(found),
    );
  };

  await load(context);
  void tellAgreement();

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
