import { evaluate, type Dataset, type StoredTeacher } from '@kd/core'
import { takeExamples } from '@kd/datasets'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Config } from '../../config/config-schema.js'
import { exampleValues, predictionsOf, type ExampleValues } from './example-values.js'
import { measuredMethod } from './measured-method.js'
import type { ExamplesLine } from '../log/run-log.js'
import { spreadOf } from '../log/spread.js'

/** Training examples that are looked at after each epoch: few, since every epoch pays for them. */
const EXAMPLES = 500
const BINS = 20

/** What is followed, and where. */
export interface WatchedStudent {
  readonly config: Config
  readonly dataset: Dataset
  readonly student: LayersModel
  readonly teacher: LayersModel | StoredTeacher | undefined
}

/**
 * Follows what Weighted Soft Labels and Label Revision make of single training examples while the student changes.
 *
 * @param watched - see {@link WatchedStudent}
 * @returns a function that looks at the student as it is; undefined where the method is neither
 */
export async function watchStudent({
  config,
  dataset,
  student,
  teacher,
}: WatchedStudent): Promise<((epoch: number) => Promise<ExamplesLine>) | undefined> {
  const method = measuredMethod(config)
  if (teacher === undefined || (method.revision === undefined && method.weighing === undefined))
    return undefined
  const sample = takeExamples(dataset, { train: EXAMPLES })
  const { labels } = sample.train
  const { logits: ofTeacher } = await evaluate(teacher, sample, { split: 'train' })
  return async (epoch) => {
    const { logits: ofStudent } = await evaluate(student, sample, { split: 'train' })
    const values = await exampleValues({ labels, student: ofStudent, teacher: ofTeacher }, method)
    const [says, taught] = [ofStudent, ofTeacher].map((logits) =>
      predictionsOf(logits, logits.length / labels.length),
    ) as [Int32Array, Int32Array]
    return {
      kind: 'examples',
      epoch,
      examples: labels.length,
      spreads: values.weight ? { 'weight of the soft label': spreadOf(values.weight, BINS, [0, 1]) } : {},
      shares: sharesOfRevised(values, { labels, says, taught }),
    }
  }
}

/** Whether the student learns the label or the teacher's mistake where the teacher was revised. */
function sharesOfRevised(
  { moved }: ExampleValues,
  { labels, says, taught }: Record<'labels' | 'says' | 'taught', Int32Array>,
): Record<string, number> {
  const revised = [...labels.keys()].filter((row) => (moved?.[row] ?? 0) > 0 && taught[row] !== labels[row])
  if (revised.length === 0) return {}
  const share = (wanted: Int32Array): number =>
    revised.filter((row) => says[row] === wanted[row]).length / revised.length
  return {
    'student says the label': share(labels),
    'student says what the teacher wrongly said': share(taught),
  }
}
