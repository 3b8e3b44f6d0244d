import { defineConfig } from 'vitest/config'
import { isolatedTests } from './tools/test-runs/isolated-tests.js'
import { SkippedTests } from './tools/test-runs/skipped-tests.js'

const tests = ['packages/*/src/**/*.test.ts', 'tools/**/*.test.ts', 'examples/**/*.test.ts']
const isolated = isolatedTests(import.meta.dirname)

export default defineConfig({
  // Tests read the sources of every package, so that no build is needed to run them.
  resolve: { conditions: ['@kd/source', 'node', 'import', 'module', 'default'] },
  ssr: { resolve: { conditions: ['@kd/source', 'node', 'import', 'module', 'default'] } },
  test: {
    setupFiles: ['tools/vitest.setup.ts'],
    // Vitest leaves one core free, which of two is half. Many tests wait for processes that they start.
    maxWorkers: '100%',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', new SkippedTests()],
    // Loading TensorFlow.js takes longer than most tests, so that files share processes, which load it once. A file that
    // must not be shared says so on its first line: `// @isolated: reason`.
    projects: [
      { extends: true, test: { name: 'shared', isolate: false, include: tests, exclude: isolated } },
      { extends: true, test: { name: 'isolated', include: isolated } },
    ],
  },
})
