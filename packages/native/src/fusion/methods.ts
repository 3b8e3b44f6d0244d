import { registerNative } from '../native-kernel.js'
import { numbers } from '../numbers.js'

type Attributes = Readonly<Record<string, number>>

/** A kernel of one table of scores and a label per row. */
interface Labelled {
  /** The scores' name among its inputs. */
  readonly scores: string
  readonly run:
    | 'groupWeights'
    | 'reviseSoftLabels'
    | 'reviseTeacherLogits'
    | 'correctResponse'
    | 'swapLogits'
    | 'twoLevelLabels'
    | 'labelMargin'
  /** One number per row, not one per score. */
  readonly perRow?: true
  /** Its attributes, in the order of the addon. */
  readonly factors?: readonly [string, string?, string?]
}

/** By the names that @kd/losses runs them by. */
const labelled: Readonly<Record<string, Labelled>> = {
  KdGroupWeights: {
    scores: 'teacherLogits',
    run: 'groupWeights',
    perRow: true,
    factors: ['right', 'weight', 'means'],
  },
  KdReviseSoftLabels: { scores: 'softLabels', run: 'reviseSoftLabels', factors: ['eta', 'wrongOnly'] },
  KdReviseTeacherLogits: {
    scores: 'teacherLogits',
    run: 'reviseTeacherLogits',
    factors: ['eta', 'wrongOnly', 'temperature'],
  },
  KdCorrectResponse: { scores: 'logits', run: 'correctResponse' },
  KdSwapLogits: { scores: 'logits', run: 'swapLogits' },
  KdTwoLevelLabels: { scores: 'logits', run: 'twoLevelLabels', factors: ['label', 'others'] },
  KdLabelMargin: { scores: 'logits', run: 'labelMargin', perRow: true, factors: ['temperature'] },
}

/** The inputs of kernels that compare two tables row by row, each row with a weight. */
const weightedErrors = [
  ['KdMeanSquaredError', 'meanSquaredError', 'actual', 'expected'],
  ['KdProbabilityError', 'probabilityError', 'logits', 'probabilities'],
] as const

/** Registers what the distillation methods of @kd/core and @kd/losses compute beside losses. */
export function registerMethodKernels(): void {
  registerLabelled()
  registerWeightedErrors()
  registerMarginGradient()
  registerSoftLabelWeights()
  registerSoftmax()
}

function registerLabelled(): void {
  for (const [name, { scores, run, perRow, factors = [] }] of Object.entries(labelled)) {
    registerNative<Attributes>(name, ({ inputs, attributes, backend }) => {
      const table = inputs[scores]!
      const [rows, classes] = table.shape as [number, number]
      const out = backend.allocate(perRow ? [rows] : table.shape, 'float32')
      const [first, second, third] = factors.map((factor) => attributes[factor!]!)
      backend.addon[run](
        backend.floats(table),
        backend.integers(inputs['labels']!),
        out.values,
        numbers(rows, classes, first ?? 0, second ?? 0, third ?? 0),
      )
      return out.info
    })
  }
}

function registerWeightedErrors(): void {
  for (const [name, run, actual, expected] of weightedErrors) {
    registerNative<Attributes>(name, ({ inputs, attributes, backend }) => {
      const table = inputs[actual]!
      const [rows, classes] = table.shape as [number, number]
      const errors = backend.allocate([rows], 'float32')
      backend.addon[run](
        backend.floats(table),
        backend.floats(inputs[expected]!),
        backend.floats(inputs['weights']!),
        errors.values,
        numbers(rows, classes, attributes['factor'] ?? 1),
      )
      return errors.info
    })
    registerNative<Attributes>(`${name}Grad`, ({ inputs, attributes, backend }) => {
      const table = inputs[actual]!
      const [rows, classes] = table.shape as [number, number]
      const dx = backend.allocate(table.shape, 'float32')
      backend.addon[`${run}Grad`](
        backend.floats(table),
        backend.floats(inputs[expected]!),
        backend.floats(inputs['weights']!),
        backend.floats(inputs['lossGradient']!),
        dx.values,
        numbers(rows, classes, attributes['factor'] ?? 1),
      )
      return dx.info
    })
  }
}

function registerMarginGradient(): void {
  registerNative<Attributes>('KdLabelMarginGrad', ({ inputs, attributes, backend }) => {
    const { logits, labels, marginGradient } = inputs
    const dx = backend.allocate(logits!.shape, 'float32')
    backend.addon.labelMarginGrad(
      backend.floats(logits!),
      backend.integers(labels!),
      backend.floats(marginGradient!),
      dx.values,
      numbers(logits!.shape[0]!, logits!.shape[1]!, attributes['temperature']!),
    )
    return dx.info
  })
}

function registerSoftLabelWeights(): void {
  registerNative<Attributes>('KdSoftLabelWeights', ({ inputs, attributes, backend }) => {
    const { studentLosses, teacherLosses } = inputs
    const out = backend.allocate(studentLosses!.shape, 'float32')
    backend.addon.softLabelWeights(
      backend.floats(studentLosses!),
      backend.floats(teacherLosses!),
      out.values,
      numbers(out.values.length, attributes['epsilon']!),
    )
    return out.info
  })
}

function registerSoftmax(): void {
  registerNative<Attributes>('KdSoftmax', ({ inputs: { logits }, attributes, backend }) => {
    const out = backend.allocate(logits!.shape, 'float32')
    backend.addon.softmax(
      backend.floats(logits!),
      out.values,
      numbers(logits!.shape[0]!, logits!.shape[1]!, attributes['temperature']!),
    )
    return out.info
  })
  registerNative<Attributes>('KdSoftmaxGrad', ({ inputs, attributes, backend }) => {
    const { probabilities, outputGradient } = inputs
    const dx = backend.allocate(probabilities!.shape, 'float32')
    backend.addon.softmaxGrad(
      backend.floats(probabilities!),
      backend.floats(outputGradient!),
      dx.values,
      numbers(probabilities!.shape[0]!, probabilities!.shape[1]!, attributes['temperature']!),
    )
    return dx.info
  })
}
