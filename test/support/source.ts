/** `juror` and `juror/langchain` in an example mean the sources, not a build that may be older: `node --import ./test/support/source.ts`. */
import { registerHooks } from 'node:module';

const sources = new Map([
  ['juror', new URL('../../src/index.ts', import.meta.url).href],
  ['juror/statistics', new URL('../../src/statistics.ts', import.meta.url).href],
  ['juror/langchain', new URL('../../src/langchain.ts', import.meta.url).href],
  ['juror/promptfoo', new URL('../../src/integrations/promptfoo.ts', import.meta.url).href],
]);

registerHooks({
  resolve(specifier, context, next) {
    const url = sources.get(specifier);
    return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
  },
});
