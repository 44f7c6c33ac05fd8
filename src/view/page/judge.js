/** What the judge said of one item, and how it came to it. */
import { element } from './dom.js';
import { figures, section, strong } from './figures.js';
import { judgmentsOf } from './judgments.js';
import { shown } from './text.js';
import { count, counted, decimal, probability, reasonInWords } from './words.js';

/** @typedef {import('../api.ts').ViewItem} ViewItem */
/** @typedef {import('./dom.js').Child} Child */

/**
 * The verdict in a sentence.
 * @param {ViewItem} item
 * @returns {Child[]}
 */
export function verdictSentence(item) {
  const { verdict } = item;
  if (!verdict) return ['The judge’s verdict is hidden until you have labelled this item.'];
  if (verdict.score === null) {
    const reasons = [...new Set(verdict.unscored)].map(reasonInWords);
    return [reasons.length > 0 ? `No verdict: ${reasons.join('; ')}.` : 'No verdict.'];
  }
  const abstains = verdict.abstained ? ' It abstained.' : '';
  if (verdict.mode === 'pairwise') {
    const [first = '', second = ''] = verdict.responseIds;
    const likelier = verdict.score >= 0.5 ? first : second;
    const chance = verdict.probability ?? Math.max(verdict.score, 1 - verdict.score);
    return verdict.winner === 'tie' || verdict.winner === null
      ? [
          'A tie; the likelier answer is ',
          strong(likelier),
          `, with probability ${probability(chance)}.`,
          abstains,
        ]
      : ['The judge prefers ', strong(verdict.winner), ` with probability ${probability(chance)}.`, abstains];
  }
  if (verdict.mode === 'stepwise') {
    const weakest = lowest((verdict.steps ?? []).map((step) => step.probability));
    const error = verdict.firstError;
    if (typeof error === 'number') {
      const chance = verdict.steps?.[error]?.probability;
      return [
        `The first step that looks wrong is step ${error + 1}`,
        typeof chance === 'number' ? `: it is good with probability ${probability(chance)}.` : '.',
        abstains,
      ];
    }
    return [
      'Every step looks right',
      weakest
        ? `; the weakest is step ${weakest.index + 1}, good with probability ${probability(weakest.value)}.`
        : '.',
      abstains,
    ];
  }
  return [`The judge scores it ${decimal(verdict.score)} of 1.`, abstains];
}

/** @param {readonly (number | null)[]} values */
function lowest(values) {
  /** @type {{ index: number, value: number } | null} */
  let found = null;
  for (const [index, value] of values.entries())
    if (value !== null && (!found || value < found.value)) found = { index, value };
  return found;
}

/**
 * Reasons to be wary of the verdict, and what others say.
 * @param {ViewItem} item
 */
export function caveats(item) {
  const { verdict } = item;
  if (!verdict) return null;
  /** @type {Child[][]} */
  const lines = [];
  if (verdict.flipped)
    lines.push(['The orders disagree: shown the other way round, the judge prefers the other answer.']);
  for (const { message } of verdict.abstained?.reasons ?? [])
    lines.push(['Abstains: ', shown(message, 400), '.']);
  if (verdict.contentFree)
    lines.push(
      [
        'Without content: ',
        verdict.contentFree.flatMap((id, index) => [index > 0 && ', ', strong(id)]),
        '.',
      ].flat(),
    );
  if (verdict.disagreement !== null && verdict.disagreement >= 0.2)
    lines.push([`Scores differ by ${decimal(verdict.disagreement)} between judges or samples.`]);
  if (verdict.score !== null && verdict.unscored.length > 0)
    lines.push([
      `${counted(verdict.unscored.length, 'judgment has', 'judgments have')} no score: ${[...new Set(verdict.unscored)].map(reasonInWords).join('; ')}.`,
    ]);
  if (lines.length === 0) return null;
  return element(
    'ul',
    { class: 'caveats' },
    lines.map((line) => element('li', {}, line)),
  );
}

/**
 * The label of the data and those of annotators, beside the verdict.
 * @param {ViewItem} item
 */
export function labelsOf(item) {
  const said = item.verdict?.winner ?? null;
  const rows = [
    ...(item.label === null ? [] : [{ who: 'Label of the data', label: item.label, judged: false }]),
    ...item.labels.slice(0, 100).map(({ annotator, label }) => ({ who: annotator, label, judged: true })),
  ];
  if (rows.length === 0) return null;
  return section(
    'Labels',
    element(
      'dl',
      { class: 'pairs' },
      rows.map(({ who, label, judged }) =>
        element(
          'div',
          {},
          element('dt', {}, judged ? shown(who, 64) : who),
          element(
            'dd',
            {},
            shown(label, 200),
            item.mode === 'pairwise' &&
              said !== null &&
              element(
                'span',
                { class: label === said ? 'tag good' : 'tag warn' },
                label === said ? 'as the judge' : 'not as the judge',
              ),
          ),
        ),
      ),
    ),
    item.labels.length > 100 &&
      element('p', { class: 'note' }, `and ${count(item.labels.length - 100)} more.`),
  );
}

/**
 * How the judge came to its verdict: criteria, panel, ladder, and every judgment with its distribution.
 * @param {ViewItem} item
 * @returns {Child[]}
 */
export function judgeParts(item) {
  const { verdict } = item;
  if (!verdict) return [];
  return [
    labelsOf(item),
    criteriaOf(verdict),
    verdict.panel
      ? section(
          'Panel',
          element(
            'p',
            {},
            `${verdict.panel.decided} of ${counted(verdict.panel.total, 'judge')} decided; `,
            shown(verdict.panel.reducer, 40),
            verdict.panel.reason !== null && [' (', shown(verdict.panel.reason, 300), ')'],
            '.',
          ),
          figures(
            verdict.panel.members.map(({ engine, score, reason }) => ({
              name: [shown(engine, 80)],
              value: score,
              note: reason,
            })),
          ),
        )
      : null,
    verdict.escalation
      ? section(
          'Ladder',
          element(
            'p',
            {},
            verdict.escalation.decided === null
              ? 'Everybody asked abstained.'
              : ['Decided by ', strong(verdict.escalation.decided), '.'],
          ),
          figures(
            verdict.escalation.asked.map(({ engine, score, reasons }) => ({
              name: [shown(engine, 80)],
              value: score,
              note: reasons.join('; ') || undefined,
            })),
          ),
        )
      : null,
    judgmentsOf(item),
  ];
}

/** @param {NonNullable<ViewItem['verdict']>} verdict */
function criteriaOf(verdict) {
  const criteria = Object.entries(verdict.perCriterion);
  const objectives = Object.entries(verdict.perObjective);
  if (criteria.length < 2 && criteria.every(([, { total }]) => total === 1)) return null;
  return section(
    'Criteria',
    verdict.mode === 'pairwise' &&
      element('p', { class: 'note' }, 'Probability that the first answer is better.'),
    figures(
      criteria.map(([name, { score, decided, total }]) => ({
        name: [shown(name, 64)],
        value: score,
        note: total > 1 ? `${decided} of ${total} decided` : undefined,
      })),
    ),
    objectives.length > 1 && [
      element('h3', {}, 'Objectives'),
      figures(objectives.map(([name, value]) => ({ name: [shown(name, 64)], value }))),
    ],
  );
}
