import type { Config } from '../config/config-schema.js'
import type { MethodRun } from '../config/method-entry.js'
import { countTeachers } from './make-teachers.js'
import { MixingLog } from './mixing-log.js'

/**
 * What a method may want to know of the run of a config.
 *
 * @param config - with `training`
 * @param mixing - follows learned weights
 * @returns as the method's factory takes it
 */
export function methodRun(
  { teachers, training, seed }: Config,
  mixing: MixingLog = new MixingLog(),
): MethodRun {
  return { teachers: countTeachers(teachers), batchSize: training!.batchSize, seed, mixing }
}
