import type { TestOptions } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** What the machine lacks for the test, and how to have it. */
    needs?: string
  }
}

/**
 * Says what tests need of the machine. Where it is missing they are skipped, and the end of `npm test` says how many were,
 * why, and how to have it.
 *
 * @param isHere - whether this machine has it
 * @param what - its name, and how to have it
 * @returns options of `describe` and `it`
 * @example
 * ```ts no-run
 * describe('a queue', needs(hasRedis(), 'redis-server (apt-get install redis-server)'), () => {})
 * ```
 */
export function needs(isHere: boolean, what: string): TestOptions {
  return isHere ? {} : { skip: true, meta: { needs: what } }
}

/** Options of tests that read `/proc` or Linux's own folders. */
export const needsLinux: TestOptions = needs(process.platform === 'linux', 'Linux')

/** Options of tests that run shell scripts or send signals. */
export const needsPosix: TestOptions = needs(
  process.platform !== 'win32',
  'shell and signals of POSIX (Linux or macOS)',
)
