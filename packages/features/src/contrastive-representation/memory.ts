import * as tf from '@tensorflow/tfjs-core'
import type { RandomSource } from '@kd/core'

/** Which side of the contrast an embedding or a bank belongs to. */
export type Side = 'student' | 'teacher'

/**
 * What the method remembers of the training split: an embedding per example and side, [rows, dimensions], the two constants Z by which
 * exponentials become probabilities, and how many steps were taken.
 */
export class ContrastMemory {
  readonly #banks: Record<Side, tf.Variable>
  #constants: Record<Side, number> | undefined
  #steps = 0

  /** Draws the embeddings, uniform in ±1/sqrt(dimensions/3), which is about unit length. */
  constructor(rows: number, dimensions: number, random: RandomSource) {
    const limit = Math.sqrt(3 / dimensions)
    const bank = (side: Side): tf.Variable => {
      const source = random.split(side)
      const values = Float32Array.from(
        { length: rows * dimensions },
        () => limit * (2 * source.uniform() - 1),
      )
      return tf.variable(tf.tensor2d(values, [rows, dimensions]), false)
    }
    this.#banks = { student: bank('student'), teacher: bank('teacher') }
  }

  /** How many steps were taken, from which the step's negatives follow. */
  get steps(): number {
    return this.#steps
  }

  /** The embeddings of all training examples, [rows, dimensions]. */
  bank(side: Side): tf.Tensor2D {
    return this.#banks[side] as unknown as tf.Tensor2D
  }

  /** The constant Z of a side; undefined before the first step has ended. */
  constant(side: Side): number | undefined {
    return this.#constants?.[side]
  }

  /** Keeps the constants of the first step. */
  setConstants(constants: Readonly<Record<Side, number>>): void {
    this.#constants = constants
  }

  /**
   * Ends a step: moves the embeddings of its examples half the way to the new ones.
   *
   * @param rows - of the examples
   * @param embeddings - [N, dimensions] of both sides
   */
  update(rows: Int32Array, embeddings: Readonly<Record<Side, tf.Tensor2D>>): void {
    this.#steps++
    for (const side of ['student', 'teacher'] as const) {
      const bank = this.#banks[side]
      const values = bank.dataSync<'float32'>().slice()
      const fresh = embeddings[side].dataSync<'float32'>()
      const dimensions = embeddings[side].shape[1]
      for (const [index, row] of rows.entries()) {
        const old = values.subarray(row * dimensions, (row + 1) * dimensions)
        const moved = old.map((value, at) => (value + fresh[index * dimensions + at]!) / 2)
        const length = Math.hypot(...moved)
        // Opposite embeddings meet at zero, which has no direction.
        if (length > 0)
          values.set(
            moved.map((value) => value / length),
            row * dimensions,
          )
      }
      bank.assign(tf.tensor2d(values, bank.shape as [number, number]))
    }
  }

  /** Copies everything for a checkpoint. */
  save(): Record<string, tf.Tensor> {
    const { student = 0, teacher = 0 } = this.#constants ?? {}
    return {
      bankStudent: tf.clone(this.#banks.student),
      bankTeacher: tf.clone(this.#banks.teacher),
      constants: tf.tensor1d([student, teacher]),
      steps: tf.scalar(this.#steps, 'int32'),
    }
  }

  /** Takes back what {@link ContrastMemory.save} gave. */
  load(state: Readonly<Record<string, tf.Tensor>>): void {
    this.#banks.student.assign(state['bankStudent']!)
    this.#banks.teacher.assign(state['bankTeacher']!)
    const [student, teacher] = state['constants']!.dataSync<'float32'>()
    this.#steps = state['steps']!.dataSync<'int32'>()[0]!
    this.#constants = this.#steps === 0 ? undefined : { student: student!, teacher: teacher! }
  }

  /** Frees the embeddings. */
  dispose(): void {
    tf.dispose(Object.values(this.#banks))
  }
}
