/** What tests ask of a page, as scripts that run in it: tests know no DOM. */

/** Names of elements and their attributes, each once. */
export const shape = `[...new Set([...document.querySelectorAll('*')].map(
  (element) => element.localName + ' ' + element.getAttributeNames().sort().join(' ')))].sort()`;

/** Points at everything, opens everything, and lets animation frames pass. */
export const provoke = `(async () => {
  const types = ['mouseover', 'pointerrawupdate', 'focusin', 'toggle', 'input', 'animationstart', 'error', 'load'];
  for (const element of document.querySelectorAll('*')) {
    if (element.localName === 'details') element.open = true;
    element.focus?.();
    for (const type of types) element.dispatchEvent(new Event(type));
  }
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)));
})()`;

/** Ids that stand twice, and names that could shadow something of the document's. */
export const shadows = `(() => {
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  return ids.length - new Set(ids).size + document.querySelectorAll('[name]:not(meta)').length;
})()`;

/** Whether the page is as wide as its window and no wider. */
export const fits = 'document.documentElement.scrollWidth <= innerWidth';

/** Opens the first sample, or all folds. */
export const openSample = `document.querySelector('.samples details')?.setAttribute('open', '')`;
export const openAll = `for (const fold of document.querySelectorAll('details')) fold.open = true`;

/** Faults by axe-core, which must be there, as lines that begin with their impact. */
export const faults = `axe.run().then(({ violations }) =>
  violations.map(({ id, impact, nodes }) => impact + ' ' + id + ' ' + nodes[0]?.html))`;

/** An element that had the focus: its words, its place among the folds or -1, and the line around it. */
export interface Focused {
  readonly text: string;
  readonly fold: number;
  readonly outline: string;
}

/** Notes every {@link Focused} element in `walked`. */
export const watchFocus = `(() => {
  const folds = [...document.querySelectorAll('summary')];
  globalThis.walked = [];
  document.addEventListener('focusin', ({ target }) => globalThis.walked.push({
    text: target.textContent, fold: folds.indexOf(target), outline: getComputedStyle(target).outlineStyle }));
})()`;

/** Folds that are not within a closed one. */
export const folds = `[...document.querySelectorAll('summary')].filter(
  (own) => !own.parentElement.parentElement.closest('details')).length`;

/** Headings in their order, by level. */
export const headings = `[...document.querySelectorAll('h1,h2,h3,h4')].map(({ localName }) => Number(localName[1]))`;
