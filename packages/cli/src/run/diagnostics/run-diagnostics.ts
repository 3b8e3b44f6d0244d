import { evaluate, type Dataset, type StoredTeacher } from '@kd/core'
import { takeExamples } from '@kd/datasets'
import { classificationDiagnostics, type RunDiagnostics } from '@kd/report'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Config } from '../../config/config-schema.js'
import type { MixingLog } from '../log/mixing-log.js'
import type { ScoredById } from '../log/read-selection-scores.js'
import { chosenByClass, revisedByClass } from './class-counts.js'
import { exampleMeasures, type Measure } from './example-measures.js'
import { exampleValues, predictionsOf, type ExampleValues } from './example-values.js'
import { measuredMethod } from './measured-method.js'
import { regularizationCount } from './regularization-count.js'

/** Training examples that are looked at one by one: enough for a picture, and quick. */
const EXAMPLES = 2000

/** A run at its end. */
export interface EndedRun {
  readonly config: Config
  readonly dataset: Dataset
  readonly student: LayersModel
  readonly isBest: boolean
  /** [N * C] of the student on the test split, where that has been looked at. */
  readonly testLogits: Float32Array | undefined
  readonly teachers: readonly (LayersModel | StoredTeacher)[]
  readonly mixing: MixingLog
  /** The last choice of Data Selection, where the method has that. */
  readonly selection: ReadonlyMap<number, ScoredById> | undefined
}

/**
 * Finds what a report shows of a finished run beside its accuracy.
 *
 * @param run - at its end
 * @returns plain data
 */
export async function runDiagnostics(run: EndedRun): Promise<RunDiagnostics> {
  const { config, dataset, student, isBest, testLogits, teachers } = run
  const split =
    testLogits === undefined
      ? (['validation', 'train'] as const).find((name) => dataset[name] !== undefined)!
      : 'test'
  const logits = testLogits ?? (await evaluate(student, dataset, { split })).logits
  const sample = takeExamples(dataset, { train: EXAMPLES })
  const { labels } = sample.train
  const method = measuredMethod(config)
  const ofStudent = (await evaluate(student, sample, { split: 'train' })).logits
  const ofTeachers: Float32Array[] = []
  for (const teacher of teachers)
    ofTeachers.push((await evaluate(teacher, sample, { split: 'train' })).logits)
  const counts = ofTeachers.map((teacher, index) =>
    regularizationCount(
      { student: ofStudent, teacher, labels },
      { teacher: index + 1, temperature: method.temperature },
    ),
  )
  const [teacher] = ofTeachers
  const values = teacher && (await exampleValues({ labels, student: ofStudent, teacher }, method))
  const classes = dataset.classNames.length
  return {
    version: 1,
    student: isBest ? 'best' : 'last',
    classNames: dataset.classNames,
    parameters: student.countParams(),
    split,
    ...classificationDiagnostics(logits, dataset[split]!.labels),
    ...(counts.length > 0 && { regularization: counts }),
    classCounts: [...revisedByClass(values, labels, classes), ...chosenByClass(run.selection, dataset)],
    measures: exampleMeasures(sample, teacher ? predictionsOf(teacher, classes) : [], [
      ...valueMeasures(values),
      ...selectionMeasure(run, sample),
      ...mixingMeasures(run, sample),
    ]),
  }
}

const meanings = {
  ofLabel: 'Of the first teacher, at temperature 1; low: the teacher disagrees with the label.',
  moved:
    'Probability that Label Revision moved to the label, at the method’s temperature; 0: left as it was.',
  weight:
    'Of Weighted Soft Labels, for the student as it is at the end; low: the soft label is hardly listened to.',
  selection:
    'Of the last choice of Data Selection; the highest are distilled, the lowest are taught by labels.',
  mixing: 'As it was learned for each example by the end of the training; 0: this term is not listened to.',
}

function valueMeasures(values: ExampleValues | undefined): Measure[] {
  if (values === undefined) return []
  const { ofLabel, moved, weight } = values
  return [
    { name: 'teacher’s probability of the label', meaning: meanings.ofLabel, values: ofLabel },
    ...(moved ? [{ name: 'revision of the soft label', meaning: meanings.moved, values: moved }] : []),
    ...(weight ? [{ name: 'weight of the soft label', meaning: meanings.weight, values: weight }] : []),
  ]
}

function selectionMeasure({ selection }: EndedRun, { train }: Dataset): Measure[] {
  if (selection === undefined) return []
  const values = Float64Array.from(train.ids, (id) => selection.get(id)?.score ?? NaN)
  return [{ name: 'selection score', meaning: meanings.selection, values }]
}

function mixingMeasures({ mixing }: EndedRun, { train }: Dataset): Measure[] {
  return mixing
    .weights(train.ids)
    .map(({ term, values }) => ({ name: `weight of ${term}`, meaning: meanings.mixing, values }))
}
