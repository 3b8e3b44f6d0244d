import type * as z from 'zod/mini'
import { weight } from './options.js'

/**
 * The option of methods whose teacher's terms grow at the start, see {@link warmUpShare}; 20 epochs unless a method says otherwise.
 *
 * @example
 * ```ts
 * import { labelLoss, warmupEpochs } from '@kd/core'
 *
 * console.log(warmupEpochs !== undefined, labelLoss().name) // true label-loss
 * ```
 */
export const warmupEpochs: z.ZodMiniDefault<z.ZodMiniNumber<number>> = weight(
  20,
  "epochs over which the teacher's terms grow linearly to their weights; 0 for none",
)

/**
 * The share of their weights that the teacher's terms have in an epoch.
 *
 * @param epoch - from 0; the first has one step of the growth already
 * @param warmupEpochs - over how many they grow, >= 0
 * @returns min((epoch + 1) / warmupEpochs, 1), in (0, 1]
 *
 * @example
 * ```ts
 * import { warmUpShare } from '@kd/core'
 *
 * console.log(warmUpShare(0, 20), warmUpShare(30, 20)) // 0.05 1
 * ```
 */
export function warmUpShare(epoch: number, warmupEpochs: number): number {
  return Math.min((epoch + 1) / warmupEpochs, 1)
}
