/** What the one who decides reads first: passed or not, whether it is all there, and the figures in large. */
import type { SuiteCheck, SuiteResult } from '../schema/suite-result.ts';
import { cautionsOf } from './cautions.ts';
import { type Markup, type MarkupValue, markup, trusted } from './markup.ts';
import type { ReportSection } from './page-sections.ts';
import { band, figureName, measureOf, name } from './parts.ts';
import type { Report, ReportFigure, RunReport } from './report.ts';
import { type Column, dataTable } from './table.ts';
import { count, decimal, estimateText, figureText, intervalText, plural } from './text.ts';

const signs = { complete: '●', passed: '✓', failed: '✕', incomplete: '!', unmeasured: '?' } as const;
const words = {
  complete: 'Complete',
  passed: 'Passed',
  failed: 'Failed',
  incomplete: 'Incomplete',
  unmeasured: 'Unmeasured',
} as const;

/** More sections than this are a table, not cards. */
const mostCards = 8;
/** Cautions that are shown without being asked for. */
const openCautions = 6;
/** Checks that did not pass and are told at once. */
const openFaults = 12;

/** The section's content. */
export function verdictPart(report: Report, sections: readonly ReportSection[]): Markup {
  const { suite } = report;
  const reasons = incompleteReasons(report);
  const status = suite?.status ?? (reasons.length > 0 ? 'incomplete' : 'complete');
  return markup`<p><strong class="status ${status}"><span aria-hidden="true">${signs[status]}</span> ${words[status]}</strong></p>
<p>${suite ? checksSentence(suite) : runSentence(report.runs)}</p>
${reasons.length > 0 && markup`<div class="notice"><p><strong>This is not everything.</strong> Figures are of what was scored; what is missing could move them.</p><ul>${reasons.map((reason) => markup`<li>${reason}</li>`)}</ul></div>`}
${suite !== null && notPassed(suite)}
${suite?.filter && markup`<p class="soft">Only what was asked for with ${suite.filter.join(', ')}; other gates were not checked.</p>`}
${suite?.shard && markup`<p class="soft">Part ${suite.shard.index} of ${suite.shard.count}. Gates are checked when all parts are together.</p>`}
${sections.length <= mostCards ? cards(sections) : overview(sections)}
${cautionsPart(sections)}`;
}

/** The gates of a suite, those that did not pass first. */
export function gatesPart({ checks }: SuiteResult): Markup {
  const order = { failed: 0, unmeasured: 1, passed: 2 } as const;
  const sorted = checks.toSorted((left, right) => order[left.status] - order[right.status]);
  const columns: Column[] = [
    { name: 'Gate' },
    { name: 'Status' },
    { name: 'Expected' },
    { name: 'Found' },
    { name: 'Where' },
  ];
  const rows = sorted.map((check) => [
    markup`${check.gate}${check.description !== undefined && markup`<p class="soft small">${check.description}</p>`}`,
    statusTag(check.status),
    check.expected,
    markup`${check.found}${regressions(check)}`,
    where(check),
  ]);
  return dataTable('Gates', columns, rows, { wide: true, stacked: true });
}

/** What did not pass, in full; the table has the rest. */
function notPassed({ checks }: SuiteResult): Markup {
  const found = checks
    .filter(({ status }) => status !== 'passed')
    .toSorted((left, right) => (left.status < right.status ? -1 : left.status > right.status ? 1 : 0));
  if (found.length === 0) return markup``;
  const more = found.length - openFaults;
  return markup`<ul class="faults">${found
    .slice(0, openFaults)
    .map(
      (check) =>
        markup`<li${check.status === 'unmeasured' && trusted(' class="open"')}><strong>${check.gate}</strong> ${statusTag(check.status)}<span class="line">expected ${check.expected}; found ${check.found}</span><span class="line soft small">${where(check)}</span></li>`,
    )}</ul>${more > 0 && markup`<p><a href="#gates">${count(more)} more below</a></p>`}`;
}

function statusTag(status: SuiteCheck['status']): Markup {
  return markup`<span class="tag ${status}"><span aria-hidden="true">${signs[status]}</span> ${words[status].toLowerCase()}</span>`;
}

function where({ data, judge, rubric, slice }: SuiteCheck): Markup {
  const place = [data, judge, rubric].filter((part) => part !== null).join(' · ');
  return slice === null ? markup`${place}` : markup`${place} · ${name(slice.name)} = ${name(slice.value)}`;
}

function regressions({ items = [], fell }: SuiteCheck): Markup {
  if (items.length === 0) return markup``;
  const columns: Column[] = [
    { name: 'Sample' },
    { name: 'before', number: true },
    { name: 'after', number: true },
  ];
  const rows = items.map(({ sampleId, responseIds, before, after }) => [
    markup`${name(sampleId)} <span class="soft">${responseIds.map((id, place) => markup`${place > 0 && ', '}${name(id)}`)}</span>`,
    decimal(before),
    decimal(after),
  ]);
  const all = fell ?? items.length;
  const shown = all > items.length ? `, the worst ${items.length}` : '';
  return markup`<details><summary>${plural(all, 'sample')} fell${shown}</summary>${dataTable('Samples that fell', columns, rows)}</details>`;
}

function checksSentence({ checks, suite, shard }: SuiteResult): Markup {
  const n = (status: SuiteCheck['status']) => checks.filter((check) => check.status === status).length;
  const about = suite.description === undefined ? markup`` : markup` ${suite.description}`;
  if (checks.length === 0)
    return markup`${shard ? 'No gate was checked in this part.' : 'The suite has no gates; these are its figures.'}${about}`;
  const parts = [
    `${count(n('passed'))} of ${plural(checks.length, 'check')} passed`,
    ...(n('failed') > 0 ? [`${count(n('failed'))} failed`] : []),
    ...(n('unmeasured') > 0 ? [`${count(n('unmeasured'))} could not be measured`] : []),
  ];
  return markup`${parts.join(', ')}.${about}`;
}

