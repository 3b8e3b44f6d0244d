import { adam, crossEntropy, klDivergence, sgd, softCrossEntropy } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import fc from 'fast-check'
import { axesOf, calm, filled, ordinary, shapeOf, tensorOf, type KernelCase } from './arbitrary-tensors.js'

const activations: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  relu: tf.relu,
  relu6: (x) => tf.relu6(tf.mul(x, 3)),
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  elu: tf.elu,
}

const activationGradient: fc.Arbitrary<KernelCase> = fc
  .tuple(fc.constantFrom(...Object.values(activations)), shapeOf({ min: 0, max: 4 }))
  .chain(([activation, shape]) =>
    fc.tuple(calm(shape), calm(shape)).map(
      ([x, dy]): KernelCase =>
        () =>
          tf.grad(activation)(x(), dy()),
    ),
  )

const reductionGradient: fc.Arbitrary<KernelCase> = fc
  .tuple(fc.constantFrom('sum' as const, 'mean' as const), filled({ min: 1, max: 4 }), fc.boolean())
  .chain(([name, shape, keepDims]) =>
    fc.tuple(calm(shape), axesOf(shape.length)).map(([x, axes]): KernelCase => () => {
      const reduced = (value: tf.Tensor): tf.Tensor =>
        name === 'sum' ? tf.sum(value, axes, keepDims) : tf.mean(value, axes, keepDims)
      return tf.grad((value) => tf.square(reduced(value)))(x())
    }),
  )

/** The layer of tfjs-layers in training: its output, its moving averages, and the gradients of what goes in. */
const batchNormTraining: fc.Arbitrary<KernelCase> = fc
  .tuple(filled({ min: 2, max: 4 }), fc.double({ min: 1e-3, max: 0.1, noNaN: true }))
  .chain(([shape, epsilon]) => {
    const channels = shape.at(-1)!
    return fc
      .tuple(calm(shape), calm(shape), calm([channels]), calm([channels]))
      .map(([x, dy, gamma, beta]): KernelCase => () => {
        const layer = tfl.layers.batchNormalization({ epsilon })
        layer.build(shape)
        const [, , movingMean, movingVariance] = layer.getWeights() as [
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
        ]
        layer.setWeights([gamma(), beta(), movingMean, movingVariance])
        const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable)
        const input = tf.variable(x())
        const run = (): tf.Tensor => layer.apply(input, { training: true }) as tf.Tensor
        const { grads } = tf.variableGrads(() => tf.sum(tf.mul(run(), dy())), [input, ...variables])
        // What is read after the layer is disposed must be a copy.
        const averages = layer.getWeights().map((weight) => tf.add(weight, 0))
        const found = [run(), ...averages, ...[input, ...variables].map(({ name }) => grads[name]!)]
        layer.weights.forEach((weight) => weight.dispose())
        input.dispose()
        return found
      })
  })

const large = fc.oneof(
  { weight: 8, arbitrary: ordinary },
  { weight: 1, arbitrary: fc.constantFrom(1e4, -1e4, 90, -90, 0) },
)

const exampleLoss: fc.Arbitrary<KernelCase> = fc
  .record({
    rows: fc.integer({ min: 1, max: 12 }),
    classes: fc.integer({ min: 2, max: 40 }),
    temperature: fc.double({ min: 0.5, max: 8, noNaN: true }),
    soft: fc.constantFrom('klDivergence' as const, 'softCrossEntropy' as const, 'crossEntropy' as const),
  })
  .chain(({ rows, classes, temperature, soft }) =>
    fc
      .tuple(
        tensorOf([rows, classes], 'float32', large),
        tensorOf([rows, classes], 'float32', large),
        calm([rows]),
        fc.array(fc.nat(classes - 1), { minLength: rows, maxLength: rows }),
      )
      .map(([student, teacher, dy, labels]): KernelCase => () => {
        const loss = (logits: tf.Tensor): tf.Tensor => {
          const scores = logits as tf.Tensor2D
          if (soft === 'crossEntropy') return crossEntropy(scores, tf.tensor1d(labels, 'int32'))
          const other = teacher() as tf.Tensor2D
          if (soft === 'klDivergence') return klDivergence(other, scores, temperature)
          return softCrossEntropy(scores, tf.softmax(other), temperature)
        }
        return [loss(student()), tf.grad(loss)(student(), dy())]
      }),
  )

