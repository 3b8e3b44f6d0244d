import type { Method } from '@kd/core'
import { withRevisedTeacher } from '@kd/losses'
import { randomTeacherDrop, superLoss } from '@kd/meta-mixing'
import { refreshedSelection } from '@kd/selection'
import * as z from 'zod'

/** The options of a wrapper as a map; every wrapper here declares one. */
const shapeOf = ({
  options,
}: {
  readonly options: { readonly _zod: { readonly def: unknown } }
}): z.core.$ZodShape => (options._zod.def as { readonly shape: z.core.$ZodShape }).shape

const { temperature: _, ...revision } = shapeOf(withRevisedTeacher)

/** What a config can put around any method that has a teacher. */
export const aroundMethod: z.core.$ZodShape = {
  reviseTeacher: z
    .strictObject({
      ...revision,
      temperature: z
        .number()
        .positive()
        .optional()
        .describe("at which it revises; otherwise the method's, or 1"),
    })
    .optional()
    .describe(`${withRevisedTeacher.summary}, before this method reads it`),
  dropTeachers: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe('chance that a teacher is left out of a batch (DGKD 2021)'),
  superLoss: z.strictObject(shapeOf(superLoss)).optional().describe(superLoss.summary),
  selection: z
    .strictObject(shapeOf(refreshedSelection))
    .optional()
    .describe('Data Selection: which examples are distilled; the others are taught by their labels alone'),
}

/** What stands around a method in a config, checked. */
export interface AroundMethod {
  readonly reviseTeacher?: Readonly<Record<string, unknown>> | undefined
  readonly dropTeachers?: number | undefined
  readonly superLoss?: Readonly<Record<string, unknown>> | undefined
  readonly selection?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Puts around a method what its config asks for: the teacher is revised first, then teachers are dropped, then easy examples count
 * more, and the examples are chosen last.
 *
 * @param method - of the config
 * @param around - what stands beside its options
 * @param temperature - of the method, where it has one
 * @returns the combined method
 */
export function wrapAround(
  method: Method,
  { reviseTeacher, dropTeachers, superLoss: easyFirst, selection }: AroundMethod,
  temperature: unknown,
): Method {
  const own = typeof temperature === 'number' ? { temperature } : {}
  let combined = method
  if (reviseTeacher !== undefined) {
    const given = Object.entries(reviseTeacher).filter(([, value]) => value !== undefined)
    combined = withRevisedTeacher(combined, { ...own, ...Object.fromEntries(given) })
  }
  if (dropTeachers !== undefined) combined = randomTeacherDrop(combined, { rate: dropTeachers })
  if (easyFirst !== undefined) combined = superLoss(combined, easyFirst)
  if (selection !== undefined) combined = refreshedSelection(combined, selection)
  return combined
}
