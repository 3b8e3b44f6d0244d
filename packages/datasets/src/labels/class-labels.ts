import { InvalidArgumentError, type AnyDataset, type Dataset } from '@kd/core'

/** Tells whether a data set is to be learned by classes. */
export function hasClasses(dataset: AnyDataset): dataset is Dataset {
  return dataset.task === undefined || dataset.task.name === 'classification'
}

/** Checks that a data set is to be learned by classes, for what makes sense with them only. */
export function assertHasClasses(dataset: AnyDataset, functionName: string): asserts dataset is Dataset {
  if (hasClasses(dataset)) return
  throw new InvalidArgumentError(
    `${functionName}: dataset must be of the task classification, got ${dataset.name} of the task ${dataset.task?.name}`,
  )
}
