import type * as tf from '@tensorflow/tfjs-core'
import { model as makeLayersModel, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { InvalidArgumentError, ShapeError } from '../errors.js'
import { withBatchStatistics } from './batch-statistics.js'
import type { RandomSource } from '../random/random-source.js'
import type { ForwardOptions, Mode, Model, ModelInput, Outputs } from './model.js'
import { normalizesExamples, withFrozenNormalization } from './normalization.js'
import { regularizationOf } from './regularization.js'
import { keepLayerSeeds, seedLayers, withSeededDraws } from './seed-layers.js'
import { stageOutputs } from './stages.js'

/**
 * Makes a {@link Model} of a LayersModel. Its features are its layers by name, `'penultimate'`, the input of the last dense
 * layer, and for images `'stage1'` ... `'stageK'`: stage k is the output of the last layer of the k-th height and width.
 * Its regularizers are part of a training's loss; batch normalisation that is not trainable uses its averages, which stay as they are.
 *
 * @param model - one input, one output of logits
 * @param role - what errors call the model; its name by default
 * @returns a model with the same variables
 * @throws {@link InvalidArgumentError} for a model that ends in a softmax
 * @throws {@link ShapeError} for a model with several inputs or outputs
 *
 * @example
 * ```ts
 * import { layers, sequential } from '@tensorflow/tfjs-layers'
 * import { layersModel, selectEngine } from '@kd/core'
 *
 * await selectEngine('cpu')
 * const hidden = layers.dense({ name: 'hidden', units: 4, inputShape: [2] })
 * const model = layersModel(sequential({ layers: [hidden, layers.dense({ name: 'head', units: 3 })] }))
 * console.log(model.features.join()) // hidden,head,penultimate
 * ```
 */
export function layersModel(model: LayersModel, role: string = model.name): Model {
  assertGivesLogits(model, role)
  const stages = stageOutputs(model)
  const readers = new Map<string, Reader>()
  // A reader is built once for each set of names.
  const readerOf = (names: readonly string[]): Reader => {
    const key = names.join('\n')
    let reader = readers.get(key)
    if (reader === undefined) {
      reader = makeReader(
        model,
        names.map((name) => featureOf(model, stages, name, role)),
      )
      readers.set(key, reader)
    }
    return reader
  }
  const apply = (inputs: tf.Tensor, training: boolean, names: readonly string[]): Outputs => {
    if (names.length === 0) return { logits: model.apply(inputs, { training }) as tf.Tensor, features: {} }
    return namedOutputs(readerOf(names)(inputs, training), names)
  }
  let draws: RandomSource | undefined
  const inMode = (mode: Mode, run: (training: boolean) => Outputs): Outputs => {
    if (mode === 'eval') return run(false)
    if (mode === 'batch-statistics') return withBatchStatistics(model, () => run(true))
    const train = (): Outputs => withFrozenNormalization(model, () => run(true))
    return draws === undefined ? train() : withSeededDraws(draws, train)
  }
  return {
    name: model.name,
    get variables() {
      return model.trainableWeights.map((weight) => weight.read() as tf.Variable)
    },
    get weights() {
      return model.weights.map((weight) => weight.read() as tf.Variable)
    },
    features: [
      ...model.layers.map((layer) => layer.name),
      ...(lastDenseLayer(model) === undefined ? [] : ['penultimate']),
      ...Object.keys(stages),
    ],
    inputShape: model.inputs[0]!.shape.slice(1),
    outputShape: model.outputs[0]!.shape.slice(1),
    get normalizesExamples() {
      return normalizesExamples(model)
    },
    forward: (inputs: tf.Tensor, { mode, features }: ForwardOptions) =>
      inMode(mode, (training) => apply(inputs, training, features)),
    forwardFrom: (feature, value, { mode, features }) => {
      const [from, ...others] = [feature, ...features].map((name) => featureOf(model, stages, name, role))
      const rest = restOf(model, from!, [model.outputs[0]!, ...others])
      return inMode(mode, (training) => namedOutputs(rest(value, training), features))
    },
    seed: (random) => {
      seedLayers(model, random)
      draws = random.split('draws')
    },
    keepSeeds: () => keepLayerSeeds(model),
    ...regularizationOf(model),
  }
}

/**
 * Takes what a run was given as a model.
 *
 * @param model - a model, or a LayersModel
 * @param role - what errors call it
 * @returns a model
 * @throws {@link InvalidArgumentError} for anything else
 */
export function asModel(model: ModelInput, role: string): Model {
  if (isLayersModel(model)) return layersModel(model, role)
  if (typeof (model as Partial<Model> | undefined)?.forward === 'function') return model
  throw new InvalidArgumentError(
    `distill: ${role} must be a LayersModel or have forward(inputs, how), got ${model === null ? 'null' : typeof model}`,
  )
}

/** Whether a value is a LayersModel, also one of another copy of TensorFlow.js. */
export function isLayersModel(value: unknown): value is LayersModel {
  return typeof value === 'object' && value !== null && 'layers' in value && 'apply' in value
}

function assertGivesLogits(model: LayersModel, role: string): void {
  if (model.inputs.length !== 1 || model.outputs.length !== 1) {
    throw new ShapeError(
      `distill: ${role} must have one input and one output [N, C], got ${model.inputs.length} inputs and outputs ` +
        model.outputs.map((output) => `[${output.shape.map((size) => size ?? 'N').join(', ')}]`).join(', '),
    )
  }
  const softmax = softmaxAtEnd(model.outputs[0]!)
  if (softmax !== undefined) {
    throw new InvalidArgumentError(`distill: ${role} must give logits, got a model that ends in a softmax`, {
      hint: `remove the softmax of layer ${softmax}; losses apply it themselves, at their temperature`,
    })
  }
}

/** Layers that change neither the numbers at the end of a model nor what they mean. */
const passing = ['Reshape', 'Flatten', 'Permute', 'Dropout', 'InputLayer']

/** The name of the layer whose softmax a tensor is, however it is wrapped; undefined for other tensors. */
function softmaxAtEnd(output: SymbolicTensor): string | undefined {
  const { sourceLayer: layer, nodeIndex, tensorIndex } = output
  const inner = (layer as unknown as Partial<LayersModel>).outputs
  if (inner !== undefined) return softmaxAtEnd(inner[tensorIndex ?? 0]!)
  const { activation } = layer.getConfig()
  if (layer.getClassName() === 'Softmax' || activation === 'softmax') return layer.name
  if (
    !passing.includes(layer.getClassName()) &&
    !(layer.getClassName() === 'Activation' && activation === 'linear')
  ) {
    return undefined
  }
  const [input] = layer.inboundNodes[nodeIndex]?.inputTensors ?? []
  return input === undefined || input === output ? undefined : softmaxAtEnd(input)
}

function namedOutputs([logits, ...features]: readonly tf.Tensor[], names: readonly string[]): Outputs {
  return {
    logits: logits!,
    features: Object.fromEntries(names.map((name, index) => [name, features[index]!])),
  }
}

/** Gives logits and features of a batch, in the order of the features. */
type Reader = (inputs: tf.Tensor, training: boolean) => tf.Tensor[]

/** One pass gives logits and all features. What has several names, as the last layer of a stage has, is an output once. */
function makeReader(model: LayersModel, features: readonly SymbolicTensor[]): Reader {
  const wanted = [model.outputs[0]!, ...features]
  const outputs = [...new Set(wanted)]
  const reader = makeLayersModel({ inputs: model.inputs, outputs })
  return (inputs, training) => {
    const given = [reader.apply(inputs, { training }) as tf.Tensor | tf.Tensor[]].flat()
    return wanted.map((tensor) => given[outputs.indexOf(tensor)]!)
  }
}

/**
 * Finds the layer whose input methods mean by `'penultimate'`: the last dense layer.
 *
 * @param model - any LayersModel
 * @returns undefined for a model without a dense layer on its top level
 */
export function lastDenseLayer(model: LayersModel): LayersModel['layers'][number] | undefined {
  return model.layers.findLast((layer) => layer.getClassName() === 'Dense')
}

function featureOf(
  model: LayersModel,
  stages: Readonly<Record<string, SymbolicTensor>>,
  name: string,
  role: string,
): SymbolicTensor {
  if (name === 'penultimate') {
    const dense = lastDenseLayer(model)
    if (dense !== undefined) return dense.input as SymbolicTensor
    throw new InvalidArgumentError(
      `distill: ${role} must have a dense layer for 'penultimate' features, got none`,
    )
  }
  const layer = model.layers.find((candidate) => candidate.name === name)
  if (layer !== undefined) return layer.output as SymbolicTensor
  const stage = stages[name]
  if (stage !== undefined) return stage
  throw new InvalidArgumentError(`distill: ${role} must have the layer asked for, got ${name}`, {
    hint: `its layers: ${[...model.layers.map((candidate) => candidate.name), ...Object.keys(stages)].join(', ')}`,
  })
}

/** Replays the layers behind a feature, each once, as the graph of the model connects them. */
function restOf(
  model: LayersModel,
  from: SymbolicTensor,
  wanted: readonly SymbolicTensor[],
): (value: tf.Tensor, training: boolean) => tf.Tensor[] {
  return (value, training) => {
    const known = new Map<number, tf.Tensor>([[from.id, value]])
    const compute = (symbol: SymbolicTensor): tf.Tensor => {
      const before = known.get(symbol.id)
      if (before !== undefined) return before
      const node = symbol.sourceLayer.inboundNodes[symbol.nodeIndex]!
      if (node.inputTensors.length === 0 || symbol.sourceLayer.getClassName() === 'InputLayer') {
        throw new InvalidArgumentError(
          `forwardFrom: feature must be passed by every way from the input of ${model.name}, got one that ${symbol.sourceLayer.name} leads around`,
        )
      }
      const inputs = node.inputTensors.map(compute)
      const output = symbol.sourceLayer.apply(inputs.length === 1 ? inputs[0]! : inputs, {
        training,
      }) as tf.Tensor
      known.set(symbol.id, output)
      return output
    }
    return wanted.map(compute)
  }
}
