import * as z from 'zod/mini'
import {
  isDescribed,
  optionsSchema,
  type Definition,
  type OptionsInput,
  type OptionsOutput,
  type OptionsShape,
} from '../options/definition.js'
import { parseOptions, type OptionsSchema } from '../options/options.js'
import { assertMethod } from './assert-method.js'
import type { Method, RunningMethod, RunStart } from './method.js'
import type { Needs } from './needs.js'
import type { ExampleLosses, Step } from './step.js'

/** How a method is defined. */
export interface MethodDefinition<Shape extends OptionsShape> extends Definition<Shape> {
  /** What it needs beside labels and student logits; a function where that depends on the options. */
  readonly needs?: Needs | ((options: OptionsOutput<Shape>) => Needs)
  /** Checks that no schema can make, of options together; throws what is wrong. */
  readonly check?: (options: OptionsOutput<Shape>) => void
  /** Gives the losses of one step. A method that keeps nothing has it in place of `start`. */
  readonly loss?: (step: Step, options: OptionsOutput<Shape>) => ExampleLosses
  /** Says what a method with `loss` does to single examples. */
  readonly examples?: (
    step: Step,
    options: OptionsOutput<Shape>,
  ) => Promise<Readonly<Record<string, Float32Array>>>
  /** Starts the method for one run. A method that keeps variables or state has it in place of `loss`. */
  readonly start?: (run: RunStart, options: OptionsOutput<Shape>) => RunningMethod
}

/** A method's factory, which carries its own description. */
export interface MethodFactory<Shape extends OptionsShape = OptionsShape> {
  (options?: OptionsInput<Shape>): Method
  readonly name: string
  readonly summary: string
  readonly source: string | undefined
  /** All options, for schemas and lists. */
  readonly options: OptionsSchema
  /** What it needs when all options are left out. It is undefined where an option cannot be left out. */
  readonly needs: Needs | undefined
}

/** The options that a factory takes. */
export type OptionsOf<Factory> = Factory extends (options?: infer Options) => unknown
  ? Exclude<Options, undefined>
  : never

/**
 * Defines a method once: its factory, the types and checks of its options, and what is said of it in lists, schemas and
 * READMEs all come from the one declaration.
 *
 * @param definition - see {@link MethodDefinition}; with either `loss` or `start`
 * @returns the factory. It throws {@link InvalidArgumentError} for an option that breaks a rule, worded `function: option rule, got value`
 *
 * @example
 * ```ts
 * import { crossEntropy, defineMethod, weight } from '@kd/core'
 * import * as tf from '@tensorflow/tfjs-core'
 *
 * const scaledLabels = defineMethod({
 *   name: 'scaled-labels',
 *   summary: 'no teacher: cross-entropy times a number',
 *   options: { scale: weight(1, 'what the cross-entropy is multiplied by') },
 *   loss: ({ studentLogits, labels }, { scale }) => ({
 *     label: tf.mul(scale, crossEntropy(studentLogits, labels)),
 *   }),
 * })
 * console.log(scaledLabels.summary) // no teacher: cross-entropy times a number
 * ```
 */
export function defineMethod<const Shape extends OptionsShape>(
  definition: MethodDefinition<Shape>,
): MethodFactory<Shape> {
  const { name, summary, source } = definition
  const schema = optionsSchema(definition.options)
  const functionName = camelCase(name)
  const needsOf = (options: OptionsOutput<Shape>): Needs =>
    typeof definition.needs === 'function' ? definition.needs(options) : (definition.needs ?? {})
  const factory = (given?: OptionsInput<Shape>): Method => {
    const options = parseOptions(functionName, schema, given) as OptionsOutput<Shape>
    definition.check?.(options)
    return {
      name,
      needs: needsOf(options),
      start: (run) => definition.start?.(run, options) ?? withoutState(definition, options),
    }
  }
  const defaults = z.safeParse(schema, {})
  return Object.defineProperties(factory, {
    name: { value: name },
    summary: { value: summary },
    source: { value: source },
    options: { value: schema },
    needs: { value: defaults.success ? needsOf(defaults.data as OptionsOutput<Shape>) : undefined },
  }) as unknown as MethodFactory<Shape>
}

function withoutState<Shape extends OptionsShape>(
  { loss, examples }: MethodDefinition<Shape>,
  options: OptionsOutput<Shape>,
): RunningMethod {
  return {
    phases: [{ learner: 'student', loss: (step) => loss!(step, options) }],
    ...(examples && {
      examples: (_: Int32Array, step?: Step) => (step === undefined ? {} : examples(step, options)),
    }),
  }
}

/** How a method that goes around another one is defined. */
export interface WrapperDefinition<Shape extends OptionsShape> extends Definition<Shape> {
  /**
   * What messages about options begin with.
   * @defaultValue the name in camel case
   */
  readonly functionName?: string
  /** Checks that no schema can make, of options together; throws what is wrong. */
  readonly check?: (options: OptionsOutput<Shape>) => void
  /** Makes the combined method. */
  readonly wrap: (method: Method, options: OptionsOutput<Shape>) => Method
}

/** A factory of methods around others, which carries its own description. */
export interface WrapperFactory<Shape extends OptionsShape = OptionsShape> {
  (method: Method, options?: OptionsInput<Shape>): Method
  readonly name: string
  readonly summary: string
  readonly source: string | undefined
  readonly options: OptionsSchema
}

/**
 * Defines what goes around any method, once, as {@link defineMethod} does for methods.
 *
 * @param definition - see {@link WrapperDefinition}
 * @returns the factory
 */
export function defineWrapper<const Shape extends OptionsShape>(
  definition: WrapperDefinition<Shape>,
): WrapperFactory<Shape> {
  const { name, summary, source, functionName = camelCase(name) } = definition
  const schema = optionsSchema(definition.options)
  const factory = (method: Method, given?: OptionsInput<Shape>): Method => {
    const options = parseOptions(functionName, schema, given) as OptionsOutput<Shape>
    definition.check?.(options)
    assertMethod(method, `${functionName}: method`)
    return definition.wrap(method, options)
  }
  return Object.defineProperties(factory, {
    name: { value: name },
    summary: { value: summary },
    source: { value: source },
    options: { value: schema },
  }) as unknown as WrapperFactory<Shape>
}

/** Turns `vanilla-kd` into `vanillaKd`. */
function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** Whether a value is a factory that {@link defineMethod} made, here or in another copy of the package. */
export function isMethodFactory(value: unknown): value is MethodFactory {
  return isDescribed(value) && 'needs' in value
}
