import { option, optionalOption } from '@kd/core'
import * as z from 'zod/mini'

type HeldOutCount = z.ZodMiniUnion<readonly [z.ZodMiniNumberFormat, z.ZodMiniLiteral<'all'>]>

const schema: HeldOutCount = z.union([z.int().check(z.minimum(1)), z.literal('all')])
const text = 'held-out examples that a group is judged on; the next group is judged on the next ones'

/**
 * The option that says on how many held-out examples a group is judged.
 *
 * @param value - its default
 * @returns the declaration of the option
 */
export function validationBatchSize(value: number | 'all'): z.ZodMiniDefault<HeldOutCount> {
  return option(schema, value, text)
}

/**
 * The same option where its default depends on other options.
 *
 * @param defaults - says in words what holds without it
 * @returns the declaration of the option
 */
export function optionalValidationBatchSize(defaults: string): z.ZodMiniOptional<HeldOutCount> {
  return optionalOption(schema, `${text}; without it ${defaults}`)
}

/** How many examples a batch of held-out examples has: Infinity for all of them. */
export function heldOutSize(size: number | 'all'): number {
  return size === 'all' ? Infinity : size
}
