import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { classification, meanLoss, randomSource, startMethod } from '@kd/core'
import { vanillaKd } from '@kd/losses'

async function main() {
  await tf.setBackend('cpu')
  const task = classification({ outputs: 4 })
  const method = vanillaKd({ temperature: 4, softLossWeight: 0.9, hardLossWeight: 0.1 })
  const { phases } = startMethod(method, {
    task,
    student: { logits: [4], features: {} },
    teachers: [{ logits: [4], features: {} }],
    batchSize: 1,
    epochs: 1,
    train: { ids: new Int32Array([0]), labels: new Int32Array([1]) },
    random: randomSource(1),
  })
  const parts = phases[0]?.loss({
    ids: new Int32Array([0]),
    inputs: tf.zeros([1, 1]),
    labels: tf.tensor1d([1], 'int32'),
    task,
    studentLogits: tf.tensor2d([[0.5, 1.5, 0.2, -0.3]]),
    teacherLogits: [tf.tensor2d([[2, 1, 0, -1]])],
    studentFeatures: {},
    teacherFeatures: [{}],
    epoch: 0,
    views: {},
  })
  if (parts === undefined) throw new Error('vanillaKd has no phase')
  // The first golden case of vanilla-kd.
  const loss = meanLoss(parts).dataSync()[0]
  if (!(Math.abs(Number(loss) - 0.4406015) < 1e-6)) throw new Error(`vanillaKd gave ${loss}`)
}

void main()
