/** What an annotator has not labelled yet, in the order of the list. */
import { askItems } from './server.js';
import { labelQueryOf } from './state.js';

/** @typedef {import('./state.js').State} State */

const atOnce = 100;

/**
 * The items to label of a state's filters.
 * @param {State} state
 */
export async function labelQueue(state) {
  const query = labelQueryOf(state);
  /** @type {number[]} */
  let waiting = [];
  /** @type {Set<number>} */
  const passed = new Set();
  let left = 0;

  /** @param {number} [offset] */
  const ask = async (offset = 0) => {
    const page = await askItems({
      ...query,
      labelled: 'false',
      annotator: state.annotator,
      offset,
      limit: atOnce,
    });
    left = page.total;
    return page.items.map((item) => item.index);
  };
  const { total } = await askItems({ ...query, limit: 1 });
  waiting = await ask();

  return {
    /** Items that meet the filters, labelled or not. */
    total,
    /** Of these, not yet labelled by this annotator. */
    left: () => left,
    /**
     * The next item that is not labelled, after those passed over; null where there is none but `current`.
     * @param {number | null} current
     */
    async next(current) {
      for (;;) {
        const found = waiting.find((index) => index !== current && !passed.has(index));
        if (found !== undefined) return found;
        // Labelled items leave the server's list, so those passed over are all that stands before what is new.
        let offset = 0;
        do {
          waiting = await ask(offset);
          offset += atOnce;
        } while (waiting.length > 0 && waiting.every((index) => index === current || passed.has(index)));
        if (waiting.length > 0) continue;
        if (passed.size === 0) return null;
        passed.clear();
      }
    },
    /** @param {number} index */
    pass(index) {
      passed.add(index);
    },
    /** @param {number} index */
    labelled(index) {
      waiting = waiting.filter((one) => one !== index);
      passed.delete(index);
      left = Math.max(0, left - 1);
    },
    /** @param {number} index */
    takenBack(index) {
      waiting = [index, ...waiting];
      left = Math.min(total, left + 1);
    },
  };
}
