import * as tf from '@tensorflow/tfjs-core'
import type { LastLayerTables, TablesSource } from '../examples/last-layer-examples.js'
import type { NumberTable } from '../examples/table.js'

/** How many examples are worked on at a time: so few that their tables stay in a processor's second cache. */
const ROWS = 2048

/**
 * sum_i (diag(p_i) - p_i p_i^T) direction x_i x_i^T by float32 products on the engine; sums over blocks are float64. Relative errors
 * are about 10^-6. The softmax is computed at each call, so that nothing beside the examples stays in memory.
 *
 * @param source - read and checked tables
 * @param direction - [C, D + 1]
 * @param temperature - softens the loss against teacher logits
 * @returns [C, D + 1]
 */
export async function engineProduct(
  source: TablesSource,
  direction: Float64Array,
  temperature: number,
): Promise<Float64Array> {
  // The direction is divided by its size, so that a small direction does not fall below what float32 can hold.
  const size = direction.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1
  const sums = new Float64Array(direction.length)
  let layer: { weights: tf.Tensor2D; bias: tf.Tensor1D } | undefined
  try {
    for await (const tables of source()) {
      layer ??= layerOf(direction, size, tables)
      for (let from = 0; from < tables.labels.length; from += ROWS)
        await addBlock(tables, from, layer, temperature, sums)
    }
  } finally {
    tf.dispose(layer)
  }
  return sums.map((sum) => size * sum)
}

function layerOf(
  direction: Float64Array,
  size: number,
  { features, logits }: LastLayerTables,
): { weights: tf.Tensor2D; bias: tf.Tensor1D } {
  const [width, classes] = [features.shape[1], logits.shape[1]]
  const weights = new Float32Array(classes * width)
  const bias = new Float32Array(classes)
  for (let label = 0; label < classes; label++) {
    const start = label * (width + 1)
    for (let k = 0; k < width; k++) weights[label * width + k] = direction[start + k]! / size
    bias[label] = direction[start + width]! / size
  }
  return { weights: tf.tensor2d(weights, [classes, width]), bias: tf.tensor1d(bias) }
}

async function addBlock(
  { features, logits, teacherLogits }: LastLayerTables,
  from: number,
  { weights, bias }: { weights: tf.Tensor2D; bias: tf.Tensor1D },
  temperature: number,
  sums: Float64Array,
): Promise<void> {
  const images = tf.tidy(() => {
    const inputs = rowsOf(features, from)
    const scaled = rowsOf(logits, from)
    const probabilities = tf.softmax(teacherLogits === undefined ? scaled : tf.div(scaled, temperature))
    const weighted = tf.mul(probabilities, tf.add(tf.matMul(inputs, weights, false, true), bias))
    const slopes = tf.sub(weighted, tf.mul(probabilities, tf.sum(weighted, 1, true)))
    return [tf.matMul(slopes, inputs, true, false), tf.sum(slopes, 0)]
  })
  const [ofWeights, ofBias] = await Promise.all(images.map((image) => image.data<'float32'>()))
  tf.dispose(images)
  const width = features.shape[1]
  for (let label = 0; label < ofBias!.length; label++) {
    const start = label * (width + 1)
    for (let k = 0; k < width; k++) sums[start + k]! += ofWeights![label * width + k]!
    sums[start + width]! += ofBias![label]!
  }
}

function rowsOf({ values, shape: [rows, columns] }: NumberTable, from: number): tf.Tensor2D {
  const to = Math.min(from + ROWS, rows)
  const part = values.subarray(from * columns, to * columns)
  return tf.tensor2d(part instanceof Float32Array ? part : Float32Array.from(part), [to - from, columns])
}
