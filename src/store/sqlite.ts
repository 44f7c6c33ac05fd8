/** The store in one SQLite file. */
import type { DatabaseSync } from 'node:sqlite';
import { JurorError } from '../errors.ts';
import { Judgment } from '../schema.ts';
import { explained, openJournalFile, storeError } from './sqlite-database.ts';
import { bindToFirstUse, idText, isFailure, PlanRow, planIdentity, recordText, type Store } from './store.ts';

/** Rows held in memory at once while streaming. */
const pageSize = 256;

/** Options of {@link openSqliteStore}. */
export interface SqliteStoreOptions {
  /** Read an existing journal and leave no trace of it. Default false. */
  readonly readOnly?: boolean;
}

/** A write that waits for the next commit. Returns how many rows it changed. */
interface PendingWrite {
  readonly apply: () => number;
  readonly settle: (changed: number) => void;
  readonly fail: (error: JurorError) => void;
}

/**
 * Open or make the journal at `file`. Writes of one turn of the event loop share a commit, which is on the disk when they resolve.
 * A store that was only read leaves the file as it was. One writer at a time is the caller's care: a run folder has a lock.
 * Throws JurorError `store` for a file that is not a journal.
 */
export async function openSqliteStore(file: string, options: SqliteStoreOptions = {}): Promise<Store> {
  const journal = openJournalFile(file, { readOnly: options.readOnly ?? false });
  const { database } = journal;
  const statements = prepareStatements(database);
  let waiting: PendingWrite[] = [];

  const commit = (): void => {
    const writes = waiting;
    waiting = [];
    if (writes.length === 0) return;
    let changes: number[];
    try {
      journal.beginWriting();
      database.exec('BEGIN IMMEDIATE');
      changes = writes.map(({ apply }) => apply());
      database.exec('COMMIT');
    } catch (error) {
      if (database.isOpen && database.isTransaction) database.exec('ROLLBACK');
      for (const { fail } of writes) fail(storeError(error, file));
      return;
    }
    for (const [index, { settle }] of writes.entries()) settle(changes[index] ?? 0);
  };

  const write = (apply: () => number): Promise<number> =>
    new Promise((settle, fail) => {
      if (!database.isOpen) return fail(storeError({ code: 'ERR_INVALID_STATE' }, file));
      if (waiting.length === 0) setImmediate(commit);
      waiting.push({ apply, settle, fail });
    });

  const insertJudgment = (record: Judgment, text: string): number => {
    const { key, sampleId, rubric, criterionId, outcome } = record;
    return Number(
      statements.insertJudgment.run(key, idText(sampleId), rubric.id, criterionId, outcome.status, text)
        .changes,
    );
  };

  const upsertPlan = (row: PlanRow, text: string): number => {
    const changed = statements.upsertPlan.get(...planIdentity(row), text);
    if (changed === undefined) return 0;
    const plan = Number(changed.id);
    statements.deletePlanKeys.run(plan);
    for (const { key } of row.judgments) statements.insertPlanKey.run(key, plan);
    return 1;
  };

  const clearPlan = (): number => {
    statements.clearPlanKeys.run();
    return Number(statements.clearPlan.run().changes);
  };

  const judgmentOf = (key: string, text: unknown): Judgment =>
    readRecord(file, text, (record: Judgment) => record.key === key);
  const rowOf = (text: unknown): PlanRow =>
    readRecord(file, text, (record: PlanRow) => Array.isArray(record.judgments));

  /** Pages by key, so that no statement stays open between rows and writes may go on. */
  const pages = async function* (statement: 'judgmentPage' | 'plannedPage') {
    let after = '';
    while (true) {
      const rows = explained(file, () => statements[statement].all(after, pageSize));
      for (const { key, record, plan } of rows) yield { judgment: judgmentOf(String(key), record), plan };
      if (rows.length < pageSize) return;
      after = String(rows.at(-1)?.key);
    }
  };

  return {
    get: async (key) => {
      const row = explained(file, () => statements.get.get(key));
      return row && judgmentOf(key, row.record);
    },
    has: async (key) => explained(file, () => statements.has.get(key)) !== undefined,
    async insert(judgments) {
      const texts = judgments.map((record) => ({ record, text: recordText(Judgment, record) }));
      const missing = explained(file, () =>
        texts.filter(({ record }) => statements.has.get(record.key) === undefined),
      );
      if (missing.length === 0) return 0;
      return write(() => missing.reduce((sum, { record, text }) => sum + insertJudgment(record, text), 0));
    },
    async forgetFailures() {
      const failed: string[] = [];
      for await (const { judgment } of pages('judgmentPage'))
        if (isFailure(judgment)) failed.push(judgment.key);
      if (failed.length > 0)
        await write(() => failed.reduce((sum, key) => sum + Number(statements.forget.run(key).changes), 0));
      return failed.length;
    },
    count: async () => Number(explained(file, () => statements.count.get())?.count),
    async *judgments() {
      for await (const { judgment } of pages('judgmentPage')) yield judgment;
    },
    async insertPlan(rows) {
      const texts = rows.map((row) => ({ row, text: recordText(PlanRow, row) }));
      const different = explained(file, () =>
        texts.filter(({ row, text }) => statements.getPlan.get(...planIdentity(row))?.record !== text),
      );
      if (different.length === 0) return 0;
      return write(() => different.reduce((sum, { row, text }) => sum + upsertPlan(row, text), 0));
    },
    async clearPlan() {
      const count = Number(explained(file, () => statements.countPlan.get())?.count);
      if (count > 0) await write(() => clearPlan());
      return count;
    },
    async *plan() {
      let after: readonly [string, string, string] = ['', '', ''];
      while (true) {
        const rows = explained(file, () => statements.planPage.all(...after, pageSize));
        for (const { record } of rows) yield rowOf(record);
        const last = rows.at(-1);
        if (last === undefined || rows.length < pageSize) return;
        after = [String(last.rubric_id), String(last.sample_id), String(last.response_ids)];
      }
    },
    async *plannedJudgments() {
      for await (const { judgment, plan } of pages('plannedPage'))
        yield bindToFirstUse(judgment, rowOf(plan));
    },
    async planned(verdict) {
      const row = explained(file, () => statements.getPlan.get(...planIdentity(verdict)));
      return row && rowOf(row.record);
    },
    planCount: async () => Number(explained(file, () => statements.countPlan.get())?.count),
    pending: async () => Number(explained(file, () => statements.pending.get())?.count),
    async [Symbol.asyncDispose]() {
      commit();
      journal.close();
    },
  };
}

