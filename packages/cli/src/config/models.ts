import {
  cifarResnet,
  mlp,
  mobilenetV2,
  resnet32x4,
  resnet8x4,
  shufflenetV1,
  shufflenetV2,
  smallCnn,
  vgg,
  wideResnet,
  type ImageShape,
} from '@kd/models'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import * as z from 'zod'
import { namedSchema, type Named } from './named-options.js'

/** What a model takes from its data set and its run. */
export interface ModelContext {
  readonly inputShape: readonly number[]
  readonly classes: number
  readonly seed: string
}

interface ModelEntry {
  readonly summary: string
  readonly options: z.ZodObject
  readonly make: (options: never, context: ModelContext) => LayersModel
}

/** Lets `make` know the options of its own schema. */
function model<Options extends z.ZodObject>(
  summary: string,
  options: Options,
  make: (options: z.output<Options>, context: ModelContext) => LayersModel,
): { summary: string; options: Options; make: typeof make } {
  return { summary, options, make }
}

/** The factories of image models check the shape themselves. */
function image({ inputShape, classes, seed }: ModelContext): {
  inputShape: ImageShape
  classes: number
  seed: string
} {
  return { inputShape: inputShape as unknown as ImageShape, classes, seed }
}

const width = z.int().min(1)
const none = z.strictObject({})

/** What `model.name` can be. */
export type ModelName =
  | 'mlp'
  | 'small-cnn'
  | 'cifar-resnet'
  | 'resnet8x4'
  | 'resnet32x4'
  | 'wide-resnet'
  | 'vgg'
  | 'mobilenet-v2'
  | 'shufflenet-v1'
  | 'shufflenet-v2'

/** The only map from a model's name in a config to what makes it. */
export const models = {
  mlp: model(
    'fully connected layers with ReLU',
    z.strictObject({
      hiddenUnits: z
        .array(width)
        .default([128])
        .describe('width of each hidden layer; empty: a linear classifier'),
    }),
    (options, context) => mlp({ ...context, ...options }),
  ),
  'small-cnn': model(
    'a few convolutions for small images',
    z.strictObject({
      widths: z.array(width).min(1).default([16, 32, 64]).describe('channels of each stage'),
    }),
    (options, context) => smallCnn({ ...image(context), ...options }),
  ),
  'cifar-resnet': model(
    'ResNet-8, 14, 20, 32, 44, 56, 110 for 32x32 images',
    z.strictObject({
      depth: z.int().min(8).describe('6n + 2: 8, 14, 20, 32, 44, 56, 110'),
      widths: z
        .tuple([width, width, width, width])
        .default([16, 16, 32, 64])
        .describe('channels of the stem and of the three stages'),
      shortcut: z
        .enum(['padding', 'projection'])
        .default('padding')
        .describe('where a block changes the shape'),
    }),
    (options, context) => cifarResnet({ ...image(context), ...options }),
  ),
  resnet8x4: model('ResNet-8 with four times the channels', none, (_, context) => resnet8x4(image(context))),
  resnet32x4: model('ResNet-32 with four times the channels', none, (_, context) =>
    resnet32x4(image(context)),
  ),
  'wide-resnet': model(
    'WRN-16-1 to 40-2',
    z.strictObject({
      depth: z.int().min(10).describe('6n + 4: 16, 22, 28, 40'),
      widthFactor: z.int().min(1).describe('channels of the stages: 16, 32, 64 times this'),
      dropoutRate: z.number().min(0).lt(1).default(0),
    }),
    (options, context) => wideResnet({ ...image(context), ...options }),
  ),
  vgg: model(
    'VGG-8, 11, 13, 16, 19 with batch normalization',
    z.strictObject({ depth: z.literal([8, 11, 13, 16, 19]) }),
    (options, context) => vgg({ ...image(context), ...options }),
  ),
  'mobilenet-v2': model(
    'MobileNetV2 for 32x32 images',
    z.strictObject({
      widthMultiplier: z.number().positive().default(0.5),
      expansion: z.int().min(1).default(6).describe('hidden channels of a block per input channel'),
    }),
    (options, context) => mobilenetV2({ ...image(context), ...options }),
  ),
  'shufflenet-v1': model('ShuffleNetV1, 3 groups', none, (_, context) => shufflenetV1(image(context))),
  'shufflenet-v2': model(
    'ShuffleNetV2',
    z.strictObject({ size: z.literal([0.5, 1, 1.5, 2]).default(1) }),
    (options, context) => shufflenetV2({ ...image(context), ...options }),
  ),
} as const satisfies Readonly<Record<ModelName, ModelEntry>>

/** `model: { name, ... }` of a config. */
export const modelSchema = namedSchema(models)

/** A model in a config, all defaults filled in. */
export type ModelConfig = Named<typeof models>

/**
 * Makes a model from its config.
 *
 * @param config - name and options
 * @param context - shapes of the data, and the seed of the initial weights
 * @returns a model with fresh weights
 */
export function makeModel({ name, ...options }: ModelConfig, context: ModelContext): LayersModel {
  const entry: ModelEntry = models[name]
  return entry.make(options as never, context)
}
