import { type Engine, openLlama, openReplay, recordEngine, resolveModel } from 'juror';

/**
 * The embedded model, fetched on first use.
 * `JUROR_REPLAY` names a recording to play instead, `JUROR_RECORD` one to write: so tests run the examples without a model.
 */
export async function openEngine(): Promise<Engine> {
  const { JUROR_MODEL = 'smollm2-135m', JUROR_RECORD, JUROR_REPLAY } = process.env;
  if (JUROR_REPLAY) return openReplay(JUROR_REPLAY);
  const engine = await openLlama({ model: await resolveModel(JUROR_MODEL) });
  return JUROR_RECORD ? recordEngine(engine, JUROR_RECORD) : engine;
}
