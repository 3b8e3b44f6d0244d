import { createHash } from 'node:crypto'
import { isDescribed, KdError, type ModelFactory } from '@kd/core'
import { expectAllClose } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { loadLayersModel, type LayersModel } from '@tensorflow/tfjs-layers'
import { afterEach, describe, expect, it } from 'vitest'
import * as models from '../index.js'
import {
  cifarResnet,
  mlp,
  mobilenetV2,
  penultimateLayer,
  resnet32x4,
  resnet8x4,
  shufflenetV1,
  shufflenetV2,
  smallCnn,
  vgg,
  wideResnet,
  type ImageShape,
} from '../index.js'
import { hashedUniform } from '../testing/golden-tensors.js'

const classes = 4
const inputShape: ImageShape = [8, 8, 3]

interface Family {
  make(seed: number): LayersModel
  /** The layers that its documentation promises, with the sizes of their outputs for the input above. */
  readonly outputs: Readonly<Record<string, readonly number[]>>
}

const widths = [4, 4, 8, 12] as const
const resnetOutputs = { stem: [8, 8, 4], stage1: [8, 8, 4], stage2: [4, 4, 8], stage3: [2, 2, 12] }

const families: Readonly<Record<string, Family>> = {
  mlp: {
    make: (seed) => mlp({ inputShape, hiddenUnits: [16, 8], classes, seed }),
    outputs: { hidden1: [16], features: [8] },
  },
  smallCnn: {
    make: (seed) => smallCnn({ inputShape, widths: [4, 6], classes, seed }),
    outputs: { stage1: [8, 8, 4], stage2: [4, 4, 6], features: [6] },
  },
  'cifarResnet with padding': {
    make: (seed) => cifarResnet({ depth: 14, widths, inputShape, classes, seed }),
    outputs: { ...resnetOutputs, features: [12], stage1_block1: [8, 8, 4], stage2_block2_sum: [4, 4, 8] },
  },
  'cifarResnet with projections': {
    make: (seed) => cifarResnet({ depth: 8, widths, shortcut: 'projection', inputShape, classes, seed }),
    outputs: { ...resnetOutputs, features: [12] },
  },
  wideResnet: {
    make: (seed) => wideResnet({ depth: 10, widthFactor: 1, inputShape, classes, seed }),
    outputs: { stem: [8, 8, 16], stage1: [8, 8, 16], stage2: [4, 4, 32], stage3: [2, 2, 64], features: [64] },
  },
  vgg: {
    make: (seed) => vgg({ depth: 8, inputShape, classes, seed }),
    outputs: {
      stage1: [8, 8, 64],
      stage2: [4, 4, 128],
      stage3: [2, 2, 256],
      stage4: [1, 1, 512],
      stage5: [1, 1, 512],
      features: [512],
    },
  },
  mobilenetV2: {
    make: (seed) => mobilenetV2({ inputShape, classes, seed }),
    outputs: {
      stem: [4, 4, 16],
      stage1: [4, 4, 12],
      stage2: [2, 2, 16],
      stage3: [1, 1, 48],
      stage4: [1, 1, 160],
      head: [1, 1, 1280],
      features: [1280],
    },
  },
  shufflenetV1: {
    make: (seed) => shufflenetV1({ inputShape, classes, seed }),
    outputs: {
      stem: [8, 8, 24],
      stage1: [4, 4, 240],
      stage2: [2, 2, 480],
      stage3: [1, 1, 960],
      features: [960],
    },
  },
  shufflenetV2: {
    make: (seed) => shufflenetV2({ size: 0.5, inputShape, classes, seed }),
    outputs: {
      stem: [8, 8, 24],
      stage1: [4, 4, 48],
      stage2: [2, 2, 96],
      stage3: [1, 1, 192],
      head: [1, 1, 1024],
      features: [1024],
    },
  },
}

const images = tf.tensor4d(Float32Array.from(hashedUniform(1, 4 * 8 * 8 * 3)), [4, 8, 8, 3])

/** A digest of each weight: comparing a million numbers one by one is slow. */
async function weightsOf(model: LayersModel): Promise<string[]> {
  const values = await Promise.all(model.getWeights().map((weight) => weight.data()))
  return values.map((value) => createHash('sha256').update(value).digest('hex'))
}

