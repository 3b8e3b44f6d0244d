import { KdError } from '@kd/core'
import { findNodeModule } from '../../files/find-node-module.js'

/** The bytes that a table may need where the runtime states no limit. */
const ELSEWHERE = 4e9

/** A function that subtracts the bytes that a table will need from those that this process may use, and throws when none are left. */
export type MemoryBudget = (bytes: number) => void

/**
 * Makes the budget of memory for reading a file. A few bytes of a file can stand for billions of rows, and a process that tries
 * to hold them ends without an error message.
 *
 * @param fileName - for messages
 */
export function memoryBudget(fileName: string): MemoryBudget {
  const limit = findNodeModule('node:v8')?.getHeapStatistics().heap_size_limit ?? ELSEWHERE
  let needed = 0
  return (bytes) => {
    needed += bytes
    if (needed <= limit) return
    throw new KdError(
      `parseParquet: ${fileName} must fit into memory, ${gigabytes(limit)}, got a table of ${gigabytes(needed)} or more`,
      { hint: 'write fewer rows or columns, or let Node have more memory: --max-old-space-size' },
    )
  }
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`
