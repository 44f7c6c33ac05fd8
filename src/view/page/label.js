/** Labelling: who, what of, and whether the judge is hidden; then the session. */
import { element, fill } from './dom.js';
import { labelSession } from './label-session.js';
import { askItems } from './server.js';
import { judgeKeys, labelQueryOf, without } from './state.js';
import { plain } from './text.js';
import { counted } from './words.js';

/** @typedef {import('./main.js').Context} Context */

/**
 * @param {Context} context
 * @returns {Promise<import('./main.js').Mounted>}
 */
export function labelView(context) {
  return context.state.annotator === undefined ? setUp(context) : labelSession(context);
}

/**
 * @param {Context} context
 * @returns {Promise<import('./main.js').Mounted>}
 */
async function setUp(context) {
  const { state, run } = context;
  const rubrics = [...new Set(run.runs.flatMap((one) => one.rubrics.map(({ id }) => id)))];
  const name = element('input', {
    id: 'annotator',
    name: 'annotator',
    required: true,
    maxlength: 64,
    autocomplete: 'off',
    spellcheck: 'false',
    list: 'annotators',
    'aria-describedby': 'annotator-note',
  });
  const rubric = element(
    'select',
    { id: 'label-rubric' },
    rubrics.map((id) => element('option', { value: id, selected: id === state.rubric }, plain(id, 64))),
  );
  const blind = element('input', { id: 'blind', type: 'checkbox', checked: true, disabled: run.blind });
  const pause = element('input', { id: 'pause', type: 'checkbox' });
  const about = element('p', { class: 'note' });
  const chosen = () => ({
    ...state,
    view: 'label',
    ...(rubrics.length > 1 ? { rubric: rubric.value } : {}),
    ...(blind.checked ? { blind: 'true' } : { blind: '' }),
    ...(pause.checked ? { pause: 'true' } : { pause: '' }),
  });
  const tell = async () => {
    const query = labelQueryOf(chosen());
    const used = Object.keys(without(query, 'rubric', 'sort', 'blind', 'annotator')).length > 0;
    const { total } = await askItems({ ...query, limit: 1 });
    const dropped = blind.checked && judgeKeys.some((key) => state[key] !== undefined);
    fill(
      about,
      used
        ? `${counted(total, 'item meets', 'items meet')} the filters of the list. `
        : `${counted(total, 'item')} in all. `,
      dropped && 'Filters and orders by the judge are left out. ',
    );
  };
  for (const control of [rubric, blind]) control.addEventListener('change', () => void tell());
  const begin = (/** @type {Event} */ event) => {
    event.preventDefault();
    const annotator = name.value.trim();
    const bad = !/^[^\p{C}]{1,64}$/u.test(annotator);
    name.setCustomValidity(bad ? 'A name of 1 to 64 printable characters' : '');
    if (bad) name.reportValidity();
    else context.go({ ...chosen(), annotator });
  };
  name.addEventListener('input', () => name.setCustomValidity(''));
  const box = (
    /** @type {HTMLInputElement} */ input,
    /** @type {string} */ text,
    /** @type {string} */ note,
  ) =>
    element(
      'p',
      { class: 'check' },
      input,
      element('label', { for: input.id }, text, element('span', { class: 'note' }, note)),
    );
  const root = element(
    'div',
    { class: 'set-up' },
    element('h1', {}, 'Label'),
    element(
      'p',
      { class: 'about' },
      'Say yourself what the judge was asked to say, and see how far you and it agree. Labels are kept in the run’s folder; juror agree reads them.',
    ),
    element(
      'form',
      { onsubmit: begin },
      element(
        'div',
        { class: 'field' },
        element('label', { for: 'annotator' }, 'Your name'),
        name,
        element(
          'datalist',
          { id: 'annotators' },
          run.annotators.slice(0, 100).map((value) => element('option', { value: plain(value, 64) })),
        ),
        element(
          'p',
          { class: 'note', id: 'annotator-note' },
          'Go on under the same name, and you begin where you left off.',
        ),
      ),
      rubrics.length > 1 &&
        element('div', { class: 'field' }, element('label', { for: 'label-rubric' }, 'Rubric'), rubric),
      box(
        blind,
        'Blind',
        'The judge’s verdict, other labels and the models’ names stay hidden until you have said yours; answers come in a drawn order.',
      ),
      box(pause, 'Show the judge after each label', 'Instead of going on at once.'),
      about,
      element('p', {}, element('button', { type: 'submit', class: 'primary' }, 'Begin')),
    ),
  );
  await tell();
  return { root, title: () => 'Label', keys: () => ({}), update: async () => false };
}