describe.each(Object.entries(families))('%s', (_, { make, outputs }) => {
  const made: LayersModel[] = []
  const model = (seed: number): LayersModel => {
    const fresh = make(seed)
    made.push(fresh)
    return fresh
  }
  afterEach(() => made.splice(0).forEach((used) => used.dispose()))

  it('has the documented layers, and gives logits from its penultimate one', () => {
    const network = model(1)
    for (const [name, shape] of Object.entries(outputs))
      expect([name, network.getLayer(name).outputShape]).toEqual([name, [null, ...shape]])
    expect(penultimateLayer(network)).toBe('features')
    expect(network.layers.at(-1)!.name).toBe('logits')
    expect((network.predict(images) as tf.Tensor).shape).toEqual([4, classes])
  })

  it('starts from weights that follow from the seed', async () => {
    const first = await weightsOf(model(1))
    expect(await weightsOf(model(1))).toEqual(first)
    const other = await weightsOf(model(2))
    const kernels = model(1).weights.map((weight) => weight.originalName.endsWith('kernel'))
    kernels.forEach((isKernel, index) => {
      if (isKernel) expect(other[index]).not.toEqual(first[index])
    })
    const distinct = new Set(first.filter((_, index) => kernels[index]))
    expect(distinct.size, 'layers with numbers of their own').toBe(kernels.filter(Boolean).length)
  })

  it('is saved as a standard model, which stock TensorFlow.js loads', async () => {
    const network = model(3)
    let saved: tf.io.ModelArtifacts | undefined
    await network.save(
      tf.io.withSaveHandler((artifacts) => {
        saved = artifacts
        return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } })
      }),
    )
    // What a file holds: text and bytes.
    const topology = JSON.parse(JSON.stringify(saved!.modelTopology)) as object
    const loaded = await loadLayersModel(tf.io.fromMemory({ ...saved!, modelTopology: topology }))
    made.push(loaded)
    expectAllClose(loaded.predict(images), network.predict(images), {
      absolute: 0,
      relative: 0,
    })
  })
})

describe('wrong options', () => {
  it.each<[string, () => LayersModel]>([
    [
      'cifarResnet: depth must be 6n + 2 with n >= 1, got 18\n  the usual ones are 8, 14, 20, 32, 44, 56 and 110',
      () => cifarResnet({ depth: 18, classes }),
    ],
    [
      "cifarResnet: widths must not fall from stage to stage with shortcut 'padding', got 4 after 8\n  use shortcut: 'projection'",
      () => cifarResnet({ depth: 8, widths: [8, 8, 4, 4], classes }),
    ],
    ['resnet8x4', () => resnet8x4({ classes: 0 })],
    ['resnet32x4', () => resnet32x4({ classes: 2.5 })],
    [
      'wideResnet: depth must be 6n + 4 with n >= 1, got 11\n  the usual ones are 16, 28 and 40',
      () => wideResnet({ depth: 11, widthFactor: 1, classes }),
    ],
    ['wideResnet: depth must be >= 10, got 4', () => wideResnet({ depth: 4, widthFactor: 1, classes })],
    [
      'wideResnet: widthFactor must be a whole number, got 0.5',
      () => wideResnet({ depth: 16, widthFactor: 0.5, classes }),
    ],
    [
      'wideResnet: dropoutRate must be < 1, got 1',
      () => wideResnet({ depth: 16, widthFactor: 1, dropoutRate: 1, classes }),
    ],
    [
      'vgg: inputShape must be [height, width, channels], integers with height and width >= 8, got [4, 8, 3]',
      () => vgg({ depth: 8, inputShape: [4, 8, 3], classes }),
    ],
    ['vgg: depth must be 8 or 11 or 13 or 16 or 19, got 12', () => vgg({ depth: 12 as 8, classes })],
    ['shufflenetV1: classes must be an integer, got 2.5', () => shufflenetV1({ classes: 2.5 })],
    ['shufflenetV2: size must be 0.5 or 1 or 1.5 or 2, got 3', () => shufflenetV2({ size: 3 as 1, classes })],
    ['mobilenetV2: widthMultiplier must be > 0, got 0', () => mobilenetV2({ widthMultiplier: 0, classes })],
    [
      'mobilenetV2: 16 · widthMultiplier must be in [1, Infinity), got 0',
      () => mobilenetV2({ widthMultiplier: 0.01, classes }),
    ],
    [
      'mobilenetV2: expansion must be a whole number, got 1.5',
      () => mobilenetV2({ expansion: 1.5, classes }),
    ],
    ['smallCnn: inputShape', () => smallCnn({ inputShape: [3, 3, 1], classes })],
    ['smallCnn: widths must have at least 1 entries, got []', () => smallCnn({ widths: [], classes })],
    ['mlp: hiddenUnits[1] must be >= 1, got 0', () => mlp({ inputShape: [4], hiddenUnits: [2, 0], classes })],
    [
      'mlp: inputShape must hold integers >= 1, got []',
      () => mlp({ inputShape: [], hiddenUnits: [], classes }),
    ],
  ])('%s', (message, make) => {
    let error: unknown
    try {
      make()
    } catch (caught) {
      error = caught
    }
    expect(KdError.isInstance(error)).toBe(true)
    expect((error as KdError).message).toContain(message.replace(/^resnet\d+x4/, 'cifarResnet: classes'))
  })
})

