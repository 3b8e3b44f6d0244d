/** What an input or output of a row kernel holds: [rows, classes] float32, [rows] float32, or [rows] int32 class indices. */
export type Kind = 'table' | 'column' | 'labels'

/**
 * A kernel that gives a number or new scores for each row of class scores. The row of the same name in addon/loops/row-table.cc
 * says the same of its inputs, its output and the number of its attributes.
 */
export interface RowKernel {
  /** Inputs by name, in the order of the addon. */
  readonly inputs: Readonly<Record<string, Kind>>
  readonly output: 'table' | 'column'
  /** Names of further numbers, in the order of the addon. */
  readonly attributes?: readonly string[]
}

/** A name that says what is computed, with the prefix of all kernels of @kd. */
export type RowKernelName = `Kd${string}`

/** All row kernels, by the names that TensorFlow.js and the addon have for them. */
export const rowKernels: Readonly<Record<RowKernelName, RowKernel>> = {
  KdSoftmax: { inputs: { logits: 'table' }, output: 'table', attributes: ['temperature'] },
  KdSoftmaxGrad: {
    inputs: { probabilities: 'table', outputGradient: 'table' },
    output: 'table',
    attributes: ['temperature'],
  },
  KdCrossEntropy: { inputs: { logits: 'table', labels: 'labels' }, output: 'column' },
  KdCrossEntropyGrad: {
    inputs: { logits: 'table', labels: 'labels', lossGradient: 'column' },
    output: 'table',
  },
  KdSoftCrossEntropy: {
    inputs: { logits: 'table', softLabels: 'table' },
    output: 'column',
    attributes: ['temperature'],
  },
  KdSoftCrossEntropyGrad: {
    inputs: { logits: 'table', softLabels: 'table', lossGradient: 'column' },
    output: 'table',
    attributes: ['temperature'],
  },
  KdKlDivergence: {
    inputs: { teacherLogits: 'table', studentLogits: 'table' },
    output: 'column',
    attributes: ['temperature'],
  },
  KdKlDivergenceGrad: {
    inputs: { teacherLogits: 'table', studentLogits: 'table', lossGradient: 'column' },
    output: 'table',
    attributes: ['temperature'],
  },
  KdMeanSquaredError: {
    inputs: { actual: 'table', expected: 'table', weights: 'column' },
    output: 'column',
    attributes: ['factor'],
  },
  KdMeanSquaredErrorGrad: {
    inputs: { actual: 'table', expected: 'table', weights: 'column', lossGradient: 'column' },
    output: 'table',
    attributes: ['factor'],
  },
  KdProbabilityError: {
    inputs: { logits: 'table', probabilities: 'table', weights: 'column' },
    output: 'column',
  },
  KdProbabilityErrorGrad: {
    inputs: { logits: 'table', probabilities: 'table', weights: 'column', lossGradient: 'column' },
    output: 'table',
  },
  KdSaturatingRatio: {
    inputs: { studentLosses: 'column', teacherLosses: 'column' },
    output: 'column',
    attributes: ['epsilon'],
  },
  KdTopClassWeights: {
    inputs: { teacherLogits: 'table', labels: 'labels' },
    output: 'column',
    attributes: ['right', 'weight', 'means'],
  },
  KdRaiseLabelProbability: {
    inputs: { softLabels: 'table', labels: 'labels' },
    output: 'table',
    attributes: ['eta', 'wrongOnly'],
  },
  KdRaiseLabelLogit: {
    inputs: { teacherLogits: 'table', labels: 'labels' },
    output: 'table',
    attributes: ['eta', 'wrongOnly', 'temperature'],
  },
  KdAddMaximumToLabel: {
    inputs: { logits: 'table', labels: 'labels' },
    output: 'table',
  },
  KdSwapMaximumWithLabel: {
    inputs: { logits: 'table', labels: 'labels' },
    output: 'table',
  },
  KdTwoLevelLabels: {
    inputs: { logits: 'table', labels: 'labels' },
    output: 'table',
    attributes: ['label', 'others'],
  },
  KdLabelMargin: {
    inputs: { logits: 'table', labels: 'labels' },
    output: 'column',
    attributes: ['temperature'],
  },
  KdLabelMarginGrad: {
    inputs: { logits: 'table', labels: 'labels', marginGradient: 'column' },
    output: 'table',
    attributes: ['temperature'],
  },
}

/** The names of the row kernels that fail when a label is out of range. */
export const labelledRowKernels: readonly string[] = Object.entries(rowKernels)
  .filter(([, { inputs }]) => Object.values(inputs).includes('labels'))
  .map(([name]) => name)
