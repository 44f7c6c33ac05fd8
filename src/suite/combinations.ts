/** Which data are judged by whom under what: the runs that a suite is made of. */
import type { LoadedRubric } from '../rubric.ts';
import type { Suite, SuiteData, SuiteJudge } from '../schema.ts';

/** Name of all judges together, in gates, reports and folders. */
export const PANEL = 'panel';

/** One run folder to be. */
export interface SuiteCombination {
  readonly data: SuiteData;
  /** The judge's id, or {@link PANEL}. */
  readonly judge: string;
  readonly judges: readonly SuiteJudge[];
  readonly rubrics: readonly LoadedRubric[];
  /** Its folder in that of the result. */
  readonly folder: string;
}

/** Whether all judges give one verdict, as a panel or a ladder. */
export function decidesTogether({ panel, escalate }: Pick<Suite, 'panel' | 'escalate'>): boolean {
  return panel !== undefined || escalate;
}

/** Name of a run's folder. */
export function runFolder(data: string, judge: string): string {
  return `${data}.${judge}`;
}

/** Ids that a gate may name as its judge, cards aside. */
export function judgeNames(suite: Suite): string[] {
  return decidesTogether(suite) ? [PANEL] : suite.judges.map(({ id }) => id);
}

/** Every run of a suite: data by data, and judge by judge for each. */
export function combinationsOf(
  suite: Suite,
  rubrics: ReadonlyMap<string, LoadedRubric>,
): readonly SuiteCombination[] {
  const groups = decidesTogether(suite)
    ? [{ judge: PANEL, judges: suite.judges }]
    : suite.judges.map((judge) => ({ judge: judge.id, judges: [judge] }));
  return suite.data.flatMap((data) =>
    groups.map((group) => ({
      data,
      ...group,
      rubrics: rubricsOf(data, suite, rubrics),
      folder: runFolder(data.id, group.judge),
    })),
  );
}

/** The rubrics of some data; an entry names one as the suite does, or by its id. */
function rubricsOf(
  data: SuiteData,
  suite: Suite,
  rubrics: ReadonlyMap<string, LoadedRubric>,
): LoadedRubric[] {
  const byId = new Map([...rubrics.values()].map((loaded) => [loaded.rubric.id, loaded]));
  return (data.rubrics ?? suite.rubrics).flatMap((entry) => rubrics.get(entry) ?? byId.get(entry) ?? []);
}
