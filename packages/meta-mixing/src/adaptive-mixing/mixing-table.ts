import * as tf from '@tensorflow/tfjs-core'
import { InvalidArgumentError, ShapeError, type RunStart } from '@kd/core'

type TrainingSplit = RunStart['train']

/** The mixing weights of every training example, by its id. */
export class MixingTable {
  readonly #columns: number
  /** Row `id` holds the example's weights; NaN where the training split has no such id. */
  readonly #weights: Float32Array
  /** The hash of the ids and labels that the table was made for. */
  readonly #dataHash: readonly [number, number]

  private constructor(columns: number, weights: Float32Array, dataHash: readonly [number, number]) {
    this.#columns = columns
    this.#weights = weights
    this.#dataHash = dataHash
  }

  /**
   * Makes a table for a training split.
   *
   * @param train - its ids and labels
   * @param columns - K
   * @param initial - the weights that an example begins with
   * @returns the table
   */
  static create(
    train: TrainingSplit,
    columns: number,
    initial: (id: number) => readonly number[],
  ): MixingTable {
    const rows = train.ids.reduce((limit, id) => Math.max(limit, id + 1), 0)
    const weights = new Float32Array(rows * columns).fill(Number.NaN)
    for (const id of train.ids) weights.set(initial(id), id * columns)
    return new MixingTable(columns, weights, dataHash(train))
  }

  /**
   * Takes back what {@link MixingTable.save} gave.
   *
   * @param state - its tensors, which are not disposed
   * @throws {@link ShapeError} when it has another number of terms, {@link InvalidArgumentError} when it is no such state or was learned
   * on other examples or labels
   */
  load(state: tf.NamedTensorMap): void {
    const { weights, dataHash } = state
    if (weights === undefined || dataHash === undefined) {
      const found = Object.keys(state).join(', ') || 'none'
      throw new InvalidArgumentError(
        `adaptiveMixing: state must hold the tensors weights and dataHash, got ${found}`,
      )
    }
    const columns = this.#columns
    if (weights.rank !== 2 || weights.shape[1] !== columns || dataHash.size !== 2) {
      throw new ShapeError(
        `adaptiveMixing: state must have weights [ids, ${columns}] for the label and ${columns - 1} other terms, got [${weights.shape.join(', ')}]`,
      )
    }
    const [ids, labels] = dataHash.dataSync()
    if (ids !== this.#dataHash[0] || labels !== this.#dataHash[1]) {
      throw new InvalidArgumentError(
        `adaptiveMixing: state must belong to the training split of this run, got a table for other ${ids === this.#dataHash[0] ? 'labels' : 'examples'}`,
        { hint: 'a table can only go on with the data set, split and label noise that it was learned on' },
      )
    }
    this.#weights.set(weights.dataSync<'float32'>())
  }

  /** The table as tensors, which the caller disposes. */
  save(): tf.NamedTensorMap {
    const rows = this.#weights.length / this.#columns
    return {
      weights: tf.tensor2d(this.#weights.slice(), [rows, this.#columns]),
      dataHash: tf.tensor1d([...this.#dataHash], 'int32'),
    }
  }

  /**
   * Reads weights.
   *
   * @param ids - of training examples
   * @returns [n, K] row by row
   * @throws {@link InvalidArgumentError} that names an id which the training split does not have
   */
  read(ids: ArrayLike<number>): Float32Array {
    const values = new Float32Array(ids.length * this.#columns)
    for (let row = 0; row < ids.length; row++) {
      const start = this.#start(ids[row]!)
      for (let column = 0; column < this.#columns; column++)
        values[row * this.#columns + column] = this.#weights[start + column]!
    }
    return values
  }

  /**
   * Reads weights, each times the number of its term.
   *
   * @param ids - of training examples
   * @param scales - K
   * @returns K times [n]
   * @throws {@link InvalidArgumentError} that names an id which the training split does not have
   */
  columns(ids: ArrayLike<number>, scales: readonly number[]): Float32Array[] {
    const values = scales.map(() => new Float32Array(ids.length))
    for (let row = 0; row < ids.length; row++) {
      const start = this.#start(ids[row]!)
      for (let column = 0; column < this.#columns; column++)
        values[column]![row] = scales[column]! * this.#weights[start + column]!
    }
    return values
  }

  /** Where an example's weights begin. */
  #start(id: number): number {
    const start = id * this.#columns
    const weight = this.#weights[start]
    if (weight !== undefined && !Number.isNaN(weight)) return start
    throw new InvalidArgumentError(`adaptiveMixing: ids must be of the training split, got ${id}`)
  }

  /** Replaces the weights of training examples by `values` [n, K]. */
  write(ids: Int32Array, values: Float32Array): void {
    ids.forEach((id, row) => {
      this.#weights.set(values.subarray(row * this.#columns, (row + 1) * this.#columns), id * this.#columns)
    })
  }
}

/** Hashes of ids and of labels, as 31-bit numbers. */
function dataHash({ ids, labels }: TrainingSplit): [number, number] {
  return [hash(ids), hash(labels)]
}

/** FNV-1a over 32-bit numbers, with a final mix so that the last ones count as well. */
function hash(values: Int32Array): number {
  let state = 0x811c9dc5
  for (const value of values) {
    state = Math.imul(state ^ value, 0x01000193)
    state ^= state >>> 15
  }
  return state >>> 1
}
