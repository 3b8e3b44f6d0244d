import type { RandomSource } from '@kd/core'
import type { Augmentation } from './augmentation.js'

/**
 * All random choices for one batch, drawn before its pixels are touched. This thread and another one therefore fill
 * the batch alike, and need no random source for it.
 */
export interface BatchPlan {
  /** [N] rows of the training split. */
  readonly rows: Int32Array
  /** [N, 2] rows and columns by which a pixel's source lies below and to the right of it. */
  readonly shifts?: Int32Array
  /** [N] 1 where the image is mirrored. */
  readonly flips?: Uint8Array
  /** [N, 2] row and column of the middle of the cleared square. */
  readonly holes?: Int32Array
  /** How inputs are mixed; `partners` [N] holds the position in the batch of the input that each one is mixed with. */
  readonly mixup?: { readonly ratio: number; readonly partners: Int32Array }
}

/** Draws the plan of a batch. */
export function planBatch(
  rows: Int32Array,
  { crop, flip = false, cutout, mixup }: Augmentation,
  [height = 1, width = 1]: readonly number[],
  random: RandomSource,
): BatchPlan {
  const count = rows.length
  return {
    rows,
    ...(crop && {
      shifts: draw(
        2 * count,
        random.split('crop'),
        (source) => source.integer(2 * crop.padding + 1) - crop.padding,
      ),
    }),
    ...(flip && { flips: Uint8Array.from(draw(count, random.split('flip'), (source) => source.integer(2))) }),
    ...(cutout && {
      holes: draw(2 * count, random.split('cutout'), (source, index) =>
        source.integer(index % 2 === 0 ? height : width),
      ),
    }),
    ...(mixup && {
      mixup: {
        ratio: random.split('mixup').beta(mixup.alpha, mixup.alpha),
        partners: random.split('partners').shuffle(Int32Array.from(rows.keys())),
      },
    }),
  }
}

function draw(
  count: number,
  random: RandomSource,
  value: (random: RandomSource, index: number) => number,
): Int32Array {
  return Int32Array.from({ length: count }, (_, index) => value(random, index))
}
