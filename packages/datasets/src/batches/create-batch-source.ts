import {
  assertDataset,
  InvalidArgumentError,
  gatherRows,
  labelSize,
  memoryBatches,
  taskOf,
  type AnyDataset,
  type BatchSource,
  type EpochBatches,
} from '@kd/core'
import { assertAugmentation, type Augmentation } from './augmentation.js'
import { inlineMaker, type BatchMaker, type PendingBatch } from './batch-maker.js'
import type { PixelSource } from './fill-batch.js'
import { planBatch, type BatchPlan } from './plan-batch.js'
import { canStartThread, threadedMaker } from './threaded-maker.js'
import { assertCount } from '../counts.js'
import { rowsUpTo } from '../rows.js'

/** Options of {@link batchSource}. */
export interface BatchSourceOptions {
  /** Random changes to the inputs. @defaultValue none */
  readonly augmentation?: Augmentation
  /** How many batches the thread makes ahead of the step that needs them. @defaultValue 4 */
  readonly ahead?: number
}

/** Data of up to this many numbers, 64 MB of floats, are normalised once and kept so. */
const smallSize = 16 * 2 ** 20

/** Does what `batchSource` does, with the thread's program in a given file, which tests build for themselves. */
export function createBatchSource(
  dataset: AnyDataset,
  options: BatchSourceOptions,
  workerFile: URL,
): BatchSource {
  const { augmentation = {}, ahead = 4 } = options
  assertDataset(dataset, 'batchSource')
  assertAugmentation(augmentation, dataset.inputShape)
  assertCount(ahead, 'ahead', 'batchSource')
  const { train, inputShape } = dataset
  const sizeOfLabel = labelSize(taskOf(dataset))
  const augments = Object.values(augmentation).some((value) => value !== undefined && value !== false)
  if (!augments && train.inputs.length <= smallSize) return smallSource(dataset)
  const source = pixelSource(dataset, augmentation.cutout?.size ?? 0)
  let depth = 1
  // It is started at once, so that the thread is up when the first batch is wanted.
  let maker: BatchMaker | undefined = startMaker()

  function startMaker(): BatchMaker {
    if (!canStartThread(workerFile)) return inlineMaker(source)
    depth = ahead
    return threadedMaker(source, workerFile)
  }

  function* plans({ epoch, batchSize, random }: EpochBatches): Generator<BatchPlan> {
    const order = random.split('order').split(epoch).shuffle(rowsUpTo(train.ids.length))
    const draws = random.split('augmentation').split(epoch)
    for (let start = 0; start < order.length; start += batchSize) {
      yield planBatch(order.slice(start, start + batchSize), augmentation, inputShape, draws.split(start))
    }
  }

  return {
    augments,
    async *batches(wanted) {
      assertBatchSize(wanted, train.ids.length)
      maker ??= startMaker()
      for await (const { plan, inputs } of madeAhead(plans(wanted), maker, depth)) {
        const { rows, mixup } = plan
        const labels = gatherRows(train.labels, rows, sizeOfLabel)
        yield {
          inputs,
          labels,
          ids: rows.map((row) => train.ids[row]!),
          rows,
          ...(mixup && {
            mixup: { ratio: mixup.ratio, secondLabels: gatherRows(labels, mixup.partners, sizeOfLabel) },
          }),
        }
      }
    },
    async close() {
      await maker?.close()
      maker = undefined
    },
  }
}

/** Data that nothing changes and that fit into memory as floats are the training loop's own default. */
function smallSource(dataset: AnyDataset): BatchSource {
  const source = memoryBatches(dataset)
  return {
    augments: source.augments,
    async *batches(wanted) {
      assertBatchSize(wanted, dataset.train.ids.length)
      yield* source.batches(wanted)
    },
  }
}

function assertBatchSize({ batchSize }: EpochBatches, examples: number): void {
  if (Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= examples) return
  throw new InvalidArgumentError(
    `batchSource: batchSize must be a whole number from 1 to the ${examples} training examples, got ${batchSize}`,
  )
}

/** Makes up to `depth` batches ahead while the consumer works on one. */
async function* madeAhead(
  plans: Iterator<BatchPlan>,
  maker: BatchMaker,
  depth: number,
): AsyncGenerator<{ plan: BatchPlan; inputs: Float32Array }> {
  const queue: { plan: BatchPlan; pending: PendingBatch }[] = []
  const fillQueue = (): void => {
    while (queue.length < depth) {
      const next = plans.next()
      if (next.done === true) return
      queue.push({ plan: next.value, pending: maker.start(next.value) })
    }
  }
  try {
    for (;;) {
      fillQueue()
      const first = queue.shift()
      if (first === undefined) return
      const inputs = await first.pending.take()
      fillQueue()
      yield { plan: first.plan, inputs }
    }
  } finally {
    for (const { pending } of queue) pending.drop()
  }
}

/** Describes the training inputs as images; those of other ranks than 3 get one row, and their last axis becomes the channels. */
function pixelSource({ inputShape, normalization, train }: AnyDataset, cutoutSize: number): PixelSource {
  const channels = inputShape.at(-1)!
  const size = inputShape.reduce((product, length) => product * length, 1)
  const [height, width] = inputShape.length === 3 ? [inputShape[0]!, inputShape[1]!] : [1, size / channels]
  const perChannel = (values: readonly number[]): readonly number[] =>
    values.length === channels ? values : new Array<number>(channels).fill(values[0]!)
  return {
    inputs: train.inputs,
    height,
    width,
    channels,
    mean: perChannel(normalization.mean),
    standardDeviation: perChannel(normalization.standardDeviation),
    cutoutSize,
  }
}
