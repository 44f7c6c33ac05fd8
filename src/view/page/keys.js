/** One key, one deed; they can be switched off, and ? lists them. */
import { element, fill } from './dom.js';

/** Key, as the keyboard event names it → what it does. `as` lists it under another name; keys with the same `what` are listed together. */
/** @typedef {Readonly<Record<string, { readonly what: string, readonly as?: string, readonly run: () => void }>>} KeyMap */

const storageKey = 'juror-keys';
const typing = 'input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]';
/** @type {ReadonlyMap<string, string>} */
const keyNames = new Map([
  ['ArrowLeft', '←'],
  ['ArrowRight', '→'],
  ['ArrowUp', '↑'],
  ['ArrowDown', '↓'],
  ['Escape', 'Esc'],
]);

/** Whether single keys do anything: assistive software may need them for itself. */
function keysAreOn() {
  try {
    return localStorage.getItem(storageKey) !== 'off';
  } catch {
    return true;
  }
}

/** @param {boolean} on */
function switchKeys(on) {
  try {
    if (on) localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, 'off');
  } catch {
    // Storage is barred: the switch holds no longer than the dialog.
  }
}

/**
 * Listens for the keys of whatever view is shown.
 * @param {() => KeyMap} keysOf
 * @param {() => void} help
 */
export function listenToKeys(keysOf, help) {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (document.querySelector('dialog[open]')) return;
    if (target.matches(typing)) {
      if (event.key === 'Escape' && target instanceof HTMLElement) target.blur();
      return;
    }
    if (event.key === 'Enter' && target.closest('a, button, summary, input')) return;
    if (!keysAreOn()) return;
    if (event.key === '?') {
      event.preventDefault();
      help();
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const keys = keysOf();
    const found = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (!found) return;
    event.preventDefault();
    if (!event.repeat || key.length > 1 || 'jk'.includes(key)) found.run();
  });
}

/**
 * Shows what keys do.
 * @param {KeyMap} keys
 */
export function helpDialog(keys) {
  /** @type {Map<string, string[]>} */
  const deeds = new Map();
  for (const [key, { what, as }] of Object.entries(keys))
    deeds.set(what, [...(deeds.get(what) ?? []), as ?? keyNames.get(key) ?? key]);
  deeds.set('Show this list', ['?']);
  const on = element('input', { type: 'checkbox', id: 'keys-on', checked: keysAreOn() });
  on.addEventListener('change', () => switchKeys(on.checked));
  const dialog = element('dialog', { 'aria-labelledby': 'keys-title' });
  fill(
    dialog,
    element('h2', { id: 'keys-title' }, 'Keys'),
    element(
      'dl',
      { class: 'keys' },
      [...deeds].map(([what, names]) =>
        element(
          'div',
          {},
          element(
            'dt',
            {},
            [...new Set(names)].flatMap((name, index) => [index > 0 && ' ', element('kbd', {}, name)]),
          ),
          element('dd', {}, what),
        ),
      ),
    ),
    element(
      'p',
      { class: 'line' },
      on,
      ' ',
      element('label', { for: 'keys-on' }, 'Single keys do what this list says'),
    ),
    element(
      'p',
      { class: 'line' },
      element('button', { type: 'button', onclick: () => dialog.close() }, 'Close'),
    ),
  );
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
