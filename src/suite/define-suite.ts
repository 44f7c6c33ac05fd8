/** Suites written in TypeScript. */
import type { SuiteInput } from '../schema.ts';

/**
 * A suite as it is, with its fields checked by the compiler: `export default defineSuite({ … })` in a .ts, .mts, .js or .mjs file
 * that `juror suite` is given. Paths are relative to that file. Values are checked when it is loaded.
 */
export function defineSuite(suite: SuiteInput): SuiteInput {
  return suite;
}
