import * as tf from '@tensorflow/tfjs-core'
import type { Dataset } from '../dataset/dataset.js'
import { ShapeError } from '../errors/shape-error.js'
import { classifier } from './classifier.js'
import { predictSplit } from './predict-split.js'
import { storedPredictor } from './stored-predictor.js'
import type { Teach, TeacherPredictor } from './teacher-predictor.js'
import { isStored, type Teacher } from './teacher.js'

/**
 * Prepares teachers for prediction.
 *
 * @param teachers - models or functions
 * @param featureNames - layers to read from each
 * @param classes - C, which every teacher must give
 * @returns one function per teacher
 * @throws {@link ShapeError} when a teacher gives another number of classes
 */
export function teacherPredictors(
  teachers: readonly Teacher[],
  featureNames: readonly string[],
  classes: number,
): TeacherPredictor[] {
  return teachers.map((teacher, index) => {
    const role = `teacher ${index}`
    const predict = predictorOf(teacher, featureNames, role)
    if ('outputs' in teacher) assertClasses(teacher.outputs[0]!.shape, classes, role)
    return {
      stored: isStored(teacher),
      predict: (inputs, batch, training) => {
        const prediction = predict(inputs, batch, training)
        assertClasses(prediction.logits.shape, classes, role)
        return prediction
      },
    }
  })
}

function predictorOf(
  teacher: Teacher,
  featureNames: readonly string[],
  role: string,
): TeacherPredictor['predict'] {
  if (isStored(teacher)) return storedPredictor(teacher, role)
  if (typeof teacher === 'function') return (inputs) => ({ logits: teacher(inputs), features: {} })
  const predict = classifier(teacher, featureNames, role)
  return (inputs, _, training) => predict(inputs, training)
}

/**
 * Computes every teacher's logits on the training split once and then looks them up. Stored logits are left where they are.
 *
 * @param predictors - from {@link teacherPredictors}
 * @param dataset - gives shape, classes and normalisation
 * @param batchSize - rows at a time
 * @returns the tables [N, C], and a function that reads their rows
 */
export async function teachFromTables(
  predictors: readonly TeacherPredictor[],
  dataset: Dataset,
  batchSize: number,
): Promise<{ tables: Float32Array[]; teach: Teach }> {
  const { train } = dataset
  const tables: Float32Array[] = []
  for (const { predict } of predictors) {
    const logitsOf = (inputs: tf.Tensor, rows: Int32Array): tf.Tensor2D => {
      const ids = rows.map((row) => train.ids[row]!)
      return predict(inputs, { split: 'train', rows, ids }, false).logits
    }
    tables.push(await predictSplit(logitsOf, dataset, train, batchSize))
  }
  const classes = dataset.classNames.length
  const kept = predictors.map(({ stored }, index) => (stored ? undefined : tables[index]!))
  const teach: Teach = (inputs, batch) => ({
    logits: kept.map((table, index) =>
      table === undefined
        ? predictors[index]!.predict(inputs, batch, false).logits
        : rowsOf(table, batch.rows, classes),
    ),
    features: kept.map(() => ({})),
  })
  return { tables, teach }
}

function rowsOf(table: Float32Array, rows: Int32Array, classes: number): tf.Tensor2D {
  const values = new Float32Array(rows.length * classes)
  rows.forEach((row, index) => {
    values.set(table.subarray(row * classes, (row + 1) * classes), index * classes)
  })
  return tf.tensor2d(values, [rows.length, classes])
}

/** Runs every teacher on the batch at hand. */
export function teachLive(predictors: readonly TeacherPredictor[], training: boolean): Teach {
  return (inputs, batch) => {
    const predictions = predictors.map(({ predict }) => predict(inputs, batch, training))
    return {
      logits: predictions.map(({ logits }) => logits),
      features: predictions.map(({ features }) => features),
    }
  }
}

function assertClasses(shape: readonly (number | null)[], classes: number, role: string): void {
  if (shape.length === 2 && shape[1] === classes) return
  throw new ShapeError(
    `distill: ${role} must give logits [N, ${classes}] like the data set's classes, got [${shape.map((size) => size ?? 'N').join(', ')}]`,
    { hint: 'use a teacher trained on the same classes in the same order' },
  )
}
