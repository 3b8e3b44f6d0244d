import type { Reporter, TestModule } from 'vitest/node'

/** Tells once, at the end of all tests, how many were skipped for what this machine lacks, and how to have it. */
export class SkippedTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const line of linesOnSkipped(modules)) console.log(line)
  }
}

/**
 * @param modules - the test files of a run
 * @returns a line for each reason that skipped tests give by `needs` of `@kd/testing`
 */
function linesOnSkipped(modules: readonly TestModule[]): string[] {
  const counts = new Map<string, number>()
  for (const module of modules) {
    for (const test of module.children.allTests('skipped')) {
      const { needs } = test.meta()
      // Tests that a name pattern leaves out are skipped too, and lack nothing.
      if (needs !== undefined) counts.set(needs, (counts.get(needs) ?? 0) + 1)
    }
  }
  return [...counts].map(
    ([needs, count]) => `${count} ${count === 1 ? 'test' : 'tests'} skipped: no ${needs}`,
  )
}
