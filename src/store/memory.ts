/** The store without a folder: gone with the process. */
import { Judgment } from '../schema.ts';
import { bindToFirstUse, isFailure, PlanRow, planIdentity, recordText, type Store } from './store.ts';

/** A store in memory, for library use without a run folder and for tests. Memory grows with what is inserted. */
export function memoryStore(): Store {
  const judgments = new Map<string, string>();
  const rows = new Map<string, { readonly identity: readonly string[]; readonly text: string }>();

  const planned = (): PlanRow[] =>
    [...rows.values()]
      .sort((left, right) => compareIdentities(left.identity, right.identity))
      .map(({ text }) => JSON.parse(text));
  const read = (key: string): Judgment | undefined => {
    const text = judgments.get(key);
    return text === undefined ? undefined : JSON.parse(text);
  };

  return {
    get: async (key) => read(key),
    has: async (key) => judgments.has(key),
    async insert(records) {
      const texts = records.map((record) => [record.key, recordText(Judgment, record)] as const);
      const before = judgments.size;
      for (const [key, text] of texts) if (!judgments.has(key)) judgments.set(key, text);
      return judgments.size - before;
    },
    async forgetFailures() {
      const failed = [...judgments.keys()].filter((key) => isFailure(read(key) as Judgment));
      for (const key of failed) judgments.delete(key);
      return failed.length;
    },
    count: async () => judgments.size,
    async *judgments() {
      for (const key of [...judgments.keys()].sort()) yield read(key) as Judgment;
    },
    async insertPlan(records) {
      const entries = records.map((row) => ({ text: recordText(PlanRow, row), identity: planIdentity(row) }));
      let changed = 0;
      for (const entry of entries) {
        const name = JSON.stringify(entry.identity);
        if (rows.get(name)?.text === entry.text) continue;
        rows.set(name, entry);
        changed++;
      }
      return changed;
    },
    async clearPlan() {
      const count = rows.size;
      rows.clear();
      return count;
    },
    async *plan() {
      yield* planned();
    },
    async planned(verdict) {
      const text = rows.get(JSON.stringify(planIdentity(verdict)))?.text;
      return text === undefined ? undefined : JSON.parse(text);
    },
    planCount: async () => rows.size,
    async *plannedJudgments() {
      const users = new Map<string, PlanRow>();
      for (const row of planned())
        for (const { key } of row.judgments) if (!users.has(key)) users.set(key, row);
      for (const key of [...users.keys()].sort()) {
        const [judgment, row] = [read(key), users.get(key)];
        if (judgment && row) yield bindToFirstUse(judgment, row);
      }
    },
    async pending() {
      const keys = new Set(planned().flatMap((row) => row.judgments.map(({ key }) => key)));
      return [...keys].filter((key) => !judgments.has(key)).length;
    },
    async [Symbol.asyncDispose]() {},
  };
}

function compareIdentities(left: readonly string[], right: readonly string[]): number {
  for (const [index, part] of left.entries()) {
    const order = Buffer.compare(Buffer.from(part), Buffer.from(right[index] ?? ''));
    if (order !== 0) return order;
  }
  return 0;
}
