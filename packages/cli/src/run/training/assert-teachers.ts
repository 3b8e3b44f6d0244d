import { KdError, type DistillationMethod } from '@kd/core'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config, TeacherConfig } from '../../config/config-schema.js'
import { methods } from '../../config/methods.js'
import { UsageError } from '../../config/usage-error.js'
import { countTeachers } from './make-teachers.js'

/**
 * Checks the teachers before there is a folder for the run and before the first of them is trained.
 *
 * @param config - of the run
 * @param method - what they teach by
 * @returns what to tell of teachers that nobody will hear, or undefined
 * @throws {@link UsageError} when there are too few, {@link KdError} when a file of one is not there
 */
export async function assertTeachers(
  { teachers, method: named }: Config,
  { name, requires }: DistillationMethod,
): Promise<string | undefined> {
  const wanted = requires?.teachers ?? 0
  const count = countTeachers(teachers)
  if (count < wanted)
    throw new UsageError(
      `teachers must be at least ${wanted} for ${name}, got ${count}`,
      'kd train needs none',
    )
  for (const [index, teacher] of teachers.entries()) await assertThere(teacher, index)
  // A plugin's method may read more than it asks for.
  if (count <= wanted || !Object.hasOwn(methods, named!.name)) return undefined
  const heard =
    wanted === 0 ? 'no teacher' : wanted === 1 ? 'the first teacher only' : `${wanted} teachers only`
  return `${named!.name} hears ${heard}, of ${count}; adaptive-mixing and fixed-mixing hear all`
}

async function assertThere({ run, weights }: TeacherConfig, index: number): Promise<void> {
  const path = run === undefined ? weights : join(run, 'student', 'model.json')
  if (path === undefined || (await stat(path).catch(() => undefined)) !== undefined) return
  const rule =
    run === undefined ? 'weights must be a file' : 'run must be the folder of a run that has a student'
  throw new KdError(`teachers.${index}.${rule}, got no ${path}`)
}
