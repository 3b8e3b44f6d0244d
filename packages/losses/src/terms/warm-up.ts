import { option } from '@kd/core'
import * as z from 'zod/mini'

/** Option of methods whose teacher's terms grow at the start. */
export const warmupEpochs = option(
  z.number().check(z.minimum(0)),
  20,
  "epochs over which the teacher's terms grow linearly to their weights; 0 for none",
)

/**
 * The share of their weights that the teacher's terms have in an epoch.
 *
 * @param epoch - from 0; the first has one step of the growth already
 * @param warmupEpochs - over how many they grow, >= 0
 * @returns in (0, 1]
 */
export function warmUpShare(epoch: number, warmupEpochs: number): number {
  return Math.min((epoch + 1) / warmupEpochs, 1)
}
