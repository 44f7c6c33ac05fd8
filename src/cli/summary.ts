/** A run's summary as text. */
import type { RunSummary } from '../judge/summary.ts';
import type { RunTotals } from './meter.ts';
import { count, duration, percent, plural, type Terminal, table } from './terminal.ts';

/** What was judged, what came of it, and what it cost. */
export function describeSummary(summary: RunSummary, totals: RunTotals, terminal: Terminal): string {
  const unscored = summary.verdicts - summary.scored;
  const head = `${plural(summary.verdicts, 'verdict')}, ${unscored === 0 ? 'all scored' : `${count(unscored)} unscored`}`;
  const rubrics = Object.entries(summary.rubrics).map(([id, rubric]) => {
    const reasons = Object.entries(rubric.unscored).map(([reason, n]) => `${reason} ${n}`);
    return [id, count(rubric.verdicts), reasons.length > 0 ? reasons.join(', ') : '–', resultOf(rubric)];
  });
  return [
    terminal.style(unscored === 0 ? 'green' : 'yellow', head),
    ...(rubrics.length > 0 ? [table(['rubric', 'verdicts', 'unscored', 'result'], rubrics)] : []),
    describeTotals(totals),
  ].join('\n');
}

function resultOf(rubric: RunSummary['rubrics'][string]): string {
  if (rubric.scored === 0) return '–';
  if (rubric.winners === null) {
    const criteria = Object.entries(rubric.criteria);
    const parts = criteria.length > 1 ? criteria.map(([id, mean]) => `${id} ${score(mean)}`) : [];
    if (rubric.process) {
      const { steps, wrong, right } = rubric.process;
      parts.unshift(`${plural(steps, 'step')}, a first error in ${count(wrong)}, none in ${count(right)}`);
    }
    return [`mean score ${score(rubric.meanScore)}`, ...parts].join(', ');
  }
  const { first, second, tie } = rubric.winners;
  return `first wins ${first}, second ${second}, ties ${tie}; the orders disagree on ${rubric.flipped ?? 0}`;
}

function score(value: number | null): string {
  return value === null ? '–' : value.toFixed(2);
}

/** What a run cost, in one line. */
export function describeTotals({ made, found, evaluated, saved, generated, seconds }: RunTotals): string {
  if (made === 0) return `${plural(found, 'judgment')} found, none to make: no token evaluated`;
  const total = evaluated + saved;
  return [
    `${plural(made, 'judgment')} made${found > 0 ? `, ${count(found)} found` : ''} in ${duration(seconds)}`,
    `${count(evaluated)} prompt tokens evaluated${total > 0 ? `, ${count(saved)} of ${count(total)} saved (${percent(saved / total)})` : ''}`,
    ...(generated > 0 ? [`${count(generated)} written`] : []),
  ].join(' · ');
}
