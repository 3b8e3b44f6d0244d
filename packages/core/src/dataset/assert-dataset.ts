import { taskOf } from '../task/classification.js'
import { type LabelArray, labelSize } from '../task/labels.js'
import type { Task } from '../task/task.js'
import type { AnyDataset, Examples } from './dataset.js'
import { InvalidArgumentError, ShapeError } from '../errors.js'

/**
 * Checks a data set once, before anything is computed from it: splits are not empty, arrays fit the input shape, labels are
 * such as the task has, inputs are finite, ids are unique within their split, standard deviations are > 0.
 *
 * @param dataset - the data set found
 * @param functionName - the function that was called, for the message; default `'assertDataset'`
 * @throws {@link ShapeError} when a length or shape does not fit, {@link InvalidArgumentError} when a value does not;
 * both name the split, and the id of the example where there is one
 *
 * @example
 * ```ts
 * import { assertDataset, type Dataset } from '@kd/core'
 *
 * const dataset: Dataset = {
 *   name: 'two points',
 *   inputShape: [1],
 *   classNames: ['low', 'high'],
 *   normalization: { mean: [0], standardDeviation: [1] },
 *   train: { inputs: new Float32Array([0, 1]), labels: new Int32Array([0, 1]), ids: new Int32Array([0, 1]) },
 * }
 * assertDataset(dataset)
 * ```
 */
export function assertDataset(dataset: AnyDataset, functionName = 'assertDataset'): void {
  assertForm(dataset, functionName)
  const { inputShape, classNames } = dataset
  if (inputShape.length === 0 || inputShape.some((size) => !Number.isInteger(size) || size < 1)) {
    throw new ShapeError(
      `${functionName}: inputShape must be positive integers, got [${inputShape.join(', ')}]`,
    )
  }
  if (dataset.task === undefined && classNames.length < 2) {
    throw new InvalidArgumentError(
      `${functionName}: classNames must have at least 2 names, got ${classNames.length}`,
    )
  }
  if (new Set(classNames).size < classNames.length) {
    const twice = classNames.find((name, index) => classNames.indexOf(name) < index)
    throw new InvalidArgumentError(
      `${functionName}: classNames must be different names, got ${JSON.stringify(twice)} twice`,
      { hint: 'rename one of the two classes, or give both the same label' },
    )
  }
  assertNormalization(dataset, functionName)
  const task = taskOf(dataset)
  for (const split of ['train', 'validation', 'test'] as const) {
    const examples = dataset[split]
    if (examples === undefined) continue
    const place = `${functionName}: ${split}`
    assertArrays(examples, place, task)
    assertLengths(examples, { inputShape, task }, place)
    assertValues(examples, task, place)
  }
}

/** A program in JavaScript, or one with a cast, has no compiler that says what is missing. */
function assertForm(dataset: AnyDataset, functionName: string): void {
  const { normalization, train } = dataset as Partial<AnyDataset>
  const lists = {
    inputShape: dataset.inputShape,
    classNames: dataset.classNames,
    'normalization.mean': normalization?.mean,
    'normalization.standardDeviation': normalization?.standardDeviation,
  }
  for (const [name, value] of Object.entries<unknown>(lists)) {
    if (Array.isArray(value)) continue
    throw new InvalidArgumentError(`${functionName}: ${name} must be a list, got ${typeof value}`)
  }
  if (train === undefined)
    throw new InvalidArgumentError(`${functionName}: train must be examples, got undefined`)
}

function assertArrays({ inputs, labels, ids }: Examples<LabelArray>, place: string, task: Task): void {
  const wanted = [
    { name: 'inputs', value: inputs, types: ['Float32Array', 'Float64Array', 'Uint8Array'] },
    {
      name: 'labels',
      value: labels,
      types: task.name === 'classification' ? ['Int32Array'] : ['Int32Array', 'Float32Array', 'Uint8Array'],
    },
    { name: 'ids', value: ids, types: ['Int32Array'] },
  ]
  for (const { name, value, types } of wanted) {
    // Not instanceof: a test runner's sandbox has array types of its own.
    const found = Object.prototype.toString.call(value).slice('[object '.length, -1)
    if (types.includes(found)) continue
    throw new InvalidArgumentError(`${place}.${name} must be of type ${types.join(' or ')}, got ${found}`)
  }
}

function assertNormalization({ normalization, inputShape }: AnyDataset, functionName: string): void {
  const channels = inputShape.at(-1)!
  for (const name of ['mean', 'standardDeviation'] as const) {
    const values = normalization[name]
    if (values.length !== 1 && values.length !== channels) {
      const rule = `must have 1 value or one for each of the ${channels} channels`
      throw new ShapeError(`${functionName}: normalization.${name} ${rule}, got ${values.length}`)
    }
    for (const value of values) {
      if (Number.isFinite(value) && (name === 'mean' || value > 0)) continue
      const rule = name === 'mean' ? 'finite' : 'finite and > 0'
      throw new InvalidArgumentError(`${functionName}: normalization.${name} must be ${rule}, got ${value}`)
    }
  }
}

function assertLengths(
  examples: Examples<LabelArray>,
  { inputShape, task }: { readonly inputShape: readonly number[]; readonly task: Task },
  place: string,
): void {
  const size = labelSize(task)
  const count = examples.labels.length / size
  if (count === 0) throw new InvalidArgumentError(`${place} must have at least 1 example, got 0`)
  if (!Number.isInteger(count)) {
    throw new ShapeError(
      `${place}.labels must have ${size} values for each example, got ${examples.labels.length} in all`,
    )
  }
  const wanted = {
    inputs: inputShape.reduce((product, size) => product * size, count),
    ids: count,
    cleanLabels: count * size,
  }
  for (const name of ['inputs', 'ids', 'cleanLabels'] as const) {
    const length = examples[name]?.length
    if (length === undefined || length === wanted[name]) continue
    const rule = `must have ${wanted[name]} values for ${count} labels and inputs of [${inputShape.join(', ')}]`
    throw new ShapeError(`${place}.${name} ${rule}, got ${length}`)
  }
}

function assertValues(
  { inputs, labels, ids, cleanLabels }: Examples<LabelArray>,
  task: Task,
  place: string,
): void {
  const size = inputs.length / ids.length
  const sizeOfLabel = labelSize(task)
  const seen = new Set<number>()
  for (const [row, id] of ids.entries()) {
    if (seen.has(id)) throw new InvalidArgumentError(`${place}.ids must be unique, got ${id} twice`)
    seen.add(id)
    for (const values of [labels, cleanLabels]) {
      const problem = values && task.labelProblem(values.subarray(row * sizeOfLabel, (row + 1) * sizeOfLabel))
      if (problem === undefined) continue
      throw new InvalidArgumentError(`${place} labels ${problem} for the example with id ${id}`)
    }
    // Bytes are finite by their type.
    if (inputs instanceof Uint8Array) continue
    for (let index = row * size; index < (row + 1) * size; index++) {
      if (Number.isFinite(inputs[index])) continue
      throw new InvalidArgumentError(
        `${place} inputs must be finite, got ${inputs[index]} for the example with id ${id}`,
        { hint: 'drop the example, or fill the missing value in' },
      )
    }
  }
}
