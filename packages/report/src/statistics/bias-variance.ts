/** The loss of equal students that were trained on different data, on the same examples: mean loss = bias + variance. */
export interface BiasVariance {
  /** The mean loss of the students; it equals bias + variance but for rounding. */
  readonly loss: number
  /** The loss of their main prediction. It includes the noise of the labels, which one label per example cannot separate. */
  readonly bias: number
  /** How far the students scatter around their main prediction. */
  readonly variance: number
  /** The same three numbers for each of the N examples; the numbers above are their means. */
  readonly examples: {
    readonly loss: Float64Array
    readonly bias: Float64Array
    readonly variance: Float64Array
  }
}

/**
 * Computes bias and variance of the cross-entropy, in nats. The main prediction p̄ is the normalized geometric mean of the students'
 * probabilities, the one with the least mean divergence to them:
 *
 *     log p̄_j = (1/K) Σ_k log p_kj − log Z,   Z = Σ_j exp((1/K) Σ_k log p_kj)
 *     (1/K) Σ_k CE(label, p_k)  =  CE(label, p̄)  +  (1/K) Σ_k KL(p̄ ‖ p_k)
 *              loss                    bias              variance = −log Z
 *
 * With few students variance is estimated too low and bias too high; the source corrects neither, and so does this.
 *
 * @param logits - of each student, [N, C] row after row; at least one student
 * @param labels - [N] class indices
 * @returns means over the examples, and each example's own
 * @throws RangeError when sizes do not match, there is nothing to measure, or a label is not a class
 *
 * @example
 * ```ts
 * import { biasVarianceKullbackLeibler } from '@kd/report'
 *
 * // Two students, one example of class 0 with two classes: they disagree, evenly.
 * const { bias, variance, loss } = biasVarianceKullbackLeibler([[1, -1], [-1, 1]], [0])
 * console.log(bias.toFixed(4), variance.toFixed(4), loss.toFixed(4)) // 0.6931 0.4338 1.1269
 * ```
 * @see Heskes 1998, "Bias/variance decompositions for likelihood-based estimators"; Yang et al. 2020, "Rethinking
 * bias-variance trade-off for generalization of neural networks", arXiv 2002.11328
 */
export function biasVarianceKullbackLeibler(
  logits: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
): BiasVariance {
  const classes = classesOf('biasVarianceKullbackLeibler', logits, labels, 1)
  return ofExamples(labels, (row, label) => {
    const mean = new Float64Array(classes)
    for (const student of logits) {
      for (const [index, value] of logSoftmax(student, row, classes).entries())
        mean[index]! += value / logits.length
    }
    const loss = -mean[label]!
    // Only rounding could make this negative.
    const variance = Math.max(0, -logSumExp(mean))
    return { loss, bias: loss - variance, variance }
  })
}

/**
 * Computes bias and variance of the squared error of probabilities, summed over classes (Brier's score). The main prediction is the
 * arithmetic mean f̄ of the students' probabilities f_k:
 *
 *     variance = 1/(K − 1) Σ_k ‖f_k − f̄‖²,   loss = (1/K) Σ_k ‖f_k − onehot(label)‖²,   bias = loss − variance
 *
 * Both are unbiased estimates, so that the bias of a single example, ‖f̄ − onehot(label)‖² − variance / K, can be below zero.
 *
 * @param logits - of each student, [N, C] row after row; at least two students
 * @param labels - [N] class indices
 * @returns means over the examples, and each example's own
 * @throws RangeError when sizes do not match, there is nothing to measure, or a label is not a class
 *
 * @example
 * ```ts
 * import { biasVarianceSquaredError } from '@kd/report'
 *
 * const { bias, variance, loss } = biasVarianceSquaredError([[1, -1], [-1, 1]], [0])
 * console.log(bias.toFixed(4), variance.toFixed(4), loss.toFixed(4)) // 0.2100 0.5800 0.7900
 * ```
 * @see Yang et al. 2020, "Rethinking bias-variance trade-off for generalization of neural networks", arXiv 2002.11328
 */
export function biasVarianceSquaredError(
  logits: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
): BiasVariance {
  const classes = classesOf('biasVarianceSquaredError', logits, labels, 2)
  return ofExamples(labels, (row, label) => {
    const students = logits.map((student) => logSoftmax(student, row, classes).map(Math.exp))
    let [loss, variance] = [0, 0]
    for (let index = 0; index < classes; index++) {
      const mean = students.reduce((sum, student) => sum + student[index]!, 0) / students.length
      for (const student of students) {
        loss += (student[index]! - Number(index === label)) ** 2 / students.length
        variance += (student[index]! - mean) ** 2 / (students.length - 1)
      }
    }
    return { loss, bias: loss - variance, variance }
  })
}

function classesOf(
  functionName: string,
  logits: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  minimum: number,
): number {
  const classes = (logits[0]?.length ?? 0) / labels.length
  if (logits.length < minimum)
    throw new RangeError(
      `${functionName}: logits must be of at least ${minimum} students, got ${logits.length}`,
    )
  if (
    !Number.isInteger(classes) ||
    classes < 1 ||
    logits.some(({ length }) => length !== logits[0]!.length)
  ) {
    const sizes = [...new Set(logits.map(({ length }) => length))].join(', ')
    throw new RangeError(
      `${functionName}: logits must be [N, C] for ${labels.length} labels and all students, got ${sizes} values`,
    )
  }
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new RangeError(`${functionName}: labels must be classes below ${classes}, got ${label}`)
  }
  return classes
}

type OfExample = Record<'loss' | 'bias' | 'variance', number>

function ofExamples(
  labels: ArrayLike<number>,
  measure: (row: number, label: number) => OfExample,
): BiasVariance {
  const count = labels.length
  const array = (): Float64Array => new Float64Array(count)
  const examples = { loss: array(), bias: array(), variance: array() }
  const sum: OfExample = { loss: 0, bias: 0, variance: 0 }
  for (let row = 0; row < count; row++) {
    const parts = measure(row, labels[row]!)
    for (const name of ['loss', 'bias', 'variance'] as const) {
      examples[name][row] = parts[name]
      sum[name] += parts[name]
    }
  }
  return {
    loss: sum.loss / count,
    bias: sum.bias / count,
    variance: sum.variance / count,
    examples,
  }
}

function logSoftmax(logits: ArrayLike<number>, row: number, classes: number): Float64Array {
  const values = Float64Array.from({ length: classes }, (_, index) => logits[row * classes + index]!)
  const total = logSumExp(values)
  return values.map((value) => value - total)
}

function logSumExp(values: Float64Array): number {
  const greatest = values.reduce((maximum, value) => Math.max(maximum, value), -Infinity)
  return greatest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - greatest), 0))
}