function runSentence(runs: readonly RunReport[]): Markup {
  const rubrics = runs.flatMap((run) => run.rubrics);
  const scored = rubrics.reduce((sum, { counts }) => sum + counts.scored, 0);
  const planned = rubrics.reduce((sum, { counts }) => sum + counts.planned, 0);
  const all =
    planned === scored
      ? `${plural(planned, 'verdict')}, all scored.`
      : `${count(scored)} of ${plural(planned, 'verdict')} scored.`;
  return markup`${all} A run has no gates; a suite has.`;
}

function incompleteReasons({ suite, runs }: Report): Markup[] {
  const missing = runs.flatMap(({ name: of, missing }) =>
    missing === null ? [] : [markup`${of?.data} · ${of?.judge}: ${missing}`],
  );
  if (suite) return [...suite.incomplete.map((reason) => markup`${reason}`), ...missing];
  return runs.flatMap(({ rubrics }) =>
    rubrics.flatMap(({ rubric, counts }) => {
      const { unscored, pending, planned, reasons } = counts;
      const why = Object.entries(reasons).map(([reason, n]) => `${reason} ${count(n)}`);
      return [
        ...(unscored > 0
          ? [
              markup`${rubric.id}: ${count(unscored)} of ${plural(planned, 'verdict')} without a score${why.length > 0 && ` (judgments by reason: ${why.join(', ')})`}`,
            ]
          : []),
        ...(pending > 0
          ? [markup`${rubric.id}: ${count(pending)} of ${plural(planned, 'verdict')} still to be judged`]
          : []),
      ];
    }),
  );
}

/** The figure that says most of a section: the first one of the whole. */
function leading({ figures }: ReportSection): ReportFigure | undefined {
  return figures.find(({ part, slice }) => part.kind === 'whole' && slice === null);
}

function cards(sections: readonly ReportSection[]): Markup {
  return markup`<ul class="cards">${sections.map((section) => {
    const found = leading(section);
    const { unit } = measureOf(found?.measure ?? 'score');
    return markup`<li><a href="#${section.id}">${section.title}</a>${
      found
        ? markup`<span class="soft small">${leadingName(section, found)}</span><span class="value">${estimateText(found.figure, unit)}</span><span class="small soft">${found.figure.estimate === null ? (found.figure.reason ?? 'no rows') : markup`95\u00a0% interval ${intervalText(found.figure, unit)}`}</span><span class="small soft">n = ${count(found.figure.n)}, ${count(found.unscored)} unscored</span>${besides(section)}`
        : markup`<span class="soft small">no figure</span>`
    }</li>`;
  })}</ul>`;
}

/** Other figures of the whole, and what labels say where the figures do not. */
function besides({ figures, report }: ReportSection): Markup {
  const whole = figures.filter(({ part, slice }) => part.kind === 'whole' && slice === null).slice(1, 5);
  const shown: (readonly [MarkupValue, string])[] = whole.map((own) => [
    figureName(own),
    estimateText(own.figure, measureOf(own.measure).unit),
  ]);
  const labels = report?.labels?.report;
  if (labels && labels.mode !== 'stepwise' && !whole.some(({ measure }) => measure === 'agreement')) {
    const { accuracy } = labels.figures;
    if (accuracy.estimate !== null)
      shown.push([measureOf('agreement').name, estimateText(accuracy, 'share')]);
  }
  if (shown.length === 0) return markup``;
  return markup`<dl>${shown.map(([words, value]) => markup`<div><dt>${words}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function cautionsPart(sections: readonly ReportSection[]): Markup {
  const found = sections.flatMap((section) =>
    cautionsOf(section).map(
      (caution) => markup`<li><a href="#${section.id}">${section.title}</a>: ${caution}</li>`,
    ),
  );
  if (found.length === 0) return markup``;
  const [shown, folded] = [found.slice(0, openCautions), found.slice(openCautions)];
  return markup`<div class="cautions"><h3>Before you rely on it</h3><ul>${shown}</ul>${
    folded.length > 0 &&
    markup`<details><summary>${plural(folded.length, 'further caution')}</summary><ul>${folded}</ul></details>`
  }</div>`;
}

function leadingName({ report }: ReportSection, figure: ReportFigure): Markup {
  const { measure, model } = figure;
  if (measure === 'win-rate' && model === undefined)
    return markup`${measureOf(measure).name} of the answers that stand first`;
  return report?.mode === 'stepwise' && measure === 'score'
    ? markup`mean of the lowest steps`
    : figureName(figure);
}

function overview(sections: readonly ReportSection[]): Markup {
  const columns: Column[] = [
    { name: 'Rubric' },
    { name: 'Measure' },
    { name: 'Figure (95\u00a0% interval)', number: true },
    { name: 'From 0 to 1' },
    { name: 'n', number: true },
    { name: 'unscored', number: true },
  ];
  const rows = sections.map((section) => {
    const found = leading(section);
    const link = markup`<a href="#${section.id}">${section.title}</a>`;
    if (!found) return [link, '–', '–', '', '–', '–'];
    return [
      link,
      leadingName(section, found),
      figureText(found.figure, measureOf(found.measure).unit),
      band(found.figure),
      count(found.figure.n),
      count(found.unscored),
    ];
  });
  return dataTable('Figures', columns, rows, { wide: true });
}
