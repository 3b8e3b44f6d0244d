import { optionalOption, type Method } from '@kd/core'
import * as z from 'zod/mini'

type MethodList = z.ZodMiniArray<z.ZodMiniCustom<Method, Method>>

const aMethod = z.custom<Method>(
  (value) => typeof (value as Partial<Method> | undefined)?.start === 'function',
  'must be a method',
)
// Only code can give a method: to a JSON Schema nothing is one.
aMethod._zod.toJSONSchema = () => ({ not: {} })

/**
 * The option that takes methods as terms of a mix.
 *
 * @param text - what it does
 * @returns the declaration of the option
 */
export function givenTerms(text: string): z.ZodMiniOptional<MethodList> {
  return optionalOption(z.array(aMethod).check(z.minLength(1)), text)
}
