import { taskOf, type AnyDataset, type EpochMetrics } from '@kd/core'

/** So close to the share of the largest class, nothing was learned beyond it. */
const MARGIN = 1.05

/**
 * Says so when a training came to nothing: losses stay finite when units die, and a table of accuracies does not say why.
 *
 * @param dataset - the student's
 * @param epoch - the last one
 * @returns what to tell, or undefined for a student that learned something, and for tasks without classes
 */
export function chanceWarning(
  dataset: Pick<AnyDataset, 'train' | 'task' | 'classNames'>,
  { train: { figures } }: Pick<EpochMetrics, 'train'>,
): string | undefined {
  const { top1 } = figures
  if (taskOf(dataset).name !== 'classification' || top1 === undefined) return undefined
  const { labels } = dataset.train
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
