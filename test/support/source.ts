/** `import 'juror'` in an example means the sources, not a build that may be older: `node --import ./test/support/source.ts`. */
import { registerHooks } from 'node:module';

const sources: Readonly<Record<string, string>> = {
  juror: new URL('../../src/index.ts', import.meta.url).href,
  'juror/statistics': new URL('../../src/statistics.ts', import.meta.url).href,
};

registerHooks({
  resolve(specifier, context, next) {
    const url = Object.hasOwn(sources, specifier) ? sources[specifier] : undefined;
    return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
  },
});
