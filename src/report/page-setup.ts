/** What it took, and how it was made. */
import { type Markup, type MarkupValue, markup } from './markup.ts';
import { name } from './parts.ts';
import type { Report, RunReport, SetUp } from './report.ts';
import { type Column, dataTable } from './table.ts';
import { count, plural } from './text.ts';

/** Tokens of each run. */
export function costPart({ suite, runs }: Report): Markup {
  const rows = runs.flatMap((run, place): MarkupValue[][] => {
    const recorded = suite?.runs[place];
    const judgments = run.tokens?.judgments ?? recorded?.judgments;
    const tokens = run.tokens ?? recorded?.tokens;
    if (judgments === undefined || tokens === undefined) return [];
    return [[runName(run), count(judgments), count(tokens.prompt), count(tokens.generated)]];
  });
  const repeated = runs.reduce((sum, { tokens }) => sum + (tokens?.repeated ?? 0), 0);
  const spared = runs.reduce((sum, { tokens }) => sum + (tokens?.repeatedPrompt ?? 0), 0);
  const columns: Column[] = [
    { name: 'Run' },
    { name: 'judgments', number: true },
    { name: 'prompt tokens', number: true },
    { name: 'tokens written', number: true },
  ];
  return markup`${dataTable('Tokens', columns, rows)}
<p class="soft small">These are the tokens that the judgments stand on, each judgment as if it were read alone, the same on every machine. What shared prefixes and caches spared while judging is not kept in a run: <span class="code">juror judge</span> tells it when it ends.${
    repeated > 0 &&
    ` ${plural(repeated, 'further place')} in verdicts stand on a judgment counted already; made anew they would have taken ${count(spared)} prompt tokens more.`
  }</p>`;
}

/** Everything that decides the judgments, for the record. */
export function setupPart({ suite, runs }: Report): Markup {
  const known = runs.flatMap((run) => (run.setup === null ? [] : [{ run, setup: run.setup }]));
  return markup`${
    suite !== null &&
    markup`<dl><dt>Suite</dt><dd>${suite.suite.name}</dd><dt>Digest</dt><dd class="code">${suite.suite.digest}</dd><dt>juror</dt><dd>${suite.juror}</dd><dt>Tolerance</dt><dd>${(suite.tolerance.unscored * 100).toFixed(1)} % unscored; found ${(suite.tolerance.found * 100).toFixed(1)} %</dd></dl>`
  }${known.map(({ run, setup }) =>
    known.length > 1
      ? markup`<details><summary>${runName(run)}</summary>${setupOf(setup)}</details>`
      : setupOf(setup),
  )}`;
}

function setupOf({ juror, engines, rubrics, prompts, seed, critique, samples, settings }: SetUp): Markup {
  return markup`<dl>${engines.map(
    ({ model, digest, template, settings: own, kind }) =>
      markup`<dt>Model</dt><dd>${name(model)} <span class="soft">(${kind})</span><br><span class="code soft">file ${digest}</span><br><span class="code soft">template ${template}</span>${Object.keys(own).length > 0 && markup`<br><span class="soft">${list(own)}</span>`}</dd>`,
  )}
${rubrics.map(({ rubric, digest }) => markup`<dt>Rubric</dt><dd>${rubric.id} ${rubric.version} <span class="soft">(${rubric.mode}, ${rubric.combine.kind}, reference ${rubric.reference})</span><br><span class="code soft">${digest}</span><ul>${rubric.criteria.map(({ id, description, weight, objective, scale }) => markup`<li>${id}: ${description} <span class="soft">(weight ${weight}, objective ${objective}, ${scale.kind === 'integer' ? `${scale.min} to ${scale.max}` : Object.keys(scale.choices).join(', ')})</span></li>`)}</ul></dd>`)}
${Object.entries(prompts).map(([prompt, digest]) => markup`<dt>Prompt</dt><dd>${prompt}<br><span class="code soft">${digest}</span></dd>`)}
<dt>Protocol</dt><dd>critique ${critique}, ${plural(samples, 'sample')}${Object.keys(settings).length > 0 && `, ${list(settings)}`}</dd>
<dt>Seed</dt><dd>${seed}</dd><dt>juror</dt><dd>${juror}</dd></dl>`;
}

function runName({ name: of, setup }: RunReport): string {
  return of ? `${of.data} · ${of.judge}` : (setup?.engines.map(({ model }) => model).join(', ') ?? 'run');
}

function list(settings: Readonly<Record<string, string | number | boolean | null>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
}
