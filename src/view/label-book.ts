/** The labels of an open folder by item and annotator, kept up with the files of its runs. */
import type { LabelRecord } from './api.ts';
import type { LabelContext, ViewIndex } from './index-open.ts';
import { openLabels } from './labels.ts';

/** Labels by item. */
export interface LabelBook extends LabelContext {
  /** Read what was added to the files since. Throws JurorError `store` for a file that is no labels file. */
  refresh(): Promise<void>;
  /** The labels of an item that count, by annotator. */
  of(item: number): ReadonlyMap<string, LabelRecord>;
  /** Whether an annotator has ever labelled an item, taken back or not: the judge's verdict was shown then. */
  hasEver(item: number, annotator: string): boolean;
  /** Annotators with labels, sorted. */
  annotators(): string[];
  /** Items with a label, in their order. */
  items(): number[];
  /** Keep a label; it is on the disk when this resolves. */
  add(item: number, record: LabelRecord): Promise<void>;
}

const none: ReadonlyMap<string, LabelRecord> = new Map();

/** The labels of all runs of an index, none read yet. */
export function openLabelBook(index: ViewIndex): LabelBook {
  const files = index.runs.map(({ folder }) => openLabels(folder));
  const current = new Map<number, Map<string, LabelRecord>>();
  const ever = new Map<number, Set<string>>();
  const take = (item: number, record: LabelRecord): void => {
    const own = current.get(item) ?? new Map<string, LabelRecord>();
    const past = ever.get(item) ?? new Set<string>();
    past.add(record.annotator);
    if (record.label === null) own.delete(record.annotator);
    else own.set(record.annotator, record);
    ever.set(item, past);
    if (own.size > 0) current.set(item, own);
    else current.delete(item);
  };
  const refresh = async (): Promise<void> => {
    for (const [run, file] of files.entries())
      for (const record of await file.refresh()) {
        const item = await index.itemOf({ run, ...record });
        if (item !== undefined) take(item, record);
      }
  };
  return {
    refresh,
    of: (item) => current.get(item) ?? none,
    hasEver: (item, annotator) => ever.get(item)?.has(annotator) ?? false,
    annotators: () => [...new Set([...current.values()].flatMap((own) => [...own.keys()]))].sort(),
    items: () => [...current.keys()].sort((left, right) => left - right),
    async add(item, record) {
      const file = files[index.columns.run[item] ?? 0];
      await file?.append(record);
      await refresh();
    },
    hasLabelled: (item, annotator) => current.get(item)?.has(annotator) ?? false,
    annotatorsDiffer(item) {
      const said = index.said(index.columns.sample[item] ?? 0);
      if (said === null) return true;
      const labels = new Set(said === undefined ? [] : [said]);
      for (const { label } of current.get(item)?.values() ?? []) if (label !== null) labels.add(label);
      return labels.size > 1;
    },
  };
}
