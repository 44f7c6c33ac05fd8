/** A trained head and all its papers in one step. */
import { type Head, writeHead } from './head-file.ts';
import { headPage } from './head-page.ts';
import type { TrainedHead } from './train.ts';
import { trainingReport } from './training-report.ts';

/**
 * Write a head that was just trained into a folder, with its page and everything that its training said; see `writeHead`. Returns the head
 * with the digest of its file. Throws JurorError `store` where it cannot be written.
 */
export async function writeTrainedHead(folder: string, trained: TrainedHead): Promise<Head> {
  return writeHead(folder, trained, { page: headPage(trained.record), training: trainingReport(trained) });
}
