/**
 * The workloads of `npm run bench:engines`: engine-worker.mjs runs them, and engines_torch.py has the same ones for PyTorch.
 */
import { classification, crossEntropy, meanLoss, randomSource, sgd, startMethod } from '@kd/core'
import { vanillaKd, weightedSoftLabels } from '@kd/losses'
import { cifarResnet, mobilenetV2 } from '@kd/models'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'

const { layers } = tfl
const BATCH = 64
const he = () => tfl.initializers.heNormal({ seed: 1 })
const dense = (units, activation = 'linear') => layers.dense({ units, activation, kernelInitializer: he() })

function mlp() {
  return tfl.sequential({
    layers: [
      layers.inputLayer({ inputShape: [28, 28, 1] }),
      layers.flatten(),
      dense(256, 'relu'),
      dense(256, 'relu'),
      dense(10),
    ],
  })
}

function cnn() {
  const conv = (filters) =>
    layers.conv2d({ filters, kernelSize: 3, activation: 'relu', kernelInitializer: he() })
  return tfl.sequential({
    layers: [
      layers.inputLayer({ inputShape: [28, 28, 1] }),
      conv(32),
      conv(64),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      dense(128, 'relu'),
      dense(10),
    ],
  })
}

const randomInputs = (model) =>
  tf.randomNormal([BATCH, ...model.inputs[0].shape.slice(1)], 0, 1, 'float32', 1)
const randomLabels = () =>
  tf.tensor1d(
    Array.from({ length: BATCH }, (_, index) => index % 10),
    'int32',
  )

/** A step of gradient descent on what `lossOf(studentLogits, inputs)` gives. */
function descent(model, lossOf) {
  const inputs = randomInputs(model)
  const optimizer = sgd({ momentum: 0.9 }).start()
  return () => {
    const variables = model.trainableWeights.map((weight) => weight.read())
    const gradients = tf.tidy(() => {
      const loss = lossOf(inputs)
      const { grads } = tf.variableGrads(() => loss(model.apply(inputs, { training: true })), variables)
      return variables.map((variable) => grads[variable.name])
    })
    optimizer.step(variables, gradients, 0.01)
    tf.dispose(gradients)
  }
}

function training(model) {
  const labels = randomLabels()
  return {
    step: descent(model, () => (logits) => tf.mean(crossEntropy(logits, labels))),
    operations: 3 * operations(model) - firstLayerOperations(model),
    models: [model],
  }
}

function distilling(teacher, student, method) {
  const labels = randomLabels()
  const ids = Int32Array.from({ length: BATCH }, (_, index) => index)
  const task = classification({ outputs: 10 })
  const ofModel = { logits: task.outputShape, features: {} }
  const { phases } = startMethod(method, {
    task,
    student: ofModel,
    teachers: [ofModel],
    batchSize: BATCH,
    epochs: 1,
    train: { ids, labels: labels.dataSync() },
    random: randomSource(1),
  })
  const features = { studentFeatures: {}, teacherFeatures: [{}] }
  const lossOf = (inputs) => {
    const teacherLogits = [teacher.apply(inputs, { training: false })]
    const step = { ids, inputs, labels, task, teacherLogits, epoch: 0, views: {}, ...features }
    return (studentLogits) => meanLoss(phases[0].loss({ ...step, studentLogits }))
  }
  return {
    step: descent(student, lossOf),
    operations: operations(teacher) + 3 * operations(student) - firstLayerOperations(student),
    models: [teacher, student],
  }
}

function forward(model) {
  const inputs = randomInputs(model)
  const step = () => {
    const logits = tf.tidy(() => model.apply(inputs, { training: false }))
    logits.dataSync()
    logits.dispose()
  }
  return { step, operations: operations(model), models: [model] }
}

function product() {
  const [a, b] = [1, 2].map((seed) => tf.randomNormal([1024, 1024], 0, 1, 'float32', seed))
  return { step: () => tf.dispose(tf.matMul(a, b)), operations: 2 * 1024 ** 3, models: [] }
}

/** Multiplications and additions of convolutions and products, forward, for one batch. All else is under a hundredth. */
function operations(model) {
  return model.layers.reduce((sum, layer) => sum + layerOperations(layer), 0)
}

/** Nobody needs the gradient of the images. */
function firstLayerOperations(model) {
  return model.layers.map(layerOperations).find((count) => count > 0)
}

function layerOperations(layer) {
  if (!['Conv2D', 'DepthwiseConv2D', 'Dense'].includes(layer.getClassName())) return 0
  const kernel = layer.weights[0].shape
  // One output is a sum over the whole kernel but its last axis; a depthwise one sees its own channel only.
  const terms = kernel.slice(0, layer.getClassName() === 'DepthwiseConv2D' ? -2 : -1)
  return [2, BATCH, ...layer.outputShape.slice(1), ...terms].reduce((product, size) => product * size)
}

const resnet = (depth, options) => cifarResnet({ depth, classes: 10, ...options })

/**
 * What each row is, and what makes its step, the step's floating-point operations, and the models, whose sizes are compared
 * with PyTorch's.
 */
export const rows = {
  a: { title: 'MLP 784-256-256-10, step', prepare: () => training(mlp()) },
  b: { title: 'CNN 28x28, step', prepare: () => training(cnn()) },
  c: { title: 'ResNet-8, step', prepare: () => training(resnet(8, { shortcut: 'projection' })) },
  d: {
    title: 'ResNet-20 double width, forward',
    prepare: () => forward(resnet(20, { shortcut: 'projection', widths: [32, 32, 64, 128] })),
  },
  e: {
    title: 'KD: ResNet-56 forward, ResNet-20 step',
    prepare: () => distilling(resnet(56), resnet(20), vanillaKd()),
  },
  f: { title: 'the same with WSL', prepare: () => distilling(resnet(56), resnet(20), weightedSoftLabels()) },
  g: { title: 'matrix product 1024', prepare: product },
  h: { title: 'MobileNetV2, step', prepare: () => training(mobilenetV2({ classes: 10 })) },
}
