import * as tf from '@tensorflow/tfjs-core'
import type { AnyDataset } from '../dataset/dataset.js'
import { gatherRows } from '../dataset/gather-rows.js'
import { labelSize } from '../task/labels.js'
import type { Figures, Task } from '../task/task.js'
import { featuresOfTeacher, passFeatures, type Needs } from '../method/needs.js'
import type { Mode, Outputs } from '../model/model.js'
import { askTeacher, disposeOutputs, type AskOptions } from '../teacher/ask-teacher.js'
import type { Question, Teacher } from '../teacher/teacher.js'
import { forEachSplitBatch } from './split-pass.js'

/** What {@link TeacherAnswers} needs of the run. */
export interface AnswersSetup {
  readonly dataset: AnyDataset
  readonly task: Task
  readonly teachers: readonly Teacher[]
  readonly needs: Needs
  readonly mode: Mode
  /** True where an example's input differs between epochs. */
  readonly augments: boolean
  readonly asked: (index: number) => AskOptions
}

/** A batch that a teacher is asked about. */
export interface AskedBatch extends Pick<Question, 'view' | 'inputs' | 'ids' | 'split'> {
  /** [N] positions in the split. */
  readonly rows: Int32Array
}

/**
 * Finds the teachers' answers. A teacher whose answers would be the same at every step is asked once for the whole run. That is so where
 * nothing random touches the inputs, the teacher runs in mode `'eval'`, does not learn, and no features are wanted.
 */
export class TeacherAnswers {
  readonly #setup: AnswersSetup
  readonly #passFeatures: readonly (readonly string[])[]
  /** Logits on the training split, [N, ...outputShape] row by row, where they are kept. */
  readonly #tables: (Float32Array | undefined)[]

  constructor(setup: AnswersSetup) {
    this.#setup = setup
    this.#passFeatures = passFeatures(setup.needs, setup.teachers.length).teachers
    this.#tables = setup.teachers.map(() => undefined)
  }

  /**
   * Asks the teachers whose answers would be the same at every step, about the whole training split.
   *
   * @returns the figures of each teacher on it, or undefined if some teacher has to be asked at every step
   */
  async keep(): Promise<readonly Figures[] | undefined> {
    const { teachers, dataset, task } = this.#setup
    if (teachers.length === 0) return undefined
    const figures: Figures[] = []
    for (const [index, teacher] of teachers.entries()) {
      if (!this.#repeats(index)) continue
      const size = tf.util.sizeFromShape([...task.outputShape])
      const table = new Float32Array(dataset.train.ids.length * size)
      const meter = task.meter()
      await forEachSplitBatch({ dataset, examples: dataset.train }, async ({ inputs, rows, ids }) => {
        const question: Question = { view: 'clean', inputs, ids, split: 'train', features: [] }
        const outputs = await askTeacher(teacher, question, this.#setup.asked(index))
        const values = await outputs.logits.data<'float32'>()
        disposeOutputs(outputs)
        table.set(values, rows[0]! * size)
        meter.add(values, gatherRows(dataset.train.labels, rows, labelSize(task)))
      })
      figures.push(meter.figures())
      // Answers that lie somewhere already stay there.
      if (teacher.kept === undefined) this.#tables[index] = table
    }
    return figures.length === teachers.length ? figures : undefined
  }

  /** A teacher's answer in a training step, which the caller disposes. */
  inStep(index: number, batch: AskedBatch): Outputs | Promise<Outputs> {
    const { needs, teachers, mode } = this.#setup
    const table = this.#tables[index]
    if (table !== undefined && batch.view === 'clean') return this.#rowsOf(table, batch.rows)
    const names = batch.view === 'clean' ? needs.teacherFeatures : needs.views?.[batch.view]?.teachers
    const features = featuresOfTeacher(names === false ? undefined : names, index)
    const question: Question = { ...questionOf(batch), features, mode }
    return askTeacher(teachers[index]!, question, this.#setup.asked(index))
  }

  /** A teacher's answer in a pass between epochs, which the caller disposes. */
  inPass(index: number, batch: AskedBatch): Outputs | Promise<Outputs> {
    const features = this.#passFeatures[index]!
    const table = this.#tables[index]
    if (table !== undefined && batch.split === 'train' && features.length === 0) {
      return this.#rowsOf(table, batch.rows)
    }
    const question: Question = { ...questionOf(batch), features, mode: 'eval' }
    return askTeacher(this.#setup.teachers[index]!, question, this.#setup.asked(index))
  }

  #repeats(index: number): boolean {
    const { augments, mode, needs } = this.#setup
    if (augments || mode !== 'eval') return false
    if (needs.learningTeachers?.includes(index) === true) return false
    return featuresOfTeacher(needs.teacherFeatures, index).length === 0
  }

  #rowsOf(table: Float32Array, rows: Int32Array): Outputs {
    const { outputShape } = this.#setup.task
    const size = tf.util.sizeFromShape([...outputShape])
    return { logits: tf.tensor(gatherRows(table, rows, size), [rows.length, ...outputShape]), features: {} }
  }
}

function questionOf({ view, inputs, ids, split }: AskedBatch): Omit<Question, 'features'> {
  return { view, inputs, ids, split }
}
