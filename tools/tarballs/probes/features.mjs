import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { classification, randomSource, startMethod } from '@kd/core'
import { fitnetHint } from '@kd/features'

async function main() {
  await tf.setBackend('cpu')
  const run = {
    task: classification({ outputs: 2 }),
    student: { logits: [2], features: { penultimate: [4] } },
    teachers: [{ logits: [2], features: { penultimate: [8] } }],
    batchSize: 1,
    epochs: 1,
    train: { ids: new Int32Array([0]), labels: new Int32Array([1]) },
    random: randomSource(1),
  }
  const { variables = {} } = startMethod(fitnetHint(), run)
  // The regressor leads 4 units to 8, by the kernel and bias of a dense layer, and scale and offset of a batch normalisation.
  const sizes = Object.values(variables).map(({ size }) => size)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  if (total !== 4 * 8 + 3 * 8) throw new Error(`the regressor has ${sizes.join(' + ')} weights`)
}

void main()
