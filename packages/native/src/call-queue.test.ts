import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NativeBackend } from './native-backend.js'
import { loadNative, needsAddon } from './testing/load-native.js'

const native = await loadNative()

function nativeBackend(): NativeBackend {
  const backend = tf.backend()
  if (!(backend instanceof NativeBackend)) throw new Error('the native backend must be current')
  return backend
}

const SIZE = 32
type Operation = readonly ['add' | 'mul' | 'relu' | 'sum' | 'dispose' | 'read', number, number]

/** Runs a program on a few tensors, and gives all that it ever read and the tensors at its end. */
function execute(program: readonly Operation[], settle: () => void): number[][] {
  const start = Float32Array.from({ length: SIZE }, (_, index) => Math.sin(index))
  const tensors: tf.Tensor[] = [tf.tensor1d(start), tf.tensor1d(start.map((value) => value - 1))]
  const read: number[][] = []
  const steps: Record<Operation[0], (a: tf.Tensor, b: tf.Tensor) => tf.Tensor | undefined> = {
    add: (a, b) => tf.add(a, b),
    mul: (a, b) => tf.mul(a, b),
    relu: (a) => tf.relu(a),
    sum: (a, b) => tf.add(tf.sum(a), b),
    read: (a) => void read.push([...a.dataSync()]),
    dispose: (a) => {
      if (tensors.length > 1) tensors.splice(tensors.indexOf(a), 1)[0]!.dispose()
      return undefined
    },
  }
  for (const [name, first, second] of program) {
    const result = tf.tidy(() =>
      steps[name](tensors[first % tensors.length]!, tensors[second % tensors.length]!),
    )
    if (result !== undefined) tensors.push(result)
    settle()
  }
  read.push(...tensors.map((tensor) => [...tensor.dataSync()]))
  tf.dispose(tensors)
  return read
}

describe('calls that wait', needsAddon(native !== undefined), () => {
  it('give what they give at once, whatever is disposed or read in between', () => {
    const index = fc.nat(20)
    const name = fc.constantFrom('add', 'mul', 'relu', 'sum', 'dispose', 'dispose', 'read')
    const programs = fc.array(fc.tuple(name, index, index), { maxLength: 60 })
    fc.assert(
      fc.property(programs, (program) => {
        const waiting = execute(program, () => undefined)
        const atOnce = execute(program, () => {
          nativeBackend().settle()
        })
        expect(waiting).toEqual(atOnce)
      }),
    )
  })

  it.each([100, 5_000_000])('do not see what the caller writes into %i numbers later', (size) => {
    const array = new Float32Array(size).fill(1)
    const tensor = tf.tensor1d(array)
    const doubled = tf.mul(tensor, 2)
    array.fill(7)
    expect(doubled.dataSync()[size - 1]).toBe(2)
    tf.dispose([tensor, doubled])
  })

  it('do not see what is written into an array that was read', () => {
    const tensor = tf.fill([64, 1024], 3)
    const read = tensor.dataSync()
    const doubled = tf.mul(tensor, 2)
    read.fill(7)
    expect(doubled.dataSync()[5]).toBe(6)
    tf.dispose([tensor, doubled])
  })

  it('are computed for kernels of the cpu engine, and for readers of another type', () => {
    const floats = tf.fill([4], 3)
    const sum = tf.add(floats, 1)
    const info = tf.getKernel('Cumsum', 'cpu').kernelFunc({
      inputs: { x: sum },
      attrs: { axis: 0, exclusive: false, reverse: false },
      backend: tf.backend(),
    }) as tf.TensorInfo
    expect([...(tf.backend().readSync(info.dataId) as Float32Array)]).toEqual([4, 8, 12, 16])
    nativeBackend().disposeIntermediateTensorInfo(info)
    tf.dispose([floats, sum])
  })

  it('are bounded in number', () => {
    const tensor = tf.fill([4], 0)
    let sum: tf.Tensor = tf.clone(tensor)
    for (let count = 0; count < 5000; count++) {
      const next = tf.add(sum, 1)
      sum.dispose()
      sum = next
      expect(nativeBackend().waiting).toBeLessThanOrEqual(1024)
    }
    expect(nativeBackend().waiting).toBeGreaterThan(0)
    expect(sum.dataSync()[0]).toBe(5000)
    expect(nativeBackend().waiting).toBe(0)
    tf.dispose([tensor, sum])
  })

  it('that fail leave no wrong values behind', () => {
    const good = tf.fill([4], 2)
    const before = tf.mul(good, good)
    nativeBackend().settle()
    const variable = tf.fill([8], 1)
    const gradient = tf.fill([8], 1)
    const velocity = tf.fill([2], 1) // too short, which only the addon sees
    const attributes = {
      count: 1,
      learningRate: 1,
      momentum: 0.9,
      weightDecay: 0,
      nesterov: false,
      decoupled: false,
    }
    const inputs = { variable0: variable, gradient0: gradient, momentum0: velocity }
    const [moved] = tf.engine().runKernel<tf.Tensor[]>('KdSgdSteps', inputs, attributes)
    const after = tf.add(moved!, 1)
    // What is looked at is a sum: the message says that another call failed.
    const wanted = /^native: sgd must succeed, got an error: .*must have 8 items, got 2\n.*made before/
    for (let time = 0; time < 2; time++) expect(() => after.dataSync()).toThrow(wanted)
    expect(() => tf.neg(after)).toThrow(wanted)
    expect([...before.dataSync()]).toEqual([4, 4, 4, 4])
    expect([...tf.add(before, 1).dataSync()]).toEqual([5, 5, 5, 5])
    tf.disposeVariables()
  })
})
