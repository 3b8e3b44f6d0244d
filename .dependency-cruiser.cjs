/** The arrows between packages and between folders; tools/boundaries/boundaries.test.ts shows that each of them bites. */

const tests = '[.]test(-d)?[.]ts$|^tools/testing/|^packages/(cli|native)/src/testing/'
const libraries = '^packages/(?!cli/)[^/]+/src/'

/** Folders beside those of methods that methods share. */
const sharedByMethods = 'terms|held-out|mixing-gradient|look-ahead-gradient|mixing-summary'

/** The rule that a layer of cli imports only itself and the layers before it. */
function layerOfCli(layer, before) {
  return {
    name: `cli-${layer}-imports-layers-before-it`,
    comment:
      'The layers of cli are config, run, jobs and cli; each of them imports itself and those before it.',
    severity: 'error',
    from: { path: `^packages/cli/src/${layer}/`, pathNot: tests },
    to: { path: '^packages/cli/src/', pathNot: `^packages/cli/src/(${[...before, layer].join('|')})/` },
  }
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'core-stands-alone',
      comment: 'core and native are the bottom layer: they import no other @kd package.',
      severity: 'error',
      from: { path: '^packages/(core|native)/src/', pathNot: tests },
      to: { path: '^(packages|examples)/', pathNot: '^packages/$1/' },
    },
    {
      name: 'libraries-know-only-core',
      comment:
        'Methods, models and datasets never import each other: what two of them need moves down to core.',
      severity: 'error',
      from: { path: '^packages/(?!cli/|core/|native/)([^/]+)/src/', pathNot: tests },
      to: { path: '^(packages|examples)/', pathNot: '^packages/(core|$1)/' },
    },
    {
      name: 'methods-stand-alone',
      comment:
        'A method imports its own folder and shared ones, never another method: what two of them need moves to terms or to core.',
      severity: 'error',
      from: { path: '^packages/(losses|features|meta-mixing)/src/([^/]+)/', pathNot: tests },
      to: {
        path: '^packages/$1/src/',
        pathNot: `^packages/$1/src/($2|${sharedByMethods})/`,
      },
    },
    {
      name: 'methods-of-selection-stand-alone',
      comment:
        'The methods of selection are files of one folder that share its other files; only index.ts imports them.',
      severity: 'error',
      from: { path: '^packages/selection/src/', pathNot: [tests, '^packages/selection/src/index[.]ts$'] },
      to: {
        path: '^packages/selection/src/methods/(selected|weighted|refreshed-selection|refreshed-weights)[.]ts$',
      },
    },
    layerOfCli('config', []),
    layerOfCli('run', ['config']),
    layerOfCli('jobs', ['config', 'run']),
    {
      name: 'index-is-the-door',
      comment:
        'Another package is entered by its name, which is its index.ts, never by a path to one of its files.',
      severity: 'error',
      from: { path: '^(packages|examples|tools)/([^/]+)/', pathNot: '^tools/' },
      to: {
        path: '^(packages|tools)/[^/]+/src/',
        pathNot: '^$1/$2/|^(packages|tools)/[^/]+/src/index[.]ts$',
      },
    },
    {
      name: 'testing-stays-in-tests',
      comment: 'tools/ is not published: only tests and build configuration may import it.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: tests },
      to: { path: '^tools/' },
    },
    {
      name: 'no-node-in-libraries',
      comment:
        'Libraries run in browsers too: only cli, native, tools and examples may import node:*, datasets by dynamic import.',
      severity: 'error',
      from: { path: libraries, pathNot: [tests, '^packages/(datasets|native)/'] },
      to: { dependencyTypes: ['core'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'datasets-load-node-late',
      comment: 'datasets must load in a browser: node:* only by dynamic import, where a file is read.',
      severity: 'error',
      from: { path: '^packages/datasets/src/', pathNot: tests },
      to: { dependencyTypes: ['core'], dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-declared-dependencies',
      comment:
        'What a package imports stands in its own package.json, or it works here and breaks for its users.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: tests },
      // Because of peerDependenciesMeta an optional peer counts as npm-no-pkg, too.
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'only-existing-files',
      severity: 'error',
      from: { pathNot: 'tools/snippets/[.]generated' },
      // What a build makes is not there before it.
      to: { couldNotResolve: true, pathNot: '(^|/)dist/' },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle means that two files are one concept, or that a third is missing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    // dist must not be excluded: excluding it hides the imports between packages altogether.
    doNotFollow: { path: ['node_modules', '(^|/)dist/'] },
    exclude: { path: 'tools/snippets/[.]generated|(^|/)runs/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@kd/source', 'import', 'node', 'types', 'default'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
