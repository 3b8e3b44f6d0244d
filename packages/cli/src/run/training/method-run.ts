import type { Config } from '../../config/config-schema.js'
import type { MethodRun } from '../../config/method-entry.js'
import { countTeachers } from './make-teachers.js'
import { MixingLog } from '../log/mixing-log.js'
import { SelectionLog } from '../log/selection-log.js'

/**
 * What a method may want to know of the run of a config.
 *
 * @param config - with `training`
 * @returns as the method's factory takes it, with the logs that it tells
 */
export function methodRun({
  teachers,
  training,
  seed,
}: Config): MethodRun & { readonly mixing: MixingLog; readonly selection: SelectionLog } {
  return {
    teachers: countTeachers(teachers),
    batchSize: training!.batchSize,
    seed,
    mixing: new MixingLog(),
    selection: new SelectionLog(),
  }
}
