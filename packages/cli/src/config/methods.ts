import { assertMethod, isMethodFactory, labelLoss, type Method, type MethodFactory } from '@kd/core'
import * as features from '@kd/features'
import * as losses from '@kd/losses'
import * as mixing from '@kd/meta-mixing'
import type * as z from 'zod'
import { aroundMethod, wrapAround, type AroundMethod } from './around-method.js'
import { exportsByName } from './exports-by-name.js'
import { namedSchema, type NamedOptions } from './named-options.js'

/** A method that a plugin makes by a plain function. */
export type MakeMethod = (options: Readonly<Record<string, unknown>>) => Method

/** What a method's name in a config stands for. */
export type MethodEntry =
  MethodFactory | (MakeMethod & { readonly summary: string; readonly options?: undefined })

/** Every method that these packages export, by its name: a new one is known here as soon as its package exports it. */
export const methods: Readonly<Record<string, MethodFactory>> = exportsByName(
  [labelLoss, ...[losses, mixing, features].flatMap((all) => Object.values<unknown>(all))],
  isMethodFactory,
)

/**
 * Makes the schema of `method: { name, ... }`.
 *
 * @param entries - all methods, a plugin's too
 * @returns a union told apart by `name`
 */
export function methodSchema(
  entries: Readonly<Record<string, MethodEntry>>,
): z.ZodType<NamedOptions, NamedOptions> {
  return namedSchema(entries, (name) => (hasTeacher(entries[name]!) ? aroundMethod : {}))
}

/** Whether a method has a teacher, as far as that is known before it is made. */
export function hasTeacher(entry: MethodEntry): boolean {
  return !isMethodFactory(entry) || entry.needs === undefined || (entry.needs.teachers ?? 0) !== 0
}

/**
 * Makes the method of a config.
 *
 * @param config - checked by the schema
 * @param entries - all methods, a plugin's too
 * @returns the method with what stands around it
 * @throws `InvalidArgumentError` when a plugin makes something else
 */
export function makeMethod(config: NamedOptions, entries: Readonly<Record<string, MethodEntry>>): Method {
  const { name, reviseTeacher, dropTeachers, superLoss, selection, ...options } = config
  const around = { reviseTeacher, dropTeachers, superLoss, selection } as AroundMethod
  const method: unknown = (entries[name] as MakeMethod)(options)
  assertMethod(method, `method ${name}`)
  return wrapAround(method, around, options['temperature'])
}
