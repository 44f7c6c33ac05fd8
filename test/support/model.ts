/** The embedded model, for model tests and measurements. */
import { DEFAULT_MODEL, type ResolvedModel, resolveModel } from '../../src/engine/models.ts';

/** The embedded model's file, fetched if need be; the file of `JUROR_MODEL` where that is set. */
export async function testModel(): Promise<ResolvedModel> {
  return resolveModel(process.env.JUROR_MODEL ?? DEFAULT_MODEL);
}
