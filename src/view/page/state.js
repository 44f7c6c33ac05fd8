/** What the page shows, as the address says it: links can be shared, and Back works. */

/** Of the list's query, as the server takes it. */
export const queryKeys = /** @type {const} */ ([
  'text',
  'run',
  'rubric',
  'verdict',
  'disagreement',
  'uncertain',
  'slice',
  'labelled',
  'annotator',
  'sort',
  'offset',
]);
/** `view` is `label` or `agreement`; without one, an `item` or the list. `pause`: the judge's verdict is shown after each label. */
const ownKeys = /** @type {const} */ (['view', 'item', 'blind', 'pause']);

/** @typedef {(typeof queryKeys)[number]} QueryKey */
/** @typedef {QueryKey | (typeof ownKeys)[number]} StateKey */
/** @typedef {Readonly<Partial<Record<StateKey, string>>>} State */
/** @typedef {'list' | 'item' | 'label' | 'agreement'} View */

/** Lines of one page of the list. */
export const pageSize = 50;

/**
 * The state that an address tells.
 * @param {string} search
 * @returns {State}
 */
export function stateOf(search) {
  const parameters = new URLSearchParams(search);
  /** @type {Partial<Record<StateKey, string>>} */
  const state = {};
  for (const key of [...queryKeys, ...ownKeys]) {
    const value = parameters.get(key);
    if (value) state[key] = value;
  }
  return state;
}

/**
 * The address of a state; `?` for the whole list.
 * @param {State} state
 */
export function addressOf(state) {
  const parameters = new URLSearchParams();
  for (const key of /** @type {StateKey[]} */ ([...ownKeys, ...queryKeys])) {
    const value = state[key];
    if (value && !(key === 'offset' && value === '0') && !(key === 'sort' && value === 'data'))
      parameters.set(key, value);
  }
  return `?${parameters}`;
}

/**
 * @param {State} state
 * @returns {View}
 */
export function viewOf(state) {
  if (state.view === 'label' || state.view === 'agreement') return state.view;
  return state.item === undefined ? 'list' : 'item';
}

/** What only the judge’s verdicts can tell: no filter and no order to one who labels blind. */
export const judgeKeys = /** @type {const} */ (['verdict', 'disagreement', 'uncertain', 'sort']);

/**
 * What of a state chooses items. To one who labels blind, nothing by the judge.
 * @param {State} state
 * @returns {State}
 */
export function queryOf(state) {
  const blind = state.blind === 'true';
  /** @type {Partial<Record<StateKey, string>>} */
  const query = blind ? { blind: 'true' } : {};
  for (const key of queryKeys) if (state[key] !== undefined) query[key] = state[key];
  if (query.labelled === undefined && !blind) delete query.annotator;
  return blind ? without(query, ...judgeKeys) : query;
}

/**
 * What of a state chooses items to label, labelled or not.
 * @param {State} state
 */
export function labelQueryOf(state) {
  return without(queryOf(state), 'offset', 'labelled');
}

/**
 * The state without what is named.
 * @param {State} state
 * @param {...StateKey} keys
 * @returns {State}
 */
export function without(state, ...keys) {
  const rest = { ...state };
  for (const key of keys) delete rest[key];
  return rest;
}

/** Filters in use, of those that the list's form has. */
export const filterKeys = /** @type {const} */ ([
  'run',
  'rubric',
  'verdict',
  'disagreement',
  'uncertain',
  'slice',
  'labelled',
]);
