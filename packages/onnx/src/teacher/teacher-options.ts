import { InvalidArgumentError, assertPositive, type Dataset, type Normalization } from '@kd/core'
import type { OnnxRuntime } from '../runtime.js'

/** Options of {@link onnxTeacher}. */
export interface OnnxTeacherOptions {
  /** What messages call it. @defaultValue 'an ONNX model' */
  readonly name?: string
  /** The data that it will be asked about. Given, the input shape, the class count and the features are checked at once. */
  readonly dataset?: Pick<Dataset, 'inputShape' | 'classNames' | 'normalization'>
  /** How the teacher's inputs are normalised, where not as the data set's. It needs `dataset`. */
  readonly normalization?: Normalization
  /** The order of an image's axes in its input. @defaultValue from the shape of its input, which an error asks for where both fit */
  readonly layout?: 'nchw' | 'nhwc'
  /** The input's name. @defaultValue the only input */
  readonly input?: string
  /** The tensor of the logits. @defaultValue the first output, or what goes into the softmax that it comes from */
  readonly logits?: string
  /** Names for tensors of the graph, which then can be asked for as features. */
  readonly features?: Readonly<Record<string, string>>
  /** Class i of the data set is the teacher's class `classes[i]`. @defaultValue its classes in their order */
  readonly classes?: readonly number[]
  /** Whether its output holds probabilities p; the logits then are temperature · log p. @defaultValue false */
  readonly probabilities?: boolean
  /** The temperature of the softmax that the probabilities come from. It needs `probabilities`. @defaultValue 1 */
  readonly temperature?: number
  /** Threads of the runtime. @defaultValue 1 */
  readonly threads?: number
  /** The module of the runtime, `onnxruntime-web` in a browser. @defaultValue onnxruntime-node */
  readonly runtime?: OnnxRuntime
}

/**
 * Checks options before anything is loaded.
 *
 * @throws InvalidArgumentError that names the option
 */
export function assertTeacherOptions(options: OnnxTeacherOptions): void {
  const { layout, classes, dataset, normalization, temperature, threads = 1 } = options
  const fail = (rule: string, found: unknown): never => {
    throw new InvalidArgumentError(`onnxTeacher: ${rule}, got ${String(found)}`)
  }
  if (layout !== undefined && layout !== 'nchw' && layout !== 'nhwc')
    fail("layout must be 'nchw' or 'nhwc'", layout)
  if (!Number.isInteger(threads) || threads < 1) fail('threads must be an integer >= 1', threads)
  if (temperature !== undefined) {
    assertPositive(temperature, 'temperature', 'onnxTeacher')
    if (options.probabilities !== true)
      fail('temperature must come with probabilities: true', options.probabilities)
  }
  if (classes !== undefined) {
    const wrong = classes.find(
      (index, at) => !Number.isInteger(index) || index < 0 || classes.indexOf(index) !== at,
    )
    if (wrong !== undefined) fail('classes must be different integers >= 0', `[${classes.join(', ')}]`)
    if (dataset !== undefined && classes.length !== dataset.classNames.length) {
      fail(
        `classes must name one class of the teacher for each of the ${dataset.classNames.length} of the data set`,
        classes.length,
      )
    }
  }
  if (normalization === undefined) return
  if (dataset === undefined) fail('normalization must come with dataset, whose own it replaces', 'no dataset')
  const channels = dataset!.inputShape.at(-1)!
  for (const values of [normalization.mean, normalization.standardDeviation]) {
    if ((values.length !== 1 && values.length !== channels) || !values.every(Number.isFinite)) {
      fail(
        `normalization must have one number, or one for each of ${channels} channels`,
        `[${values.join(', ')}]`,
      )
    }
  }
  if (!normalization.standardDeviation.every((value) => value > 0)) {
    fail('normalization.standardDeviation must be > 0', `[${normalization.standardDeviation.join(', ')}]`)
  }
}

/** What messages call the teacher. */
export function teacherName({ name = 'an ONNX model' }: OnnxTeacherOptions): string {
  return name
}
