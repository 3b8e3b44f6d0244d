import { KdError, selectEngine } from '@kd/core'
import { smallCnn } from '@kd/models'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { describeOnnx } from './describe-onnx.js'
import { exportOnnx } from './export/export-onnx.js'
import type { OnnxModel } from './file/onnx-model.js'
import { MessageWriter } from './file/protobuf.js'
import { withOutputs } from './file/with-outputs.js'
import { floatTensor, writeOnnx } from './file/write-onnx.js'
import { nodeOf } from './quantize/kernels.js'

let file: Uint8Array
beforeAll(async () => {
  await selectEngine('cpu')
  file = await exportOnnx(smallCnn({ inputShape: [8, 8, 1], classes: 4 }))
})

const value = { name: 'x', elementType: 1, shape: [null, 2] }
const plain: OnnxModel = {
  irVersion: 7,
  opset: 13,
  metadata: {},
  custom: false,
  tensors: [],
  nodes: [nodeOf('Relu', ['x'], 'y')],
  inputs: [value],
  outputs: [{ ...value, name: 'y' }],
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

/** A graph with one tensor of a message of its own. */
function withTensor(tensor: MessageWriter): Uint8Array {
  return joined(writeOnnx(plain), new MessageWriter().bytes(7, new MessageWriter().bytes(5, tensor)).finish())
}

describe('describeOnnx', () => {
  it('finds inputs, outputs, inner tensors and the penultimate one', () => {
    const found = describeOnnx(file)
    expect(found.inputs).toEqual([{ name: 'input', elementType: 1, shape: [null, 8, 8, 1] }])
    expect(found.outputs.map(({ name }) => name)).toEqual(['logits'])
    expect(found.tensors).toContain(found.penultimate)
    expect(found.penultimate).toBe('features')
    expect(found.beforeSoftmax).toBeUndefined()
  })

  it('finds a softmax at the end', () => {
    const found = describeOnnx(
      writeOnnx({ ...plain, nodes: [nodeOf('Relu', ['x'], 'z'), nodeOf('Softmax', ['z'], 'y')] }),
    )
    expect(found.beforeSoftmax).toBe('z')
  })

  it('reads outputs that were appended', () => {
    expect(describeOnnx(withOutputs(file, ['features'])).outputs.map(({ name }) => name)).toEqual([
      'logits',
      'features',
    ])
  })

  it('refuses a file that is cut anywhere', () => {
    // A cut between two messages of the file leaves a graph that is whole; what follows it are metadata.
    for (let length = 0; length < file.length; length += 97) {
      const cut = file.subarray(0, length)
      try {
        describeOnnx(cut)
        expect(length).toBeGreaterThan(file.length - 200)
      } catch (error) {
        expect(KdError.isInstance(error)).toBe(true)
      }
    }
  })

  it.each([
    ['padded', () => joined(writeOnnx(plain), new Uint8Array(8)), 'a field without a number'],
    ['empty', () => new Uint8Array(0), 'without a graph'],
    [
      'cyclic',
      () => writeOnnx({ ...plain, nodes: [nodeOf('Add', ['x', 'y'], 'z'), nodeOf('Relu', ['z'], 'y')] }),
      'node 0 (Add), which reads y',
    ],
    [
      'giving a tensor twice',
      () => writeOnnx({ ...plain, nodes: [nodeOf('Relu', ['x'], 'y'), nodeOf('Relu', ['x'], 'y')] }),
      'y again',
    ],
    ['without its output', () => writeOnnx({ ...plain, nodes: [] }), 'the output y, which no node gives'],
    [
      'of 10^6 nodes',
      () => {
        const node = new MessageWriter().bytes(1, new MessageWriter().bytes(2, 'z').bytes(4, 'Relu')).finish()
        const nodes = new Uint8Array(1_000_000 * node.length)
        for (let at = 0; at < nodes.length; at += node.length) nodes.set(node, at)
        return joined(writeOnnx(plain), new MessageWriter().bytes(7, nodes).finish())
      },
      'at most 100000 nodes',
    ],
    [
      'with a huge axis',
      () => writeOnnx({ ...plain, inputs: [{ ...value, shape: [2 ** 40] }] }),
      'axes of less than 2^31',
    ],
    [
      'with a huge tensor',
      () => writeOnnx({ ...plain, tensors: [{ ...floatTensor('w', [2 ** 40], []), shape: [2 ** 40] }] }),
      '0 bytes for w of [1099511627776]',
    ],
    [
      'with a tensor of an impossible size',
      () => writeOnnx({ ...plain, tensors: [floatTensor('w', [2 ** 40, 2 ** 40], [])] }),
      'tensors of a possible size',
    ],
    [
      'with a control character in a name',
      () => writeOnnx({ ...plain, nodes: [...plain.nodes, nodeOf('Relu', ['x'], 'a\u001b[2Jb')] }),
      'names without control characters',
    ],
    [
      'with data in another file',
      () =>
        withTensor(
          new MessageWriter()
            .integer(1, 1)
            .integer(2, 1)
            .bytes(8, 'w')
            .bytes(13, new MessageWriter().bytes(1, 'location').bytes(2, '../secret'))
            .integer(14, 1),
        ),
      'hold its own data',
    ],
    [
      'with data in another file, in an attribute',
      () => {
        const tensor = new MessageWriter().integer(2, 1).integer(14, 1)
        const message = new MessageWriter().bytes(1, 'value').bytes(5, tensor).finish()
        return writeOnnx({
          ...plain,
          nodes: [nodeOf('Constant', [], 'c', [{ name: 'value', message }]), ...plain.nodes],
        })
      },
      'hold its own data',
    ],
    ['with another wire type', () => Uint8Array.of(0x0b, 1), 'wire type 3'],
    [
      'with an endless number',
      () => Uint8Array.from([8, ...new Array<number>(12).fill(255)]),
      'more than 10 bytes',
    ],
  ])('refuses a file %s', (_what, make, message) => {
    expect(() => describeOnnx(make())).toThrow(message)
  })

  it('gives an error of its own for any bytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 }), fc.uint8Array({ maxLength: 12 }), (at, bytes) => {
        const broken = Uint8Array.from(file)
        broken.set(bytes, at)
        try {
          describeOnnx(broken)
        } catch (error) {
          expect(KdError.isInstance(error), String(error)).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })
})
