import { ShapeError, type Dataset } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'

/**
 * Checks that a model that was loaded is one for the data set.
 *
 * @param model - with one input and one output
 * @param dataset - gives input shape and classes
 * @param name - what the error calls the model
 * @throws {@link ShapeError} naming both shapes and both numbers of classes
 */
export function assertFits(model: LayersModel, dataset: Dataset, name: string): void {
  const inputs = model.inputs.map(({ shape }) => `[${shape.slice(1).join(', ')}]`).join(', ')
  const classes = model.outputs.map(({ shape }) => String(shape.at(-1))).join(', ')
  const wantedInputs = `[${dataset.inputShape.join(', ')}]`
  const wantedClasses = String(dataset.classNames.length)
  if (inputs === wantedInputs && classes === wantedClasses) return
  throw new ShapeError(
    `${name} must take inputs ${wantedInputs} and give ${wantedClasses} classes for ${dataset.name}, got inputs ${inputs} and ${classes} classes`,
    { hint: 'use a model trained on the same classes in the same order' },
  )
}
