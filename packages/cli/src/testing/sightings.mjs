import * as tf from '@tensorflow/tfjs-core'
import { setTimeout } from 'node:timers/promises'

/** A plugin as a user writes one: a task of counts, a table with them, and teachers that answer later. */
export default {
  tasks: { counts: Object.assign(counts, { labels: 'numbers' }) },
  teachers: {
    /** Knows the rates that the labels were drawn with, and takes its time. */
    'rate-server': () => async (inputs) => {
      await setTimeout(1)
      return trueRates(inputs)
    },
    'too-many-rows': () => async (inputs) => tf.zeros([inputs.shape[0] + 1, 1]),
    'not-finite': () => async (inputs) => tf.fill([inputs.shape[0], 1], NaN),
    throws: () => async () => Promise.reject(new Error('the server is down')),
    hangs: () => () => new Promise(() => undefined),
    'hangs-later': () => {
      let answers = 0
      return {
        name: 'hangs-later',
        features: [],
        answer: async ({ inputs }) =>
          answers++ < 2 ? { logits: trueRates(inputs), features: {} } : new Promise(() => undefined),
      }
    },
    nothing: () => undefined,
    'fails-at-once': () => {
      throw new Error('no address')
    },
  },
  datasets: { sightings: () => sightings() },
}

/** Logarithms of rates, [N, 1]. */
function trueRates(inputs) {
  return tf.tidy(() => tf.reshape(tf.sum(tf.mul(inputs, [0.8, -0.6]), 1), [-1, 1]))
}

/** Each example is a count; its logit is the logarithm of the rate of a Poisson distribution. */
function counts({ outputs }) {
  return {
    name: 'counts',
    outputShape: [outputs],
    labelShape: [outputs],
    kinds: {
      meanAbsoluteError: { title: 'error of the count', unit: 'number', better: 'lower' },
      loss: { title: 'Poisson loss', unit: 'nats', better: 'lower' },
    },
    monitor: 'loss',
    labelProblem: ([count]) =>
      Number.isInteger(count) && count >= 0 ? undefined : `must be a count, got ${count}`,
    labelTensor: (labels, examples) => tf.tensor2d(Float32Array.from(labels), [examples, outputs]),
    labelLoss: (logits, labels) => tf.mean(tf.sub(tf.exp(logits), tf.mul(labels, logits)), 1),
    divergence: (teacherLogits, studentLogits, temperature) =>
      tf.tidy(() => {
        const [teacher, student] = [teacherLogits, studentLogits].map((logits) => tf.div(logits, temperature))
        const difference = tf.sub(tf.exp(student), tf.exp(teacher))
        return tf.mean(tf.add(difference, tf.mul(tf.exp(teacher), tf.sub(teacher, student))), 1)
      }),
    meter: () => new CountMeter(),
  }
}

class CountMeter {
  #examples = 0
  #error = 0
  #loss = 0

  add(logits, labels) {
    logits.forEach((logit, index) => {
      this.#error += Math.abs(Math.exp(logit) - labels[index])
      this.#loss += Math.exp(logit) - labels[index] * logit
    })
    this.#examples += labels.length
  }

  figures() {
    return {
      examples: this.#examples,
      meanAbsoluteError: this.#error / this.#examples,
      loss: this.#loss / this.#examples,
    }
  }
}

function sightings() {
  return {
    name: 'sightings',
    inputShape: [2],
    classNames: ['sightings'],
    normalization: { mean: [0, 0], standardDeviation: [1, 1] },
    train: examples(96, 0),
    validation: examples(48, 96),
    test: examples(48, 144),
    task: counts({ outputs: 1 }),
  }
}

/** Points on a spiral of a low discrepancy, and counts near the rates there. */
function examples(count, from) {
  const place = (row, step) => 4 * (((row + from + 1) * step) % 1) - 2
  const inputs = Float32Array.from({ length: 2 * count }, (_, at) =>
    place(at >> 1, at % 2 === 0 ? 0.6180339887 : 0.7548776662),
  )
  const labels = Float32Array.from({ length: count }, (_, row) => {
    const rate = Math.exp(0.8 * inputs[2 * row] - 0.6 * inputs[2 * row + 1])
    return Math.max(0, Math.round(rate + (((row + from) * 0.5698402909) % 1) - 0.5))
  })
  return { inputs, labels, ids: Int32Array.from({ length: count }, (_, row) => row) }
}
