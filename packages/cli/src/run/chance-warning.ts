import type { Examples } from '@kd/core'

/** So close to the share of the largest class, nothing was learned beyond it. */
const MARGIN = 1.05

/**
 * Says so when a training came to nothing: losses stay finite when units die, and a table of accuracies does not say why.
 *
 * @param train - the student's training examples
 * @param top1 - accuracy on them in the last epoch
 * @returns what to tell, or undefined for a student that learned something
 */
export function chanceWarning({ labels }: Pick<Examples, 'labels'>, top1: number): string | undefined {
  const counts = new Map<number, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  const share = Math.max(...counts.values()) / labels.length
  if (counts.size < 2 || top1 > share * MARGIN) return undefined
  const percent = (value: number): string => `${(100 * value).toFixed(2)} %`
  return (
    `the student learned nothing: ${percent(top1)} right in its last epoch, where always the same class gives ${percent(share)}; ` +
    'lower training.learningRate, set training.gradientClipping, or train for longer'
  )
}
