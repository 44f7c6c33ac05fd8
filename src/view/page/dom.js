/** Elements made without markup: a text can only ever become text. */

/** @typedef {string | number | Node | null | undefined | false} Child */
/** @typedef {string | number | boolean | null | undefined | ((event: Event) => void)} Property */

/**
 * An element. Functions named `on…` become listeners, booleans set or leave out an attribute, the rest are attributes.
 * Attribute names and addresses are this program's own; judged text comes as children, or as the value of a label.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Readonly<Record<string, Property>>} [properties]
 * @param {...(Child | readonly Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? '' : String(value));
  }
  fill(made, ...children);
  return made;
}

/**
 * Replaces what an element holds.
 * @param {Element | DocumentFragment} parent
 * @param {...(Child | readonly Child[])} children
 */
export function fill(parent, ...children) {
  const nodes = [];
  for (const child of children.flat())
    if (child !== null && child !== undefined && child !== false)
      nodes.push(typeof child === 'number' ? String(child) : child);
  parent.replaceChildren(...nodes);
}

/**
 * The element of the page with this id, which index.html has.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * A number given to the style sheet as a custom property. Set on the object: the page's policy allows no style attributes in markup.
 * @template {HTMLElement} Styled
 * @param {Styled} target
 * @param {Readonly<Record<`--${string}`, number>>} figures
 * @returns {Styled}
 */
export function styled(target, figures) {
  for (const [name, value] of Object.entries(figures)) target.style.setProperty(name, String(value));
  return target;
}

/**
 * Tells screen readers, once.
 * @param {string} message
 */
export function announce(message) {
  const announcer = byId('announcer');
  announcer.textContent = announcer.textContent === message ? `${message}\u00a0` : message;
}

/**
 * Gives an element the focus without a frame for those who point, and with one for those who type.
 * @param {HTMLElement | null | undefined} target
 */
export function focusOn(target) {
  if (!target) return;
  if (!target.matches('a, button, input, select, [tabindex]')) target.tabIndex = -1;
  target.focus({ preventScroll: true });
}
