/** Names with bars and figures, and parts of the page with headings. */
import { element, styled } from './dom.js';
import { shown } from './text.js';
import { probability } from './words.js';

/** @typedef {import('./dom.js').Child} Child */
/** @typedef {{ readonly name: readonly Child[], readonly value: number | null, readonly note?: string | undefined, readonly chosen?: boolean }} FigureLine */

/**
 * Names, bars and figures between 0 and 1.
 * @param {readonly FigureLine[]} lines
 */
export function figures(lines) {
  return element(
    'dl',
    { class: 'figures' },
    lines.map(({ name, value, note, chosen }) =>
      element(
        'div',
        { class: chosen ? 'chosen' : null },
        element('dt', {}, name),
        element(
          'dd',
          {},
          value === null
            ? element('span', { class: 'quiet' }, 'no score')
            : [share(value), element('span', { class: 'figure' }, probability(value))],
          note !== undefined && element('span', { class: 'quiet detail' }, shown(note, 300)),
        ),
      ),
    ),
  );
}

/**
 * A bar, for the eye alone.
 * @param {number} value
 */
export function share(value) {
  return styled(element('span', { class: 'bar', 'aria-hidden': 'true' }), { '--share': value });
}

/**
 * A part of the page with its heading.
 * @param {string} name
 * @param {...(Child | readonly Child[])} children
 */
export function section(name, ...children) {
  return element('section', {}, element('h2', {}, name), ...children);
}

/**
 * The name of an answer or an engine, in bold.
 * @param {string} id
 */
export function strong(id) {
  return element('strong', {}, shown(id, 80));
}
