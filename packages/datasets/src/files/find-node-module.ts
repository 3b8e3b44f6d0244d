import type * as crypto from 'node:crypto'
import type * as fs from 'node:fs'
import type * as fsPromises from 'node:fs/promises'
import type * as module from 'node:module'
import type * as os from 'node:os'
import type * as path from 'node:path'
import type * as process from 'node:process'
import type * as v8 from 'node:v8'
import type * as workerThreads from 'node:worker_threads'
import type * as zlib from 'node:zlib'

/** The modules of Node that this package uses. */
export interface NodeModules {
  'node:crypto': typeof crypto
  'node:fs': typeof fs
  'node:fs/promises': typeof fsPromises
  'node:module': typeof module
  'node:os': typeof os
  'node:path': typeof path
  'node:process': typeof process
  'node:v8': typeof v8
  'node:worker_threads': typeof workerThreads
  'node:zlib': typeof zlib
}

/**
 * Returns one of Node's own modules, or undefined in other runtimes. It asks the process and does not import, because a
 * bundler for browsers follows even an `import('node:fs')` that never runs, and fails. This file imports nothing at run time, since
 * the batch thread needs it but must not load @kd/core.
 */
export function findNodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }
  return process?.getBuiltinModule?.(name) as NodeModules[Name] | undefined
}
