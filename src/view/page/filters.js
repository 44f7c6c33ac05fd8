/** The list's form: what to search for, which items, in which order. */
import { element, fill } from './dom.js';
import { filterKeys, judgeKeys, queryOf, without } from './state.js';
import { plain } from './text.js';

/** @typedef {import('./main.js').Context} Context */
/** @typedef {import('./state.js').State} State */
/** @typedef {{ readonly value: string, readonly text: string }} Option */

const typingPause = 250;

/**
 * The form. `show` sets it to a state; `search` is where words are typed.
 * @param {Context} context
 */
export function filterForm(context) {
  const { run, go } = context;
  let state = context.state;
  let typed = false;
  let timer = 0;
  const rubrics = run.runs.flatMap((one) => one.rubrics);
  const modes = new Set(rubrics.map(({ mode }) => mode));
  const single = modes.has('pointwise') || modes.has('stepwise');
  /** @param {State} change */
  const change = (change) => {
    const next = without({ ...state, ...change }, 'offset');
    for (const [key, value] of Object.entries(change))
      if (!value) delete (/** @type {Record<string, string>} */ (next)[key]);
    go(next);
  };

  const search = element('input', {
    type: 'search',
    id: 'search',
    maxlength: 200,
    placeholder: 'Words of prompt, answers, reference or id',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const send = () => {
    clearTimeout(timer);
    const text = search.value.trim();
    if (text === (state.text ?? '')) return;
    const next = without(text ? { ...state, text } : without(state, 'text'), 'offset');
    // One step of Back for all that is typed at once.
    go(next, { replace: typed });
    typed = true;
  };
  search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = window.setTimeout(send, typingPause);
  });
  search.addEventListener('change', send);
  search.addEventListener('blur', () => {
    typed = false;
  });

  const judgeFields = /** @type {readonly string[]} */ (judgeKeys);
  /** @type {{ label: HTMLElement, show: () => void }[]} */
  const fields = [];
  /**
   * @param {string} id
   * @param {string} name
   * @param {() => readonly Option[]} options
   * @param {() => string} value
   * @param {(value: string) => void} chosen
   */
  const field = (id, name, options, value, chosen) => {
    const select = element('select', { id, onchange: () => chosen(select.value) });
    const label = element('div', { class: 'field' }, element('label', { for: id }, name), select);
    const show = () => {
      const given = options();
      const now = value();
      label.hidden = given.length === 0 || (state.blind === 'true' && judgeFields.includes(id));
      const known = given.some((option) => option.value === now);
      fill(
        select,
        [...given, ...(known ? [] : [{ value: now, text: plain(now, 60) }])].map((option) =>
          element('option', { value: option.value, selected: option.value === now }, option.text),
        ),
      );
    };
    fields.push({ label, show });
  };
  /**
   * @param {'run' | 'rubric' | 'verdict' | 'disagreement' | 'uncertain' | 'sort'} key
   * @param {string} name
   * @param {readonly Option[]} options
   * @param {string} [otherwise]
   */
  const plainField = (key, name, options, otherwise = '') =>
    field(
      key,
      name,
      () => options,
      () => state[key] ?? otherwise,
      (value) => change({ [key]: value === otherwise ? '' : value }),
    );

  if (run.runs.length > 1)
    plainField('run', 'Run', [
      any('All runs'),
      ...run.runs.map(({ id }) => ({ value: id, text: plain(id, 60) })),
    ]);
  const rubricIds = [...new Set(rubrics.map(({ id }) => id))];
  if (rubricIds.length > 1)
    plainField('rubric', 'Rubric', [
      any('All rubrics'),
      ...rubricIds.map((id) => ({ value: id, text: plain(id, 60) })),
    ]);
  plainField('verdict', 'Verdict', [
    any('Any'),
    ...(modes.has('pairwise')
      ? [
          { value: 'first', text: 'First is better' },
          { value: 'second', text: 'Second is better' },
          { value: 'tie', text: 'Tie' },
        ]
      : []),
    ...(single
      ? [
          { value: 'pass', text: 'At least ½' },
          { value: 'fail', text: 'Below ½' },
        ]
      : []),
    { value: 'unscored', text: 'Unscored' },
    { value: 'abstained', text: 'Abstained' },
  ]);
  plainField('disagreement', 'Disagreement', [
    any('Any'),
    { value: 'label', text: 'Judge and label differ' },
    ...(modes.has('pairwise') ? [{ value: 'flipped', text: 'Orders disagree' }] : []),
    { value: 'judges', text: 'Judges differ' },
    { value: 'annotators', text: 'Annotators differ' },
  ]);
  plainField('uncertain', 'Certainty', [
    any('Any'),
    { value: '0.02', text: 'Within 0.02 of ½' },
    { value: '0.05', text: 'Within 0.05 of ½' },
    { value: '0.1', text: 'Within 0.1 of ½' },
    { value: '0.2', text: 'Within 0.2 of ½' },
  ]);
  const sliceNames = Object.keys(run.slices).slice(0, 100);
  if (sliceNames.length > 0) {
    let chosenName = '';
    const valuesOf = (/** @type {string} */ name) =>
      (Object.hasOwn(run.slices, name) ? run.slices[name] : undefined) ?? [];
    const nameOf = () => (state.slice ?? '').split('=', 1)[0] || chosenName;
    field(
      'slice-name',
      'Slice',
      () => [any('All'), ...sliceNames.map((name) => ({ value: name, text: plain(name, 60) }))],
      nameOf,
      (name) => {
        chosenName = name;
        const [first] = valuesOf(name);
        change({ slice: name && first !== undefined ? `${name}=${first}` : '' });
      },
    );
    field(
      'slice',
      'Its value',
      () =>
        valuesOf(nameOf()).map((value) => ({
          value: `${nameOf()}=${value}`,
          text: plain(value, 60),
        })),
      () => state.slice ?? '',
      (slice) => change({ slice }),
    );
  }
  field(
    'labelled',
    'Labels',
    () => [
      any('Any'),
      ...run.annotators.slice(0, 50).flatMap((name) => [
        { value: `true ${name}`, text: `Labelled by ${plain(name, 64)}` },
        { value: `false ${name}`, text: `Not labelled by ${plain(name, 64)}` },
      ]),
    ],
    () => (state.labelled && state.annotator ? `${state.labelled} ${state.annotator}` : ''),
    (value) => {
      const at = value.indexOf(' ');
      change({ labelled: value.slice(0, Math.max(at, 0)), annotator: value.slice(at + 1) });
    },
  );
  plainField(
    'sort',
    'Order',
    [
      { value: 'data', text: 'As the data' },
      { value: 'uncertain', text: 'Uncertain first' },
      { value: 'contested', text: 'Contested first' },
      { value: 'score', text: 'By score' },
    ],
    'data',
  );

  const summary = element('summary');
  const clear = element(
    'button',
    {
      type: 'button',
      class: 'quiet',
      onclick: () => go(without(state, ...filterKeys, 'text', 'offset')),
    },
    'Clear',
  );
  const form = element(
    'form',
    { role: 'search', 'aria-label': 'Items', class: 'filters', onsubmit: (event) => event.preventDefault() },
    element(
      'div',
      { class: 'search' },
      element('label', { for: 'search', class: 'unseen' }, 'Search'),
      search,
      clear,
    ),
    element(
      'details',
      { open: matchMedia('(min-width: 48rem)').matches },
      summary,
      element(
        'div',
        { class: 'fields' },
        fields.map(({ label }) => label),
      ),
    ),
  );
  form.addEventListener('submit', send);

  /** @param {State} to */
  const show = (to) => {
    state = to;
    if (document.activeElement !== search) search.value = to.text ?? '';
    for (const { show } of fields) show();
    const query = queryOf(to);
    const used = filterKeys.filter((key) => query[key] !== undefined).length;
    summary.textContent = used > 0 ? `Filters and order (${used} in use)` : 'Filters and order';
    clear.hidden = used === 0 && to.text === undefined;
  };
  show(state);
  return { form, search, show };
}

/**
 * @param {string} text
 * @returns {Option}
 */
function any(text) {
  return { value: '', text };
}
