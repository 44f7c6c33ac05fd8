/** `import 'juror'` in an example means the sources, not a build that may be older: `node --import ./test/support/source.ts`. */
import { registerHooks } from 'node:module';

const source = new URL('../../src/index.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'juror' ? { url: source, shortCircuit: true } : next(specifier, context),
});
