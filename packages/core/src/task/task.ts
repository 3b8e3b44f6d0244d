import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import type { LabelArray } from './labels.js'

/** Figures of a split or an epoch, by name. */
export type Figures = Readonly<Record<string, number>>

/** What a figure says, for tables, charts and the choice of the best epoch. */
export interface FigureKind {
  /** The name in tables and charts. */
  readonly title: string
  /** `'share'`: a part of the examples in [0, 1]; `'nats'`: an amount of information; `'number'`: in units of the data. */
  readonly unit: 'share' | 'nats' | 'number'
  readonly better: 'higher' | 'lower'
}

/** Measures a split piece by piece. */
export interface Meter {
  /**
   * Takes a piece of a split, in the split's order.
   *
   * @param logits - [n, ...outputShape] row by row
   * @param labels - [n, ...labelShape] row by row
   */
  add(logits: Float32Array, labels: LabelArray): void
  /** The figures of everything that was added: those that the task names, and `examples`, how many there were. */
  figures(): Figures
}

/** Defines what a label is, its loss, and what is measured. */
export interface Task {
  /** The name in configs and messages, in kebab-case. */
  readonly name: string
  /** Shape of one example's logits, without the batch axis: [C]. */
  readonly outputShape: readonly number[]
  /** Shape of one example's label, without the batch axis: [] for a class index. */
  readonly labelShape: readonly number[]
  /** What its meter measures, the most telling figure first; `loss` is one of them. */
  readonly kinds: Readonly<Record<string, FigureKind>>
  /** Which figure chooses the best epoch unless a run says another. */
  readonly monitor: string
  /**
   * Says what is wrong with a label.
   *
   * @param label - the [...labelShape] numbers of one example
   * @returns the rule that it breaks and what was found, or undefined for a good label
   */
  labelProblem(label: LabelArray): string | undefined
  /** Makes the labels of a batch, [n, ...labelShape] row by row, a tensor. */
  labelTensor(labels: LabelArray, examples: number): Tensor
  /**
   * The loss to the truth of each example.
   *
   * @param logits - [N, ...outputShape], gradients flow
   * @param labels - as `labelTensor` gives them
   * @returns [N]
   */
  labelLoss(logits: Tensor, labels: Tensor): Tensor1D
  /**
   * How far a student is from its teacher on each example, not multiplied by temperature²: KL(teacher || student) of what the
   * logits stand for. A task without it can be learned only by methods that compare in their own way.
   *
   * @param teacherLogits - [N, ...outputShape], no gradient flows
   * @param studentLogits - the same shape, gradients flow
   * @param temperature - softens both, > 0
   * @returns [N]
   */
  divergence?(teacherLogits: Tensor, studentLogits: Tensor, temperature: number): Tensor1D
  /** Gives figures of a training batch that are reported beside the loss, each a mean over the batch. It runs inside a tidy. */
  batchFigures?(logits: Tensor, labels: Tensor): Readonly<Record<string, Scalar>>
  /** Makes a meter that has seen no example yet. */
  meter(): Meter
}
