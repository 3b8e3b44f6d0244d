import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import type { DistillationMethod, EpochContext, LossTerms } from './distillation-method.js'
import { meanLoss } from './mean-loss.js'
import { wrapMethod } from './wrap-method.js'

/** Its members are on the prototype, out of reach of a spread, and need `this`. */
class Counting implements DistillationMethod {
  readonly name = 'counting'
  readonly requires = { teachers: 1 }
  epochs = 0

  loss(): LossTerms {
    return meanLoss({ label: tf.tensor1d([this.epochs]) })
  }

  async beforeEpoch(): Promise<void> {
    this.epochs++
    await Promise.resolve()
  }

  saveState(): tf.NamedTensorMap {
    return { epochs: tf.scalar(this.epochs) }
  }

  loadState(state: tf.NamedTensorMap): void {
    this.epochs = state['epochs']!.dataSync()[0]!
  }
}

it("keeps what is not changed, also of a class's object", async () => {
  const method = new Counting()
  const wrapped = wrapMethod(method, { name: 'wrapped', loss: () => method.loss() })
  expect(wrapped).toMatchObject({ name: 'wrapped', requires: { teachers: 1 } })
  await wrapped.beforeEpoch!({} as EpochContext)
  expect(method.epochs).toBe(1)
  expect(wrapped.saveState!()['epochs']!.dataSync()[0]).toBe(1)
  wrapped.loadState!({ epochs: tf.scalar(7) })
  expect(method.epochs).toBe(7)
})

it('prefers what is changed and adds nothing', () => {
  const plain: DistillationMethod = { name: 'plain', loss: () => meanLoss({ label: tf.tensor1d([1]) }) }
  const wrapped = wrapMethod(plain, { name: 'wrapped', loss: plain.loss, requires: { validation: true } })
  expect(Object.keys(wrapped).sort()).toEqual(['loss', 'name', 'requires'])
})
