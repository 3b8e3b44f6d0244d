import { KdError } from '@kd/core'
import type { BatchMaker } from './batch-maker.js'
import type { BatchReply, BatchRequest } from './batch-worker.js'
import type { PixelSource } from './fill-batch.js'
import { nodeModule } from '../files/node-module.js'

interface Waiting {
  readonly resolve: (inputs: Float32Array) => void
  readonly reject: (error: Error) => void
}

/**
 * Fills batches in a thread that shares one copy of the training inputs. The thread keeps the process alive only while
 * a batch is waited for.
 */
export function threadedMaker(source: PixelSource, workerFile: URL): BatchMaker {
  const { Worker } = nodeModule('node:worker_threads', 'batchSource')
  // Options of this program's Node, such as --input-type, need not suit the thread's program.
  const workerData: PixelSource = { ...source, inputs: shared(source.inputs) }
  const worker = new Worker(workerFile, { workerData, execArgv: [] })

  const waiting = new Map<number, Waiting>()
  let failure: Error | undefined
  let takers = 0
  let nextId = 0
  const fail = (error: Error): void => {
    failure ??= error
    for (const { reject } of waiting.values()) reject(failure)
    waiting.clear()
  }
  worker.on('message', ({ id, inputs }: BatchReply) => {
    waiting.get(id)?.resolve(inputs)
    waiting.delete(id)
  })
  worker.on('error', (error) => {
    fail(new KdError(`batchSource: the batch thread must not fail, got: ${error.message}`, { cause: error }))
  })
  worker.on('exit', () => {
    fail(new KdError('batchSource: the batch thread must stay open until the last batch, got closed'))
  })
  // After the listeners, for listening to messages keeps the process alive again.
  worker.unref()

  return {
    start(plan) {
      const id = nextId++
      const inputs = new Promise<Float32Array>((resolve, reject) => {
        if (failure) reject(failure)
        else waiting.set(id, { resolve, reject })
      })
      // An error is reported where the batch is taken; that of a dropped batch concerns no step.
      inputs.catch(() => undefined)
      const request: BatchRequest = { id, plan }
      worker.postMessage(request)
      return { take: () => whileReferenced(inputs), drop: () => waiting.delete(id) }
    },
    async close() {
      await worker.terminate()
    },
  }

  async function whileReferenced(inputs: Promise<Float32Array>): Promise<Float32Array> {
    if (takers++ === 0) worker.ref()
    try {
      return await inputs
    } finally {
      if (--takers === 0) worker.unref()
    }
  }
}

/** Copies values into memory that threads can share. */
function shared(inputs: PixelSource['inputs']): PixelSource['inputs'] {
  if (inputs.buffer instanceof SharedArrayBuffer) return inputs
  const buffer = new SharedArrayBuffer(inputs.byteLength)
  const copy = new (inputs.constructor as new (memory: SharedArrayBuffer) => typeof inputs)(buffer)
  copy.set(inputs)
  return copy
}

/** Tells whether this program can start the thread: a bundler may have left its file behind. */
export function canStartThread(workerFile: URL): boolean {
  if (workerFile.protocol !== 'file:') return false
  try {
    return nodeModule('node:fs', 'batchSource').existsSync(workerFile)
  } catch {
    return false
  }
}
