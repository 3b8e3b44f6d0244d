import { writeSync } from 'node:fs'
import { inspect } from 'node:util'
import { KdError, randomSource } from '../../packages/core/src/index.js'
import { byteTargets } from './byte-targets.js'
import { clusterTargets } from './cluster-targets.js'
import { configTargets } from './config-targets.js'
import { fileTargets } from './file-targets.js'
import { foreignModelTargets } from './foreign-model-targets.js'
import type { FuzzTarget } from './fuzz-target.js'
import { answerTargets } from './answer-targets.js'
import { methodTargets } from './method-targets.js'
import { modelTargets } from './model-targets.js'
import { parquetTargets } from './parquet-targets.js'
import { smallFileTargets } from './small-file-targets.js'

// Gives one target its inputs, one after another. A process of its own: what hangs, crashes or eats memory ends here, and the
// number of the case that it began last stands on its fourth stream.

/** Seconds of the processor that one case may take. */
const MAX_SECONDS = 5
/** Bytes that one case may leave allocated. */
const MAX_BYTES = 300e6
/** Characters of a message: an error that repeats its input is none. */
const MAX_MESSAGE = 20_000

const [, , name, from, count, seed] = process.argv
const target: FuzzTarget = {
  ...byteTargets,
  ...clusterTargets,
  ...configTargets,
  ...fileTargets,
  ...foreignModelTargets,
  ...answerTargets,
  ...methodTargets,
  ...modelTargets,
  ...parquetTargets,
  ...smallFileTargets,
}[name!]!
const found = { valid: 0, refused: 0, failures: [] as string[] }
let current = 0

process.on('unhandledRejection', (reason) => fail('a rejection that nobody handles', reason))
const prototypes = [Object.prototype, Array.prototype, Function.prototype].map(
  (one) => [one, Reflect.ownKeys(one).length] as const,
)
const { rss } = process.memoryUsage()

for (
  current = Number(from);
  current < Number(from) + Number(count) && found.failures.length < 10;
  current++
) {
  writeSync(3, `${current}\n`)
  const input = await target.make(randomSource(seed!).split(name!).split(current))
  const began = process.cpuUsage()
  let outcome: 'valid' | 'refused' = 'valid'
  try {
    await target.read(input)
  } catch (error) {
    outcome = 'refused'
    if (!isOwn(error)) fail('an error that is not ours', error, input)
  }
  found[outcome]++
  check(began, input)
}
// Rejections come after the event loop's turn.
await new Promise((resolve) => setTimeout(resolve, 50))
writeSync(1, `${JSON.stringify(found)}\n`)
process.exit(0)

function isOwn(error: unknown): boolean {
  if (!(error instanceof Error) || error.message === '' || error.message.length > MAX_MESSAGE) return false
  return target.isOwn?.(error) ?? KdError.isInstance(error)
}

function check(began: NodeJS.CpuUsage, input: unknown): void {
  const { user, system } = process.cpuUsage(began)
  if (user + system > 1e6 * MAX_SECONDS)
    fail(`${((user + system) / 1e6).toFixed(1)} seconds`, undefined, input)
  const memory = process.memoryUsage()
  if (memory.rss - rss > 2 * MAX_BYTES || memory.external + memory.arrayBuffers > MAX_BYTES)
    fail(`memory: ${JSON.stringify(memory)}`, undefined, input)
  if (prototypes.some(([one, keys]) => Reflect.ownKeys(one).length !== keys)) {
    fail('a changed prototype', undefined, input)
    process.exit(4)
  }
  if ('kdExecuted' in globalThis) {
    fail('executed code', undefined, input)
    process.exit(5)
  }
}

function fail(what: string, error?: unknown, input?: unknown): void {
  const text =
    input instanceof Uint8Array
      ? `base64 ${Buffer.from(input).toString('base64')}`
      : inspect(input, { depth: 8 })
  const reason =
    error instanceof Error ? (error.stack ?? error.message).slice(0, 1500) : inspect(error).slice(0, 500)
  found.failures.push(`case ${current}: ${what}\n${reason}\ninput: ${text.slice(0, 1500)}`)
}
