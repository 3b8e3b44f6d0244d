import { KdError, type AnyDataset } from '@kd/core'
import type { TeacherConfig } from '../../../config/config-schema.js'

/**
 * Finds which of a teacher's outputs each class of the data is.
 *
 * @param classes - what the config says: numbers in the order of the data's classes, a map from their names to numbers, or the names of
 * all of the teacher's outputs
 * @param dataset - has the names of the classes
 * @param who - what errors call the teacher
 * @returns one number for each class of the data; undefined where the config says nothing
 * @throws {@link KdError} naming a class that has no output, or an output that two classes have
 */
export function teacherOutputs(
  classes: TeacherConfig['classes'],
  { classNames, name }: Pick<AnyDataset, 'classNames' | 'name'>,
  who: string,
): readonly number[] | undefined {
  if (classes === undefined) return undefined
  const fail = (rule: string, found: string): never => {
    throw new KdError(`${who}.classes must ${rule}, got ${found.slice(0, 500)}`, {
      hint: 'number the outputs from 0 in the order of the classes of the data, or write a map from their names to numbers',
    })
  }
  const outputs = isNumbers(classes) ? classes : classNames.map((className) => outputOf(classes, className))
  if (outputs.length !== classNames.length) {
    fail(`name an output for each of the ${classNames.length} classes of ${name}`, String(outputs.length))
  }
  const missing = outputs.indexOf(-1)
  if (missing !== -1) fail(`name an output for the class ${classNames[missing]!}`, shown(classes))
  const twice = outputs.find((output, at) => outputs.indexOf(output) !== at)
  if (twice !== undefined) fail('name each output once', `${twice} twice`)
  return outputs
}

function outputOf(classes: readonly string[] | Readonly<Record<string, number>>, className: string): number {
  if (isNames(classes)) return classes.indexOf(className)
  return Object.hasOwn(classes, className) ? classes[className]! : -1
}

function isNumbers(classes: NonNullable<TeacherConfig['classes']>): classes is number[] {
  return Array.isArray(classes) && typeof classes[0] === 'number'
}

function isNames(
  classes: readonly string[] | Readonly<Record<string, number>>,
): classes is readonly string[] {
  return Array.isArray(classes)
}

function shown(classes: NonNullable<TeacherConfig['classes']>): string {
  return Array.isArray(classes) ? classes.join(', ') : Object.keys(classes).join(', ')
}
