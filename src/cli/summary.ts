/** A run's summary as text. */
import type { RunSummary } from '../judge/summary.ts';
import type { RunTotals } from './meter.ts';
import { count, duration, percent, type Terminal, table } from './terminal.ts';

/** What was judged, what came of it, and what it cost. */
export function describeSummary(summary: RunSummary, totals: RunTotals, terminal: Terminal): string {
  const unscored = summary.verdicts - summary.scored;
  const head = `${count(summary.verdicts)} verdicts, ${unscored === 0 ? 'all scored' : `${count(unscored)} unscored`}`;
  const rubrics = Object.entries(summary.rubrics).map(([id, rubric]) => {
    const reasons = Object.entries(rubric.unscored)
      .map(([reason, n]) => `${reason} ${n}`)
      .join(', ');
    return [id, count(rubric.verdicts), count(rubric.scored), reasons || '–', resultOf(rubric)];
  });
  return [
    terminal.style(unscored === 0 ? 'green' : 'yellow', head),
    table(['rubric', 'verdicts', 'scored', 'unscored', 'result'], rubrics),
    describeTotals(totals),
  ].join('\n');
}

function resultOf(rubric: RunSummary['rubrics'][string]): string {
  if (rubric.winners === null) {
    const criteria = Object.entries(rubric.criteria);
    const parts = criteria.length > 1 ? criteria.map(([id, mean]) => `${id} ${score(mean)}`) : [];
    return [`mean score ${score(rubric.meanScore)}`, ...parts].join(', ');
  }
  const { first, second, tie } = rubric.winners;
  return `first better ${first}, second ${second}, tie ${tie}; orders disagreed on ${rubric.flipped ?? 0}`;
}

function score(value: number | null): string {
  return value === null ? '–' : value.toFixed(2);
}

function describeTotals({ made, found, evaluated, saved, generated, seconds }: RunTotals): string {
  const parts = [
    `${count(made)} judgments made${found > 0 ? `, ${count(found)} found` : ''}`,
    `${count(evaluated)} tokens evaluated, ${count(saved)} saved (${percent(saved / Math.max(1, evaluated + saved))})`,
    ...(generated > 0 ? [`${count(generated)} written`] : []),
    duration(seconds),
  ];
  return parts.join(' · ');
}
