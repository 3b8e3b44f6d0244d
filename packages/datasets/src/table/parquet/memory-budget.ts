import { KdError } from '@kd/core'
import { findNodeModule } from '../../files/find-node-module.js'

/** Where nobody says how much a program may have. */
const ELSEWHERE = 4e9

/** Takes bytes that a table will need from those that this process may have, and throws when there are none left. */
export type MemoryBudget = (bytes: number) => void

/**
 * A few bytes of a file can stand for billions of rows; a process that tries to hold them ends without a word.
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
