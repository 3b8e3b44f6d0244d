import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import typescript from 'typescript-eslint'
import { noChainedTensorOperations } from './tools/lint/no-chained-tensor-operations.js'

const tests = ['**/*.test.ts', '**/*.test-d.ts', 'tools/testing/**', 'packages/native/src/testing/**']
const nodeGlobals = Object.fromEntries(
  [
    'AbortController',
    'Buffer',
    'URL',
    'console',
    'performance',
    'process',
    'setTimeout',
    'clearTimeout',
    'structuredClone',
  ].map((name) => [name, 'readonly']),
)

const tensorflowImports = [
  {
    group: ['@tensorflow/tfjs', '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'],
    message: 'Use @tensorflow/tfjs-core; engines are loaded by selectEngine of @kd/core.',
  },
  {
    group: ['@tensorflow/*/*'],
    message: 'Paths inside a TensorFlow.js package do not resolve in Node: import the package itself.',
  },
]
const nodeImports = {
  group: ['node:*', 'fs', 'path', 'os', 'process', 'worker_threads', 'fs/promises'],
  allowTypeImports: true,
  message:
    'Libraries run in browsers too: node:* belongs to cli, native, tools and examples (datasets: by dynamic import).',
}

const bannedSyntax = [
  { selector: 'ExportDefaultDeclaration', message: 'Use named exports.' },
  {
    selector: 'MemberExpression[object.name="tf"][property.name="losses"]',
    message: 'tf.losses has a wrong gradient for labels: use crossEntropy or softCrossEntropy of @kd/core.',
  },
  {
    selector: 'MemberExpression[property.name=/^(skipIf|runIf)$/]',
    message: 'Use needs() of @kd/testing, so that the end of all tests says why one was skipped.',
  },
]
const bannedInLibraries = [
  ...bannedSyntax,
  {
    selector: 'ImportExpression[source.value=/^node:/]',
    message: 'Libraries run in browsers too: node:* belongs to cli, tools, examples and datasets.',
  },
]
const unpredictable = (object, property) => ({
  object,
  property,
  message: 'A run must repeat exactly: take a RandomSource or the time as an argument.',
})

export default defineConfig(
  globalIgnores(['**/dist', '**/dist-addon', '**/coverage', 'docs/api', '**/.nx', '**/runs']),
  js.configs.recommended,
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: nodeGlobals },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { ...nodeGlobals, require: 'readonly', module: 'readonly', __dirname: 'readonly' },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [typescript.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { kd: { rules: { 'no-chained-tensor-operations': noChainedTensorOperations } } },
    rules: {
      'kd/no-chained-tensor-operations': 'error',
      'no-restricted-syntax': ['error', ...bannedSyntax],
      '@typescript-eslint/no-restricted-imports': ['error', { patterns: tensorflowImports }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Indexing typed arrays gives `number | undefined` under noUncheckedIndexedAccess; `!` is how loops say otherwise.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // The types of TensorFlow.js promise more than its functions return, so that needed checks look needless.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // TensorFlow.js passes plain objects where its classes are declared; only their shape matters.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Type parameters that only fix a tensor's rank are TensorFlow.js's own idiom.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // `void` marks a getter that is called for what it does.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      // An implementation of an asynchronous interface need not wait for anything.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: tests,
    rules: {
      'max-lines': ['error', { max: 200, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: [...tests, 'packages/cli/**', 'packages/native/**'],
    rules: {
      'no-console': 'error',
      'no-restricted-globals': [
        'error',
        { name: 'process', message: 'Only cli, native, tools and examples read the process.' },
      ],
      'no-restricted-properties': ['error', unpredictable('Math', 'random'), unpredictable('Date', 'now')],
      'no-restricted-syntax': ['error', ...bannedInLibraries],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [...tensorflowImports, nodeImports] },
      ],
    },
  },
  {
    files: ['packages/datasets/src/**/*.ts'],
    ignores: tests,
    rules: { 'no-restricted-syntax': ['error', ...bannedSyntax] },
  },
  {
    // The one file of a library that asks whether this is Node, for engines that need it.
    files: ['packages/core/src/engine/node-runtime.ts'],
    rules: { 'no-restricted-globals': 'off' },
  },
  {
    // Tests read golden files and try wrong arguments on purpose.
    files: tests,
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // Tools ask for a default export, and these files belong to no package's sources.
    files: ['**/*.config.ts'],
    extends: [typescript.configs.disableTypeChecked],
    rules: { 'no-restricted-syntax': 'off', 'kd/no-chained-tensor-operations': 'off' },
  },
)
