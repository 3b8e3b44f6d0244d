import type { ReliabilityBin, RunDiagnostics } from './run-diagnostics.js'

/**
 * Counts which classes are predicted for which, and measures how well a classifier's confidence agrees with its accuracy.
 *
 * Reliability bins are of equal width in confidence; empty ones are left out. Examples with a logit that is not finite have no
 * prediction: they are in neither, and counted.
 *
 * @param logits - [N * C], row by row
 * @param labels - [N] classes
 * @param bins - the number of reliability bins, >= 1
 * @returns the confusion matrix [label][prediction], the bins, least sure first, and how many examples have no prediction if there are any
 * @throws RangeError when logits and labels do not fit
 *
 * @example
 * ```ts
 * import { classificationDiagnostics } from '@kd/report'
 *
 * const { confusion } = classificationDiagnostics([2, 0, 0, 1, 3, 0], [0, 1, 1])
 * console.log(confusion) // [[1, 0], [1, 1]]
 * ```
 *
 * @see Guo et al.: On Calibration of Modern Neural Networks, ICML 2017, for reliability diagrams
 */
export function classificationDiagnostics(
  logits: ArrayLike<number>,
  labels: ArrayLike<number>,
  bins = 15,
): Pick<RunDiagnostics, 'confusion' | 'reliability' | 'nonFinite'> {
  const classes = logits.length / labels.length
  if (!Number.isInteger(classes) || classes < 1)
    throw new RangeError(
      `classificationDiagnostics: logits must be [N, C] for N labels, got ${logits.length} numbers for ${labels.length}`,
    )
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  const sums = Array.from({ length: bins }, () => ({ confidence: 0, right: 0, count: 0 }))
  let nonFinite = 0
  for (let row = 0; row < labels.length; row++) {
    const values = Array.from({ length: classes }, (_, index) => logits[row * classes + index]!)
    const label = labels[row]!
    if (confusion[label] === undefined)
      throw new RangeError(`classificationDiagnostics: labels must be in [0, ${classes}), got ${label}`)
    if (!values.every(Number.isFinite)) {
      nonFinite += 1
      continue
    }
    const greatest = Math.max(...values)
    const prediction = values.indexOf(greatest)
    const confidence = 1 / values.reduce((sum, value) => sum + Math.exp(value - greatest), 0)
    confusion[label][prediction]! += 1
    const bin = sums[Math.min(bins - 1, Math.floor(confidence * bins))]!
    bin.confidence += confidence
    bin.right += label === prediction ? 1 : 0
    bin.count += 1
  }
  const reliability = sums
    .filter(({ count }) => count > 0)
    .map(({ confidence, right, count }): ReliabilityBin => {
      return { confidence: confidence / count, accuracy: right / count, count }
    })
  return { confusion, reliability, ...(nonFinite > 0 && { nonFinite }) }
}
