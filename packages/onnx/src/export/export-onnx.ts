import { InvalidArgumentError, type Normalization } from '@kd/core'
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers'
import { elementTypes } from '../file/onnx-model.js'
import { writeOnnx } from '../file/write-onnx.js'
import { GraphBuilder, type GraphValue } from './graph-builder.js'
import type { Layer, LayerWeight } from './layer.js'
import { translations } from './translations.js'

/** Options of {@link exportOnnx}. */
export interface ExportOnnxOptions {
  /**
   * Whether a softmax ends the graph, whose output is then called `probabilities`.
   * @defaultValue false: the output is `logits`
   */
  readonly softmax?: boolean
  /** How the model's inputs are normalised. It is kept in the file's `metadata_props` as JSON, `normalization`. */
  readonly normalization?: Normalization
  /**
   * Whether the graph does the normalisation itself, and takes inputs as the data set stores them. It needs `normalization`.
   * @defaultValue false: the graph takes normalised inputs
   */
  readonly normalize?: boolean
  /** Kept in the file's `metadata_props` as a JSON list, `class_names`. */
  readonly classNames?: readonly string[]
  /** Further entries of `metadata_props`, for example the run that the model comes from. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** The version of ONNX's operators that files are written in: the first with all that is needed, so that old runtimes read them. */
const OPSET = 13
const IR_VERSION = 7

/**
 * Writes a layers model as ONNX. The input, `input`, stays as the model was trained: [N, ...inputShape] of floats, channels last.
 * Each layer's output is a tensor with the layer's name.
 *
 * Known layers: Conv2D, DepthwiseConv2D, Dense, BatchNormalization, Activation, ReLU, LeakyReLU, Softmax, Add, Multiply, Concatenate,
 * ZeroPadding2D, Cropping2D, Reshape, Permute, Flatten, the poolings of images, models as layers, and those that do nothing outside of training.
 *
 * @param model - one input, one output
 * @param options - see {@link ExportOnnxOptions}
 * @returns the bytes of the file
 * @throws {@link InvalidArgumentError} that names a layer which ONNX export does not know
 *
 * @example
 * ```ts
 * import { selectEngine } from '@kd/core'
 * import { mlp } from '@kd/models'
 * import { exportOnnx } from '@kd/onnx'
 *
 * await selectEngine('cpu')
 * const file = await exportOnnx(mlp({ inputShape: [4], hiddenUnits: [8], classes: 2 }), { classNames: ['no', 'yes'] })
 * console.log(file.length < 1000) // true
 * ```
 *
 * @see https://github.com/onnx/onnx/blob/main/docs/Operators.md
 */
export async function exportOnnx(model: LayersModel, options: ExportOnnxOptions = {}): Promise<Uint8Array> {
  if (model.inputs.length !== 1 || model.outputs.length !== 1) {
    throw new InvalidArgumentError(
      `exportOnnx: model must have one input and one output, got ${model.inputs.length} and ${model.outputs.length}`,
    )
  }
  const softmax = options.softmax ?? false
  const output = softmax ? 'probabilities' : 'logits'
  const graph = new GraphBuilder(['input', output])
  const weights = await readWeights(model)
  const input: GraphValue = { name: 'input', shape: model.inputs[0]!.shape, channelsFirst: false }
  const logits = graph.plain(addModel(model, normalized(input, options, graph), graph, weights))
  const attributes = { axis: { integer: logits.shape.length - 1 } }
  const final = softmax
    ? { ...logits, name: graph.node('Softmax', [logits.name], 'softmax', attributes) }
    : logits
  graph.finish(final, output)
  return writeOnnx({
    irVersion: IR_VERSION,
    opset: OPSET,
    custom: false,
    metadata: metadataOf(options),
    nodes: graph.nodes,
    tensors: graph.tensors,
    inputs: [{ name: 'input', elementType: elementTypes.float, shape: input.shape }],
    outputs: [{ name: output, elementType: elementTypes.float, shape: final.shape }],
  })
}

/** Adds (input - mean) / standardDeviation for each channel. */
function normalized(input: GraphValue, options: ExportOnnxOptions, graph: GraphBuilder): GraphValue {
  const { normalization, normalize = false } = options
  if (normalization === undefined) {
    if (!normalize) return input
    throw new InvalidArgumentError('exportOnnx: normalize must come with normalization, got none')
  }
  const { mean, standardDeviation } = normalization
  for (const values of [mean, standardDeviation]) {
    if ((values.length !== 1 && values.length !== input.shape.at(-1)) || !values.every(Number.isFinite)) {
      throw new InvalidArgumentError(
        `exportOnnx: normalization must have one number, or one for each of ${input.shape.at(-1)} channels, got [${values.join(', ')}]`,
      )
    }
  }
  if (!standardDeviation.every((value) => value > 0)) {
    throw new InvalidArgumentError(
      `exportOnnx: normalization.standardDeviation must be > 0, got [${standardDeviation.join(', ')}]`,
    )
  }
  if (!normalize) return input
  const centered = graph.node('Sub', ['input', graph.floats('mean', [mean.length], mean)], 'centered')
  const deviation = graph.floats('standard_deviation', [standardDeviation.length], standardDeviation)
  return { ...input, name: graph.node('Div', [centered, deviation], 'normalized') }
}

/** Adds the layers of a model, each use once, and gives its output. */
function addModel(
  model: LayersModel,
  input: GraphValue,
  graph: GraphBuilder,
  weights: ReadonlyMap<Layer, readonly LayerWeight[]>,
): GraphValue {
  const known = new Map<number, GraphValue>([[model.inputs[0]!.id, input]])
  const valueOf = (symbol: SymbolicTensor): GraphValue => {
    const before = known.get(symbol.id)
    if (before !== undefined) return before
    const layer = symbol.sourceLayer
    const kind = layer.getClassName()
    const inputs = layer.inboundNodes[symbol.nodeIndex]!.inputTensors.map(valueOf)
    let value: GraphValue
    if (isModel(layer)) {
      if (layer.inputs.length !== 1 || layer.outputs.length !== 1)
        throw unknownLayer(layer, 'a model of several inputs or outputs')
      value = addModel(layer, inputs[0]!, graph, weights)
    } else {
      const translate = Object.hasOwn(translations, kind) ? translations[kind] : undefined
      if (translate === undefined) throw unknownLayer(layer, kind)
      value = translate({
        graph,
        name: layer.name,
        config: layer.getConfig(),
        weights: weights.get(layer)!,
        inputs,
        outputShape: symbol.shape,
      })
    }
    known.set(symbol.id, value)
    return value
  }
  return valueOf(model.outputs[0]!)
}

function unknownLayer(layer: Layer, found: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `exportOnnx: layer ${layer.name} must be of a kind that ONNX export knows, got ${found}`,
    {
      hint: `known kinds: ${Object.keys(translations).join(', ')}`,
    },
  )
}

function isModel(layer: Layer): layer is LayersModel {
  return 'layers' in layer && 'inputs' in layer
}

/** Reads all weights, which some engines give only later. */
async function readWeights(model: LayersModel): Promise<Map<Layer, readonly LayerWeight[]>> {
  const weights = new Map<Layer, readonly LayerWeight[]>()
  for (const layer of model.layers) {
    if (isModel(layer)) for (const [inner, values] of await readWeights(layer)) weights.set(inner, values)
    else {
      const read = layer.getWeights().map(async (weight) => ({
        shape: weight.shape,
        values: Float32Array.from(await weight.data()),
      }))
      weights.set(layer, await Promise.all(read))
    }
  }
  return weights
}

function metadataOf({
  classNames,
  normalization,
  normalize = false,
  metadata,
}: ExportOnnxOptions): Record<string, string> {
  return {
    layout: 'nhwc',
    ...(classNames === undefined ? {} : { class_names: JSON.stringify(classNames) }),
    ...(normalization === undefined
      ? {}
      : { normalization: JSON.stringify(normalization), normalization_in_graph: String(normalize) }),
    ...metadata,
  }
}
