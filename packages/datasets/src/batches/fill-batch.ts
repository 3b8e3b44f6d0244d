import type { BatchPlan } from './plan-batch.js'

/** The pixels of a training split, and how to normalise them. Inputs of other ranks are images of one row. */
export interface PixelSource {
  /** [examples, height, width, channels] */
  readonly inputs: Uint8Array | Float32Array | Float64Array
  readonly height: number
  readonly width: number
  readonly channels: number
  /** [channels] */
  readonly mean: readonly number[]
  /** [channels] */
  readonly standardDeviation: readonly number[]
  /** Side of the square that cutout clears. */
  readonly cutoutSize: number
}

/** Turns a plan into normalised inputs [N, height, width, channels]. */
export type FillBatch = (plan: BatchPlan) => Float32Array

/**
 * Makes the function that does all pixel work of a batch: crop, flip, normalise, cutout, mixup, in this order. This
 * file imports nothing at run time, because it runs in the batch thread as well.
 */
export function batchFiller(source: PixelSource): FillBatch {
  const { height, width, channels } = source
  const size = height * width * channels
  const copyExample = exampleCopier(source)
  return (plan) => {
    const count = plan.rows.length
    const batch = new Float32Array(count * size)
    for (let index = 0; index < count; index++) {
      const shiftY = plan.shifts?.[2 * index] ?? 0
      const shiftX = plan.shifts?.[2 * index + 1] ?? 0
      copyExample(plan.rows[index]!, batch, index * size, { shiftY, shiftX, flip: plan.flips?.[index] === 1 })
      if (plan.holes)
        clearSquare(source, batch, index * size, plan.holes[2 * index]!, plan.holes[2 * index + 1]!)
    }
    return plan.mixup ? mix(batch, size, plan.mixup) : batch
  }
}

interface Placement {
  readonly shiftY: number
  readonly shiftX: number
  readonly flip: boolean
}

type CopyExample = (row: number, batch: Float32Array, to: number, placement: Placement) => void

/** Makes the function that copies and normalises one example. Bytes are looked up among 256 normalised values per channel. */
function exampleCopier({
  inputs,
  height,
  width,
  channels,
  mean,
  standardDeviation,
}: PixelSource): CopyExample {
  const normalize = (value: number, channel: number): number =>
    Math.fround((value - mean[channel]!) / standardDeviation[channel]!)
  const table = Float32Array.from({ length: 256 * channels }, (_, index) =>
    normalize(Math.floor(index / channels), index % channels),
  )
  const isBytes = inputs instanceof Uint8Array
  return (row, batch, to, { shiftY, shiftX, flip }) => {
    const base = row * height * width * channels
    let target = to
    for (let y = 0; y < height; y++) {
      const sourceY = y + shiftY
      for (let x = 0; x < width; x++) {
        const sourceX = (flip ? width - 1 - x : x) + shiftX
        const inside = sourceY >= 0 && sourceY < height && sourceX >= 0 && sourceX < width
        const from = base + (sourceY * width + sourceX) * channels
        for (let channel = 0; channel < channels; channel++) {
          const value = inside ? inputs[from + channel]! : 0
          batch[target++] = isBytes ? table[value * channels + channel]! : normalize(value, channel)
        }
      }
    }
  }
}

function clearSquare(
  source: PixelSource,
  batch: Float32Array,
  to: number,
  middleY: number,
  middleX: number,
): void {
  const { height, width, channels, cutoutSize } = source
  const top = middleY - Math.floor(cutoutSize / 2)
  const left = middleX - Math.floor(cutoutSize / 2)
  const from = Math.max(0, left)
  const end = Math.min(width, left + cutoutSize)
  for (let y = Math.max(0, top); y < Math.min(height, top + cutoutSize); y++) {
    batch.fill(0, to + (y * width + from) * channels, to + (y * width + end) * channels)
  }
}

function mix(
  batch: Float32Array,
  size: number,
  { ratio, partners }: NonNullable<BatchPlan['mixup']>,
): Float32Array {
  const mixed = new Float32Array(batch.length)
  for (const [index, partner] of partners.entries()) {
    const first = index * size
    const second = partner * size
    for (let offset = 0; offset < size; offset++) {
      mixed[first + offset] = ratio * batch[first + offset]! + (1 - ratio) * batch[second + offset]!
    }
  }
  return mixed
}
