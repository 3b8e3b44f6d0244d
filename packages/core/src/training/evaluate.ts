import * as tf from '@tensorflow/tfjs-core'
import type { AnyDataset, Dataset, Split } from '../dataset/dataset.js'
import { InvalidArgumentError } from '../errors.js'
import { taskOf } from '../task/classification.js'
import type { ClassificationMetrics } from '../task/classification-metrics.js'
import { gatherRows } from '../dataset/gather-rows.js'
import { labelSize } from '../task/labels.js'
import type { Figures } from '../task/task.js'
import { askTeacher, disposeOutputs } from '../teacher/ask-teacher.js'
import { asTeacher, type TeacherInput } from '../teacher/as-teacher.js'
import { forEachSplitBatch } from './split-pass.js'

/** Which examples `evaluate` looks at, and how. */
export interface EvaluationOptions {
  /** @defaultValue 'test' */
  readonly split?: Split
  /**
   * Examples at a time.
   * @defaultValue 250
   */
  readonly batchSize?: number
  /** Seconds that a teacher which answers later may take for one answer. Without it there is no limit. */
  readonly teacherTimeout?: number
  /** Called after each piece with the number of examples seen so far, and of all. */
  readonly onProgress?: (seen: number, examples: number) => void
  /** Ends the evaluation after the current piece: what was seen by then is measured, at least one piece. */
  readonly signal?: AbortSignal
}

/** What `evaluate` gives back for any task. */
export interface TaskEvaluation {
  /** What the task measures. */
  readonly figures: Figures
  /** [N, ...outputShape] in the split's order, of the examples that were seen. */
  readonly logits: Float32Array
}

/** What `evaluate` gives back for classification. */
export interface Evaluation extends TaskEvaluation, ClassificationMetrics {}

/**
 * Measures a model, or any teacher, on a split, as in use.
 *
 * @param model - normalised inputs in, logits out: a model, a teacher, a function, or answers that were kept
 * @param dataset - where the split is, and what is measured
 * @param options - see {@link EvaluationOptions}
 * @returns the task's figures, for classification by their names too, and the logits
 * @throws {@link InvalidArgumentError} when the data set lacks the split
 */
export async function evaluate(
  model: TeacherInput,
  dataset: Dataset,
  options?: EvaluationOptions,
): Promise<Evaluation>
export async function evaluate(
  model: TeacherInput,
  dataset: AnyDataset,
  options?: EvaluationOptions,
): Promise<TaskEvaluation>
export async function evaluate(
  model: TeacherInput,
  dataset: AnyDataset,
  { split = 'test', batchSize, teacherTimeout, onProgress, signal }: EvaluationOptions = {},
): Promise<TaskEvaluation> {
  const examples = dataset[split]
  if (examples === undefined) {
    throw new InvalidArgumentError(`evaluate: split must be one that ${dataset.name} has, got ${split}`)
  }
  const task = taskOf(dataset)
  const meter = task.meter()
  const sizeOfLabel = labelSize(task)
  const sizeOfOutput = tf.util.sizeFromShape([...task.outputShape])
  const logits = new Float32Array(examples.ids.length * sizeOfOutput)
  let seen = 0
  const teacher = asTeacher(model, 0)
  const asked = { index: 0, outputShape: task.outputShape, timeout: teacherTimeout, signal }
  const pass = forEachSplitBatch({ dataset, examples, batchSize, signal }, async ({ inputs, rows, ids }) => {
    const outputs = await askTeacher(teacher, { view: 'clean', inputs, ids, split, features: [] }, asked)
    const values = await outputs.logits.data<'float32'>()
    disposeOutputs(outputs)
    logits.set(values, rows[0]! * sizeOfOutput)
    meter.add(values, gatherRows(examples.labels, rows, sizeOfLabel))
    seen += rows.length
    onProgress?.(seen, examples.ids.length)
  })
  await pass.catch((error: unknown) => {
    // Whoever ends it while a teacher does not answer wants what was seen before, if anything was.
    if (seen === 0 || error !== signal?.reason) throw error
  })
  const figures = meter.figures()
  return { ...figures, figures, logits: logits.subarray(0, seen * sizeOfOutput) }
}
