import {
  evaluate,
  taskOf,
  type AnyDataset,
  type Dataset,
  type MethodNotes,
  type Method,
  type RunView,
} from '@kd/core'
import { takeExamples } from '@kd/datasets'
import { mixingSummary } from '@kd/meta-mixing'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { RunTeacher } from '../answers/kept-answers.js'
import type { ExamplesLine, MethodLine } from './run-log.js'
import { spreadOf } from './spread.js'

/** Training examples that student and teacher are asked about after each epoch: few, since every epoch pays for them. */
const ASKED_EXAMPLES = 500
const BINS = 20

/** What is followed. */
export interface FollowedRun {
  readonly method: Method
  readonly dataset: AnyDataset
  readonly student: LayersModel
  readonly teachers: readonly RunTeacher[]
}

/** Follows what a method does to single training examples, whatever method it is: weights, masks, scores. */
export class ExampleLog {
  readonly #run: FollowedRun
  /** The training examples that student and teacher are asked about, for a method that looks at what they say. */
  readonly #sample: AnyDataset | undefined
  #taught: Int32Array | undefined
  #notes: { readonly epoch: number; readonly notes: MethodNotes }[] = []

  constructor(run: FollowedRun) {
    this.#run = run
    if (run.method.needs.exampleOutputs === true) {
      this.#sample = takeExamples(run.dataset, { train: ASKED_EXAMPLES })
    }
  }

  /** Takes what the method says before an epoch, counted from 0. */
  note(epoch: number, notes: MethodNotes): void {
    this.#notes.push({ epoch, notes })
  }

  /** What the method said since the last call: a line for each time, and the warnings. */
  takeNotes(): { readonly lines: MethodLine[]; readonly warnings: string[] } {
    const pending = this.#notes
    this.#notes = []
    return {
      lines: pending.map(({ epoch, notes: { figures = {}, warning } }) => ({
        kind: 'method',
        epoch: epoch + 1,
        figures,
        ...(warning !== undefined && { warning }),
      })),
      warnings: pending.flatMap(({ notes: { warning } }) => warning ?? []),
    }
  }

  /**
   * What the method does to single examples after an epoch.
   *
   * @param epoch - that has ended, from 1
   * @param view - into the run
   * @returns a line for the run's metrics; undefined for a method that does nothing to single examples
   */
  async line(epoch: number, view: RunView): Promise<ExamplesLine | undefined> {
    const { dataset } = this.#run
    const all = await view.examples()
    const asked = this.#sample && (await view.examples(this.#sample.train.ids, { outputs: true }))
    const values = {
      ...this.#summaries(all, dataset),
      ...(asked && this.#summaries(without(asked, all), this.#sample)),
    }
    if (Object.keys(values).length === 0) return undefined
    return {
      kind: 'examples',
      epoch,
      examples: (this.#sample ?? dataset).train.ids.length,
      spreads: values,
      shares: await this.#shares(),
    }
  }

  #summaries(columns: Readonly<Record<string, Float32Array>>, dataset: AnyDataset): ExamplesLine['spreads'] {
    if (taskOf(dataset).name !== 'classification') {
      return Object.fromEntries(
        Object.entries(columns).map(([name, values]) => [name, spreadOf(values, BINS)]),
      )
    }
    const { labels, cleanLabels } = dataset.train as Dataset['train']
    return mixingSummary({ values: columns, labels, bins: BINS, ...(cleanLabels && { cleanLabels }) })
  }

  /** Whether the student learns the label or the teacher's mistake where the first teacher is wrong. */
  async #shares(): Promise<Record<string, number>> {
    const { student, teachers } = this.#run
    const [teacher] = teachers
    if (this.#sample === undefined || teacher === undefined) return {}
    if (taskOf(this.#sample).name !== 'classification') return {}
    const sample = this.#sample as Dataset
    const { labels } = sample.train
    this.#taught ??= predictionsOf(
      (await evaluate(teacher, sample, { split: 'train' })).logits,
      labels.length,
    )
    const says = predictionsOf((await evaluate(student, sample, { split: 'train' })).logits, labels.length)
    const taught = this.#taught
    const wrong = [...labels.keys()].filter((row) => taught[row] !== labels[row])
    if (wrong.length === 0) return {}
    const share = (wanted: Int32Array): number =>
      wrong.filter((row) => says[row] === wanted[row]).length / wrong.length
    return { studentSaysLabel: share(labels), studentRepeatsTeachersMistake: share(taught) }
  }
}

/**
 * All values by example as comma-separated text: a row for each training example, by its id, with its label, its label before noise where
 * that is known, and each value.
 *
 * @param columns - by name, in the order of the training split
 * @param train - the training split
 * @returns undefined for a method that does nothing to single examples
 */
export function examplesCsv(
  columns: Readonly<Record<string, Float32Array>>,
  { ids, labels, cleanLabels }: AnyDataset['train'],
): string | undefined {
  const names = Object.keys(columns)
  if (names.length === 0) return undefined
  const size = labels.length / ids.length
  const labelOf = (values: AnyDataset['train']['labels'], row: number): string =>
    Array.from(values.subarray(row * size, (row + 1) * size)).join(' ')
  const header = ['id', 'label', ...(cleanLabels ? ['cleanLabel'] : []), ...names]
  const rows = Array.from(ids, (id, row) => [
    id,
    labelOf(labels, row),
    ...(cleanLabels ? [labelOf(cleanLabels, row)] : []),
    ...names.map((name) => columns[name]![row]),
  ])
  return `${[header, ...rows].map((row) => row.join()).join('\n')}\n`
}

/** The class that each of N rows of logits is for; of equal ones the first, and -1 where none is the greatest. */
export function predictionsOf(logits: Float32Array, examples: number): Int32Array {
  const classes = logits.length / examples
  return Int32Array.from({ length: examples }, (_, row) => {
    const ofRow = logits.subarray(row * classes, (row + 1) * classes)
    return ofRow.indexOf(Math.max(...ofRow))
  })
}

function without(
  columns: Readonly<Record<string, Float32Array>>,
  others: Readonly<Record<string, unknown>>,
): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(columns).filter(([name]) => !Object.hasOwn(others, name)))
}

/** `soft label weight` of `softLabelWeight`. */
export function titleOf(name: string): string {
  return name.replace(
    /([a-z0-9])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  )
}
