import { evaluate, type AnyDataset, type DistillationResult } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { StudentAtEpoch, StudentReport } from '../log/run-result.js'
import { writeInputDescription } from '../model/input-description.js'
import { saveModel } from '../model/saved-model.js'
import { nonFiniteWarning } from '../non-finite-warning.js'
import type { RunContext } from './run-context.js'

/** A student whose training has ended. */
interface TrainedModel {
  /** What messages call it, and the folder that it is saved in. */
  readonly name: 'student' | 'student-alone'
  readonly student: LayersModel
  readonly dataset: AnyDataset
  readonly found: Pick<DistillationResult, 'history' | 'best'>
}

/** A student that was measured and saved. */
export interface KeptStudent {
  readonly report: StudentReport
  /** What the best student, otherwise the last, says on the test split, where it was asked. */
  readonly testLogits?: Float32Array
}

/**
 * Measures the student of the last and of the best epoch on the test split, and saves one of them, as `student.keep` says.
 *
 * @param context - of the run
 * @param trained - left with the weights of the best epoch, where there is one
 * @returns what was measured
 */
export async function keepStudent(
  { config, signal, tell, folder }: RunContext,
  { name, student, dataset, found: { history, best } }: TrainedModel,
): Promise<KeptStudent> {
  const saved = config.student.keep === 'best' && best !== undefined ? 'best' : 'last'
  const save = async (): Promise<void> => {
    const path = await folder.makeFolder(name)
    await writeInputDescription(path, dataset)
    await saveModel(student, path)
  }
  const warn = (figures: StudentAtEpoch['test'], split: string): void => {
    const text = figures && nonFiniteWarning(figures, `the ${name.replace('-', ' ')}`, split)
    if (text !== undefined) tell({ kind: 'message', text })
  }
  let testLogits: Float32Array | undefined
  const test = async (): Promise<Pick<StudentAtEpoch, 'test'>> => {
    // Somebody who ended the run wants it to end; kd evaluate can still test the student.
    if (dataset.test === undefined || signal?.aborted) return {}
    const { figures, logits } = await evaluate(student, dataset, { split: 'test' })
    testLogits = logits
    warn(figures, 'test')
    return { test: figures }
  }

  if (saved === 'last') await save()
  const lastEpoch = history.at(-1)
  warn(lastEpoch?.validation, 'validation')
  const last = lastEpoch && { epoch: lastEpoch.epoch + 1, ...validationOf(lastEpoch), ...(await test()) }
  best?.restore()
  if (saved === 'best') await save()
  // The same weights would give the same again.
  const tested = last !== undefined && best?.epoch === lastEpoch?.epoch ? testOf(last) : undefined
  const bestEpoch = best && {
    epoch: best.epoch + 1,
    validation: best.validation,
    ...(tested ?? (await test())),
  }
  return {
    report: { saved, ...(last && { last }), ...(bestEpoch && { best: bestEpoch }) },
    ...(testLogits && { testLogits }),
  }
}

function testOf({ test }: StudentAtEpoch): Pick<StudentAtEpoch, 'test'> {
  return test === undefined ? {} : { test }
}

function validationOf({
  validation,
}: DistillationResult['history'][number]): Pick<StudentAtEpoch, 'validation'> {
  return validation === undefined ? {} : { validation }
}
