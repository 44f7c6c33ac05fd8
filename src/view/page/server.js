/** What the page asks the viewer's server. */
import { addressOf } from './state.js';

/** @typedef {import('./state.js').State} State */

/** The server refused, or does not answer; the message is for the reader. */
export class ServerError extends Error {
  /**
   * @param {string} message
   * @param {number} status HTTP status; 0 where there was no answer.
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<any>}
 */
async function ask(path, init) {
  /** @type {globalThis.Response} */
  let answer;
  try {
    answer = await fetch(path, { ...init, credentials: 'same-origin', redirect: 'error' });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ServerError('The viewer does not answer. Is juror view still running?', 0);
  }
  const body = await answer.json().catch(() => null);
  if (answer.ok) return body;
  const said = body?.error;
  throw new ServerError(
    typeof said === 'string' ? said : `The viewer answered with status ${answer.status}.`,
    answer.status,
  );
}

/**
 * @param {Readonly<Record<string, string | number | undefined>>} query
 */
function parametersOf(query) {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    if (value !== undefined) parameters.set(key, String(value));
  const text = parameters.toString();
  return text && `?${text}`;
}

/**
 * What there is to see.
 * @param {AbortSignal} [signal]
 * @returns {Promise<import('../api.ts').ViewRun>}
 */
export function askRun(signal) {
  return ask('./api/run', signal ? { signal } : {});
}

/**
 * A page of items.
 * @param {Readonly<Record<string, string | number | undefined>>} query
 * @param {AbortSignal} [signal]
 * @returns {Promise<import('../api.ts').ItemPage>}
 */
export function askItems(query, signal) {
  return ask(`./api/items${parametersOf(query)}`, signal ? { signal } : {});
}

/**
 * One item; to an annotator who labels blind, without what the judge said.
 * @param {number} index
 * @param {State} state
 * @param {AbortSignal} [signal]
 * @returns {Promise<import('../api.ts').ViewItem>}
 */
export function askItem(index, state, signal) {
  const { annotator, blind } = state;
  return ask(
    `./api/items/${index}${parametersOf({ annotator, blind: annotator && blind === 'true' ? 'true' : undefined })}`,
    signal ? { signal } : {},
  );
}

/**
 * Keeps a label, or takes it back.
 * @param {import('../api.ts').LabelRequest} request
 */
export function sendLabel(request) {
  return ask('./api/labels', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
}

/**
 * How annotators and judge agree.
 * @param {string} rubric
 * @param {AbortSignal} [signal]
 * @returns {Promise<import('../api.ts').ViewAgreement>}
 */
export function askAgreement(rubric, signal) {
  return ask(`./api/agreement${parametersOf({ rubric })}`, signal ? { signal } : {});
}

/**
 * Where the list of a state is read: what lists have in common is cached for a moment by address, so that going through items
 * asks for their page once.
 * @type {{ address: string, page: Promise<import('../api.ts').ItemPage> } | null}
 */
let lastPage = null;

/**
 * A page of items, the last one from memory.
 * @param {State} query
 * @param {number} limit
 */
export function askItemsOnce(query, limit) {
  const address = `${addressOf(query)} ${limit}`;
  if (lastPage?.address !== address) lastPage = { address, page: askItems({ ...query, limit }) };
  const { page } = lastPage;
  page.catch(() => {
    lastPage = null;
  });
  return page;
}

/** Forgets the page in memory: a label may have moved items. */
export function forgetItems() {
  lastPage = null;
}
