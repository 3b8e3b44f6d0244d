import { assertPositive, ShapeError } from '@kd/core'
import { assertCount } from '../counts.js'

/** Random changes to training inputs, drawn anew in every epoch. Only those that are named are made. */
export interface Augmentation {
  /**
   * Shifts each image by whole pixels drawn from [-padding, padding] in each direction, the usual random crop of the
   * padded image. The border that comes into view is raw 0 (black), normalised like any pixel, as in torchvision,
   * where padding comes before normalisation.
   */
  readonly crop?: { readonly padding: number }
  /** Mirrors each image left to right with probability 1/2. */
  readonly flip?: boolean
  /**
   * Clears a square of size x size around a pixel drawn uniformly; the part outside the image is lost. It is cleared to
   * 0 after normalisation, the mean colour, as in the authors' code (DeVries and Taylor, arXiv 1708.04552).
   */
  readonly cutout?: { readonly size: number }
  /**
   * Mixes each input with another one of its batch, one ratio ~ Beta(alpha, alpha) for the whole batch (Zhang et al.,
   * mixup, ICLR 2018). The loss has to mix as well, see `TrainingBatch.mixup`.
   */
  readonly mixup?: { readonly alpha: number }
}

/** Checks an augmentation against the shape of the inputs that it is for. */
export function assertAugmentation(augmentation: Augmentation, inputShape: readonly number[]): void {
  const { crop, flip = false, cutout, mixup } = augmentation
  if ((crop !== undefined || flip || cutout !== undefined) && inputShape.length !== 3) {
    throw new ShapeError(
      `batchSource: crop, flip and cutout need inputs of [height, width, channels], got [${inputShape.join(', ')}]`,
    )
  }
  if (crop !== undefined) assertCount(crop.padding, 'crop.padding', 'batchSource')
  if (cutout !== undefined) assertCount(cutout.size, 'cutout.size', 'batchSource')
  if (mixup !== undefined) assertPositive(mixup.alpha, 'mixup.alpha', 'batchSource')
}
