import { InvalidArgumentError } from '@kd/core'
import type { GraphBuilder } from './graph-builder.js'

/** Where an activation stands. */
interface Place {
  readonly graph: GraphBuilder
  /** The tensor that it is applied to. */
  readonly input: string
  /** The name of its output. */
  readonly name: string
  /** The axis of the channels, in the order in which the tensor lies in the graph. */
  readonly channelAxis: number
}

/** Activations that are one operator without attributes. */
const operators: Readonly<Record<string, string>> = {
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  softplus: 'Softplus',
  softsign: 'Softsign',
  tanh: 'Tanh',
}

/**
 * Adds an activation of TensorFlow.js.
 *
 * @param activation - its name in the configuration of a layer
 * @param layer - the layer's name, for messages
 * @returns the name of its output
 * @throws InvalidArgumentError for one that is not known
 */
export function addActivation(activation: string, layer: string, place: Place): string {
  const { graph, input, name, channelAxis } = place
  const constant = (value: number): string => graph.floats(`${name}_constant`, [], [value])
  const step = (operator: string, ...inputs: string[]): string =>
    graph.node(operator, inputs, `${name}_${operator.toLowerCase()}`)
  const operator = operators[activation]
  if (operator !== undefined) return graph.node(operator, [input], name)
  switch (activation) {
    case 'linear':
      return input
    case 'relu6':
      return graph.node('Clip', [input, constant(0), constant(6)], name)
    case 'elu':
      return graph.node('Elu', [input], name, { alpha: { float: 1 } })
    case 'selu':
      return graph.node('Selu', [input], name, {
        alpha: { float: 1.6732632423543772 },
        gamma: { float: 1.0507009873554805 },
      })
    case 'hardSigmoid':
      return graph.node('HardSigmoid', [input], name, { alpha: { float: 0.2 }, beta: { float: 0.5 } })
    case 'softmax':
      return graph.node('Softmax', [input], name, { axis: { integer: channelAxis } })
    case 'logSoftmax':
      return graph.node('LogSoftmax', [input], name, { axis: { integer: channelAxis } })
    case 'swish':
      return graph.node('Mul', [input, step('Sigmoid', input)], name)
    case 'mish':
      return graph.node('Mul', [input, step('Tanh', step('Softplus', input))], name)
    case 'gelu': {
      const error = step('Erf', step('Mul', input, constant(Math.SQRT1_2)))
      return graph.node('Mul', [step('Mul', input, constant(0.5)), step('Add', error, constant(1))], name)
    }
    case 'gelu_new': {
      const cube = step('Mul', step('Mul', step('Mul', input, input), input), constant(0.044715))
      const inner = step('Mul', step('Add', input, cube), constant(Math.sqrt(2 / Math.PI)))
      return graph.node(
        'Mul',
        [step('Mul', input, constant(0.5)), step('Add', step('Tanh', inner), constant(1))],
        name,
      )
    }
    default:
      throw new InvalidArgumentError(
        `exportOnnx: layer ${layer} must have an activation that ONNX export knows, got ${activation}`,
      )
  }
}
