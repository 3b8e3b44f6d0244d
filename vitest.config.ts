import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Tests read the sources of every package, so that no build is needed to run them.
  resolve: { conditions: ['@kd/source', 'node', 'import', 'module', 'default'] },
  ssr: { resolve: { conditions: ['@kd/source', 'node', 'import', 'module', 'default'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tools/**/*.test.ts', 'examples/**/*.test.ts'],
    setupFiles: ['tools/vitest.setup.ts'],
    // Vitest leaves one core free, which of two is half. Many tests wait for processes that they start.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
