import { describe, expect, it } from 'vitest'
import { makeModel, models } from './models.js'
import { namedSchema } from './named-options.js'

const needed: Readonly<Record<string, object>> = {
  'cifar-resnet': { depth: 8 },
  'wide-resnet': { depth: 10, widthFactor: 1 },
  vgg: { depth: 8 },
}

describe('models', () => {
  it('are those of the package', () => {
    expect(Object.keys(models).sort()).toEqual([
      'cifar-resnet',
      'mlp',
      'mobilenet-v2',
      'resnet32x4',
      'resnet8x4',
      'shufflenet-v1',
      'shufflenet-v2',
      'small-cnn',
      'vgg',
      'wide-resnet',
    ])
  })

  it.each(Object.keys(models))('%s is made with the shapes of its data', (name) => {
    const config = namedSchema(models).parse({ name, ...needed[name] })
    const context = { inputShape: [32, 32, 3], classes: 7 }
    const model = makeModel(config, { ...context, seed: 'a' }, models)
    expect(model.inputs[0]!.shape).toEqual([null, 32, 32, 3])
    expect(model.outputs[0]!.shape).toEqual([null, 7])
    const first = (seed: string): number =>
      makeModel(config, { ...context, seed }, models)
        .getWeights()[0]!
        .dataSync()[0]!
    expect(first('a')).toBe(model.getWeights()[0]!.dataSync()[0])
    expect(first('b')).not.toBe(first('a'))
  })
})
