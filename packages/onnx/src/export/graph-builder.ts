import type { OnnxAttribute, OnnxNode, OnnxTensor } from '../file/onnx-model.js'
import { attribute, floatTensor, integerTensor, type AttributeValue } from '../file/write-onnx.js'

/** A tensor of the graph under construction. */
export interface GraphValue {
  readonly name: string
  /** Its shape in TensorFlow.js, with the batch axis, channels last; null where an axis is free. */
  readonly shape: readonly (number | null)[]
  /** Whether it lies channels first in the ONNX graph. Only values of four axes do. */
  readonly channelsFirst: boolean
}

/** Collects nodes and constants, and gives each tensor a name of its own. */
export class GraphBuilder {
  readonly nodes: OnnxNode[] = []
  readonly tensors: OnnxTensor[] = []
  readonly #names: Set<string>
  readonly #turned = new Map<string, GraphValue>()

  /** @param reserved - names that no tensor may have, of inputs and outputs */
  constructor(reserved: readonly string[]) {
    this.#names = new Set(reserved)
  }

  /** Adds a node with one output, which gets a name like `base`, and returns that name. */
  node(
    operator: string,
    inputs: readonly string[],
    base: string,
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string {
    const output = this.#take(base)
    this.nodes.push({
      operator,
      name: output,
      domain: '',
      inputs,
      outputs: [output],
      attributes: Object.entries(attributes).map(([name, value]): OnnxAttribute => attribute(name, value)),
    })
    return output
  }

  /** Adds a constant of floats and returns its name. */
  floats(base: string, shape: readonly number[], values: ArrayLike<number>): string {
    const name = this.#take(base)
    this.tensors.push(floatTensor(name, shape, values))
    return name
  }

  /** Adds a constant of integers and returns its name. */
  integers(base: string, values: readonly number[]): string {
    const name = this.#take(base)
    this.tensors.push(integerTensor(name, values))
    return name
  }

  /** Gives an image channels first, as ONNX's operators on images want it. */
  image(value: GraphValue): GraphValue {
    return value.channelsFirst ? value : this.#turn(value, [0, 3, 1, 2], 'nchw')
  }

  /** Gives a value in the order that it has in TensorFlow.js. */
  plain(value: GraphValue): GraphValue {
    return value.channelsFirst ? this.#turn(value, [0, 2, 3, 1], 'nhwc') : value
  }

  /** Renames the last tensor of the graph to the name of the output. */
  finish(value: GraphValue, output: string): void {
    const index = this.nodes.findIndex(({ outputs }) => outputs[0] === value.name)
    if (index < 0) {
      this.nodes.push({
        operator: 'Identity',
        name: output,
        domain: '',
        inputs: [value.name],
        outputs: [output],
        attributes: [],
      })
      return
    }
    const renamed = (name: string): string => (name === value.name ? output : name)
    for (const [at, node] of this.nodes.entries()) {
      this.nodes[at] = { ...node, inputs: node.inputs.map(renamed), outputs: node.outputs.map(renamed) }
    }
  }

  #turn(value: GraphValue, order: readonly number[], suffix: string): GraphValue {
    let turned = this.#turned.get(value.name)
    if (turned === undefined) {
      const name = this.node('Transpose', [value.name], `${value.name}_${suffix}`, {
        perm: { integers: order },
      })
      turned = { ...value, name, channelsFirst: !value.channelsFirst }
      this.#turned.set(value.name, turned)
      this.#turned.set(name, value)
    }
    return turned
  }

  #take(base: string): string {
    let name = base
    for (let count = 1; this.#names.has(name); count++) name = `${base}_${count}`
    this.#names.add(name)
    return name
  }
}
