import type { Dataset } from '@kd/core'
import { reviseSoftLabels, softLabelWeights } from '@kd/losses'
import type { ExampleMeasure, MeasuredExample } from '@kd/report'
import * as tf from '@tensorflow/tfjs-core'
import { encode } from 'fast-png'
import { isImage, pixelScale } from '../../images/pixel-scale.js'

const BINS = 40
/** Examples at each end. */
const ENDS = 12

/** A model's and its first teacher's word on the first examples of the training split. */
export interface SeenByBoth {
  /** [N] */
  readonly labels: Int32Array
  /** [N * C] */
  readonly student: Float32Array
  readonly teacher: Float32Array
}

/** What of a method's options the measures need. */
export interface MeasuredMethod {
  readonly name: string
  readonly temperature: number
  /** Options of Label Revision, where the method has it. */
  readonly revision?: { readonly eta?: number; readonly scope?: 'wrong-only' | 'all' }
}

/** Numbers per example that say what the method made of it. */
export async function exampleMeasures(
  dataset: Dataset,
  seen: SeenByBoth,
  { name, temperature, revision }: MeasuredMethod,
): Promise<ExampleMeasure[]> {
  const count = seen.labels.length
  const shape: [number, number] = [count, seen.teacher.length / count]
  const values = tf.tidy(() => {
    const labels = tf.tensor1d(seen.labels, 'int32')
    const teacher = tf.tensor2d(seen.teacher, shape)
    const student = tf.tensor2d(seen.student, shape)
    const softLabels = tf.softmax(tf.div<tf.Tensor2D>(teacher, temperature))
    const ofLabel = tf.sum<tf.Tensor1D>(tf.mul(tf.softmax(teacher), tf.oneHot(labels, shape[1])), 1)
    const moved = (): tf.Tensor1D =>
      tf.mul(
        0.5,
        tf.sum<tf.Tensor1D>(tf.abs(tf.sub(reviseSoftLabels(softLabels, labels, revision), softLabels)), 1),
      )
    return {
      ofLabel,
      ...(revision && { moved: moved() }),
      ...(name === 'weighted-soft-labels' && { weight: softLabelWeights(student, teacher, labels) }),
    }
  })
  const describe = describer(dataset, seen, shape[1])
  const measures = [
    describe('teacher’s probability of the label', meanings.ofLabel, await values.ofLabel.data<'float32'>()),
  ]
  if ('moved' in values)
    measures.push(
      describe('revision of the soft label', meanings.moved, await values.moved.data<'float32'>()),
    )
  if ('weight' in values)
    measures.push(
      describe('weight of the soft label', meanings.weight, await values.weight.data<'float32'>()),
    )
  tf.dispose(values)
  return measures
}

const meanings = {
  ofLabel: 'Of the first teacher, at temperature 1; low: the teacher disagrees with the label.',
  moved:
    'Probability that Label Revision moved to the label, at the method’s temperature; 0: left as it was.',
  weight:
    'Of Weighted Soft Labels, for the student as it is at the end; low: the soft label is hardly listened to.',
}

function describer(
  dataset: Dataset,
  { labels, teacher }: SeenByBoth,
  classes: number,
): (name: string, meaning: string, values: Float32Array) => ExampleMeasure {
  const image = imageMaker(dataset)
  const describeExample = (row: number, value: number): MeasuredExample => {
    const logits = Array.from(teacher.subarray(row * classes, (row + 1) * classes))
    const picture = image(row)
    return {
      id: dataset.train.ids[row]!,
      value,
      label: labels[row]!,
      prediction: logits.indexOf(Math.max(...logits)),
      ...(picture !== undefined && { image: picture }),
    }
  }
  return (name, meaning, values) => {
    const order = [...values.keys()].sort((a, b) => values[b]! - values[a]!)
    const ends = (rows: number[]): MeasuredExample[] => rows.map((row) => describeExample(row, values[row]!))
    return {
      name,
      meaning,
      ...histogram(values),
      highest: ends(order.slice(0, ENDS)),
      lowest: ends(order.slice(-ENDS).reverse()),
    }
  }
}

function histogram(values: Float32Array): Pick<ExampleMeasure, 'edges' | 'counts'> {
  const least = values.reduce((a, b) => Math.min(a, b), Infinity)
  const width = (values.reduce((a, b) => Math.max(a, b), -Infinity) - least) / BINS || 1
  const counts = new Array<number>(BINS).fill(0)
  for (const value of values) counts[Math.min(BINS - 1, Math.floor((value - least) / width))]! += 1
  return { edges: Array.from({ length: BINS + 1 }, (_, bin) => least + bin * width), counts }
}

function imageMaker(dataset: Dataset): (row: number) => string | undefined {
  if (!isImage(dataset)) return () => undefined
  const [height, width, channels] = dataset.inputShape as [number, number, number]
  const toByte = pixelScale(dataset)
  const size = height * width * channels
  return (row) => {
    const pixels = dataset.train.inputs.subarray(row * size, (row + 1) * size)
    const data = Uint8Array.from(pixels, toByte)
    return Buffer.from(encode({ width, height, channels, data })).toString('base64')
  }
}
