import { methodBatch, startMethod } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { labelLoss } from './label-loss.js'
import type { EpochContext } from './epoch-context.js'
import type { Method, Phase, RunningMethod } from './method.js'
import type { ExampleLosses, Step } from './step.js'
import { wrapMethod } from './wrap-method.js'

/** Its members are on the prototype, out of reach of a spread, and need `this`. */
class Counting implements RunningMethod {
  readonly variables = { offset: tf.variable(tf.scalar(3)) }
  readonly phases: readonly Phase[] = [
    { learner: 'method', loss: () => ({ own: tf.tensor1d([9]) }) },
    { learner: 'student', loss: (step) => this.loss(step) },
  ]
  epochs = 0
  steps = 0
  isDisposed = false

  loss({ epoch }: Step): ExampleLosses {
    return { label: tf.tensor1d([this.epochs + epoch]) }
  }

  async beforeEpoch(): Promise<void> {
    this.epochs++
    await Promise.resolve()
  }

  views(): Record<string, tf.Tensor> {
    return { other: tf.scalar(this.epochs) }
  }

  afterStep(): void {
    this.steps++
  }

  save(): tf.NamedTensorMap {
    return { epochs: tf.scalar(this.epochs) }
  }

  load(state: tf.NamedTensorMap): void {
    this.epochs = state['epochs']!.dataSync()[0]!
  }

  examples(ids: Int32Array): Record<string, Float32Array> {
    return { epochs: new Float32Array(ids.length).fill(this.epochs) }
  }

  dispose(): void {
    this.isDisposed = true
  }
}

const step = methodBatch({ studentLogits: [[1, 2]], teacherLogits: [[[2, 1]]], labels: [1] })

describe('wrapMethod', () => {
  it("keeps what is not changed, also of a class's object", async () => {
    const counting = new Counting()
    const method: Method = { name: 'counting', needs: { teachers: 1 }, start: () => counting }
    const wrapped = wrapMethod(method, { name: 'wrapped', loss: (step, inner) => inner(step) })
    expect(wrapped).toMatchObject({ name: 'wrapped', needs: { teachers: 1 } })
    const { running, parts } = startMethod(wrapped, step)
    await running.beforeEpoch!({} as EpochContext)
    expect(counting.epochs).toBe(1)
    expect(running.save!()['epochs']!.dataSync()[0]).toBe(1)
    running.load!({ epochs: tf.scalar(7) })
    expect(counting.epochs).toBe(7)
    expect(parts(step)['label']!.dataSync()[0]).toBe(7)
    expect(running.variables).toBe(counting.variables)
    expect(((await running.views!({} as never))['other'] as tf.Tensor).dataSync()[0]).toBe(7)
    running.afterStep!(step)
    expect(counting.steps).toBe(1)
    expect(await running.examples!(Int32Array.of(4, 5))).toEqual({ epochs: Float32Array.of(7, 7) })
    running.dispose!()
    expect(counting.isDisposed).toBe(true)
  })

  it("changes the losses of the student's phases alone, and lets them look at another step", () => {
    const method: Method = { name: 'counting', needs: {}, start: () => new Counting() }
    const wrapped = wrapMethod(method, {
      name: 'wrapped',
      loss: (step, inner) => ({ doubled: tf.mul(2, inner({ ...step, epoch: 5 })['label']!) }),
    })
    const { running, parts } = startMethod(wrapped, step)
    expect(parts(step)['doubled']!.dataSync()[0]).toBe(10)
    expect(running.phases.map(({ learner }) => learner)).toEqual(['method', 'student'])
    expect(running.phases[0]!.loss(step)['own']!.dataSync()[0]).toBe(9)
  })

  it('prefers what is changed and adds nothing', () => {
    const wrapped = wrapMethod(labelLoss(), {
      name: 'wrapped',
      needs: { validation: true, tasks: 'any' },
      start: (_, inner) => ({ phases: inner.phases, afterStep: () => undefined }),
    })
    expect(Object.keys(wrapped).sort()).toEqual(['name', 'needs', 'start'])
    expect(wrapped.needs).toEqual({ validation: true, tasks: 'any' })
    expect(Object.keys(startMethod(wrapped, step).running).sort()).toEqual(['afterStep', 'phases'])
  })

  it('starts the wrapped method anew for each run', () => {
    const started: Counting[] = []
    const method: Method = {
      name: 'counting',
      needs: {},
      start: () => started[started.push(new Counting()) - 1]!,
    }
    const wrapped = wrapMethod(method, { name: 'wrapped' })
    startMethod(wrapped, step).running.load!({ epochs: tf.scalar(7) })
    startMethod(wrapped, step)
    expect(started.map(({ epochs }) => epochs)).toEqual([7, 0])
  })
})
