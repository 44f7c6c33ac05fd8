/** `juror` and its subpaths in an example mean the sources, not a build that may be older: `node --import ./test/support/source.ts`. */
import { registerHooks } from 'node:module';

const sources = new Map([
  ['juror', new URL('../../src/index.ts', import.meta.url).href],
  ['juror/statistics', new URL('../../src/statistics.ts', import.meta.url).href],
  ['juror/langchain', new URL('../../src/langchain.ts', import.meta.url).href],
  ['juror/ai-sdk', new URL('../../src/integrations/ai-sdk.ts', import.meta.url).href],
  ['juror/autoevals', new URL('../../src/integrations/autoevals.ts', import.meta.url).href],
  ['juror/evalite', new URL('../../src/integrations/evalite.ts', import.meta.url).href],
  ['juror/openevals', new URL('../../src/integrations/openevals.ts', import.meta.url).href],
  ['juror/vitest', new URL('../../src/vitest.ts', import.meta.url).href],
  ['juror/vitest-evals', new URL('../../src/integrations/vitest-evals.ts', import.meta.url).href],
  ['juror/promptfoo', new URL('../../src/integrations/promptfoo.ts', import.meta.url).href],
]);

registerHooks({
  resolve(specifier, context, next) {
    const url = sources.get(specifier);
    return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
  },
});