describe('definitions', () => {
  const named = Object.entries<unknown>(models).filter(([, value]) => isDescribed(value))

  it('are of all families, by the names of their functions', () => {
    expect(named.map(([name]) => name).sort()).toEqual([
      'cifarResnet',
      'mlp',
      'mobilenetV2',
      'resnet32x4',
      'resnet8x4',
      'shufflenetV1',
      'shufflenetV2',
      'smallCnn',
      'vgg',
      'wideResnet',
    ])
    for (const [name, factory] of named) {
      const described = factory as ModelFactory
      expect(described.name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())).toBe(name)
      expect(described.summary).not.toBe('')
    }
  })

  it('fill in defaults, of options, seed and image size', () => {
    expect(mlp({ inputShape: [4], classes: 3 }).getLayer('features').outputShape).toEqual([null, 128])
    expect(smallCnn({ classes: 3 }).inputs[0]!.shape).toEqual([null, 28, 28, 1])
    expect(() => mlp({ inputShape: [4], classes: 3, hidden: [2] } as never)).toThrow(
      'mlp: hidden must not be given, got [2]\n  the options are hiddenUnits',
    )
  })

  it('give a single output too, for a number that is predicted', () => {
    expect(mlp({ inputShape: [4], classes: 1 }).outputs[0]!.shape).toEqual([null, 1])
  })
})

describe('initial weights', () => {
  it('of convolutions have the variance 2 / fanOut, and of a classifier the range ±1/sqrt(fanIn)', () => {
    const model = cifarResnet({ depth: 8, classes: 100, seed: 5 })
    const [kernel] = model.getLayer('stage3_block1_conv2').getWeights()
    const { mean, variance } = tf.moments(kernel!)
    const values = 9 * 64 * 64
    expect(Math.abs(mean.dataSync()[0]!)).toBeLessThan(5 * Math.sqrt(2 / (9 * 64) / values))
    expect(variance.dataSync()[0]! / (2 / (9 * 64))).toBeCloseTo(1, 1)
    for (const weight of model.getLayer('logits').getWeights()) {
      const largest = tf.max(tf.abs(weight)).dataSync()[0]!
      expect(largest).toBeLessThanOrEqual(1 / 8)
      expect(largest).toBeGreaterThan(0.9 / 8)
    }
  })
})

describe('dropout', () => {
  it('of a wide residual network acts in training only, and with the seed that the layer is given', () => {
    const model = wideResnet({ depth: 10, widthFactor: 1, dropoutRate: 0.5, inputShape, classes })
    const layer = model.getLayer('stage1_block1_dropout') as unknown as { seed?: number }
    const plain = wideResnet({ depth: 10, widthFactor: 1, inputShape, classes })
    expectAllClose(model.predict(images), plain.predict(images))
    const hidden = (seed: number): Float32Array => {
      layer.seed = seed
      const dropout = model.getLayer('stage1_block1_dropout')
      return (dropout.call(tf.ones([1, 4, 4, 8]), { training: true }) as tf.Tensor).dataSync() as Float32Array
    }
    expect(hidden(1)).toEqual(hidden(1))
    expect(hidden(1)).not.toEqual(hidden(2))
    expect(new Set(hidden(1))).toEqual(new Set([0, 2]))
  })
})
