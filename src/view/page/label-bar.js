/** What an annotator labels with: choices, progress, and how well they agree so far. */
import { agreementTable } from './agreement.js';
import { announce, element, fill } from './dom.js';
import { askAgreement } from './server.js';
import { plain, shown } from './text.js';
import { count, counted } from './words.js';

/** @typedef {import('../api.ts').ViewItem} ViewItem */

/**
 * The bar, and the agreement beside it.
 * @param {Awaited<ReturnType<typeof import('./label-queue.js').labelQueue>>} queue
 * @param {{ choose: (value: string) => void, takeBack: () => void, next: () => void }} deeds
 */
export function labelBar(queue, { choose, takeBack, next }) {
  const choices = element('div', { class: 'choices', role: 'group', 'aria-label': 'Your label' });
  const saved = element('p', { class: 'saved' });
  const progress = element('progress', { max: Math.max(1, queue.total), 'aria-label': 'Labelled' });
  const progressText = element('span');
  const back = element(
    'button',
    { type: 'button', class: 'quiet', onclick: takeBack },
    element('kbd', {}, 'u'),
    ' Take back',
  );
  const pass = element(
    'button',
    { type: 'button', class: 'quiet pass', onclick: next },
    element('kbd', {}, 'j'),
    ' Next',
  );
  const bar = element(
    'section',
    { class: 'label-bar', 'aria-label': 'Label' },
    choices,
    element('p', { class: 'deeds' }, back, pass),
    saved,
    element('p', { class: 'progress' }, progress, progressText),
  );
  const agreement = element('details', { class: 'so-far', open: matchMedia('(min-width: 64rem)').matches });
  agreement.hidden = true;
  const tellProgress = () => {
    const labelled = queue.total - queue.left();
    progress.value = labelled;
    progressText.textContent = `${count(labelled)} of ${count(queue.total)} labelled`;
  };
  let asked = 0;

  return {
    bar,
    agreement,
    /**
     * The choices of an item.
     * @param {ViewItem} item
     * @param {boolean} canTakeBack
     */
    show(item, canTakeBack) {
      fill(
        choices,
        item.choices.map(({ value, text, key }) =>
          element(
            'button',
            {
              type: 'button',
              'aria-pressed': String(item.own === value),
              'aria-keyshortcuts': key,
              onclick: () => choose(value),
            },
            element('kbd', {}, key),
            element('span', {}, shown(text, 120)),
          ),
        ),
      );
      back.disabled = !canTakeBack;
      tellProgress();
    },
    /**
     * Something was kept.
     * @param {string} what
     * @param {string} text
     */
    say(what, text) {
      fill(saved, element('span', { class: 'good' }, what), text && [': ', shown(text, 80)]);
      announce(`${what}${text ? `: ${plain(text, 80)}` : ''}. ${counted(queue.left(), 'item')} left.`);
      tellProgress();
    },
    /**
     * Something went wrong.
     * @param {string} what
     * @param {unknown} cause
     */
    fail(what, cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      fill(saved, element('strong', { class: 'bad' }, `${what} `), shown(message, 300));
      announce(`${what} ${plain(message, 200)}`);
    },
    /**
     * Asks anew how far annotators and judge agree.
     * @param {string | undefined} rubric
     */
    async tellAgreement(rubric) {
      if (rubric === undefined) return;
      asked += 1;
      const mine = asked;
      const found = await askAgreement(rubric).catch(() => null);
      if (!found || mine !== asked) return;
      agreement.hidden = false;
      fill(
        agreement,
        element('summary', {}, 'Agreement so far'),
        found.pairs.length === 0
          ? element('p', { class: 'note' }, 'It begins with your first label.')
          : agreementTable(found),
      );
    },
  };
}
