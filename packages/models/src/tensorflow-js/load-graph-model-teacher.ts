import { InvalidArgumentError, KdError, type Question, type Teacher } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import { weightsManifest } from '../model-json/weights-manifest.js'
import { graphNodes, nodeName, type GraphNode } from './graph-nodes.js'
import { openModelFolder, readWeightFiles, type ModelFiles } from './model-files.js'

const functionName = 'loadGraphModelTeacher'

/** Options of {@link loadGraphModelTeacher}. */
export interface GraphModelTeacherOptions {
  /** The node that gives the logits. @defaultValue the only output of the graph */
  readonly logits?: string
  /**
   * Whether a softmax at the end is taken off: the logits are what goes into it.
   * @defaultValue false; a graph that ends in a softmax is refused
   */
  readonly withoutSoftmax?: boolean
  /** The name for messages. @defaultValue 'graph model' */
  readonly name?: string
}

/** The part of a graph model that is used. Its own types exist only where the converter is installed. */
interface GraphModel {
  readonly inputs: readonly { readonly name: string }[]
  readonly outputs: readonly { readonly name: string }[]
  execute(inputs: Readonly<Record<string, tf.Tensor>>, outputs: string[]): tf.Tensor | tf.Tensor[]
  dispose(): void
  /** Not part of its public interface: the graph as it was understood. An operation without a category is unknown. */
  readonly executor?: {
    readonly graph: {
      readonly nodes: Readonly<Record<string, { readonly op: string; readonly category?: string }>>
    }
  }
}

/** The part of `@tensorflow/tfjs-converter` that is used. */
interface Converter {
  loadGraphModel(handler: unknown): Promise<GraphModel>
}

/**
 * Reads a graph model of TensorFlow.js, as `tensorflowjs_converter` makes it of a SavedModel or a TF Hub module, as a teacher whose
 * weights stay as they are. The inner nodes of the graph are its features, by their names.
 *
 * The files are not trusted: nothing outside the folder is read, and no code is run. The optional package
 * `@tensorflow/tfjs-converter` must be installed.
 *
 * @param source - the folder or its `model.json` (in Node), or {@link ModelFiles}
 * @param options - see {@link GraphModelTeacherOptions}
 * @returns the teacher; `dispose` frees its weights
 * @throws {@link KdError} when a file is missing, cut off or leads out of the folder, an operation is unknown, or the graph has
 * several inputs
 * @throws {@link InvalidArgumentError} when a node of that name does not exist, or the graph ends in a softmax
 *
 * @example
 * ```ts
 * import { loadGraphModelTeacher } from '@kd/models'
 *
 * async function teacher(folder: string) {
 *   const found = await loadGraphModelTeacher(folder, { withoutSoftmax: true })
 *   return found.features // names of nodes
 * }
 * console.log(typeof teacher) // function
 * ```
 */
export async function loadGraphModelTeacher(
  source: string | ModelFiles,
  options: GraphModelTeacherOptions = {},
): Promise<Teacher> {
  const files = typeof source === 'string' ? await openModelFolder(source, functionName) : source
  const converter = await loadConverter()
  let nodes: readonly GraphNode[]
  let model: GraphModel
  try {
    const json = (files.json ?? {}) as Readonly<Record<string, unknown>>
    nodes = graphNodes(json, functionName)
    const { groups, specs } = weightsManifest(json['weightsManifest'])
    const weightData = await readWeightFiles(files, groups, functionName)
    model = await converter.loadGraphModel(
      tf.io.fromMemory({ ...(json as unknown as tf.io.ModelArtifacts), weightSpecs: specs, weightData }),
    )
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause)
    if (KdError.isInstance(cause) && message.startsWith(`${functionName}: `)) throw cause
    throw new KdError(
      `${functionName}: model.json must be a graph model with its weights, got: ${message.slice(0, 500)}`,
      { cause },
    )
  }
  try {
    return graphTeacher(model, nodes, options)
  } catch (error) {
    model.dispose()
    throw error
  }
}

