/** The layers of AGENTS.md, lowest first. A module imports from its own layer or from below. */
const layers = [
  ['schema', 'errors', 'events', 'canonical'],
  ['aggregate', 'head'],
  ['rubric', 'scale', 'prompt', 'prompt-template', 'fence', 'problems', 'yaml', 'dataset', 'store', 'engine'],
  ['judge', 'preference', 'reward', 'exchange'],
  ['card', 'loop', 'suite', 'view', 'report', 'scoring'],
  ['cli', 'index', 'langchain', 'statistics', 'vitest', 'integrations'],
];
const pattern = (names) => `^src/(${names.join('|')})(/|\\.ts$)`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...layers.map((names, index) => ({
      name: `layer-${index + 1}-imports-only-from-below`,
      severity: 'error',
      from: { path: pattern(names) },
      to: { path: layers.slice(index + 1).length ? pattern(layers.slice(index + 1).flat()) : '^$' },
    })),
    {
      name: 'every-module-has-a-layer',
      severity: 'error',
      comment: 'a module that imports nothing is caught where it is imported',
      from: { path: '^src/', pathNot: pattern(layers.flat()) },
      to: {},
    },
    {
      name: 'every-imported-module-has-a-layer',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: pattern(layers.flat()) },
    },
    {
      name: 'rooms-of-layer-3-do-not-know-each-other',
      severity: 'error',
      comment:
        'store, engine and dataset are independent; rubric and prompt share the scales, the templates and the yaml reader',
      from: { path: '^src/(store|engine|dataset)(/|\\.ts$)' },
      to: { path: pattern(layers[2]), pathNot: '^src/$1(/|\\.ts$)' },
    },
    {
      name: 'only-the-child-loads-the-native-addon',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/engine/llama-child[^/]*\\.ts$' },
      to: { path: 'node-llama-cpp' },
    },
    {
      name: 'only-prompt-and-langchain-import-langchain',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(prompt\\.ts$|engine/langchain[^/]*\\.ts$|langchain[/.])' },
      to: { path: '(^|/)(@langchain/|langchain)', pathNot: '^src/' },
    },
    {
      name: 'aggregate-is-pure',
      severity: 'error',
      comment: 'no files, no clock, no randomness but a passed seed; Biome forbids the globals',
      from: { path: '^src/(aggregate|head)/' },
      to: { dependencyTypes: ['core'], pathNot: '^crypto$' },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'product-code-needs-product-dependencies',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        pathNot: 'node_modules/(@types|vitest)/',
      },
    },
    {
      name: 'only-the-vitest-room-imports-vitest',
      severity: 'error',
      comment: 'a peer that users bring, and a development dependency here',
      from: { path: '^src/', pathNot: '^src/vitest[/.]' },
      to: { path: 'node_modules/vitest/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
