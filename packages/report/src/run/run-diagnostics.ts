/** Measurements of a finished run beside its accuracy. */
export interface RunDiagnostics {
  /** The version of this format. */
  readonly version: 1
  /** Whether the student is that of the epoch that was best on validation, or of the last epoch where there is no such epoch. */
  readonly student: 'best' | 'last'
  readonly classNames: readonly string[]
  /** The number of trainable numbers of the student. */
  readonly parameters: number
  /** The split on which {@link RunDiagnostics.confusion} and {@link RunDiagnostics.reliability} are measured. */
  readonly split: string
  /** How many examples of a label got a prediction, as [label][prediction]. */
  readonly confusion: readonly (readonly number[])[]
  readonly reliability: readonly ReliabilityBin[]
  /** How many examples of the split got a logit that is not finite: they stand in neither of the two. Absent where there is none. */
  readonly nonFinite?: number
  /** One entry per teacher; absent where nothing was distilled. */
  readonly regularization?: readonly RegularizationCount[]
  /** How many training examples of each class the method treated in its particular way. */
  readonly classCounts?: readonly ClassCount[]
  /** The numbers that the method has per training example. */
  readonly measures: readonly ExampleMeasure[]
}

/** The examples on which the student's confidence is about the same. */
export interface ReliabilityBin {
  /** The mean probability of the predicted class. */
  readonly confidence: number
  /** The share of them that is predicted right. */
  readonly accuracy: number
  readonly count: number
}

/**
 * How many training examples are regularization samples at the end of the run: those at which the teacher's part of the loss pulls
 * harder on the logits than the label's.
 */
export interface RegularizationCount {
  /** The number of the teacher, from 1. */
  readonly teacher: number
  readonly temperature: number
  /** How many there are by the derivative at the label's class. */
  readonly atLabel: number
  /** How many there are by the length of the derivative over all classes. */
  readonly overall: number
  readonly examples: number
}

/** How many training examples have a property, by class. */
export interface ClassCount {
  /** The name of the property, such as `soft labels revised`. */
  readonly name: string
  /** [C] how many examples each class has. */
  readonly examples: readonly number[]
  /** [C] how many of these have the property. */
  readonly counts: readonly number[]
}

/** A number per training example, and the examples at its ends. */
export interface ExampleMeasure {
  readonly name: string
  /** What the number means, in a sentence. */
  readonly meaning: string
  /** Its spread: `counts[i]` examples have a value between `edges[i]` and `edges[i + 1]`. */
  readonly edges: readonly number[]
  readonly counts: readonly number[]
  readonly highest: readonly MeasuredExample[]
  readonly lowest: readonly MeasuredExample[]
}

/** One training example at an end of an {@link ExampleMeasure}. */
export interface MeasuredExample {
  readonly id: number
  readonly value: number
  /** The class that it is trained with. */
  readonly label: number
  /** The class that the first teacher predicts. */
  readonly prediction?: number
  /** The image as PNG in base64; absent for inputs that are no images. */
  readonly image?: string
}
