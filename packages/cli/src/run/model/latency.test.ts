import { selectEngine, type AnyDataset } from '@kd/core'
import { mlp } from '@kd/models'
import { expectNoLeak } from '@kd/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { measureLatency } from './latency.js'
import { weightsHash } from './saved-model.js'

const dataset: AnyDataset = {
  name: 'data',
  inputShape: [3],
  classNames: ['no', 'yes'],
  normalization: { mean: [0], standardDeviation: [1] },
  // Fewer examples than a batch has.
  train: { inputs: new Uint8Array([1, 2, 3, 4, 5, 6]), labels: new Int32Array(2), ids: new Int32Array(2) },
}

beforeAll(() => selectEngine('cpu'))

describe('measureLatency', () => {
  it('measures calls, and leaves the model and the memory as they were', async () => {
    const model = mlp({ inputShape: [3], hiddenUnits: [400, 400], classes: 2, seed: 1 })
    const before = await weightsHash(model)
    await expectNoLeak(async () => {
      const latency = await measureLatency(model, dataset)
      expect(latency.map(({ batchSize }) => batchSize)).toEqual([1, 64])
      const [one, many] = latency.map(({ seconds }) => seconds)
      // 64 times the multiplications, on an engine that does one after the other.
      expect(many! / one!).toBeGreaterThan(3)
    })
    expect(await weightsHash(model)).toBe(before)
  })
})
