import { matMul, randomNormal, tidy } from '@tensorflow/tfjs-core'
import type { LastLayer } from './see-split.js'

/** What scoring takes. */
export interface SelectionCost {
  /** The memory that features and logits take while they are kept. */
  readonly bytes: number
  /** Wall time, roughly. */
  readonly seconds: number
}

/** Solutions by conjugate gradients seldom take more products with the Hessian than this. */
const PRODUCTS = 100
const ROWS = 2048

/**
 * Estimates memory exactly and time roughly: a first piece of the model's pass and one product of the size of a block's are
 * timed.
 *
 * @param lastLayer - of the scored model
 * @param examples - of both splits
 * @param passSeconds - that the model took per example
 * @param solves - whether the score solves with the Hessian
 * @returns an estimate
 */
export async function selectionCost(
  { features, logits }: LastLayer,
  examples: number,
  { passSeconds, solves }: { readonly passSeconds: number; readonly solves: boolean },
): Promise<SelectionCost> {
  const bytes = examples * (features + logits) * Float32Array.BYTES_PER_ELEMENT
  const pass = examples * passSeconds
  if (!solves) return { bytes, seconds: pass }
  const product = tidy(() => matMul(randomNormal([ROWS, features]), randomNormal([features, logits])))
  await product.data()
  product.dispose()
  const started = performance.now()
  const second = tidy(() => matMul(randomNormal([ROWS, features]), randomNormal([features, logits])))
  await second.data()
  second.dispose()
  const perExample = (performance.now() - started) / 1000 / ROWS
  // Features times direction and back, for every product.
  return { bytes, seconds: pass + 2 * PRODUCTS * examples * perExample }
}
