import { evaluate, type Dataset, type StoredTeacher } from '@kd/core'
import { classificationDiagnostics, type RunDiagnostics } from '@kd/report'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Config } from '../../config/config-schema.js'
import { exampleMeasures, type MeasuredMethod } from './example-measures.js'
import { regularizationCount } from './regularization-count.js'

/** Training examples that are looked at one by one: enough for a picture, and quick. */
const EXAMPLES = 2000

/** A run at its end. */
export interface EndedRun {
  readonly config: Config
  readonly dataset: Dataset
  readonly student: LayersModel
  readonly isBest: boolean
  readonly teachers: readonly (LayersModel | StoredTeacher)[]
}

/**
 * Finds what a report shows of a finished run beside its accuracy.
 *
 * @param run - at its end
 * @returns plain data
 */
export async function runDiagnostics({
  config,
  dataset,
  student,
  isBest,
  teachers,
}: EndedRun): Promise<RunDiagnostics> {
  const split = (['test', 'validation', 'train'] as const).find((name) => dataset[name] !== undefined)!
  const { logits } = await evaluate(student, dataset, { split })
  const first = firstExamples(dataset)
  const { labels } = first.train
  const ofStudent = (await evaluate(student, first, { split: 'train' })).logits
  const ofTeachers: Float32Array[] = []
  for (const teacher of teachers) ofTeachers.push((await evaluate(teacher, first, { split: 'train' })).logits)
  const method = measuredMethod(config)
  const counts = ofTeachers.map((teacher, index) =>
    regularizationCount(
      { student: ofStudent, teacher, labels },
      { teacher: index + 1, temperature: method.temperature },
    ),
  )
  return {
    version: 1,
    student: isBest ? 'best' : 'last',
    classNames: dataset.classNames,
    parameters: student.countParams(),
    split,
    ...classificationDiagnostics(logits, dataset[split]!.labels),
    ...(counts.length > 0 && { regularization: counts }),
    measures:
      ofTeachers[0] === undefined
        ? []
        : await exampleMeasures(first, { labels, student: ofStudent, teacher: ofTeachers[0] }, method),
  }
}

function firstExamples(dataset: Dataset): Dataset {
  const { inputs, labels, ids } = dataset.train
  const size = inputs.length / labels.length
  const train = {
    inputs: inputs.subarray(0, EXAMPLES * size),
    labels: labels.subarray(0, EXAMPLES),
    ids: ids.subarray(0, EXAMPLES),
  }
  return { ...dataset, train }
}

/** Temperature 4 where a method has none of its own: the one that this toolkit's methods have unless told otherwise. */
function measuredMethod({ method }: Config): MeasuredMethod {
  const { name, ...options } = method as { name: string } & Record<string, unknown>
  const temperature = typeof options['temperature'] === 'number' ? options['temperature'] : 4
  const revision = (
    name === 'label-revision' ? options : options['reviseTeacher']
  ) as MeasuredMethod['revision']
  return { name, temperature, ...(revision && { revision }) }
}
