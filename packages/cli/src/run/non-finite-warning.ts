import type { Figures } from '@kd/core'

/**
 * Says how many examples of a split got no finite prediction.
 *
 * @param figures - of the split
 * @param whose - who predicted, such as `the student`
 * @param split - its name
 * @returns what to tell, or undefined where every prediction is finite
 */
export function nonFiniteWarning(
  { nonFinite, examples }: Figures,
  whose: string,
  split: string,
): string | undefined {
  if (nonFinite === undefined) return undefined
  return (
    `${whose} gives numbers that are not finite for ${nonFinite} of ${examples} examples of the ${split} split; ` +
    'they count as wrong and are left out of the loss. Look for inputs far out of range, such as a number that stands for "no data"'
  )
}
