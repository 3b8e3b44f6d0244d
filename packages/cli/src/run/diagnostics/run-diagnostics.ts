import { evaluate, softmaxWithTemperature, type Dataset } from '@kd/core'
import { takeExamples } from '@kd/datasets'
import { classificationDiagnostics, type ClassCount, type RunDiagnostics } from '@kd/report'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Config } from '../../config/config-schema.js'
import { predictionsOf, titleOf } from '../log/example-log.js'
import type { RunTeacher } from '../answers/kept-answers.js'
import { exampleMeasures, type Measure } from './example-measures.js'
import { regularizationCount } from './regularization-count.js'

/** Training examples that are looked at one by one: enough for a picture, and quick. */
export const DIAGNOSED_EXAMPLES = 2000

/** The temperature at which regularization samples are counted for a method that has none of its own. */
const TEMPERATURE = 4

/** A run at its end. */
export interface EndedRun {
  readonly config: Config
  readonly dataset: Dataset
  readonly student: LayersModel
  readonly isBest: boolean
  /** [N * C] what the student says on the test split, where that has been looked at. */
  readonly testLogits: Float32Array | undefined
  readonly teachers: readonly RunTeacher[]
  /** What the method did in the end to the first {@link DIAGNOSED_EXAMPLES} training examples, by name. */
  readonly diagnosed: Readonly<Record<string, Float32Array>>
}

/**
 * Finds what a report shows of a finished run beside its accuracy.
 *
 * @param run - at its end
 * @returns plain data
 */
export async function runDiagnostics(run: EndedRun): Promise<RunDiagnostics> {
  const { config, dataset, student, isBest, testLogits, teachers, diagnosed } = run
  const split =
    testLogits === undefined
      ? (['validation', 'train'] as const).find((name) => dataset[name] !== undefined)!
      : 'test'
  const logits = testLogits ?? (await evaluate(student, dataset, { split })).logits
  const sample = takeExamples(dataset, { train: DIAGNOSED_EXAMPLES })
  const { labels } = sample.train
  const ofStudent = (await evaluate(student, sample, { split: 'train' })).logits
  const ofTeachers: Float32Array[] = []
  for (const teacher of teachers)
    ofTeachers.push((await evaluate(teacher, sample, { split: 'train' })).logits)
  const temperature = temperatureOf(config)
  const counts = ofTeachers.map((teacher, index) =>
    regularizationCount({ student: ofStudent, teacher, labels }, { teacher: index + 1, temperature }),
  )
  const [teacher] = ofTeachers
  const first = firstExamples(dataset)
  const ofMethod = methodMeasures(config, diagnosed)
  const says =
    teachers[0] && ofMethod.length > 0
      ? predictionsOf(
          (await evaluate(teachers[0], first, { split: 'train' })).logits,
          first.train.labels.length,
        )
      : []
  return {
    version: 1,
    student: isBest ? 'best' : 'last',
    classNames: dataset.classNames,
    parameters: student.countParams(),
    split,
    ...classificationDiagnostics(logits, dataset[split]!.labels),
    ...(counts.length > 0 && { regularization: counts }),
    classCounts: countsByClass(diagnosed, first),
    measures: [
      ...exampleMeasures(
        sample,
        teacher ? predictionsOf(teacher, labels.length) : [],
        teacher ? [labelProbability(teacher, labels)] : [],
      ),
      ...exampleMeasures(first, says, ofMethod),
    ],
  }
}

function temperatureOf({ method }: Config): number {
  const temperature = method?.['temperature']
  return typeof temperature === 'number' ? temperature : TEMPERATURE
}

/** The examples that the method was asked about. */
function firstExamples(dataset: Dataset): Dataset {
  const { inputs, labels, ids } = dataset.train
  const count = Math.min(DIAGNOSED_EXAMPLES, ids.length)
  const size = inputs.length / ids.length
  return {
    ...dataset,
    train: {
      inputs: inputs.subarray(0, count * size),
      labels: labels.subarray(0, count),
      ids: ids.subarray(0, count),
    },
  }
}

function labelProbability(teacher: Float32Array, labels: Int32Array): Measure {
  const classes = teacher.length / labels.length
  const probabilities = tf.tidy(() =>
    softmaxWithTemperature(tf.tensor2d(teacher, [labels.length, classes]), 1).dataSync(),
  )
  return {
    name: 'teacher’s probability of the label',
    meaning: 'What the first teacher says at temperature 1; low: the teacher disagrees with the label.',
    values: Float32Array.from(labels, (label, row) => probabilities[row * classes + label]!),
  }
}

function methodMeasures(config: Config, columns: EndedRun['diagnosed']): Measure[] {
  return Object.entries(columns)
    .filter(([, values]) => values.some((value) => Number.isFinite(value)))
    .map(([name, values]) => ({
      name: titleOf(name),
      meaning: `What ${config.method!.name} gives to each of the first training examples, as it was at the end of the training.`,
      values,
    }))
}

/** How many examples of each class a method leaves in, for values that are 0 where it leaves an example out. */
function countsByClass(columns: EndedRun['diagnosed'], { train, classNames }: Dataset): ClassCount[] {
  return Object.entries(columns)
    .filter(([, values]) => values.every((value) => value >= 0) && values.includes(0))
    .map(([name, values]) => {
      const examples = new Array<number>(classNames.length).fill(0)
      const counts = new Array<number>(classNames.length).fill(0)
      train.labels.forEach((label, row) => {
        examples[label]! += 1
        if (values[row]! > 0) counts[label]! += 1
      })
      return { name: `${titleOf(name)} above 0`, examples, counts }
    })
}
