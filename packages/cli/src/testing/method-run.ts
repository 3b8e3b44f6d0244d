import type { MethodRun } from '../config/method-entry.js'
import { MixingLog } from '../run/log/mixing-log.js'
import { SelectionLog } from '../run/log/selection-log.js'

/** The run that a method is made for, where a test has none: one teacher. */
export const methodRun: MethodRun = {
  teachers: 1,
  batchSize: 128,
  seed: 0,
  mixing: new MixingLog(),
  selection: new SelectionLog(),
}
