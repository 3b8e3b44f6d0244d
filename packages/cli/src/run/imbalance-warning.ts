import { taskOf, type AnyDataset, type Figures } from '@kd/core'

/** The accuracy is so far above the balanced one where large classes hide small ones. */
const HIDDEN = 0.1
/** Classes whose sizes differ by less than this factor are no reason for it. */
const UNEQUAL = 2

/**
 * Says so where the accuracy looks good because large classes are learned and small ones are not.
 *
 * @param dataset - the student's
 * @param validation - figures of its validation split, if it has one; nothing is chosen on test
 * @returns what to tell, or undefined where all classes are learned alike
 */
export function imbalanceWarning(
  dataset: Pick<AnyDataset, 'train' | 'task' | 'classNames'>,
  validation: Figures | undefined,
): string | undefined {
  const { top1, balancedAccuracy } = validation ?? {}
  if (taskOf(dataset).name !== 'classification' || top1 === undefined || balancedAccuracy === undefined) {
    return undefined
  }
  const counts = new Map<number, number>()
  for (const label of dataset.train.labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  const [largest, smallest] = [Math.max(...counts.values()), Math.min(...counts.values())]
  if (largest < UNEQUAL * smallest || top1 - balancedAccuracy <= HIDDEN) return undefined
  const percent = (value: number): string => `${(100 * value).toFixed(2)} %`
  return (
    `the student is right for ${percent(top1)} of the validation split, but in the mean over its classes for ${percent(balancedAccuracy)}: ` +
    `they have from ${smallest} to ${largest} training examples. Small classes count more with training.classWeights: balanced, ` +
    'and choose the best epoch with training.monitor: balancedAccuracy'
  )
}
