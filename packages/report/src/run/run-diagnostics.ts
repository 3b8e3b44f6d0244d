/** What is known of a finished run beside its accuracy. */
export interface RunDiagnostics {
  /** Of this format. */
  readonly version: 1
  /** Whether the student is that of the epoch best on validation, or of the last epoch where there is none. */
  readonly student: 'best' | 'last'
  readonly classNames: readonly string[]
  /** Trainable numbers of the student. */
  readonly parameters: number
  /** Which examples {@link RunDiagnostics.confusion} and {@link RunDiagnostics.reliability} are of. */
  readonly split: string
  /** [label][prediction] numbers of examples. */
  readonly confusion: readonly (readonly number[])[]
  readonly reliability: readonly ReliabilityBin[]
  /** Per teacher; absent where nothing was distilled. */
  readonly regularization?: readonly RegularizationCount[]
  /** How many training examples of each class the method treated in its way. */
  readonly classCounts?: readonly ClassCount[]
  /** Numbers per training example. */
  readonly measures: readonly ExampleMeasure[]
}

/** Examples of which the student is about equally sure. */
export interface ReliabilityBin {
  /** Mean probability of the predicted class. */
  readonly confidence: number
  /** Share of them that is predicted right. */
  readonly accuracy: number
  readonly count: number
}

/**
 * How many training examples are regularization samples at the end of the run: those at which the teacher's part of the loss pulls
 * harder on the logits than the label's.
 */
export interface RegularizationCount {
  /** From 1. */
  readonly teacher: number
  readonly temperature: number
  /** By the derivative at the label's class. */
  readonly atLabel: number
  /** By the length of the derivative over all classes. */
  readonly overall: number
  readonly examples: number
}

/** Training examples of which something holds, by class. */
export interface ClassCount {
  /** What holds, such as `soft labels revised`. */
  readonly name: string
  /** [C] how many examples each class has. */
  readonly examples: readonly number[]
  /** [C] of how many of these it holds. */
  readonly counts: readonly number[]
}

/** A number per training example, and the examples at its ends. */
export interface ExampleMeasure {
  readonly name: string
  /** What it says, in a sentence. */
  readonly meaning: string
  /** Its spread: `counts[i]` examples between `edges[i]` and `edges[i + 1]`. */
  readonly edges: readonly number[]
  readonly counts: readonly number[]
  readonly highest: readonly MeasuredExample[]
  readonly lowest: readonly MeasuredExample[]
}

/** One training example at an end of an {@link ExampleMeasure}. */
export interface MeasuredExample {
  readonly id: number
  readonly value: number
  /** Class that it is trained with. */
  readonly label: number
  /** Class that the first teacher predicts. */
  readonly prediction?: number
  /** The image as PNG in base64; absent for inputs that are no images. */
  readonly image?: string
}