/** Records were checked on the way in; here only damage is looked for. */
function readRecord<Row>(file: string, text: unknown, isWhole: (record: Row) => boolean): Row {
  try {
    const record: Row = JSON.parse(String(text));
    if (isWhole(record)) return record;
  } catch {
    // Told below.
  }
  throw new JurorError('store', 'expected an intact journal, got a damaged row', { place: { file } });
}

function prepareStatements(database: DatabaseSync) {
  return {
    get: database.prepare('SELECT record FROM judgments WHERE key = ?'),
    has: database.prepare('SELECT 1 FROM judgments WHERE key = ?'),
    forget: database.prepare('DELETE FROM judgments WHERE key = ?'),
    count: database.prepare('SELECT count(*) AS count FROM judgments'),
    insertJudgment: database.prepare(
      'INSERT INTO judgments VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING',
    ),
    judgmentPage: database.prepare('SELECT key, record FROM judgments WHERE key > ? ORDER BY key LIMIT ?'),
    plannedPage: database.prepare(`
      SELECT key, record,
        (SELECT plan.record FROM plan_keys JOIN plan ON plan.id = plan_keys.plan WHERE plan_keys.key = judgments.key
          ORDER BY rubric_id, sample_id, response_ids LIMIT 1) AS plan
      FROM judgments
      WHERE key > ? AND EXISTS (SELECT 1 FROM plan_keys WHERE plan_keys.key = judgments.key)
      ORDER BY key LIMIT ?`),
    pending: database.prepare(`
      SELECT count(DISTINCT key) AS count FROM plan_keys
      WHERE NOT EXISTS (SELECT 1 FROM judgments WHERE judgments.key = plan_keys.key)`),
    getPlan: database.prepare(
      'SELECT record FROM plan WHERE rubric_id = ? AND sample_id = ? AND response_ids = ?',
    ),
    upsertPlan: database.prepare(`
      INSERT INTO plan (rubric_id, sample_id, response_ids, record) VALUES (?, ?, ?, ?)
      ON CONFLICT (rubric_id, sample_id, response_ids) DO UPDATE SET record = excluded.record
      WHERE plan.record IS NOT excluded.record RETURNING id`),
    countPlan: database.prepare('SELECT count(*) AS count FROM plan'),
    clearPlanKeys: database.prepare('DELETE FROM plan_keys'),
    clearPlan: database.prepare('DELETE FROM plan'),
    deletePlanKeys: database.prepare('DELETE FROM plan_keys WHERE plan = ?'),
    insertPlanKey: database.prepare('INSERT INTO plan_keys VALUES (?, ?) ON CONFLICT DO NOTHING'),
    planPage: database.prepare(`
      SELECT rubric_id, sample_id, response_ids, record FROM plan
      WHERE (rubric_id, sample_id, response_ids) > (?, ?, ?) ORDER BY rubric_id, sample_id, response_ids LIMIT ?`),
  };
}
