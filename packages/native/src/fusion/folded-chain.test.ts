import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterAll, describe, expect, it } from 'vitest'
import { expectSame, snapshot, type Snapshot } from '../testing/expect-same.js'
import { loadNative, needsAddon, onBackend } from '../testing/load-native.js'

const native = await loadNative()
const { layers } = tfl

const on = (layer: tfl.layers.Layer, ...x: tfl.SymbolicTensor[]): tfl.SymbolicTensor =>
  layer.apply(x.length === 1 ? x[0]! : x) as tfl.SymbolicTensor

/** Zeros before a stride, full and depthwise convolutions, sums, relu and relu6, and an output from the middle. */
function network(): tfl.LayersModel {
  let seed = 0
  const kernelInitializer = (): ReturnType<typeof tfl.initializers.heNormal> =>
    tfl.initializers.heNormal({ seed: ++seed })
  const norm = (x: tfl.SymbolicTensor): tfl.SymbolicTensor => on(layers.batchNormalization({}), x)
  const conv = (filters: number, strides: number, padding: 'same' | 'valid'): tfl.layers.Layer =>
    layers.conv2d({ filters, kernelSize: 3, strides, padding, kernelInitializer: kernelInitializer() })
  const zeros = (): tfl.layers.Layer =>
    layers.zeroPadding2d({
      padding: [
        [1, 1],
        [1, 1],
      ],
    })
  const relu = (): tfl.layers.Layer => layers.activation({ activation: 'relu' })

  const input = tfl.input({ shape: [10, 8, 3] })
  const first = on(relu(), norm(on(conv(16, 1, 'same'), input)))
  const deep = on(
    layers.depthwiseConv2d({
      kernelSize: 3,
      strides: 2,
      padding: 'valid',
      depthwiseInitializer: kernelInitializer(),
    }),
    on(zeros(), first),
  )
  const second = on(layers.reLU({ maxValue: 6 }), norm(deep))
  const third = on(relu(), on(layers.add(), norm(on(conv(16, 1, 'same'), second)), second))
  const small = on(conv(24, 2, 'valid'), on(zeros(), third))
  const last = norm(small)
  return tfl.model({ inputs: input, outputs: [third, last] })
}

/** Averages that are neither 0 nor 1, and biases that are not 0. */
function withStatistics(model: tfl.LayersModel): tfl.LayersModel {
  model.weights.forEach((weight, index) => {
    const [size, ...more] = weight.shape as number[]
    if (more.length > 0) return
    weight.write(tf.tensor1d(Array.from({ length: size! }, (_, i) => 0.3 + Math.abs(Math.sin(i + index)))))
  })
  return model
}

/** Frees what it makes; what it gives is no tensor. */
function inScope<Result>(run: () => Result): Result {
  let result: Result | undefined
  tf.tidy(() => {
    result = run()
  })
  return result!
}

const images = (batch: number): tf.Tensor => tf.randomNormal([batch, 10, 8, 3], 0, 9, 'float32', 5)

describe('a chain of convolutions', needsAddon(native !== undefined), () => {
  const before = native?.getThreads()
  afterAll(() => {
    native!.setThreads(before!)
  })

  for (const threads of [1, 2, 3]) {
    for (const batch of [1, 2, 13, 32]) {
      it(`gives what the cpu engine gives: ${batch} images, ${threads} threads`, () => {
        native!.setThreads(threads)
        const run = (): Snapshot[] =>
          inScope(() => (withStatistics(network()).apply(images(batch)) as tf.Tensor[]).map(snapshot))
        const [wanted, found] = [onBackend('cpu', run), run()]
        found.forEach((output, index) => {
          expectSame(output, wanted[index]!, 2e-5, 2e-5)
        })
        expect(run()).toEqual(found)
        tf.disposeVariables()
      })
    }
  }

  it('has the gradients of the cpu engine in training', () => {
    const run = (): Snapshot[] =>
      inScope(() => {
        const model = network()
        const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable)
        const x = images(4)
        const loss = (): tf.Scalar => {
          const outputs = model.apply(x, { training: true }) as tf.Tensor[]
          return tf.addN(outputs.map((output) => tf.sum(tf.square(output))))
        }
        const { grads } = tf.variableGrads(loss, variables)
        return variables.map(({ name }) => snapshot(grads[name]!))
      })
    const [wanted, found] = [onBackend('cpu', run), run()]
    found.forEach((gradient, index) => {
      expectSame(gradient, wanted[index]!, 1e-4, 1e-3)
    })
    tf.disposeVariables()
  })
})