/** Some steps of one to four variables, not all of which have a gradient each time. */
const optimizerStep: fc.Arbitrary<KernelCase> = fc
  .record({
    shapes: fc.array(filled({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 }),
    momentum: fc.constantFrom(0, 0.5, 0.9),
    nesterov: fc.boolean(),
    decoupled: fc.boolean(),
    weightDecay: fc.constantFrom(0, 1e-3, 0.1),
    learningRate: fc.double({ min: 1e-3, max: 0.5, noNaN: true }),
    kind: fc.constantFrom('sgd' as const, 'adam' as const),
  })
  .chain(({ shapes, kind, learningRate, momentum, nesterov, ...decay }) => {
    const gradients = fc.tuple(...shapes.map((shape) => fc.option(calm(shape), { nil: undefined, freq: 4 })))
    return fc
      .tuple(
        fc.tuple(...shapes.map((shape) => calm(shape))),
        fc.array(gradients, { minLength: 1, maxLength: 3 }),
      )
      .map(([start, steps]): KernelCase => () => {
        const rule =
          kind === 'adam' ? adam(decay) : sgd({ momentum, nesterov: nesterov && momentum > 0, ...decay })
        const optimizer = rule.start()
        const variables = start.map((values) => tf.variable(values()))
        for (const step of steps)
          optimizer.step(
            variables,
            step.map((gradient) => gradient?.()),
            learningRate,
          )
        const state = optimizer.state()
        const slots = Object.keys(state)
          .sort()
          .map((key) => state[key]!)
        const found = [...variables, ...slots].map((tensor) => tf.add(tensor, 0))
        optimizer.dispose()
        tf.dispose(variables)
        return found
      })
  })

/** fused.matMul and fused.conv2d with the gradients of all that goes in. */
const fusedGradient: fc.Arbitrary<KernelCase> = fc
  .record({
    rows: fc.integer({ min: 1, max: 9 }),
    inner: fc.integer({ min: 1, max: 20 }),
    columns: fc.integer({ min: 1, max: 9 }),
    activation: fc.constantFrom('linear' as const, 'relu' as const, 'relu6' as const),
    convolution: fc.boolean(),
  })
  .chain(({ rows, inner, columns, activation, convolution }) => {
    const image = convolution ? [2, rows, rows, inner] : [rows, inner]
    const filter = convolution ? [1, 1, inner, columns] : [inner, columns]
    const output = [...image.slice(0, -1), columns]
    return fc
      .tuple(calm(image), calm(filter), calm([columns]), calm(output))
      .map(([x, weights, bias, dy]): KernelCase => () => {
        const run = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor): tf.Tensor =>
          convolution
            ? tf.fused.conv2d({
                x: a as tf.Tensor4D,
                filter: b as tf.Tensor4D,
                strides: 1,
                pad: 'same',
                bias: c,
                activation,
              })
            : tf.fused.matMul({ a, b, bias: c, activation })
        return tf.grads(run)([x(), weights(), bias()], dy())
      })
  })

/** Adds up rows by number, which is how gather's gradient works. */
const gatherGradient: fc.Arbitrary<KernelCase> = filled({ min: 1, max: 3 }).chain((shape) =>
  fc
    .tuple(calm(shape), fc.array(fc.nat(shape[0]! - 1), { minLength: 1, maxLength: 12 }))
    .chain(([x, indices]) =>
      calm([indices.length, ...shape.slice(1)]).map(
        (dy): KernelCase =>
          () =>
            tf.grad((table) => tf.gather(table, tf.tensor1d(indices, 'int32')))(x(), dy()),
      ),
    ),
)

export const gradients: Record<string, fc.Arbitrary<KernelCase>> = {
  activationGradient,
  reductionGradient,
  batchNormTraining,
  exampleLoss,
  optimizerStep,
  fusedGradient,
  gatherGradient,
}
