/** A store in front of another one. */
import type { Store } from './store.ts';

/** What a store in front of another one hands on to it: all but how judgments are found, kept and closed. */
export function delegateStore(
  store: Store,
): Omit<Store, 'get' | 'has' | 'insert' | typeof Symbol.asyncDispose> {
  return {
    forgetFailures: () => store.forgetFailures(),
    count: () => store.count(),
    judgments: () => store.judgments(),
    insertPlan: (rows) => store.insertPlan(rows),
    clearPlan: () => store.clearPlan(),
    plan: () => store.plan(),
    planned: (verdict) => store.planned(verdict),
    planCount: () => store.planCount(),
    plannedJudgments: () => store.plannedJudgments(),
    pending: () => store.pending(),
  };
}
