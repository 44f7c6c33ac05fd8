import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Programs that tests start compile each source once: half of what starting one takes. */
const env = { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compile', import.meta.url)) };

/** Tests whose engines take both cores; the other engines have one thread. */
const wide = ['test/engine/exact.model.test.ts'];

/** What takes longest begins first, so that no core is idle while the last file runs. */
const longest = [
  'numerics.model',
  'kill.model',
  'law.model',
  'hostile.model',
  'page.browser',
  'viewer.browser',
  'report.browser',
  'inspect.integration',
  'packages.integration',
  'promptfoo.integration',
  'docs',
  'calibrate',
  'llama-supervisor',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return index < 0 ? longest.length : index;
    };
    return (await super.sort(files)).toSorted((left, right) => rank(left) - rank(right));
  }
}

const project = (name: string, suffix: string, rest: object = {}) => ({
  test: { name, env, include: [`test/**/*.${suffix}.test.ts`], maxWorkers: 3, ...rest },
});

/**
 * For two cores. First the files without a model, three at a time, since much of them waits for processes; then models of one thread
 * each, two at a time; then models of two threads, alone.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          env,
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.{model,browser,integration}.test.ts'],
          testTimeout: 30_000,
          // Files that share a worker load what they import once.
          isolate: false,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      project('browser', 'browser', {
        globalSetup: ['test/support/browser.ts'],
        testTimeout: 60_000,
        hookTimeout: 60_000,
        sequence: { groupOrder: 0 },
      }),
      project('integration', 'integration', {
        testTimeout: 120_000,
        hookTimeout: 300_000,
        sequence: { groupOrder: 0 },
      }),
      project('model', 'model', {
        exclude: wide,
        maxWorkers: 2,
        testTimeout: 180_000,
        hookTimeout: 180_000,
        sequence: { groupOrder: 1 },
      }),
      {
        test: {
          name: 'model-wide',
          env,
          include: wide,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
