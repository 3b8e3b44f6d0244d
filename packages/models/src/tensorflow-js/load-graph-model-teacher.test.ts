import { KdError, type Outputs } from '@kd/core'
import { expectAllClose, expectNoLeak } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { loadGraphModelTeacher } from './load-graph-model-teacher.js'
import type { ModelFiles } from './model-files.js'

interface Node {
  name: string
  op: string
  input?: string[]
  attr?: Record<string, unknown>
}
interface Json {
  format?: string
  modelTopology: { versions: object; node: Node[] }
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] }[]
}

const kernel1 = [1, -2, 0.5, 3, 1, -1]
const kernel2 = [1, 0, 2, -1, 0.5, 1]
const bias = [0.1, -0.2]
const float = { type: 'DT_FLOAT' }

/** What the converter writes of a network of two dense layers with a softmax. */
function graph(): Json {
  return {
    format: 'graph-model',
    modelTopology: {
      versions: { producer: 1882 },
      node: [
        {
          name: 'x',
          op: 'Placeholder',
          attr: { dtype: float, shape: { shape: { dim: [{ size: '-1' }, { size: '2' }] } } },
        },
        { name: 'first/kernel', op: 'Const', attr: { dtype: float } },
        { name: 'second/kernel', op: 'Const', attr: { dtype: float } },
        { name: 'second/bias', op: 'Const', attr: { dtype: float } },
        { name: 'first/MatMul', op: 'MatMul', input: ['x', 'first/kernel'], attr: { T: float } },
        { name: 'first/Relu', op: 'Relu', input: ['first/MatMul'], attr: { T: float } },
        { name: 'second/MatMul', op: 'MatMul', input: ['first/Relu', 'second/kernel'], attr: { T: float } },
        {
          name: 'second/BiasAdd',
          op: 'BiasAdd',
          input: ['second/MatMul', 'second/bias'],
          attr: { T: float },
        },
        { name: 'Softmax', op: 'Softmax', input: ['second/BiasAdd'], attr: { T: float } },
        { name: 'Identity', op: 'Identity', input: ['Softmax'], attr: { T: float } },
      ],
    },
    weightsManifest: [
      {
        paths: ['shard1.bin', 'shard2.bin'],
        weights: [
          { name: 'first/kernel', shape: [2, 3], dtype: 'float32' },
          { name: 'second/kernel', shape: [3, 2], dtype: 'float32' },
          { name: 'second/bias', shape: [2], dtype: 'float32' },
        ],
      },
    ],
  }
}

function files(change: (json: Json) => unknown = () => undefined): ModelFiles {
  const json = graph()
  change(json)
  const bytes = new Uint8Array(Float32Array.from([...kernel1, ...kernel2, ...bias]).buffer)
  return {
    json,
    read: async (path) => (path === 'shard1.bin' ? bytes.slice(0, 10) : bytes.slice(10)),
  }
}

const inputs = tf.tensor2d([
  [1, 2],
  [-1, 0.5],
])
const question = {
  view: 'clean',
  inputs,
  ids: Int32Array.of(0, 1),
  split: 'train',
  features: [] as string[],
} as const
const hidden = (): tf.Tensor => tf.relu(tf.matMul(inputs, tf.tensor2d(kernel1, [2, 3])))
const logits = (): tf.Tensor => tf.add(tf.matMul(hidden() as tf.Tensor2D, tf.tensor2d(kernel2, [3, 2])), bias)

describe('loadGraphModelTeacher', () => {
  it('gives logits before the softmax, and inner nodes by name', async () => {
    const teacher = await loadGraphModelTeacher(files(), { withoutSoftmax: true })
    expect(teacher.features).toEqual([
      ...['first/MatMul', 'first/Relu', 'second/MatMul', 'second/BiasAdd', 'Softmax', 'Identity'],
    ])
    const features = ['first/Relu', 'second/BiasAdd']
    const answer = tf.tidy(
      () => teacher.answer({ ...question, features }) as unknown as tf.TensorContainer,
    ) as unknown as Outputs
    expectAllClose(answer.logits, logits())
    expectAllClose(answer.features['first/Relu']!, hidden())
    expectAllClose(answer.features['second/BiasAdd']!, logits())
    teacher.dispose!()
  })

  it('gives a node that is named, and leaves nothing behind', async () => {
    await expectNoLeak(async () => {
      const teacher = await loadGraphModelTeacher(files(), { logits: 'second/MatMul' })
      const answer = tf.tidy(() => teacher.answer(question) as unknown as tf.TensorContainer)
      tf.dispose(answer)
      teacher.dispose!()
    })
  })

  it('refuses a softmax that nobody asked to be taken off, and names that are not there', async () => {
    await expect(loadGraphModelTeacher(files())).rejects.toThrow(
      /got one that ends in a softmax\n.*withoutSoftmax: true/,
    )
    await expect(loadGraphModelTeacher(files(), { logits: 'nose' })).rejects.toThrow(
      'logits must be a node of the graph, got nose',
    )
    const teacher = await loadGraphModelTeacher(files(), { withoutSoftmax: true, name: 'frozen' })
    expect(() => teacher.answer({ ...question, features: ['nose'] })).toThrow(
      'frozen must have the node asked for, got nose',
    )
    const plain = files((json) => json.modelTopology.node.splice(8, 2))
    await expect(loadGraphModelTeacher(plain, { withoutSoftmax: true })).rejects.toThrow(
      'graph must end in a softmax for withoutSoftmax, got BiasAdd',
    )
  })

  it.each<[string, (json: Json) => unknown, string]>([
    [
      'an unknown operation',
      (json) => (json.modelTopology.node[5]!.op = 'RunThis'),
      'operations must be known to TensorFlow.js, got RunThis (first/Relu)',
    ],
    ['a circle', (json) => (json.modelTopology.node[4]!.input![0] = 'Identity'), 'got a cycle'],
    [
      'an input that is not there',
      (json) => (json.modelTopology.node[4]!.input![0] = 'y'),
      'inputs must be nodes, got y',
    ],
    ['a node twice', ({ modelTopology: { node } }) => node.push(node[4]!), 'got first/MatMul twice'],
    [
      'a path up',
      (json) => (json.weightsManifest[0]!.paths[0] = '../shard1.bin'),
      'got the path "../shard1.bin"',
    ],
    ['too few bytes', (json) => json.weightsManifest[0]!.paths.pop(), 'must have 56 bytes, got 10'],
    [
      'a weight of another size',
      (json) => (json.weightsManifest[0]!.weights[0]!.shape = [2 ** 20, 2 ** 20]),
      'bytes, got 56',
    ],
    ['a layers model', (json) => (json.format = 'layers-model'), 'got a layers model'],
    ['no nodes', (json) => Reflect.deleteProperty(json.modelTopology, 'node'), 'must have a list of nodes'],
    ['a loop', (json) => (json.modelTopology.node[5]!.op = 'LoopCond'), 'must be without branches, loops'],
  ])('refuses %s', async (_, change, message) => {
    const before = tf.memory().numTensors
    const error: unknown = await loadGraphModelTeacher(files(change), { withoutSoftmax: true }).catch(
      (found: unknown) => found,
    )
    if (!KdError.isInstance(error)) throw error
    expect(error.message).toContain(message)
    expect(tf.memory().numTensors).toBe(before)
  })
})
