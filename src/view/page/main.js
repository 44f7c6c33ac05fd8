/** The page: an address becomes a view. */
import { agreementView } from './agreement.js';
import { announce, byId, element, fill, focusOn } from './dom.js';
import { helpDialog, listenToKeys } from './keys.js';
import { labelView } from './label.js';
import { listView } from './list.js';
import { sampleView } from './sample.js';
import { askRun } from './server.js';
import { addressOf, queryOf, stateOf, viewOf } from './state.js';
import { plain, shown } from './text.js';

/** @typedef {import('./state.js').State} State */
/** @typedef {import('./state.js').View} View */

/**
 * What a view is given.
 * @typedef {object} Context
 * @property {State} state
 * @property {import('../api.ts').ViewRun} run
 * @property {AbortSignal} signal Aborted when the reader has gone on.
 * @property {(state: State, options?: { readonly replace?: boolean }) => void} go To another address.
 * @property {() => Promise<void>} refresh Asks anew what there is: annotators may have come.
 */

/**
 * What a view is: its elements, its title, what it does by key, and how it follows its own addresses. `update` is false where it
 * cannot: then the view is made anew.
 * @typedef {object} Mounted
 * @property {Node} root
 * @property {() => string} title
 * @property {() => import('./keys.js').KeyMap} keys
 * @property {(context: Context) => Promise<boolean>} update
 */

/** @type {Readonly<Record<View, (context: Context) => Promise<Mounted>>>} */
const views = { list: listView, item: sampleView, label: labelView, agreement: agreementView };

const main = byId('main');
/** @type {import('../api.ts').ViewRun | null} */
let run = null;
/** @type {{ view: View, mounted: Mounted } | null} */
let current = null;
let controller = new AbortController();

/**
 * @param {State} state
 * @param {{ readonly replace?: boolean }} [options]
 */
function go(state, options = {}) {
  const address = addressOf(state);
  if (options.replace) history.replaceState(null, '', address);
  else if (address !== addressOf(stateOf(location.search))) history.pushState(null, '', address);
  void render();
}

/** Shows what the address says. */
async function render() {
  controller.abort();
  controller = new AbortController();
  const { signal } = controller;
  const address = stateOf(location.search);
  const view = viewOf(address);
  main.setAttribute('aria-busy', 'true');
  const first = run === null;
  try {
    run ??= await askRun();
    const state = withDefaults(address, run);
    /** @type {Context} */
    const context = { state, run, signal, go, refresh };
    const same = current?.view === view && (await current.mounted.update(context));
    if (!same) {
      const mounted = await views[view](context);
      if (signal.aborted) return;
      current = { view, mounted };
      fill(main, typeof run.texts === 'string' && notice(run.texts), mounted.root);
      window.scrollTo(0, 0);
      if (!first) focusOn(main.querySelector('h1'));
    }
    if (signal.aborted) return;
    header(state, view);
    document.title = `${current?.mounted.title() ?? ''} · ${plain(run.title, 60)} · juror`;
  } catch (cause) {
    if (signal.aborted) return;
    current = null;
    failed(cause);
    header(address, view);
  }
  main.removeAttribute('aria-busy');
}

async function refresh() {
  run = await askRun();
}

/**
 * The address with what juror view was started with.
 * @param {State} state
 * @param {import('../api.ts').ViewRun} run
 * @returns {State}
 */
function withDefaults(state, { annotator, blind }) {
  return { ...(annotator === null ? {} : { annotator }), ...state, ...(blind ? { blind: 'true' } : {}) };
}

/** @param {string} why */
function notice(why) {
  return element('p', { class: 'notice' }, 'The texts are not at hand. ', shown(why, 500));
}

/** @param {unknown} cause */
function failed(cause) {
  const message = cause instanceof Error ? cause.message : String(cause);
  const retry = element('button', { type: 'button', onclick: () => void render() }, 'Try again');
  fill(
    main,
    element(
      'div',
      { class: 'empty' },
      element('h1', {}, 'This could not be shown'),
      element('p', {}, shown(message, 500)),
      element('p', {}, retry, ' ', element('a', { href: '?' }, 'Go to all items')),
    ),
  );
  announce(`This could not be shown: ${plain(message, 300)}`);
}

/**
 * @param {State} state
 * @param {View} view
 */
function header(state, view) {
  const query = queryOf(state);
  const person = state.annotator ? { annotator: state.annotator } : {};
  const blind = state.blind ? { blind: state.blind } : {};
  /** @type {[string, State, boolean][]} */
  const links = [
    ['Items', { ...query, ...blind, ...person }, view === 'list' || view === 'item'],
    ['Label', { ...query, ...blind, ...person, view: 'label' }, view === 'label'],
    [
      'Agreement',
      { ...(state.rubric ? { rubric: state.rubric } : {}), ...blind, ...person, view: 'agreement' },
      view === 'agreement',
    ],
  ];
  fill(
    byId('header'),
    element('a', { class: 'home', href: '?' }, 'juror', element('span', { class: 'unseen' }, ': all items')),
    element(
      'nav',
      { 'aria-label': 'Views' },
      links.map(([name, to, here]) =>
        element('a', { href: addressOf(to), 'aria-current': here ? 'page' : null }, name),
      ),
    ),
    element(
      'button',
      { type: 'button', class: 'help', 'aria-label': 'Keys', 'aria-haspopup': 'dialog', onclick: help },
      '?',
    ),
  );
}

function help() {
  helpDialog(current?.mounted.keys() ?? {});
}

document.addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  const address = link?.getAttribute('href');
  if (!address?.startsWith('?')) return;
  event.preventDefault();
  go(stateOf(address));
});
window.addEventListener('popstate', () => void render());
listenToKeys(() => current?.mounted.keys() ?? {}, help);
void render();
