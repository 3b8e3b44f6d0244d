import { selectEngine } from '@kd/core'
import { mlp } from '@kd/models'
import * as tf from '@tensorflow/tfjs-core'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { measureLatency } from './measure-latency.js'

beforeAll(async () => {
  await selectEngine('cpu')
})

describe('measureLatency', () => {
  it('measures a larger batch and a larger model as slower, and leaves no tensor', async () => {
    const small = mlp({ inputShape: [64], hiddenUnits: [4], classes: 10 })
    const large = mlp({ inputShape: [64], hiddenUnits: [2000, 2000], classes: 10 })
    const before = tf.memory().numTensors
    const [one, many] = await measureLatency(small, [64], { batchSizes: [1, 4096], repetitions: 9 })
    const [other] = await measureLatency(large, [64], { batchSizes: [1], repetitions: 9 })
    expect(tf.memory().numTensors).toBe(before)
    expect([one!.batchSize, many!.batchSize]).toEqual([1, 4096])
    expect(many!.median).toBeGreaterThan(one!.median)
    expect(other!.median).toBeGreaterThan(one!.median)
    for (const { median, p95 } of [one!, many!, other!]) expect(p95).toBeGreaterThanOrEqual(median)
  })

  it('ends after its seconds, and at once when it is ended', async () => {
    let calls = 0
    const slow = {
      predict: (): tf.Tensor => {
        calls++
        // As long as anything that computes: half a second for 5 predictions.
        const until = performance.now() + 100
        while (performance.now() < until);
        return tf.zeros([1, 2])
      },
    }
    const [found] = await measureLatency(slow, [1], { batchSizes: [1], seconds: 0.1 })
    expect(calls).toBe(5)
    expect(found!.median).toBeGreaterThanOrEqual(100)
    const controller = new AbortController()
    const ended = measureLatency(slow, [1], { signal: controller.signal })
    await setTimeout(0)
    controller.abort()
    expect(await ended).toEqual([])
    expect(calls).toBeLessThanOrEqual(5 + 3)
  })
})