function graphTeacher(
  model: GraphModel,
  nodes: readonly GraphNode[],
  { logits, withoutSoftmax = false, name = 'graph model' }: GraphModelTeacherOptions,
): Teacher {
  const [input, ...others] = model.inputs
  if (input === undefined || others.length > 0)
    throw new KdError(`${functionName}: graph must have one input, got ${model.inputs.length}`)
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const features = nodes.filter(({ op }) => op !== 'Const' && op !== 'Placeholder').map((node) => node.name)
  assertKnownOperations(model)
  const output = logitsNode(model, byName, logits, withoutSoftmax)
  return {
    name,
    features,
    answer: ({ inputs, features: wanted }: Question) => {
      const unknown = wanted.find((feature) => !features.includes(feature))
      if (unknown !== undefined) {
        throw new InvalidArgumentError(`distill: ${name} must have the node asked for, got ${unknown}`, {
          hint: `its nodes: ${features.slice(0, 200).join(', ')}`,
        })
      }
      const asked = [...new Set([output, ...wanted])]
      const given = [model.execute({ [input.name]: inputs }, asked)].flat()
      const tensorOf = (node: string): tf.Tensor => given[asked.indexOf(node)]!
      return {
        logits: tensorOf(output),
        features: Object.fromEntries(wanted.map((feature) => [feature, tensorOf(feature)])),
      }
    },
    dispose: () => model.dispose(),
  }
}

/** Finds the node of the logits: that of the options, or the output, behind which a softmax is left out. */
function logitsNode(
  model: GraphModel,
  nodes: ReadonlyMap<string, GraphNode>,
  named: string | undefined,
  withoutSoftmax: boolean,
): string {
  const [output, ...others] = model.outputs.map(({ name }) => nodeName(name))
  if (named !== undefined && !nodes.has(named)) {
    throw new InvalidArgumentError(`${functionName}: logits must be a node of the graph, got ${named}`, {
      hint: `its outputs: ${[output, ...others].join(', ')}`,
    })
  }
  if (named === undefined && others.length > 0) {
    throw new InvalidArgumentError(
      `${functionName}: logits must be named for a graph with several outputs, got ${[output, ...others].join(', ')}`,
    )
  }
  let name = named ?? output!
  // What only passes its input on stands between a softmax and the output.
  while (nodes.get(name)?.op === 'Identity') name = nodeName(nodes.get(name)!.input?.[0] ?? '')
  if (nodes.get(name)?.op !== 'Softmax') {
    if (!withoutSoftmax) return named ?? output!
    throw new InvalidArgumentError(
      `${functionName}: graph must end in a softmax for withoutSoftmax, got ${nodes.get(name)?.op ?? name}`,
    )
  }
  if (withoutSoftmax) return nodeName(nodes.get(name)!.input?.[0] ?? '')
  throw new InvalidArgumentError(`${functionName}: graph must give logits, got one that ends in a softmax`, {
    hint: 'set withoutSoftmax: true',
  })
}

async function loadConverter(): Promise<Converter> {
  try {
    return (await import('@tensorflow/tfjs-converter')) as unknown as Converter
  } catch (cause) {
    throw new KdError(
      `${functionName}: graph models need the package @tensorflow/tfjs-converter, got none that loads`,
      { hint: 'run npm install @tensorflow/tfjs-converter', cause },
    )
  }
}

/** Refuses what TensorFlow.js finds out about only when the graph runs. */
function assertKnownOperations({ executor }: GraphModel): void {
  const nodes = Object.entries(executor?.graph.nodes ?? {})
  const refuse = (what: string, found: typeof nodes): void => {
    if (found.length === 0) return
    const names = found.slice(0, 10).map(([name, { op }]) => `${op.slice(0, 100)} (${name.slice(0, 100)})`)
    throw new KdError(`${functionName}: ${what}, got ${names.join(', ')}`, {
      hint: 'export the model as ONNX and use it as a teacher through ONNX Runtime, see docs/teachers.md',
    })
  }
  refuse(
    'operations must be known to TensorFlow.js',
    nodes.filter(([, { category }]) => category === undefined || category === 'custom'),
  )
  refuse(
    'the graph must be without branches, loops and outputs of unknown size',
    nodes.filter(([, { category }]) => category === 'control' || category === 'dynamic'),
  )
}
