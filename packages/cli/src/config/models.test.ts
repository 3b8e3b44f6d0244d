import { describe, expect, it } from 'vitest'
import { makeModel, modelSchema, models, type ModelName } from './models.js'

const needed: Partial<Record<ModelName, object>> = {
  'cifar-resnet': { depth: 8 },
  'wide-resnet': { depth: 10, widthFactor: 1 },
  vgg: { depth: 8 },
}

describe('models', () => {
  it.each(Object.keys(models) as ModelName[])('%s is made with the shapes of its data', (name) => {
    const config = modelSchema.parse({ name, ...needed[name] })
    const context = { inputShape: [32, 32, 3], classes: 7 }
    const model = makeModel(config, { ...context, seed: 'a' })
    expect(model.inputs[0]!.shape).toEqual([null, 32, 32, 3])
    expect(model.outputs[0]!.shape).toEqual([null, 7])
    const first = (seed: string): number =>
      makeModel(config, { ...context, seed })
        .getWeights()[0]!
        .dataSync()[0]!
    expect(first('a')).toBe(model.getWeights()[0]!.dataSync()[0])
    expect(first('b')).not.toBe(first('a'))
  })
})
