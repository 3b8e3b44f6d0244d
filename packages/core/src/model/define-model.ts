import type { LayersModel } from '@tensorflow/tfjs-layers'
import {
  optionsSchema,
  type Definition,
  type OptionsInput,
  type OptionsOutput,
  type OptionsShape,
} from '../options/definition.js'
import { parseOptions, type OptionsSchema } from '../options/options.js'

/** What a model takes from its data and its run. */
export interface ModelContext {
  /** Shape of one input, without the batch axis. */
  readonly inputShape: readonly number[]
  /** How many logits it gives. */
  readonly classes: number
  /**
   * The same seed gives the same initial weights on every engine.
   * @defaultValue 0
   */
  readonly seed?: number | string
}

/** The context of a model that has an input shape of its own for callers who name none. */
export interface ModelContextWithShape extends Omit<ModelContext, 'inputShape'> {
  /** Shape of one input, without the batch axis. */
  readonly inputShape?: readonly number[]
}

/** How a model is defined. */
export interface ModelDefinition<Shape extends OptionsShape> extends Definition<Shape> {
  /** The shape of one input where a caller names none. */
  readonly inputShape?: readonly number[]
  /** Makes the model, not yet trained. */
  readonly make: (context: Required<ModelContext>, options: OptionsOutput<Shape>) => LayersModel
}

/** A model's factory, which carries its own description. */
export interface ModelFactory<Shape extends OptionsShape = OptionsShape, Context = ModelContext> {
  (options: Context & OptionsInput<Shape>): LayersModel
  readonly name: string
  readonly summary: string
  readonly source: string | undefined
  readonly options: OptionsSchema
}

/**
 * Defines a model once, as `defineMethod` does for methods: a config and the command line know it by its name.
 *
 * @param definition - see {@link ModelDefinition}
 * @returns the factory: from input shape, number of classes, seed and the options, in one map, to a model with fresh weights
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { count, defineModel } from '@kd/core'
 * import { layers, sequential } from '@tensorflow/tfjs-layers'
 *
 * const oneLayer = defineModel({
 *   name: 'one-layer',
 *   summary: 'one hidden layer',
 *   options: { units: count(16, 'width of the hidden layer') },
 *   make: ({ inputShape, classes }, { units }) =>
 *     sequential({
 *       layers: [
 *         layers.dense({ inputShape: [...inputShape], units, activation: 'relu' }),
 *         layers.dense({ units: classes, name: 'logits' }),
 *       ],
 *     }),
 * })
 * console.log(oneLayer({ inputShape: [4], classes: 3 }).countParams()) // 131
 * ```
 */
export function defineModel<const Shape extends OptionsShape>(
  definition: ModelDefinition<Shape> & { readonly inputShape: readonly number[] },
): ModelFactory<Shape, ModelContextWithShape>
export function defineModel<const Shape extends OptionsShape>(
  definition: ModelDefinition<Shape>,
): ModelFactory<Shape>
export function defineModel<const Shape extends OptionsShape>(
  definition: ModelDefinition<Shape>,
): ModelFactory<Shape> {
  const { name, summary, source } = definition
  const schema = optionsSchema(definition.options)
  const functionName = name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  const factory = ({
    inputShape = definition.inputShape!,
    classes,
    seed = 0,
    ...options
  }: ModelContextWithShape): LayersModel =>
    definition.make(
      { inputShape, classes, seed },
      parseOptions(functionName, schema, options) as OptionsOutput<Shape>,
    )
  return Object.defineProperties(factory, {
    name: { value: name },
    summary: { value: summary },
    source: { value: source },
    options: { value: schema },
  }) as unknown as ModelFactory<Shape>
}
