/** A run's summary as text. */
import type { RunSummary } from '../judge/summary.ts';
import type { RunTotals } from './meter.ts';
import { count, duration, harmless, percent, plural, type Terminal, table } from './terminal.ts';

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
    ...Object.entries(summary.rubrics).flatMap(([id, rubric], _, { length }) =>
      describeJudges(rubric).map((line) => (length > 1 ? `${id}: ${line}` : line)),
    ),
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

/** Who decided, what abstained, and what said nothing; nothing for one engine without rules and answers with content. */
export function describeJudges({
  panel,
  abstained,
  escalation,
  contentFree = 0,
}: Pick<RunSummary['rubrics'][string], 'panel' | 'abstained' | 'escalation' | 'contentFree'>): string[] {
  const lines: string[] = [];
  if (panel) {
    const { members, decided, undecided } = panel;
    const parts = Object.entries(decided)
      .map(([number, n]) => ({ silent: members - Number(number), n }))
      .sort((left, right) => left.silent - right.silent)
      .map(({ silent, n }) => {
        const everyone = members === 2 ? 'both' : `all ${members}`;
        const who =
          silent === 0
            ? `${everyone} decided`
            : silent === members
              ? `${everyone} silent`
              : `${silent === 1 ? 'one' : silent} silent`;
        return `${who} ${count(n)}`;
      });
    const open = undecided > 0 ? `; undecided ${count(undecided)}` : '';
    lines.push(`panel of ${members}: ${parts.join(', ')}${open}`);
  }
  if (escalation) {
    const parts = Object.entries(escalation.decided).map(([engine, n]) => `${harmless(engine)} ${count(n)}`);
    lines.push(
      `decided by ${[...parts, ...(escalation.nobody > 0 ? [`nobody ${count(escalation.nobody)}`] : [])].join(', ')}`,
    );
  }
  if (abstained) {
    const reasons = Object.entries(abstained.reasons).map(([kind, n]) => `${kind} ${count(n)}`);
    lines.push(`abstained ${count(abstained.verdicts)} (${reasons.join(', ')})`);
  }
  if (contentFree > 0) {
    const abstain = abstained?.reasons['content-free'] === undefined;
    lines.push(
      `${plural(contentFree, 'verdict')} about an answer that says nothing${abstain ? '; with --abstain content-free they abstain' : ''}`,
    );
  }
  return lines;
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
