/** What a reader of one item reads: prompt, answers, reference, metadata. */
import { element } from './dom.js';
import { section, share } from './figures.js';
import { passage, shown } from './text.js';
import { counted, probability, reasonInWords } from './words.js';

/** @typedef {import('../api.ts').ViewItem} ViewItem */
/** @typedef {ViewItem['responses'][number]} ViewResponse */

/** Steps and messages shown at once. */
const partsAtOnce = 40;

/**
 * Prompt, answers side by side, reference and metadata.
 * @param {ViewItem} item
 */
export function reading(item) {
  return element(
    'div',
    { class: 'reading' },
    item.texts !== true && element('p', { class: 'notice' }, 'Texts: ', shown(item.texts, 400), '.'),
    section('Prompt', prompt(item.fullPrompt)),
    element(
      'section',
      {},
      element('h2', {}, item.responses.length > 1 ? 'Answers' : 'Answer'),
      element(
        'div',
        { class: item.responses.length > 1 ? 'answers several' : 'answers' },
        item.responses.map((response) => answer(item, response)),
      ),
    ),
    item.reference !== null && section('Reference', passage(item.reference, { name: 'the reference' })),
    item.metadata && Object.keys(item.metadata).length > 0 && metadata(item.metadata),
  );
}

/** @param {ViewItem['fullPrompt']} content */
function prompt(content) {
  if (typeof content === 'string') return passage(content, { name: 'the prompt' });
  return parts(
    'ol',
    'messages',
    content.map((message) => () => [
      element('span', { class: 'role' }, shown(message.role, 20)),
      passage(message.content, { name: 'this message' }),
    ]),
    'message',
  );
}

/**
 * @param {ViewItem} item
 * @param {ViewResponse} response
 */
function answer(item, response) {
  const { verdict } = item;
  const several = item.responses.length > 1;
  const chosen = several && verdict?.winner === response.id;
  return element(
    'article',
    { class: chosen ? 'answer chosen' : 'answer' },
    element(
      'header',
      {},
      several && element('h3', {}, shown(response.id, 80)),
      response.model !== null && element('span', { class: 'tag' }, 'by ', shown(response.model, 80)),
      chosen && element('span', { class: 'tag accent' }, 'judge’s choice'),
      several && item.label === response.id && element('span', { class: 'tag' }, 'label'),
      several && item.own === response.id && element('span', { class: 'tag' }, 'your label'),
    ),
    response.steps && response.steps.length > 0
      ? steps(response.steps, verdict)
      : response.text === null
        ? element('p', { class: 'note' }, 'Its text is not at hand.')
        : passage(response.text, { name: several ? 'this answer' : 'the answer' }),
  );
}

/**
 * @param {readonly string[]} texts
 * @param {ViewItem['verdict']} verdict
 */
function steps(texts, verdict) {
  return parts(
    'ol',
    'steps',
    texts.map((text, index) => () => {
      const step = verdict?.steps?.[index];
      return [
        passage(text, { name: `step ${index + 1}` }),
        step &&
          element(
            'p',
            { class: 'step-figure' },
            step.probability === null
              ? `No probability: ${reasonInWords(step.reason ?? 'unknown')}.`
              : [
                  share(step.probability),
                  element('span', { class: 'unseen' }, 'Good with probability '),
                  element('span', { class: 'figure' }, probability(step.probability)),
                ],
            verdict?.firstError === index && element('span', { class: 'tag warn' }, 'first error'),
          ),
      ];
    }),
    'step',
  );
}

/**
 * A list that begins with so many parts, and gives the rest on demand.
 * @param {'ol'} tag
 * @param {string} name
 * @param {readonly (() => import('./dom.js').Child[])[]} made
 * @param {string} noun
 */
function parts(tag, name, made, noun) {
  const list = element(tag, { class: name });
  const more = element('button', { type: 'button', class: 'fold' });
  let upTo = 0;
  const show = () => {
    list.append(...made.slice(upTo, upTo + partsAtOnce).map((part) => element('li', {}, part())));
    upTo = Math.min(made.length, upTo + partsAtOnce);
    more.hidden = upTo === made.length;
    more.textContent = `Show more: ${counted(made.length - upTo, noun)} left`;
  };
  more.addEventListener('click', show);
  show();
  return element('div', {}, list, more);
}

/** @param {Readonly<Record<string, unknown>>} record */
function metadata(record) {
  return element(
    'details',
    { class: 'metadata' },
    element('summary', {}, 'Metadata'),
    passage(JSON.stringify(record, null, 2), { name: 'the metadata' }),
  );
}
