/** Progress, as typed events. The library never prints: a caller listens. */
import type { Guided, GuidedCandidate, Judgment, Usage, Verdict } from './schema.ts';

/** One thing that happened. Names are noun-verb. */
export type JurorEvent =
  | { readonly type: 'run-start'; readonly folder: string }
  /** `spent` is what the engine did for it now: nothing when it was found in the store. */
  | {
      readonly type: 'judgment-finish';
      readonly judgment: Judgment;
      readonly cached: boolean;
      readonly spent: Usage;
    }
  | { readonly type: 'verdict-finish'; readonly verdict: Verdict }
  /** An answer was written and scored; whether it is kept is not known yet. */
  | {
      readonly type: 'candidate-finish';
      readonly sampleId: string;
      readonly candidate: GuidedCandidate;
    }
  /** All beginnings of one depth are scored, and some go on. */
  | {
      readonly type: 'beam-keep';
      readonly sampleId: string;
      /** Steps written so far. */
      readonly depth: number;
      readonly candidates: readonly GuidedCandidate[];
    }
  | { readonly type: 'guide-finish'; readonly guided: Guided; readonly cached: boolean }
  | { readonly type: 'engine-load'; readonly model: string; readonly progress: number }
  | { readonly type: 'engine-progress'; readonly evaluated: number; readonly generated: number }
  | { readonly type: 'engine-restart'; readonly reason: string; readonly delayMs: number }
  | {
      readonly type: 'model-download';
      readonly model: string;
      readonly source: string;
      readonly receivedBytes: number;
      readonly totalBytes: number;
    }
  | { readonly type: 'run-finish'; readonly folder: string }
  | { readonly type: 'warning'; readonly message: string };

/** Receives events in the order they happen. Must not throw. */
export type Listener = (event: JurorEvent) => void;
