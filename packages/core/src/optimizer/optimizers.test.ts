import { expectAllClose, expectNoLeak } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { adam } from './adam.js'
import { clipGradients } from './clip-gradients.js'
import type { Optimizer, RunningOptimizer } from './optimizer.js'
import golden from './optimizers.golden.json' with { type: 'json' }
import { sgd } from './sgd.js'

const make = (name: string, options: object): Optimizer => ({ sgd, adam })[name as 'sgd' | 'adam'](options)

/** Takes the golden steps; `between` may swap the optimizer. */
function trace(
  { start }: Optimizer,
  between = (same: RunningOptimizer, _step: number): RunningOptimizer => same,
): number[][][] {
  let optimizer = start()
  const weights = tf.variable(tf.tensor2d(golden.start))
  const steps = golden.rates.map((rate, step) => {
    const gradient = tf.mul(tf.tensor2d(golden.curvature), weights)
    optimizer = between(optimizer, step)
    optimizer.step([weights], [gradient], rate)
    return weights.arraySync()
  })
  optimizer.dispose()
  weights.dispose()
  return steps
}

describe('optimizers', () => {
  it.each(golden.cases)(
    'take the steps of PyTorch: $optimizer $options',
    ({ optimizer, options, weights }) => {
      expectAllClose(trace(make(optimizer, options)), weights, { absolute: 2e-6 })
    },
  )

  it.each(golden.cases)('go on as the same run from a saved state: $optimizer $options', (goldenCase) => {
    const swap = (old: RunningOptimizer, step: number): RunningOptimizer => {
      if (step !== 3) return old
      const fresh = make(goldenCase.optimizer, goldenCase.options).start()
      fresh.loadState(old.state())
      old.dispose()
      return fresh
    }
    expect(trace(make(goldenCase.optimizer, goldenCase.options), swap)).toEqual(
      trace(make(goldenCase.optimizer, goldenCase.options)),
    )
  })

  it.each(golden.cases)('keep nothing from one start to the next: $optimizer $options', (goldenCase) => {
    const optimizer = make(goldenCase.optimizer, goldenCase.options)
    // A start in the middle of another one's steps, as in two runs at once.
    const meanwhile = (same: RunningOptimizer, step: number): RunningOptimizer => {
      if (step === 2) trace(optimizer)
      return same
    }
    const once = trace(optimizer)
    expect(trace(optimizer, meanwhile)).toEqual(once)
  })

  it('leave a variable without gradient as it is', () => {
    const weights = tf.variable(tf.tensor1d([1, 2]))
    adam().start().step([weights], [undefined], 0.1)
    expectAllClose(weights, [1, 2])
  })

  it.each(['sgd', 'adam'])('free what they made: %s', async (name) => {
    await expectNoLeak(() => tf.tidy(() => void trace(make(name, name === 'sgd' ? { momentum: 0.9 } : {}))))
  })

  it('refuse options out of range and foreign state', () => {
    expect(() => sgd({ momentum: 1 })).toThrow('sgd: momentum must be in [0, 1), got 1')
    expect(() => sgd({ nesterov: true })).toThrow('sgd: nesterov must have momentum > 0, got 0')
    expect(() => adam({ epsilon: 0 })).toThrow('adam: epsilon')
    expect(() => {
      sgd()
        .start()
        .loadState({ '0/mean': tf.scalar(1) })
    }).toThrow('loadState: keys must be index/name with a name of momentum, got "0/mean"')
  })
})

describe('clipGradients', () => {
  const gradients = (): (tf.Tensor | undefined)[] => [tf.tensor1d([3, 0]), undefined, tf.tensor1d([-4])]

  it('scales all gradients to a global norm, here 5 to 1', () => {
    const [first, nothing, second] = clipGradients(gradients(), { norm: 1 })
    expectAllClose(first!, [0.6, 0])
    expect(nothing).toBeUndefined()
    expectAllClose(second!, [-0.8])
  })

  it('leaves small and zero gradients alone', () => {
    expectAllClose(clipGradients(gradients(), { norm: 6 })[2]!, [-4])
    expectAllClose(clipGradients([tf.zeros([2])], { norm: 1 })[0]!, [0, 0])
  })

  it('cuts each entry to a range', () => {
    expectAllClose(clipGradients(gradients(), { value: 2 })[0]!, [2, 0])
    expectAllClose(clipGradients(gradients(), { value: 2 })[2]!, [-2])
  })
})
