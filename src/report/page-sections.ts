/** The sections of a page: each rubric of each run. */
import { type Markup, markup } from './markup.ts';
import type { Report, ReportFigure, RubricReport, RunReport } from './report.ts';

/** One rubric of one run. */
export interface ReportSection {
  /** Its address in the page; made here, never of the data's text. */
  readonly id: string;
  readonly title: Markup;
  readonly run: RunReport;
  readonly rubric: string;
  /** Null where the run folder is gone. */
  readonly report: RubricReport | null;
  readonly figures: readonly ReportFigure[];
}

/** The sections in the order of the runs and their rubrics. */
export function sectionsOf({ suite, runs }: Report): ReportSection[] {
  const sections = runs.flatMap((run, place): Omit<ReportSection, 'id'>[] => {
    const of = suite?.runs[place];
    const names = of ? of.rubrics : run.rubrics.map(({ rubric }) => rubric.id);
    return names.map((rubric) => {
      const report = run.rubrics.find((own) => own.rubric.id === rubric) ?? null;
      const figures = of
        ? (suite?.figures ?? []).filter(
            (figure) => figure.data === of.data && figure.judge === of.judge && figure.rubric === rubric,
          )
        : (report?.figures ?? []);
      const title = of
        ? markup`${rubric} <span class="soft">on ${of.data} by ${of.judge}</span>`
        : markup`${rubric}`;
      return { title, run, rubric, report, figures };
    });
  });
  return sections.map((section, place) => ({ id: `rubric-${place + 1}`, ...section }));
}
